"""Many short runs of one experiment from one start: the loss that each reaches on images which none trains on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from core.assignment import Assignment, assign
from core.data import Dataset, batches, class_count, load_dataset, load_held_out
from core.events import Progress
from core.experiment import Experiment
from core.models import build_model
from core.optimizers import LearningRates, build_optimizers, set_train_mode
from core.resources.random_numbers import RandomNumbers
from core.resources.weights import WeightsUnavailable
from core.training.clipping import Clipping
from core.training.clock import Clock, check
from core.training.feeding import Feed, Prefixed, choose_feed, evaluation_chunks, of_images
from core.training.first_pass import FirstPass
from core.training.interruption import Interruption
from core.training.network_state import NetworkState
from core.training.step import loss_and_gradients

BURST = 5  # steps whose losses are brought over from the device together, unless they take longer than PULSE
PULSE = 0.2  # seconds
# Times the first batch's loss, or a constant guess's where that is higher: fastai's lr_find stops at four times its
# best (callback/schedule.py), which a network that fits already would reach by chance.
LOST = 4.0
JUDGED_AFTER = 2 * BURST  # steps: a spike that a run recovers from comes before
# Parameters: above it trying two runs at a time takes long, and two of resnet18 took 1.2 times as long as one by one.
SMALL = 1_000_000


class SetsRates(Protocol):
    """What gives the groups of torch their learning rates before each step, counted from 1."""

    def set(self, step: int) -> None: ...


MakeRates = Callable[[Assignment, list[Optimizer]], SetsRates]


def planned(assignment: Assignment, optimizers: list[Optimizer]) -> SetsRates:
    """The rates that a run has."""
    return LearningRates(assignment.experiment, optimizers)


@dataclass(frozen=True)
class ShortRun:
    """A short run's end. `reason` is "done", or why it ended early: "lost" or "non_finite".

    Of a run that is done, `losses` (N,) are the cross-entropies of the held-out images, on the CPU, `loss` is
    their mean, and `accuracy` the share of right answers, 0 to 1.
    """

    reason: str
    steps: int
    loss: float | None = None
    accuracy: float | None = None
    losses: Tensor | None = None


class Start:
    """What the short runs of one seed share: network and weights, images, and what the frozen beginning makes of them.

    `held_out` training images that no run trains on, or as many as are left over, are there to judge by. A run is
    the experiment's own beginning: the same batches, rates and random numbers as those of `train`, and on the same
    device the same floats. The first batch's pass, which no rate changes, is computed once, unless the network is of
    somebody's own code. A start has one network, so its runs come one after the other; a second start of the same
    experiment may run beside it, and spares preparing the images again where it is given its `data`.
    Raises Ended, and what `load_held_out` and `build_model` raise; weights that cannot be had are replaced by random
    ones.
    """

    def __init__(
        self,
        experiment: Experiment,
        device: torch.device,
        held_out: int,
        asked: Callable[[], bool],
        clock: Clock,
        data: Dataset | None = None,
    ) -> None:
        self.experiment = experiment
        self._clock, self._check = clock, partial(check, asked, clock)
        self._guess = math.log(class_count(experiment.dataset))
        self._random_numbers = RandomNumbers(experiment.seed, device)
        self._interruption = Interruption(self._check)
        with self._interruption.between_tensors():
            self._model = self._build(device)
        self._parameters = list(self._model.parameters())
        self._values = [(parameter.detach().clone(), parameter.requires_grad) for parameter in self._parameters]
        self._state = NetworkState(self._model)
        self.data = data or Dataset(
            experiment.dataset,
            load_dataset(experiment, device).train,
            load_held_out(experiment, held_out, device),
        )
        self._images = self._feed = of_images(self._model, self.data, experiment.image_size)
        self._first_pass: FirstPass | None = None

    def _build(self, device: torch.device) -> nn.Module:
        try:
            return build_model(self.experiment, device, self._random_numbers)
        except WeightsUnavailable:
            return build_model(replace(self.experiment, pretrained=False), device, self._random_numbers)

    @property
    def held_out(self) -> int:
        """How many images there are to judge by."""
        return len(self.data.test)

    @property
    def may_gain_beside_another(self) -> bool:
        """Whether its runs and those of a second start leave each other alone, and may have no use for all cores.

        Those of a network of few parameters, fed with images; its modules are of packages that are known to write to
        nothing but themselves.
        """
        is_small = sum(parameter.numel() for parameter in self._parameters) < SMALL
        return is_small and self._feed.train[0] is self.data.train.images and self._state.of_known_packages

    def prepare(self) -> Iterator[Progress]:
        """Compute the frozen beginning, if there is one, once for all runs; yields how far that is."""
        longer = replace(self.experiment, epochs=max(2, self.experiment.epochs))  # it pays: it is used in every run
        assignment = assign(longer, self._model)
        set_train_mode(assignment)
        choosing = choose_feed(assignment, self.data, 0)
        while isinstance(chosen := next(choosing), Prefixed):
            self._check()
            if self._clock.pulse_is_due():
                yield Progress("frozen", chosen.images, chosen.total)
        self._feed, _ = chosen

    def run(
        self, experiment: Experiment, steps: int, make_rates: MakeRates = planned
    ) -> Generator[Sequence[float], None, ShortRun]:
        """The first `steps` steps of `experiment`, which differs from the shared one in learning rates only.

        Yields the batches' losses in bursts; raises `Ended` when asked to stop or out of time.
        """
        losses: list[float] = []
        taken, reason = 0, "done"
        for burst in self._train(experiment, steps, make_rates):
            yield burst
            losses += burst
            if len(losses) % BURST and len(losses) < steps:
                continue
            last, taken = losses[taken:], len(losses)
            if (reason := _judge(last, max(losses[0], self._guess), taken)) != "done":
                break
        return ShortRun(reason, taken) if reason != "done" else self._evaluate(taken)

    def _train(self, experiment: Experiment, steps: int, make_rates: MakeRates) -> Iterator[list[float]]:
        assignment = self._begin(experiment)
        optimizers = build_optimizers(assignment)
        clipping = Clipping(assignment)
        rates, random_numbers = make_rates(assignment, optimizers), self._random_numbers.copy()
        self._now = self._feed
        pending: list[Tensor] = []
        told = time.monotonic()
        for step, (inputs, labels) in enumerate(self._batches(assignment, steps), 1):
            self._check()
            if step == 1 and self._first_pass:
                loss, random_numbers = self._first_pass.repeat()
            else:
                with self._interruption.within("step"):
                    loss = loss_and_gradients(self._parameters, self._now.train_network, inputs, labels, random_numbers)
                if step == 1 and self._state.of_known_packages:
                    self._first_pass = FirstPass(self._model, loss, random_numbers)
            clipping.clip()
            rates.set(step)
            for optimizer in optimizers:
                optimizer.step()
            pending.append(loss.detach())
            if step % BURST == 0 or step == steps or time.monotonic() - told > PULSE:
                yield torch.stack(pending).tolist()
                pending, told = [], time.monotonic()

    @torch.no_grad()
    def _begin(self, experiment: Experiment) -> Assignment:
        """Everything as it was at the start."""
        for parameter, (value, requires_grad) in zip(self._parameters, self._values, strict=True):
            parameter.copy_(value).requires_grad_(requires_grad)
        self._state.restore()
        return assign(experiment, self._model)

    def _batches(self, assignment: Assignment, steps: int) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
        """As many of the run's own batches, epoch after epoch; groups start and freeze where they do there."""
        e, left = assignment.experiment, steps
        generator = torch.Generator().manual_seed(e.seed)
        for epoch in range(-(-steps // e.steps_per_epoch)):
            if epoch and epoch in e.turns:
                set_train_mode(assignment, epoch)
                self._now = self._images
            for batch in batches(self._now.train, self.data.train.labels, e.batch_size, generator):
                if left == 0:
                    return
                left -= 1
                yield batch

    @torch.no_grad()
    def _evaluate(self, steps: int) -> ShortRun:
        self._model.eval()
        feed, labels = self._now, self.data.test.labels
        chunks = evaluation_chunks(len(labels), self.experiment.image_size)
        outputs = torch.cat([self._forward(feed, chunk) for chunk in chunks])
        losses = cross_entropy(outputs, labels, reduction="none").cpu()
        accuracy = float((outputs.argmax(dim=1) == labels).float().mean())
        if not bool(losses.isfinite().all()):
            return ShortRun("non_finite", steps)
        return ShortRun("done", steps, float(losses.mean()), accuracy, losses)

    def _forward(self, feed: Feed, chunk: slice) -> Tensor:
        self._check()
        with self._random_numbers.copy(), self._interruption.within("evaluation"):
            return feed.test_network(*(values[chunk] for values in feed.test))


def _judge(burst: Sequence[float], usual: float, taken: int) -> str:
    """Whether a run can go on ("done", when it has no more steps), or why it is of no use to."""
    if not all(math.isfinite(loss) for loss in burst):
        return "non_finite"
    is_lost = taken >= JUDGED_AFTER and sum(burst) / len(burst) > LOST * usual
    return "lost" if is_lost else "done"
