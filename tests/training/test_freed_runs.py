"""A run is freed as soon as it is over: what waits for the collector of cycles holds 150 MB of memory each."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

import core.training.run
from core.experiment import Experiment
from core.training import Step, train
from tests.conftest import Make

FROZEN = {"name": "f", "params": ["conv*"], "optimizer": "frozen"}
REST = {"name": "a", "params": ["*"], "optimizer": "AdamW"}


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[weakref.ref[object]]]:
    """Of every run that begins, itself and what is large of it; without a collector."""
    found: list[weakref.ref[object]] = []
    begin = core.training.run.TrainingRun.__init__

    def begin_and_note(run: core.training.run.TrainingRun, *given: object) -> None:
        begin(run, *given)  # type: ignore[arg-type]
        found.extend(weakref.ref(part) for part in (run, run._model, run._meter, run._data.train, *run._optimizers))

    monkeypatch.setattr(core.training.run.TrainingRun, "__init__", begin_and_note)
    gc.collect()
    gc.disable()
    yield found
    gc.enable()


@pytest.mark.parametrize("ending", ["done", "stopped", "left"])
@pytest.mark.parametrize("groups", [[REST], [FROZEN, REST]], ids=["one group", "frozen beginning"])
def test_nothing_is_left_of_a_run(
    make: Make, parts: list[weakref.ref[object]], groups: list[dict[str, object]], ending: str
) -> None:
    experiment: Experiment = make(*groups, train_size=80, test_size=10, epochs=2)
    steps = 0
    events = train(experiment, "cpu", stop=lambda: ending == "stopped" and steps > 0)
    for event in events:
        steps += isinstance(event, Step)
        if ending == "left" and steps:
            break
    events.close()  # type: ignore[attr-defined]  # it is a generator
    assert steps and len(parts) == 5
    assert [part() for part in parts] == [None] * 5
