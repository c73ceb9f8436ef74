"""Files as text: read as Python's own readers do, and refused in words, quickly."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiment import Experiment, ExperimentError, load_presets
from core.experiment.files import MAX_FILE_BYTES, MAX_KEY_PARTS, read_json, read_text, read_toml
from core.text import LANGUAGES
from tests.report.test_downloads import experiments

PRESETS = Path(__file__).parents[2] / "presets"


def problem_of(text: str | bytes) -> str:
    began = time.monotonic()
    with pytest.raises(ExperimentError) as caught:
        read_text(text)
    assert time.monotonic() - began < 2
    (problem,) = caught.value.problems
    assert (problem.row, problem.field) == (None, "file")
    assert all(0 < len(problem.sentence(language)) < 400 for language in LANGUAGES)
    return problem.key


PRESET_FILES = sorted(PRESETS.glob("*/*.toml"))


@given(experiments())
def test_what_is_downloaded_can_be_imported(experiment: Experiment) -> None:
    assert Experiment.from_dict(read_text(experiment.to_toml())) == experiment
    assert Experiment.from_dict(read_text(json.dumps(experiment.to_dict()))) == experiment


@pytest.mark.parametrize("path", PRESET_FILES, ids=lambda path: path.stem)
def test_a_preset_file_is_read_as_the_app_reads_it(path: Path) -> None:
    assert Experiment.from_dict(read_text(path.read_bytes())) == load_presets(PRESETS)[path.stem]
    assert read_text(path.read_text(encoding="utf-8")) == tomllib.loads(path.read_text(encoding="utf-8"))


def test_files_of_windows_are_read_too() -> None:
    assert read_text(b"\xef\xbb\xbfepochs = 2\r\nseed = 1\r\n") == {"epochs": 2, "seed": 1}
    assert read_text(b'\xef\xbb\xbf \r\n{"epochs": 2}\r\n') == {"epochs": 2}
    assert read_text(b'a = """1\r\n2"""\r\n') == {"a": "1\n2"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "file_empty"),
        (" \n\t", "file_empty"),
        (b"\xff\xfe", "not_utf8"),
        ("\ud800", "not_utf8"),
        ("# " + "a" * MAX_FILE_BYTES, "file_too_large"),
        ("组" * (MAX_FILE_BYTES // 3 + 1), "file_too_large"),
        ("epochs = ", "not_toml"),
        ("a = 1\na = 2", "not_toml"),
        ("[1, 2]", "not_toml"),
        ("a = " + "[" * 100_000, "not_toml"),
        ("a = " + "9" * 100_000, "not_toml"),
        ('{"epochs": 2', "not_json"),
        ('{"epochs": 2} 3', "not_json"),
        ('{"a": ' + "9" * 100_000 + "}", "not_json"),
        ('{"a": "\\ud800"}', "not_json"),
        ('{"\\ud800": 1}', "not_json"),
        ('{"a":' * 40_000, "not_json"),
        ('{"a":' + "[" * 100_000, "not_json"),
        ("{" * 100_000, "not_json"),
        (b"\0" * 1000, "not_toml"),
    ],
)
def test_what_cannot_be_read_is_said(text: str | bytes, key: str) -> None:
    assert problem_of(text) == key


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = 1\na = 2\n", "Cannot overwrite a value (at line 2, column 6)"),
        ("a = " + "[" * 100_000, "nested too deep"),
        ("a." * 16 + "a = 1", "a key of more than 16 parts"),
        ("{a: 1}", "Expecting property name enclosed in double quotes"),
        ('{"a":' * 40_000, "nested too deep"),
    ],
)
def test_the_reason_is_told(text: str, reason: str) -> None:
    for read in (read_text, *([] if text.startswith("{") else [lambda text: read_toml(text.encode())])):
        with pytest.raises(ExperimentError) as caught:
            read(text)
        (problem,) = caught.value.problems
        assert reason in problem.values["reason"] and len(problem.values["reason"]) <= 200
        assert all(reason in problem.sentence(language) for language in LANGUAGES)


def test_a_file_may_be_as_large_as_the_limit_and_a_larger_one_is_told_it() -> None:
    largest = "a = 1 #".ljust(MAX_FILE_BYTES, "x")
    assert read_text(largest) == read_toml(largest.encode()) == {"a": 1}
    with pytest.raises(ExperimentError) as caught:
        read_text(largest + "x")
    assert caught.value.problems[0].values == {"most": 512}
    with pytest.raises(ExperimentError) as caught:
        read_toml(largest.encode() + b"x")
    assert caught.value.problems[0].key == "not_toml"
    assert caught.value.problems[0].values == {"reason": f"more than {MAX_FILE_BYTES} bytes"}


@pytest.mark.parametrize(
    "text",
    [
        "a." * 120_000 + "a = 1",
        '"=".' * 60_000 + "a = 1",
        "'[ ]' . " * 30_000 + "a = 1",
        "[" + "a." * 120_000 + "a]",
        "x = {" + "a." * 120_000 + "a = 1}",
        "x = '''a'''' #'\n" + "a." * 100_000 + "a = 1",
        'x = {a = """b"""", ' + "a." * 100_000 + "a = 1}",
        'x = """\\\n"""\n' + "a." * 100_000 + "a = 1",
        "x = 'a\\'\n" + "a." * 100_000 + "a = 1",
    ],
)
def test_keys_of_many_parts_are_refused_before_they_take_all_memory(text: str) -> None:
    assert problem_of(text) == "not_toml"


def test_dots_in_texts_and_short_keys_are_no_matter() -> None:
    dots = "a." * 5000
    assert read_text(f'x = "{dots}" # {dots}\ny = """{dots}\n\\"""{dots}"""') == {"x": dots, "y": f'{dots}\n"""{dots}'}
    assert read_text(f"x = '{dots}\"'\ny = '''{dots}'{dots}''''") == {"x": dots + '"', "y": f"{dots}'{dots}'"}
    longest = ".".join("a" * MAX_KEY_PARTS)
    assert read_text(longest + " = 1") == tomllib.loads(longest + " = 1")
    assert problem_of(longest + ".a = 1") == "not_toml"


@given(st.text() | st.binary())
def test_nothing_but_a_table_or_an_error_comes_of_any_text(text: str | bytes) -> None:
    try:
        assert isinstance(read_text(text), dict)
    except ExperimentError as error:
        assert error.field == "file"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_is_read_as_pythons(value: Any) -> None:
    assert read_json(json.dumps(value)) == value
