"""What is said of pip-audit's answers."""

from __future__ import annotations

from tests.advisories import report

SAFE = {"name": "pandas", "version": "3.0.1", "vulns": []}
WARNED = {"name": "gradio", "version": "6.31.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["6.32.0"]}]}
UNMENDED = {"name": "torch", "version": "2.14.1", "vulns": [{"id": "PYSEC-2026-2", "fix_versions": []}]}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found on PyPI"}


def test_an_advisory_fails_the_check_and_is_named_with_its_remedy() -> None:
    told, is_clean = report([SAFE, WARNED, UNMENDED, UNKNOWN])
    assert not is_clean
    assert told.splitlines() == [
        "3 of 4 packages were checked for advisories: 2 found.",
        "gradio 6.31.0: PYSEC-2026-1, fixed in 6.32.0",
        "torch 2.14.1: PYSEC-2026-2, fixed in -",
    ]


def test_packages_without_advisories_pass() -> None:
    assert report([SAFE, UNKNOWN]) == ("1 of 2 packages were checked for advisories: 0 found.", True)


def test_a_database_that_does_not_answer_is_not_called_a_clean_bill() -> None:
    for packages in (None, [UNKNOWN, UNKNOWN]):
        told, is_clean = report(packages)
        assert is_clean
        assert told.startswith("Advisories were not checked")
