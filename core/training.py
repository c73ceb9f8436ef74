"""train(experiment) yields events: one generator, one way, the same floats every time."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.assignment import assign
from core.data import Split, batches, dataset_problems, load_dataset, resize
from core.device import choose_device
from core.events import Evaluated, Event, Finished, GroupEnd, GroupInfo, GroupStep, Progress, Started, Step, TensorStep
from core.experiment import MAX_BATCH_PIXELS, Experiment, ExperimentError
from core.fetching import wait_for_weights
from core.measurement import NORMS, Meter
from core.models import build_model, model_problems
from core.optimizers import build_optimizers, set_train_mode
from core.pace import Pace
from core.random_numbers import RandomNumbers
from core.schedules import LearningRates
from core.weights import WeightsUnavailable

__all__ = ["Evaluated", "Event", "Finished", "GroupEnd", "GroupInfo", "GroupStep", "Progress", "Started", "Step"]
__all__ += ["TensorStep", "choose_device", "train"]

TIME_LIMIT = 600.0  # seconds of computing
PULSE = 0.2  # seconds between two reports
MOST_COLUMNS = 120  # steps of a run that are told parameter by parameter; a page shows few more side by side

# The same numbers on a GPU at every run: github.com/pytorch/pytorch, docs/source/notes/randomness.md.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False


def train(
    experiment: Experiment,
    device: str | torch.device | None = None,
    stop: threading.Event | Callable[[], bool] | None = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[Event]:
    """Train and measure; yields `Started`, then `Evaluated`, `Step`, `TensorStep` and `Progress`, at last `Finished`.

    The recipe, for a script that wants the same floats:
    1. `core.data.load_dataset(experiment)`: balanced subsets chosen by a generator of the seed.
    2. `torch.manual_seed(seed)`, then the network's constructor, on the CPU; then moved. Where
       training draws random numbers (dropout), they go on from there.
    3. One optimizer per class, as `core.optimizers.build_optimizers` makes them; a group that
       starts later has requires_grad=False and no gradients until its `start_epoch` epochs are over.
    4. `generator = torch.Generator().manual_seed(seed)`; each epoch takes one
       `torch.randperm(train_size, generator=generator)` and cuts it into whole batches: an
       incomplete last one is left out. Images are resized bilinearly to `image_size`.
    5. A step: every optimizer zeroes its gradients, one backward pass of the mean cross-entropy,
       every group gets its rate of `core.schedules.planned_rates`, every optimizer steps.
       Evaluation, before the first step and after each epoch, is in eval mode and draws no
       random numbers.

    The floats are the same bit for bit on the same device and number of threads, also while
    another run goes on in the process. Steps come in bursts, each closed by a `Progress`; no
    step is lost. Every k-th step, from the first, is followed by a `TensorStep`: at most 120.
    `stop`, an event or a function, ends the run at the next step, as do a loss or update that
    is not finite and `time_limit` seconds of computing; `Finished` says which.

    Raises ExperimentError (unknown names, bad groups; `core.pace.TooLong`, while it goes on, when
    the measured steps show that it cannot end in time), DatasetUnavailable. Pre-trained weights
    that cannot be had are replaced by random ones, and `Started` says so.
    """
    asked: Callable[[], bool] = stop.is_set if isinstance(stop, threading.Event) else stop or (lambda: False)
    if problems := (*model_problems(experiment), *dataset_problems(experiment)):
        raise ExperimentError(problems)
    weights_problem = None
    if experiment.pretrained:
        weights_problem = yield from wait_for_weights(experiment.model, asked, PULSE)
    run = _Run(experiment, torch.device(device or choose_device()), weights_problem, asked, time_limit)
    yield from run.events()


class _Ended(Exception):
    """The run ends before its last step."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Run:
    """One training run: its tensors, its clock, and the steps not yet reported."""

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
        self.assignment = assign(experiment, self.model)
        self.experiment = experiment = self.assignment.experiment
        self.optimizers = build_optimizers(self.assignment)
        self.rates = LearningRates(experiment, self.optimizers)
        self.data = load_dataset(experiment, device)
        self.meter = Meter(self.assignment, self.optimizers)
        self.step = 0
        self.stride = math.ceil(experiment.steps / MOST_COLUMNS)
        self.pending: list[tuple[list[float | None], Tensor]] = []
        self.began = self.reported = time.monotonic()
        self.ends = self.began + time_limit
        self.training_seconds = 0.0
        self.pace = Pace(experiment, time_limit)

    def events(self) -> Iterator[Event]:
        reason = "done"
        yield self._started()
        try:
            yield from self._evaluate(0)
            generator = torch.Generator().manual_seed(self.experiment.seed)
            for epoch in range(1, self.experiment.epochs + 1):
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

    def _train_epoch(self, generator: torch.Generator) -> Iterator[Event]:
        for images, labels in batches(self.data.train, self.experiment.batch_size, generator):
            self._check()
            began = time.monotonic()
            self._train_step(images, labels)
            now = time.monotonic()
            self.training_seconds += now - began
            self.pace.take_step(now - began, now - self.began)
            if self._pulse_is_due():
                yield from self._report_steps()
                yield self._progress("training", self.step, self.experiment.steps)
        yield from self._report_steps()

    def _train_step(self, images: Tensor, labels: Tensor) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        with self.random_numbers:
            outputs = self.model(resize(images, self.experiment.image_size))
        loss = cross_entropy(outputs, labels)
        loss.backward()
        self.meter.before_step()
        self.rates.set(self.step + 1)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        norms = self.meter.after_step().flatten()
        self.pending.append((self.rates.read(), torch.cat([loss.detach().view(1), norms, *self.meter.tensor_norms()])))

    def _report_steps(self) -> Iterator[Event]:
        """Bring the pending steps' numbers over in one transfer; raise at the first that is not finite."""
        pending, self.pending = self.pending, []
        if not pending:
            return
        rates = [row[0] for row in pending]
        table = torch.stack([row[1] for row in pending]).cpu()
        count = len(self.experiment.groups)
        width = 1 + NORMS * count  # the loss and the groups' norms; those of single tensors follow
        finite = table[:, :width].isfinite().all(dim=1).tolist()
        first = self.step - len(pending) + 1
        for step, row in enumerate(table.tolist(), first):
            by_kind = [row[k : k + count] for k in range(1, width, count)]
            yield Step(step, row[0], self.meter.read(by_kind, rates[step - first]))
            if not finite[step - first]:
                self.step = step
                raise _Ended("non_finite")
            if (step - 1) % self.stride == 0:
                yield TensorStep(step, self.meter.read_tensors(row[width:]))

    def _report_rest(self, reason: str) -> Generator[Event, None, str]:
        """Report the steps that are pending; the reason is theirs if one of them is not finite."""
        try:
            yield from self._report_steps()
        except _Ended as ended:
            return ended.reason
        return reason

    def _evaluate(self, epoch: int) -> Iterator[Event]:
        self.model.eval()
        split, size = self.data.test, self.experiment.image_size
        chunk = max(1, MAX_BATCH_PIXELS // 4 // size**2)
        total = torch.zeros(2, device=self.device)
        for start in range(0, len(split), chunk):
            self._check()
            began = time.monotonic()
            total += self._evaluate_chunk(split, start, start + chunk)
            self.pace.take_chunk(min(chunk, len(split) - start), time.monotonic() - began)
            if self._pulse_is_due():
                yield self._progress("evaluating", start, len(split))
        set_train_mode(self.assignment, epoch)
        loss, right = total.tolist()
        yield Evaluated(self.step, epoch, loss / len(split), right / len(split))

    @torch.no_grad()
    def _evaluate_chunk(self, split: Split, start: int, end: int) -> Tensor:
        """Summed loss and number of right answers, (2,), on the device."""
        labels = split.labels[start:end]
        outputs = self.model(resize(split.images[start:end], self.experiment.image_size))
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
