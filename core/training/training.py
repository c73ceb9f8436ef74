"""train(experiment) yields events: one generator, one way, the same floats every time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator

import torch

from core.data import dataset_problems
from core.events import (
    Evaluated,
    Event,
    Finished,
    GroupEnd,
    GroupInfo,
    GroupStep,
    Progress,
    Silent,
    Started,
    Step,
    TensorStep,
)
from core.experiment import Experiment, ExperimentError, not_an_experiment
from core.models import model_problems
from core.resources.device import choose_device
from core.resources.fetching import prepare_weights, weights_are_here
from core.training.clock import Ended
from core.training.run import PULSE, TrainingRun

__all__ = ["PULSE", "Evaluated", "Event", "Finished", "GroupEnd", "GroupInfo", "GroupStep", "Progress", "Started"]
__all__ += ["Silent", "Step", "TensorStep", "choose_device", "train"]

TIME_LIMIT = 600.0  # seconds of computing

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
    """Train and measure; yields `Started`, then `Evaluated`, `Silent`, `Step`, `TensorStep` and `Progress`, at last
    `Finished`.

    The recipe, for a script that wants the same floats:
    1. `core.data.load_dataset(experiment)`: balanced subsets chosen by a generator of the seed.
    2. `torch.manual_seed(seed)`, then the network's constructor, on the CPU; then moved, network
       and images in the layout of `core.resources.device.memory_format`. Where training draws random numbers
       (dropout), they go on from there.
    3. One optimizer per class, as `core.optimizers.build_optimizers` makes them, fused where it
       lists the class in `FUSED`; a group that
       starts later has requires_grad=False and no gradients until its `start_epoch` epochs are over, and so has
       one that freezes from its `end_epoch` on: torch leaves parameters without gradients alone, momentum and decay
       too (`Optimizer` steps over those whose `grad` is None).
    4. `generator = torch.Generator().manual_seed(seed)`; each epoch takes one
       `torch.randperm(train_size, generator=generator)` and cuts it into whole batches: an
       incomplete last one is left out. Images are resized bilinearly to `image_size`.
    5. A step: every optimizer zeroes its gradients, one backward pass of the mean cross-entropy,
       gradients are clipped as `core.training.clipping` says, if they are, every group gets its rate of
       `core.optimizers.schedules.planned_rates`, every optimizer steps.
       Evaluation, before the first step and after each epoch, is in eval mode; the first one leaves the
       network and its random numbers as they were.
    Where that is exact, the network's frozen beginning is computed once, not in every step; a
    `FrozenPart` says so (`core.training.feeding`).

    The floats are the same bit for bit on the same device and number of threads, also while
    another run goes on in the process. Steps come in bursts, each closed by a `Progress`; no
    step is lost. Every k-th step, from the first, is followed by a `TensorStep`: at most 120.
    `stop`, an event or a function, ends the run within a second or so: between two layers of a step, or while the
    network is built, and then `Finished` comes alone. So do a loss or update that is not finite and `time_limit`
    seconds of computing; `Finished` says which.

    Raises ExperimentError (unknown names, bad groups; `core.training.pace.TooLong`, while it goes on, when
    the measured steps show that it cannot end in time), DatasetUnavailable. Pre-trained weights
    that cannot be had are replaced by random ones, and `Started` says so.
    """
    asked: Callable[[], bool] = stop.is_set if isinstance(stop, threading.Event) else stop or (lambda: False)
    if not isinstance(experiment, Experiment):
        raise not_an_experiment(experiment)
    if problems := (*model_problems(experiment), *dataset_problems(experiment)):
        raise ExperimentError(problems)
    weights_problem = None
    if experiment.pretrained:
        weights_problem = yield from wait_for_weights(experiment.model, asked, PULSE)
    began = time.monotonic()
    try:
        run = TrainingRun(experiment, torch.device(device or choose_device()), weights_problem, asked, time_limit)
    except Ended as ended:  # while it was built
        yield Finished(ended.reason, 0, time.monotonic() - began, ())
        return
    yield from run.events()


def wait_for_weights(model: str, stop: Callable[[], bool], pulse: float) -> Generator[Progress, None, str | None]:
    """Wait until the weights of `model` are here; yields Progress every `pulse` seconds.

    Returns None, or why they cannot be had.
    """
    if weights_are_here(model):
        return None
    download = prepare_weights(model)
    while download.is_alive() and not stop():
        download.join(pulse)
        yield Progress("weights", download.done, download.total)
    if weights_are_here(model):
        return None
    return "stopped" if download.is_alive() else download.problem
