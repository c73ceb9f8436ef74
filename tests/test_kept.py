"""The runs of one visit: named in order, limited in number, deleted by name."""

from __future__ import annotations

from core.events import Evaluated, GroupInfo, GroupStep, Started, Step
from core.experiment import Experiment
from core.kept import MOST_KEPT, KeptRun, beside, delete, keep
from core.report import Report
from tests.conftest import Make


def kept_runs(make: Make, count: int) -> list[KeptRun]:
    kept: list[KeptRun] = []
    for number in range(count):
        kept = keep(kept, report(make(), number))
    return kept


def report(experiment: Experiment, number: int) -> Report:
    """The report of a run of one step, whose accuracy is `number` percent."""
    report = Report("en")
    report.take(Started(experiment, "cpu", 1, "random", None, (GroupInfo("all", "Adam", 1, 1),)))
    report.take(Step(1, float(number), (GroupStep(0.001, 1.0, 1.0, 0.1, 0.1, 0.1),)))
    report.take(Evaluated(1, 1, 0.0, number / 100))
    return report


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
    assert beside(kept, [kept[2].name, "#9 gone"]) == [{"name": "#3", "text": kept[2].chart}]


def test_a_run_is_kept_once_and_only_if_it_measured_something(make: Make) -> None:
    run = report(make(), 5)
    assert len(keep(keep([], run), run)) == 1
    assert keep([], Report("en")) == []


def test_a_short_name_can_be_given(make: Make) -> None:
    kept = keep(kept_runs(make, 1), report(make(), 7), "one group")
    assert [run.short for run in kept] == ["#1", "one group"]
