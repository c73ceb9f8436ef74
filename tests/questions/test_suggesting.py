"""Suggested rates: found from any start, tried again with other seeds, and never anything that was not run."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import core.questions.coordinate_search
import core.questions.suggesting
import core.questions.trials
import core.training.clock
import core.training.short_runs
from core.experiment import Experiment, ExperimentError, Number
from core.questions import Searching, Suggestion, Suggestions, Trial, suggest, with_suggestions
from core.questions.suggesting import (
    CONFIRMING,
    FEWEST_SEEDS,
    MORE_SEEDS,
    _is_better,
    _noise,
    _Suggester,
    _without_rounding,
)
from core.questions.trials import PATIENCE, with_values
from core.text import LANGUAGES, TEXT
from core.training import TIME_LIMIT, ShortRun, Start

Make = Callable[..., Experiment]

SECONDS = 3.0
GUESS = math.log(10)
ALL = {"name": "all", "params": ["*"], "optimizer": "Adam"}
CONVOLUTIONS = {"name": "convolutions", "params": ["conv*"], "optimizer": "Adam"}
CONNECTED = {"name": "connected", "params": ["*"], "optimizer": "Adam"}
LONG = {"train_size": 320, "batch_size": 16, "epochs": 5}  # 100 steps


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images to judge by, and small budgets, of this thread's own computing: others may use the machine too."""
    computing = SimpleNamespace(monotonic=time.thread_time)
    for module in (core.questions.suggesting, core.questions.coordinate_search, core.questions.trials):
        monkeypatch.setattr(module, "time", computing)
    monkeypatch.setattr(core.training.clock, "time", computing)
    monkeypatch.setattr(core.questions.trials, "HELD_OUT", 200)
    monkeypatch.setattr(core.questions.suggesting, "SECONDS", Number(0.1, TIME_LIMIT))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, tuple[float, ...]]]:
    """The seed and the rates of every run that is made, as it is made."""
    made: list[tuple[int, tuple[float, ...]]] = []
    run = Start.run

    def watched(self: Start, experiment: Experiment, *args: Any) -> Any:
        made.append((experiment.seed, tuple(group.lr for group in experiment.groups)))
        return run(self, experiment, *args)

    monkeypatch.setattr(Start, "run", watched)
    return made


def end_of(events: list[Any]) -> Suggestions:
    assert isinstance(events[-1], Suggestions)
    assert not any(isinstance(event, Suggestions) for event in events[:-1])
    return events[-1]


def searched(experiment: Experiment, seconds: float = SECONDS, **more: Any) -> Suggestions:
    return end_of(list(suggest(experiment, seconds, "cpu", **more)))


STARTS: dict[str, list[dict[str, Any]]] = {
    "too high": [ALL | {"lr": 0.3}],
    "far too low": [ALL | {"lr": 1e-9}],
    "one wild": [CONVOLUTIONS | {"lr": 1.0}, CONNECTED | {"lr": 0.001}],
    "lost": [ALL | {"lr": 100.0}],
}


@pytest.mark.parametrize("name", STARTS)
def test_a_bad_start_is_left_for_rates_that_were_run_and_are_better(
    make: Make, runs: list[tuple[int, tuple[float, ...]]], name: str
) -> None:
    experiment = make(*STARTS[name], **LONG)
    began = time.thread_time()
    found = searched(experiment, 7.0)
    assert time.thread_time() - began < 7.0 * 2.5
    assert found.reason == "done" and found.is_better
    proposed = with_suggestions(experiment, found)
    rates = tuple(group.lr for group in proposed.groups)
    assert {seed for seed, tried in runs if tried == rates} >= {0, 1, 2, 3}, "searched with one seed, tried with three"
    own = tuple(group.lr for group in experiment.groups)
    assert {seed for seed, tried in runs if tried == own} >= {0, 1, 2, 3}
    assert found.after is not None and found.after.loss is not None and found.before is not None
    assert found.after.loss < GUESS
    assert (found.before.loss is None) == (found.noise is None)
    if found.before.loss is not None and found.noise is not None:
        assert found.before.loss - found.after.loss > found.noise > 0
    assert replace(proposed, groups=experiment.groups) == experiment
    assert [s.sentence() for s in found.groups] == found.sentences()[1:]
    assert f"{found.after.loss:.3f}" in found.sentences("zh")[0]


@pytest.mark.parametrize(
    ("groups", "heavy"),
    [
        ([ALL | {"optimizer": "AdamW", "weight_decay": 100.0}], "all"),
        ([ALL | {"weight_decay": 1.0}], "all"),
        ([CONVOLUTIONS, CONNECTED | {"optimizer": "AdamW", "weight_decay": 100.0}], "connected"),
    ],
    ids=["decoupled", "as a penalty", "in one group"],
)
def test_a_weight_decay_that_holds_the_weights_back_is_lowered(
    make: Make, groups: list[dict[str, Any]], heavy: str
) -> None:
    experiment = make(*groups, **LONG)
    found = searched(experiment, 7.0)
    assert found.is_better
    after = {group.name: group for group in with_suggestions(experiment, found).groups}
    assert after[heavy].weight_decay <= 0.1 * groups[-1]["weight_decay"]
    assert all(group.weight_decay == 0 for name, group in after.items() if name != heavy)
    (sentence,) = (s.sentence() for s in found.groups if s.group == heavy)
    assert f"weight decay {groups[-1]['weight_decay']:g} → {after[heavy].weight_decay:g}" in sentence


def test_a_weight_decay_that_does_nothing_stays(make: Make) -> None:
    experiment = make(ALL | {"optimizer": "AdamW", "lr": 1e-6, "weight_decay": 0.01}, **LONG)
    found = searched(experiment, 10.0)
    assert found.is_better and found.groups[0].lr_after != 1e-6
    assert found.groups[0].weight_decay_after == 0.01
    assert "weight decay" not in found.groups[0].sentence()


@pytest.mark.parametrize(
    ("decay", "lower", "kept"), [(0.01, 1e-5, 0.01), (100.0, 0.1, 0.1)], ids=["does nothing", "holds"]
)
def test_a_lower_decay_is_proposed_with_other_rates_only_if_these_alone_are_worse(
    make: Make, monkeypatch: pytest.MonkeyPatch, decay: float, lower: float, kept: float
) -> None:
    """Whatever the search has found: two runs differ by chance where a decay does nothing."""
    experiment = make(ALL | {"optimizer": "AdamW", "lr": 1e-5, "weight_decay": decay}, **LONG)
    found = replace(experiment, groups=(replace(experiment.groups[0], lr=1e-3, weight_decay=lower),))
    search = core.questions.suggesting.CoordinateSearch
    monkeypatch.setattr(search, "events", lambda self: iter(()))
    monkeypatch.setattr(search, "proposals", lambda self: iter([found]))
    (group,) = searched(experiment, 10.0).groups
    assert (group.lr_after, group.weight_decay_after) == (1e-3, kept)


def test_a_group_that_starts_later_than_the_runs_end_is_not_moved(
    make: Make, runs: list[tuple[int, tuple[float, ...]]]
) -> None:
    experiment = make(CONVOLUTIONS | {"lr": 0.123, "start_epoch": 40}, CONNECTED, **LONG | {"epochs": 50})
    searched(experiment, 3.0)
    of_late, of_other = ({rates[place] for _, rates in runs if any(rates)} for place in (0, 1))
    assert 0.123 in of_late and len(of_other) > 2
    alone = [rates for _, rates in runs if rates[1] == 0.001 and any(rates)]
    assert {rates[0] for rates in alone} == {0.123}


def test_where_nothing_ever_learns_the_search_ends_with_its_time(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """No run is lost and none learns, up and down through all rates."""
    whole = Start._evaluate
    first: list[ShortRun] = []

    def alike(self: Start, steps: int) -> ShortRun:
        first.append(whole(self, steps))
        return replace(first[0], steps=steps, loss=GUESS)

    monkeypatch.setattr(Start, "_evaluate", alike)
    began = time.thread_time()
    found = searched(make(ALL, epochs=2), 3.0)
    assert (found.reason, found.is_better) == ("done", False)
    assert time.thread_time() - began < 3.0 * 2.5


def test_the_seconds_are_those_of_the_clock_on_the_wall(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (core.questions.suggesting, core.questions.coordinate_search, core.questions.trials):
        monkeypatch.setattr(module, "time", time)
    monkeypatch.setattr(core.training.clock, "time", time)
    began = time.monotonic()
    assert searched(make(ALL, **LONG), 3.0).reason == "done"
    assert time.monotonic() - began < 3.0 * 2.5, "on a machine that others may use too"


def test_where_nothing_is_better_the_rates_stay(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """All runs judged alike: no rate does anything."""
    whole = Start._evaluate
    first: list[ShortRun] = []

    def alike(self: Start, steps: int) -> ShortRun:
        first.append(whole(self, steps))
        return replace(first[0], steps=steps)

    monkeypatch.setattr(Start, "_evaluate", alike)
    experiment = make(CONVOLUTIONS, CONNECTED, epochs=2)
    found = searched(experiment, 1.0)
    assert (found.reason, found.is_better, found.before, found.after) == ("done", False, None, None)
    assert [(s.lr_before, s.lr_after) for s in found.groups] == [(0.001, 0.001)] * 2
    assert with_suggestions(experiment, found) == experiment
    assert found.sentences()[0].startswith("Nothing better was found") and len(found.sentences()) == 1


def test_the_test_images_are_never_looked_at(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other test images, same suggestions: images of noise do not change a thing."""
    seen: list[Any] = []
    load = core.training.short_runs.load_dataset

    class Unread:
        def __getattr__(self, name: str) -> Any:
            seen.append(name)
            raise AssertionError("test images")

    def without_test(*args: Any) -> Any:
        data = load(*args)
        return replace(data, test=Unread())

    monkeypatch.setattr(core.training.short_runs, "load_dataset", without_test)
    assert searched(make(ALL | {"lr": 1e-6}, epochs=5), 1.0).reason == "done"
    assert seen == []


def test_frozen_groups_and_rates_of_zero_stay_with_the_reason(make: Make) -> None:
    frozen = {"name": "first", "params": ["conv1.*"], "optimizer": "frozen"}
    zero = {"name": "second", "params": ["conv2.*"], "optimizer": "SGD", "lr": 0}
    experiment = make(frozen, zero, CONNECTED | {"lr": 1e-7}, epochs=5)
    found = searched(experiment, 1.0)
    assert [s.refusal_key for s in found.groups] == ["map_frozen", "map_lr_zero", None]
    assert with_suggestions(experiment, found).groups[:2] == experiment.groups[:2]
    assert found.groups[1] == Suggestion("second", 0.0, 0.0, 0.0, 0.0, "map_lr_zero")
    with pytest.raises(ExperimentError, match="no group has a learning rate"):
        next(suggest(make(zero | {"params": ["*"]}), device="cpu"))


@pytest.mark.parametrize("seconds", [19, 601, "soon", None, True, float("nan"), [20]])
def test_a_wrong_budget_is_named(make: Make, monkeypatch: pytest.MonkeyPatch, seconds: Any) -> None:
    monkeypatch.setattr(core.questions.suggesting, "SECONDS", Number(20, TIME_LIMIT))
    with pytest.raises(ExperimentError) as caught:
        next(suggest(make(), seconds))
    assert caught.value.field == "seconds"


def test_a_stop_ends_it_without_suggestions(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.questions.trials, "PULSE", 0.0)
    stop, events = threading.Event(), []
    for event in suggest(make(CONVOLUTIONS, CONNECTED, **LONG), 30.0, "cpu", stop):
        events.append(event)
        if isinstance(event, Searching) and event.runs == 3:
            stop.set()
    assert end_of(events) == Suggestions("stopped")
    assert end_of(events).sentences() == []
    assert with_suggestions(make(), end_of(events)) == make()
    assert searched(make(), stop=lambda: True) == Suggestions("stopped")
    assert searched(make(), time_limit=-1.0) == Suggestions("time_limit")


def test_progress_is_told_with_the_time_that_is_left(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.questions.trials, "PULSE", 0.0)
    events = list(suggest(make(ALL | {"lr": 1e-6}, epochs=5), 1.0, "cpu"))
    places = [event for event in events if isinstance(event, Searching)]
    assert places and all(0 <= place.seconds_left <= place.seconds for place in places)
    searching = [place.runs for place in places if not place.trying_again]
    assert searching == sorted(searching)
    again = [place.trying_again for place in places]
    assert again == sorted(again), "first the search, then the other seeds"
    left = [1 - place.seconds_left / place.seconds for place in places]
    assert left == sorted(left), "the bar never goes back"
    assert all(place.sentence(language) for place in places for language in LANGUAGES)


def test_a_rate_that_the_search_came_back_to_is_proposed_as_it_was(make: Make) -> None:
    experiment = make(CONVOLUTIONS | {"lr": 0.001}, CONNECTED | {"lr": 0.01})
    found = with_values(
        with_values(experiment, {"convolutions": 0.001 / 3, "connected": 0.01 / 3}), {"connected": 0.005}
    )
    back = with_values(found, {"convolutions": found.groups[0].lr * 3})
    assert [group.lr for group in back.groups] == [0.000999, 0.005]
    assert [group.lr for group in _without_rounding(experiment, back).groups] == [0.001, 0.005]
    assert _without_rounding(experiment, found) == found


class Timed:
    """Trials of whose runs only the time is known: a second a step."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.clock = SimpleNamespace(left=lambda: 1e9)

    def seconds_for(self, runs: int, steps: int, starts: int = 0) -> float:
        return float(runs * steps)

    def steps_for(self, runs: int, seconds: float, starts: int = 0) -> int:
        return int(seconds / runs)


@pytest.mark.parametrize(
    ("seconds", "seeds", "is_whole"),
    [
        (6 * 20 / CONFIRMING, 3, True),
        (6 * 20 / CONFIRMING / PATIENCE, 3, True),
        (4 * 20 / CONFIRMING / PATIENCE, 2, True),
        (4 * 20 / CONFIRMING / PATIENCE - 1, 3, False),
    ],
    ids=["within the time", "a little longer", "fewer seeds", "not even so"],
)
def test_what_is_found_is_tried_over_the_whole_run_where_the_time_allows(
    make: Make, seconds: float, seeds: int, is_whole: bool
) -> None:
    experiment = make(train_size=100, batch_size=10, epochs=2)
    plan: Any = _Suggester(Timed(experiment), seconds)  # type: ignore[arg-type]  # all that is asked of Trials
    searching = plan._plan()
    assert searching == pytest.approx((1 - CONFIRMING) * seconds)
    assert plan._seeds == seeds
    assert (plan._steps == experiment.steps) is is_whole
    assert plan._seconds == pytest.approx(searching + max(CONFIRMING * seconds, 2 * plan._seeds * plan._steps))


def test_of_a_part_of_the_run_it_is_said_that_it_is_a_part() -> None:
    found = Suggestions("done", (), True, Trial(2.0, 0.2), Trial(1.0, 0.5), 0.1, 3, 25, 62, 9)
    assert "the first 25 of 62 steps" in found.sentences()[1]
    assert "25" in found.sentences("zh")[1]
    assert len(replace(found, steps=62).sentences()) == 1


def test_the_first_seed_that_speaks_against_a_proposal_ends_its_trial(
    make: Make, runs: list[tuple[int, tuple[float, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.questions.suggesting, "_has_fallen", lambda before, after: False)
    experiment = make(ALL | {"lr": 1e-6}, train_size=320, batch_size=32, epochs=2)
    found = searched(experiment)
    assert not found.is_better and found.groups[0].lr_after == 1e-6
    others = [seed for seed, _ in runs if seed != experiment.seed]
    assert others and set(others) == {experiment.seed + 1}
    assert sum(rates == (1e-6,) for seed, rates in runs if seed != experiment.seed) == 1, "the start is run once"
    assert "nothing proved better with other seeds too" in found.sentences()[0], "the search itself did lower the loss"


def test_the_help_tells_how_many_seeds_a_proposal_is_tried_with() -> None:
    assert "two or three other seeds" in TEXT["suggest_help"][0] and (FEWEST_SEEDS, MORE_SEEDS) == (2, 3)


def run(loss: float, accuracy: float = 0.5, spread: float = 0.0) -> ShortRun:
    losses = torch.full((100,), loss) + spread * torch.linspace(-1, 1, 100)
    return ShortRun("done", 10, loss, accuracy, losses)


LOST = ShortRun("lost", 10)


@pytest.mark.parametrize(
    ("after", "accuracy", "is_better"),
    [
        ([1.0, 1.0, 1.01], 0.5, True),
        ([1.0, 1.0, 1.01], 0.49, False),
        ([1.9, 1.9, 2.01], 0.5, False),
        ([0.5, 1.99, 1.99], 0.5, False),
        ([2.5, 2.5, 2.5], 0.9, False),
    ],
    ids=["better", "less accurate", "worse with one seed", "within the noise", "worse"],
)
def test_only_what_is_better_with_every_seed_beyond_the_noise_is_proposed(
    after: list[float], accuracy: float, is_better: bool
) -> None:
    pairs = [(run(2.0), run(loss, accuracy)) for loss in after]
    before, then = Trial(2.0, 0.5), Trial(sum(after) / 3, accuracy)
    assert _is_better(pairs, before, then, _noise(pairs), GUESS) is is_better


def test_the_noise_is_three_standard_errors_by_seeds_or_by_images() -> None:
    seeds = [(run(2.0), run(loss)) for loss in (1.0, 1.1, 1.2)]
    assert _noise(seeds) == pytest.approx(3 * 0.1 / 3**0.5, rel=1e-4)
    images = [(run(2.0), run(1.0, spread=0.5)) for _ in range(3)]
    deviation = 0.5 * 0.586  # of 100 numbers from -1 to 1, evenly
    assert _noise(images) == pytest.approx(3 * deviation / 10 / 3**0.5, rel=1e-2)
    assert _noise([*seeds, (LOST, run(1.0))]) is None
    assert _is_better([(LOST, run(1.0))], Trial(None, None), Trial(1.0, 0.5), None, GUESS)
    assert not _is_better([(run(1.0), LOST)], Trial(1.0, 0.5), Trial(None, None), None, GUESS)


def test_a_lost_start_does_not_make_a_run_worse_than_guessing_a_suggestion() -> None:
    assert not _is_better([(LOST, run(4.2))], Trial(None, None), Trial(4.2, 0.1), None, GUESS)
