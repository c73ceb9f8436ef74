"""Runs as the page and the API see them, and the longer questions, against the trainer itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from core.events import Evaluated, Finished, Silent, Step
from core.experiment import Experiment, ExperimentError
from core.questions import merged
from core.report import Report
from core.server import Runs, match_rates
from core.server.visitors import Visitor
from core.text import say
from core.training import train
from tests.conftest import Make

ME = Visitor("me")

TWO = ({"name": "conv", "params": "conv*", "lr": 1e-3}, {"name": "fc", "params": "fc*", "lr": 1e-2})
BAD = {"groups": [{"name": "a", "params": "*", "lr": "abc"}]}


def last(reports: Any) -> Report:
    *_, report = reports
    assert isinstance(report, Report)
    return report


def accuracy(experiment: Experiment) -> float:
    *_, final = (event.accuracy for event in train(experiment) if isinstance(event, Evaluated))
    return final


def test_a_watched_run_reports_what_train_measures(make: Make) -> None:
    experiment = make(*TWO)
    report = last(Runs().watch(ME, "en", experiment.to_dict()))
    assert report.steps == [event for event in train(experiment) if isinstance(event, Step)]
    assert report.accuracy == accuracy(experiment)
    assert report.progress is None
    assert report.status.startswith("Finished: 4 steps")
    assert [row[0] for row in report.rows] == ["conv", "fc"]


def test_what_is_wrong_is_said_and_nothing_runs() -> None:
    runs = Runs()
    assert last(runs.watch(ME, "zh", BAD)).status == say("fix_first", "zh")


def test_what_nobody_foresaw_ends_the_run_on_the_page_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> Iterator[object]:
        raise LookupError("no GPU to lend")
        yield

    monkeypatch.setattr("core.lab.train", breaks)
    runs = Runs()
    reports = runs.watch(ME, "en", make(*TWO).to_dict())
    next(reports)
    assert next(reports).status == say("run_ended")
    with pytest.raises(LookupError):
        next(reports)
    assert len(runs) == 0


def test_stop_ends_the_sessions_own_run_only(make: Make) -> None:
    runs, raw = Runs(), make(*TWO, epochs=50).to_dict()
    reports = runs.watch(ME, "en", raw)
    for report in reports:
        if report.steps:
            runs.stop(Visitor("somebody else"))
            runs.stop(ME)
    assert report.finished is not None
    assert report.finished.reason == "stopped"
    assert len(runs) == 0


def test_a_stream_holds_every_event_and_its_last_burst_the_result(make: Make) -> None:
    experiment = make(*TWO)
    bursts = list(Runs().stream(experiment))
    steps = [event for burst in bursts for event in burst if isinstance(event, Step)]
    assert steps == [event for event in train(experiment) if isinstance(event, Step)]
    assert [type(event) for event in bursts[-1]][-3:] == [Evaluated, Silent, Finished]


def test_a_closed_stream_gives_its_place_back(make: Make) -> None:
    runs = Runs()
    stream = runs.stream(make(*TWO, epochs=50))
    next(stream)
    assert len(runs) == 1
    stream.close()
    assert len(runs) == 0


def test_a_comparison_runs_both_and_reuses_a_run_that_is_there(make: Make) -> None:
    runs, experiment = Runs(), make(*TWO)
    *_, (first, second) = runs.compare(ME, "en", experiment.to_dict(), None, merged)
    assert second is not None
    assert (first.accuracy, second.accuracy) == (accuracy(experiment), accuracy(merged(experiment)))
    assert {id(ours) for ours, _ in runs.compare(ME, "en", experiment.to_dict(), first, merged)} == {id(first)}
    other = replace(experiment, seed=1).to_dict()
    assert id(first) not in {id(ours) for ours, _ in runs.compare(ME, "en", other, first, merged)}


def test_any_other_can_be_compared_with_and_runs_with_the_same_seed(make: Make) -> None:
    experiment, other = make(*TWO, seed=3), make(seed=8, epochs=2)
    *_, (_, second) = Runs().compare(ME, "en", experiment.to_dict(), None, lambda _: other)
    assert second is not None and second.started is not None
    assert second.started.experiment == replace(other, seed=3)
    assert second.accuracy == accuracy(replace(other, seed=3))


def test_another_that_cannot_run_is_refused_before_anything_runs(make: Make) -> None:
    wrong = make({"name": "a", "params": "nothing.*"}, {"name": "b", "params": "*"})
    with pytest.raises(ExperimentError) as caught:
        next(Runs().compare(ME, "en", make(*TWO).to_dict(), None, lambda _: wrong))
    assert caught.value.problems[0].place == "other.groups[0].params"
    (report, second), *_ = Runs().compare(ME, "en", BAD, None, merged)
    assert (report.status, second) == (say("fix_first"), None)


def test_suggestions_come_as_sentences_and_as_data(make: Make) -> None:
    *_, answer = match_rates(Runs(), ME, "en", make(*TWO).to_dict(), 1e-3)
    assert answer.result is not None
    assert [s.sentence("en") for s in answer.result.groups] == answer.sentences
    assert [s.group for s in answer.result.groups] == ["conv", "fc"]


def test_a_target_that_cannot_be_is_named(make: Make) -> None:
    for target, wrong in ((5, "5 is out of bounds"), ("", "an empty value is not a number")):
        (answer,) = match_rates(Runs(), ME, "en", make(*TWO).to_dict(), target)
        assert answer.status.startswith(f"{say('rates_target')}: {wrong}"), "where it was typed, and what"


def test_a_run_can_be_looked_into_while_it_computes_also_when_a_second_one_is_refused(make: Make) -> None:
    runs, raw = Runs(), make(*TWO).to_dict()
    assert runs.shown_to(ME) is None
    reports = runs.watch(ME, "en", raw)
    while not (report := next(reports)).steps:
        assert runs.shown_to(ME) in (None, report)
    assert runs.shown_to(ME) is report
    assert last(runs.watch(ME, "en", raw)).started is None
    assert runs.shown_to(ME) is report
    assert last(reports) is report
    assert runs.shown_to(ME) is None
