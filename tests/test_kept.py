"""The runs of one visit: named in order, limited in number, deleted by name."""

from __future__ import annotations

from core.kept import MOST_KEPT, KeptRun, beside, delete, keep
from tests.conftest import Make


def kept_runs(make: Make, count: int) -> list[KeptRun]:
    kept: list[KeptRun] = []
    for number in range(count):
        kept = keep(kept, make(), f"chart {number}", number / 100)
    return kept


def test_runs_are_named_by_their_place_in_the_visit(make: Make) -> None:
    names = [run.name for run in kept_runs(make, 3)]
    assert names == ["#1 simple_cnn, 0.0 %: all", "#2 simple_cnn, 1.0 %: all", "#3 simple_cnn, 2.0 %: all"]


def test_the_oldest_goes_when_there_are_too_many_and_numbers_go_on(make: Make) -> None:
    kept = kept_runs(make, MOST_KEPT + 2)
    assert [run.name.split()[0] for run in kept] == [f"#{i}" for i in range(3, MOST_KEPT + 3)]


def test_a_deleted_run_is_gone_and_the_others_stay(make: Make) -> None:
    kept = kept_runs(make, 3)
    left = delete(kept, [kept[1].name])
    assert left == [kept[0], kept[2]]


def test_only_named_runs_are_drawn(make: Make) -> None:
    kept = kept_runs(make, 3)
    assert beside(kept, [kept[2].name, "#9 gone"]) == [{"name": "#3", "text": "chart 2"}]
