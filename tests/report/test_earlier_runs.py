"""The runs of one visit: named in order, limited in number, deleted by name."""

from __future__ import annotations

from dataclasses import replace

from core.events import Evaluated, Finished, GroupInfo, GroupStep, Progress, Started, Step
from core.experiment import Experiment
from core.report import KeptRun, Report, beside, better_before, delete, keep
from core.report.earlier_runs import MOST_KEPT
from tests.conftest import Make


def kept_runs(make: Make, count: int) -> list[KeptRun]:
    kept: list[KeptRun] = []
    for number in range(count):
        kept = keep(kept, report(make(), number))
    return kept


def report(experiment: Experiment, number: int | None) -> Report:
    """The report of a run of one step, whose accuracy is `number` percent; None where it was not evaluated."""
    report = Report("en")
    infos = tuple(GroupInfo(group.name, "Adam", 1, 1) for group in experiment.groups)
    report.take(Started(experiment, "cpu", 1, "random", None, infos))
    report.take(Step(1, float(number or 0), (GroupStep(0.001, 1.0, 1.0, 0.1, 0.1, 0.1),) * len(infos)))
    if number is not None:
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


def test_a_kept_run_is_named_in_its_language(make: Make) -> None:
    told = report(make(), 18)
    told.language = "zh"
    assert keep([], told)[0].name == "#1 simple_cnn, 18.0%: all"


def test_a_kept_run_holds_what_it_ran_and_what_it_reached(make: Make) -> None:
    groups = [{"name": "a", "params": ["conv*"]}, {"name": "b", "params": ["*"]}]
    experiment = make(*groups)
    (run,) = keep([], report(experiment, 47))
    assert (run.name, run.experiment, run.accuracy) == ("#1 simple_cnn, 47.0 %: a, b", experiment, 0.47)
    many = make(*({"name": f"group number {i}", "params": [glob]} for i, glob in enumerate(["conv*", "fc1.*", "*"])))
    assert len(keep([], report(replace(many, model="m" * 60), 47))[0].name) == 80


def test_a_change_of_groups_is_told_without_sides_and_cut_between_changes(make: Make) -> None:
    groups = [{"name": name, "params": [f"{name}.*"], "lr": 0.1} for name in ("conv1", "conv2", "fc1")]
    rest = {"name": "rest", "params": ["*"], "lr": 0.1}
    first = make(*groups, rest, train_size=1000, epochs=2)
    kept = keep(keep([], report(first, 40)), report(replace(first, groups=first.groups[-1:]), 45))
    assert kept[1].name == "#2 45.0 %: without group conv1 (conv1.*); without group conv2 (conv2.*); …"
    back = keep(kept[1:], report(replace(first, seed=3), 45))
    assert back[1].name == "#3 45.0 %: Seed: 0 → 3; with group conv1 (conv1.*); …"


def test_a_run_that_was_not_evaluated_has_no_accuracy_to_show(make: Make) -> None:
    (run,) = keep([], report(make(), None))
    assert (run.name, run.accuracy) == ("#1 simple_cnn, –: all", None)


def test_a_run_that_was_stopped_in_its_first_epoch_is_not_shown_with_the_accuracy_it_began_with(make: Make) -> None:
    stopped = report(make(), None)
    stopped.take(Evaluated(0, 0, 2.3, 0.09))
    stopped.take(Progress("training", steps_per_second=1.0, seconds_left=1.0))
    assert stopped.status.endswith("test accuracy –")
    (run,) = keep([], stopped)
    assert (run.name, run.accuracy, run.loss) == ("#1 simple_cnn, –: all", None, None)


def test_a_run_is_kept_once_and_only_if_it_measured_something(make: Make) -> None:
    run = report(make(), 5)
    assert len(keep(keep([], run), run)) == 1
    assert keep([], Report("en")) == []


def test_a_short_name_can_be_given(make: Make) -> None:
    kept = keep(kept_runs(make, 1), report(make(), 7), "one group")
    assert [run.short for run in kept] == ["#1", "one group"]


def finished(experiment: Experiment, accuracy: float, loss: float) -> Report:
    """The report of a whole run of one step that ended so well."""
    done = report(experiment, None)
    done.take(Evaluated(1, 1, loss, accuracy))
    done.finished = Finished("done", 1, 1.0, ())
    return done


def with_rate(experiment: Experiment, lr: float, **fields: object) -> Experiment:
    (group, *others) = experiment.groups
    return replace(experiment, groups=(replace(group, lr=lr), *others), **fields)  # type: ignore[arg-type]


def test_an_earlier_run_that_did_better_with_a_lower_rate_says_that_this_one_is_too_high(make: Make) -> None:
    high, low = with_rate(make(test_size=1000), 0.03), with_rate(make(test_size=1000), 0.001)
    kept = keep([], finished(low, 0.47, 1.5))
    (said,) = better_before(kept, finished(high, 0.1, 2.3), "en")
    assert "#1" in said and "47.0 %" in said and "10.0 %" in said
    assert "0.03 → 0.001" in said and "too high" in said
    (chinese,) = better_before(kept, finished(high, 0.1, 2.3), "zh")
    assert "过高" in chinese
    assert better_before(keep([], finished(high, 0.1, 2.3)), finished(low, 0.47, 1.5), "en") == []
    (too_low,) = better_before(keep([], finished(high, 0.47, 1.5)), finished(low, 0.1, 2.3), "en")
    assert "too low" in too_low


def test_nothing_is_said_within_the_noise_or_where_more_than_rates_differ(make: Make) -> None:
    here = finished(with_rate(make(test_size=1000), 0.03), 0.45, 1.6)
    near = finished(with_rate(make(test_size=1000), 0.001), 0.46, 1.5)
    other = finished(with_rate(make(test_size=1000), 0.001, seed=7), 0.7, 1.0)
    higher_loss = finished(with_rate(make(test_size=1000), 0.001), 0.7, 1.7)
    for earlier in (near, other, higher_loss):
        assert better_before(keep([], earlier), here, "en") == []
    stopped = finished(with_rate(make(test_size=1000), 0.03), 0.1, 2.3)
    stopped.finished = Finished("stopped", 1, 1.0, ())
    assert better_before(keep([], finished(with_rate(make(test_size=1000), 0.001), 0.5, 1.4)), stopped, "en") == []
