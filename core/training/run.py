"""One training run, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.assignment import assign
from core.data import batches, class_count, load_dataset
from core.events import Evaluated, Event, Finished, FrozenPart, GroupInfo, Progress, Silent, Started
from core.experiment import Experiment
from core.measurement import Meter, Silence
from core.models import build_model
from core.optimizers import LearningRates, build_optimizers, set_train_mode
from core.resources.random_numbers import RandomNumbers
from core.resources.weights import WeightsUnavailable, stand_in
from core.training.clipping import Clipping
from core.training.clock import Clock, Ended, check
from core.training.feeding import Feed, Prefixed, choose_feed, evaluation_chunks, of_images
from core.training.interruption import Interruption
from core.training.network_state import NetworkState
from core.training.pace import Pace
from core.training.step import loss_and_gradients
from core.training.step_log import StepLog

PULSE = 0.5  # seconds between two reports
MOST_COLUMNS = 120  # steps of a run that are told parameter by parameter; a page shows few more side by side


Choice = Prefixed | tuple[Feed, FrozenPart | None]


class TrainingRun:
    """One training run, as `core.training.train` describes it.

    `weights_problem` says why pre-trained weights could not be fetched, `asked` whether the run is to stop,
    `time_limit` is in seconds. Raises Ended where it is to stop while it is still built.
    """

    def __init__(
        self,
        experiment: Experiment,
        device: torch.device,
        weights_problem: str | None,
        asked: Callable[[], bool],
        time_limit: float,
    ) -> None:
        self._device, self._weights_problem = device, weights_problem
        self._random_numbers = RandomNumbers(experiment.seed, device)
        building = Interruption(partial(check, asked, Clock(math.inf, PULSE)))  # the limit is of what comes then
        with building.between_tensors():
            self._model = self._build(experiment)
            self._parameters = list(self._model.parameters())
            self._assignment = assign(experiment, self._model)
            self._asked_for = [experiment.groups[place].name for place in self._assignment.places]
            self._experiment = experiment = self._assignment.experiment
            self._optimizers = build_optimizers(self._assignment)
            self._rates = LearningRates(experiment, self._optimizers)
            self._clipping = Clipping(self._assignment)
            self._data = load_dataset(experiment, device)
            self._feed = of_images(self._model, self._data, experiment.image_size)
            self._meter = Meter(self._assignment, self._optimizers)
        self._log = StepLog(self._meter, stride=math.ceil(experiment.steps / MOST_COLUMNS))
        self._clock, self._pace = Clock(time_limit, PULSE), Pace(experiment, time_limit)
        self._check = partial(check, asked, self._clock)
        self._interruption = Interruption(self._check)

    def events(self) -> Iterator[Event]:
        """All of the run, from its start to its end."""
        reason = "done"
        yield self._started()
        try:
            self._check()
            yield from self._choose_feed(0)
            yield from self._evaluate(0)
            generator = torch.Generator().manual_seed(self._experiment.seed)
            for epoch in range(1, self._experiment.epochs + 1):
                if epoch > 1 and epoch - 1 in self._experiment.turns:
                    yield from self._choose_feed(epoch - 1)
                yield from self._train_epoch(generator)
                yield from self._evaluate(epoch)
        except Ended as ended:
            are_finite = yield from self._log.tell()
            reason = ended.reason if are_finite else "non_finite"
        ends = self._meter.read_end() if self._log.step else ()  # seconds, of a large network
        yield Finished(reason, self._log.step, self._clock.seconds(), ends)

    def _build(self, experiment: Experiment) -> nn.Module:
        try:
            return build_model(experiment, self._device, self._random_numbers)
        except WeightsUnavailable as problem:
            self._weights_problem = self._weights_problem or str(problem)
            return build_model(replace(experiment, pretrained=False), self._device, self._random_numbers)

    def _started(self) -> Started:
        rows = [self._assignment.of_group(index) for index in range(len(self._experiment.groups))]
        infos = [
            GroupInfo(group.name, group.optimizer, len(own), sum(row.count for row in own), asked)
            for group, own, asked in zip(self._experiment.groups, rows, self._asked_for, strict=True)
        ]
        is_pretrained = self._experiment.pretrained and self._weights_problem is None
        return Started(
            self._experiment,
            str(self._device),
            self._experiment.steps,
            "pretrained" if is_pretrained else "random",
            self._weights_problem,
            tuple(infos),
            tensors=tuple(row.name for own in rows for row in own),
            classes=class_count(self._experiment.dataset),
            stand_in=stand_in(self._experiment.model) if is_pretrained else None,
            class_counts=tuple(torch.bincount(self._data.test.labels).tolist()),
        )

    def _choose_feed(self, epochs: int) -> Iterator[Event]:
        """What to compute with until the next group starts or freezes; `epochs` whole epochs are over."""
        done_before, began = 0, self._clock.seconds()
        choosing = choose_feed(self._assignment, self._data, epochs)
        while isinstance(chosen := self._next_piece(choosing), Prefixed):
            self._check()
            now = self._clock.seconds()
            self._pace.take_prefix(chosen.images - done_before, chosen.total, now - began)
            done_before, began = chosen.images, now
            if self._clock.pulse_is_due():
                yield Progress("frozen", chosen.images, chosen.total)
        self._feed, told = chosen
        if told is not None:
            yield told

    def _next_piece(self, choosing: Iterator[Choice]) -> Choice:
        with self._interruption.within("frozen beginning"):
            return next(choosing)

    def _train_epoch(self, generator: torch.Generator) -> Iterator[Event]:
        size = self._experiment.batch_size
        for inputs, labels in batches(self._feed.train, self._data.train.labels, size, generator):
            self._check()
            began = self._clock.seconds()
            with self._interruption.within("step"):
                self._train_step(inputs, labels)
            now = self._clock.seconds()
            self._pace.take_step(now - began, now)
            if self._log.step == 1 or self._clock.pulse_is_due():  # nobody waits for a second step to see the first
                yield from self._tell_steps()
                yield self._progress("training", self._log.step, self._experiment.steps)
        yield from self._tell_steps()

    def _train_step(self, inputs: tuple[Tensor, ...], labels: Tensor) -> None:
        network = self._feed.train_network
        loss = loss_and_gradients(self._parameters, network, inputs, labels, self._random_numbers)
        unclipped = self._clipping.copies()
        self._clipping.clip()
        self._rates.set(self._log.step + 1)
        is_first = self._log.step == 0  # which makes the optimizers' state, and of which nothing is told if it is ended
        with self._interruption.between_tensors() if is_first else nullcontext():
            for optimizer in self._optimizers:
                optimizer.step()
            self._log.take(loss, self._rates.read(), unclipped)

    def _tell_steps(self) -> Iterator[Event]:
        """Tell the steps that are not yet told; the run ends if one of them is not finite."""
        are_finite = yield from self._log.tell()
        if not are_finite:
            raise Ended("non_finite")

    def _evaluate(self, epoch: int) -> Iterator[Event]:
        numbers, state = self._random_numbers, None
        if epoch == 0:  # which a script leaves out
            numbers, state = numbers.copy(), NetworkState(self._model)
        self._model.eval()
        silence = Silence(self._model) if epoch in (0, self._experiment.epochs) else None
        count, total = len(self._data.test), torch.zeros(2, device=self._device)
        for chunk in evaluation_chunks(count, self._experiment.image_size):
            self._check()
            began = self._clock.seconds()
            with numbers, silence or nullcontext(), self._interruption.within("evaluation"):
                total += self._evaluate_chunk(chunk)
            self._pace.take_chunk(chunk.stop - chunk.start, self._clock.seconds() - began)
            if self._clock.pulse_is_due():
                yield self._progress("evaluating", chunk.start, count)
        if state is not None:
            state.restore()
        set_train_mode(self._assignment, epoch)
        loss, right = total.tolist()
        yield Evaluated(self._log.step, epoch, loss / count, right / count)
        if silence is not None and (layers := silence.read()):
            yield Silent(self._log.step, layers)

    @torch.no_grad()
    def _evaluate_chunk(self, chunk: slice) -> Tensor:
        """Summed loss and number of right answers, (2,), on the device."""
        labels = self._data.test.labels[chunk]
        outputs = self._feed.test_network(*(values[chunk] for values in self._feed.test))
        right = (outputs.argmax(dim=1) == labels).sum()
        return torch.stack([cross_entropy(outputs, labels, reduction="sum"), right.float()])

    def _progress(self, doing: str, done: int, total: int) -> Progress:
        rate = self._pace.steps_per_second()
        left = (self._experiment.steps - self._log.step) / rate if rate else None
        return Progress(doing, done, total, steps_per_second=rate, seconds_left=left)
