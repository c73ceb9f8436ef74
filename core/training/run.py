"""One training run, step by step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.assignment import assign
from core.data import batches, load_dataset
from core.events import Evaluated, Event, Finished, GroupInfo, Progress, Started, Step, TensorStep
from core.experiment import Experiment
from core.measurement import Measured, Meter
from core.models import build_model
from core.optimizers import LearningRates, build_optimizers, set_train_mode
from core.resources.random_numbers import RandomNumbers
from core.resources.weights import WeightsUnavailable
from core.training.feeding import Prefixed, choose_feed, evaluation_chunks, of_images
from core.training.time_budget import Pace

PULSE = 0.2  # seconds between two reports
MOST_COLUMNS = 120  # steps of a run that are told parameter by parameter; a page shows few more side by side


class _Ended(Exception):
    """The run ends before its last step."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TrainingRun:
    """One training run: its tensors, its clock, and the steps not yet reported. `core.training.train` describes it."""

    def __init__(
        self,
        experiment: Experiment,
        device: torch.device,
        weights_problem: str | None,
        asked: Callable[[], bool],
        time_limit: float,
    ) -> None:
        self.device, self.asked, self.weights_problem = device, asked, weights_problem
        self.random_numbers = RandomNumbers(experiment.seed, device)
        self.model = self._build(experiment)
        self.parameters = list(self.model.parameters())
        self.assignment = assign(experiment, self.model)
        self.experiment = experiment = self.assignment.experiment
        self.optimizers = build_optimizers(self.assignment)
        self.rates = LearningRates(experiment, self.optimizers)
        self.data = load_dataset(experiment, device)
        self.feed = of_images(self.model, self.data, experiment.image_size)
        self.meter = Meter(self.assignment, self.optimizers)
        self.step = 0
        self.stride = math.ceil(experiment.steps / MOST_COLUMNS)
        self.pending: list[tuple[Tensor, list[float | None], Measured]] = []
        self.began = self.reported = time.monotonic()
        self.ends = self.began + time_limit
        self.training_seconds = 0.0
        self.pace = Pace(experiment, time_limit)

    def events(self) -> Iterator[Event]:
        """All of the run, from its start to its end."""
        reason = "done"
        yield self._started()
        try:
            yield from self._choose_feed(0)
            yield from self._evaluate(0)
            generator = torch.Generator().manual_seed(self.experiment.seed)
            for epoch in range(1, self.experiment.epochs + 1):
                if epoch > 1 and any(group.start_epoch == epoch - 1 for group in self.experiment.groups):
                    yield from self._choose_feed(epoch - 1)
                yield from self._train_epoch(generator)
                yield from self._evaluate(epoch)
        except _Ended as ended:
            reason = yield from self._report_rest(ended.reason)
        yield Finished(reason, self.step, time.monotonic() - self.began, self.meter.read_end())

    def _build(self, experiment: Experiment) -> torch.nn.Module:
        try:
            return build_model(experiment, self.device, self.random_numbers)
        except WeightsUnavailable as problem:
            self.weights_problem = self.weights_problem or str(problem)
            return build_model(replace(experiment, pretrained=False), self.device, self.random_numbers)

    def _started(self) -> Started:
        pretrained = self.experiment.pretrained and self.weights_problem is None
        infos, names = [], []
        for index, group in enumerate(self.experiment.groups):
            rows = self.assignment.of_group(index)
            infos.append(GroupInfo(group.name, group.optimizer, len(rows), sum(row.count for row in rows)))
            names += [row.name for row in rows]
        weights = "pretrained" if pretrained else "random"
        steps = self.experiment.steps
        about = (self.experiment, str(self.device), steps, weights, self.weights_problem)
        return Started(*about, tuple(infos), tuple(names))

    def _choose_feed(self, epochs: int) -> Iterator[Event]:
        """What to compute with until the next group starts; `epochs` whole epochs are over."""
        done_before, began = 0, time.monotonic()
        choosing = choose_feed(self.assignment, self.data, epochs)
        while isinstance(chosen := next(choosing), Prefixed):
            self._check()
            now = time.monotonic()
            self.pace.take_prefix(chosen.images - done_before, chosen.total, now - began)
            done_before, began = chosen.images, now
            if self._pulse_is_due():
                yield Progress("frozen", chosen.images, chosen.total)
        self.feed, told = chosen
        if told is not None:
            yield told

    def _train_epoch(self, generator: torch.Generator) -> Iterator[Event]:
        for inputs, labels in batches(self.feed.train, self.data.train.labels, self.experiment.batch_size, generator):
            self._check()
            began = time.monotonic()
            self._train_step(inputs, labels)
            now = time.monotonic()
            self.training_seconds += now - began
            self.pace.take_step(now - began, now - self.began)
            if self.step == 1 or self._pulse_is_due():  # nobody waits for a second step to see the first
                yield from self._report_steps()
                yield self._progress("training", self.step, self.experiment.steps)
        yield from self._report_steps()

    def _train_step(self, inputs: tuple[Tensor, ...], labels: Tensor) -> None:
        for parameter in self.parameters:  # as zero_grad() does, without its hooks
            parameter.grad = None
        with self.random_numbers:
            outputs = self.feed.train_network(*inputs)
        loss = cross_entropy(outputs, labels)
        loss.backward()
        self.rates.set(self.step + 1)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        self.pending.append((loss.detach(), self.rates.read(), self.meter.after_step()))

    def _report_steps(self) -> Iterator[Event]:
        """Bring the pending steps' numbers over together; raise at the first that is not finite."""
        pending, self.pending = self.pending, []
        if not pending:
            return
        losses, rates, measured = zip(*pending, strict=True)
        readings = self.meter.read(measured, rates)
        first = self.step - len(pending) + 1
        for step, (loss, reading) in enumerate(zip(torch.stack(losses).tolist(), readings, strict=True), first):
            yield Step(step, loss, reading.groups)
            if not (math.isfinite(loss) and reading.is_finite):
                self.step = step
                raise _Ended("non_finite")
            if (step - 1) % self.stride == 0:
                yield TensorStep(step, reading.tensor_ratios())

    def _report_rest(self, reason: str) -> Generator[Event, None, str]:
        """Report the steps that are pending; the reason is theirs if one of them is not finite."""
        try:
            yield from self._report_steps()
        except _Ended as ended:
            return ended.reason
        return reason

    def _evaluate(self, epoch: int) -> Iterator[Event]:
        self.model.eval()
        count, total = len(self.data.test), torch.zeros(2, device=self.device)
        for chunk in evaluation_chunks(count, self.experiment.image_size):
            self._check()
            began = time.monotonic()
            total += self._evaluate_chunk(chunk)
            self.pace.take_chunk(chunk.stop - chunk.start, time.monotonic() - began)
            if self._pulse_is_due():
                yield self._progress("evaluating", chunk.start, count)
        set_train_mode(self.assignment, epoch)
        loss, right = total.tolist()
        yield Evaluated(self.step, epoch, loss / count, right / count)

    @torch.no_grad()
    def _evaluate_chunk(self, chunk: slice) -> Tensor:
        """Summed loss and number of right answers, (2,), on the device."""
        labels = self.data.test.labels[chunk]
        outputs = self.feed.test_network(*(values[chunk] for values in self.feed.test))
        right = (outputs.argmax(dim=1) == labels).sum()
        return torch.stack([cross_entropy(outputs, labels, reduction="sum"), right.float()])

    def _check(self) -> None:
        if self.asked():
            raise _Ended("stopped")
        if time.monotonic() > self.ends:
            raise _Ended("time_limit")

    def _pulse_is_due(self) -> bool:
        now = time.monotonic()
        if now - self.reported < PULSE:
            return False
        self.reported = now
        return True

    def _progress(self, doing: str, done: int, total: int) -> Progress:
        rate = self.step / self.training_seconds if self.step else None
        left = (self.experiment.steps - self.step) / rate if rate else None
        return Progress(doing, done, total, steps_per_second=rate, seconds_left=left)
