"""What the network of a run is fed with: images, or what its frozen beginning makes of them, computed once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.assignment import Assignment
from core.data import Dataset, Split, resize, take
from core.events import FrozenPart
from core.experiment import MAX_BATCH_PIXELS
from core.models import logits_of
from core.optimizers import set_train_mode
from core.resources.device import free_bytes
from core.resources.random_numbers import RandomNumbers
from core.training.frozen_prefix import Halves, NotCut, cut
from core.training.network_state import NetworkState

MOST_BYTES = 2**30  # of what the frozen beginning makes of both subsets
CHECKED = 64  # images that are computed both ways


@dataclass(frozen=True)
class Feed:
    """Of both subsets one or more tensors (N, ...) for a network, and that network: in train and in eval mode."""

    train: tuple[Tensor, ...]
    test: tuple[Tensor, ...]
    train_network: Callable[..., Tensor]
    test_network: Callable[..., Tensor]

    @property
    def bytes(self) -> int:
        return sum(tensor.nbytes for tensor in (*self.train, *self.test))


def of_images(network: nn.Module, data: Dataset, size: int) -> Feed:
    """The images themselves, resized to `size` pixels a side batch by batch."""

    def forward(images: Tensor) -> Tensor:
        return logits_of(network(resize(images, size)))

    return Feed((data.train.images,), (data.test.images,), forward, forward)


class Prefixed(NamedTuple):
    """How many images, of how many, have been through the frozen beginning."""

    images: int
    total: int


Prefix = Callable[[Tensor], tuple[Tensor, ...]]
Outputs = Generator[Prefixed, None, tuple[Tensor, ...]]


def choose_feed(
    assignment: Assignment, data: Dataset, epochs: int
) -> Iterator[Prefixed | tuple[Feed, FrozenPart | None]]:
    """What to compute with from the time when `epochs` whole epochs are over until a group starts or freezes.

    Where that is exact, bit for bit, and pays, the frozen beginning is computed now, for all images: yields
    `Prefixed` after each batch, and at last the feed and what there is to tell of it. The network is in train mode,
    as set for training, and is so again whenever something is yielded; at last all of it is as it was.
    """
    e, network = assignment.experiment, assignment.model
    state = NetworkState(network)
    try:
        try:
            feed = yield from _of_frozen_prefix(assignment, data, epochs, state)
        finally:
            state.restore()
    except NotCut as reason:
        told = FrozenPart(epochs + 1, 0, 0, reason.key, reason.values) if reason.key else None
        yield of_images(network, data, e.image_size), told
    else:
        yield feed, FrozenPart(epochs + 1, e.train_size + e.test_size, feed.bytes)


def _of_frozen_prefix(
    assignment: Assignment, data: Dataset, epochs: int, state: NetworkState
) -> Generator[Prefixed, None, Feed]:
    """Raises NotCut where there is no exact prefix, where it would be used only once, where its outputs would
    take more than `MOST_BYTES` or half of the free memory, and where the two ways differ in any bit."""
    e, network = assignment.experiment, assignment.model
    few, size = resize(data.train.images[:2], e.image_size), e.image_size
    halves = cut(network, few)
    if e.frozen_norm == "train" and assignment.idle_layers(epochs):
        raise NotCut("norms_drift")
    ends = min(turn for turn in (*e.turns, e.epochs) if turn > epochs)
    if ends - epochs < 2:
        raise NotCut("one_epoch")
    with _evaluating(assignment, epochs):
        test_halves = cut(network, few)

    def test_prefix(images: Tensor) -> tuple[Tensor, ...]:
        with _evaluating(assignment, epochs):
            return test_halves.prefix(images)

    total = len(data.train) + len(data.test)
    if (need := total * _bytes_per_image(halves, few)) > min(MOST_BYTES, free_bytes(few.device) // 2):
        raise NotCut("too_large", gigabytes=need / 1e9)
    tested, trained = evaluation_chunks(len(data.test), size), _whole_batches(len(data.train), e.batch_size)
    test = yield from _outputs(test_prefix, data.test, size, tested, Prefixed(0, total))
    train = yield from _outputs(halves.prefix, data.train, size, trained, Prefixed(len(data.test), total))
    feed = Feed(train, test, halves.rest, test_halves.rest)
    if not state.is_same():
        raise NotCut("keeps_state")
    _compare_steps(assignment, data, feed)
    with _evaluating(assignment, epochs):
        _compare_evaluation(network, data, size, feed, tested)
    return feed


def evaluation_chunks(count: int, size: int) -> list[slice]:
    """Which of `count` images of `size` pixels a side are evaluated together."""
    most = max(1, MAX_BATCH_PIXELS // 4 // size**2)
    return [slice(start, min(start + most, count)) for start in range(0, count, most)]


def _whole_batches(count: int, size: int) -> list[slice]:
    """All of `count` images in batches of exactly the size that they are trained in, so that the same kernels run.

    The last one overlaps the one before it.
    """
    return [slice(end - size, end) for end in (*range(size, count, size), count)]


@contextmanager
def _evaluating(assignment: Assignment, epochs: int) -> Iterator[None]:
    """Inside `with` the network is in eval mode, after it as it is to be trained."""
    assignment.model.eval()
    try:
        yield
    finally:
        set_train_mode(assignment, epochs)


@torch.no_grad()
def _bytes_per_image(halves: Halves, images: Tensor) -> int:
    return sum(value.nbytes for value in halves.prefix(images)) // len(images)


def _outputs(prefix: Prefix, split: Split, size: int, chunks: list[slice], before: Prefixed) -> Outputs:
    """The prefix's outputs for a whole subset, each (N, ...) in the memory layout that the prefix gives."""
    whole: list[Tensor] = []
    for chunk in chunks:
        with torch.no_grad():
            parts = prefix(resize(split.images[chunk], size))
        whole = whole or [_room(len(split), part) for part in parts]
        for tensor, part in zip(whole, parts, strict=True):
            tensor[chunk] = part
        yield before._replace(images=before.images + chunk.stop)
    return tuple(whole)


def _room(count: int, like: Tensor) -> Tensor:
    is_channels_last = like.ndim == 4 and not like.is_contiguous()
    layout = torch.channels_last if is_channels_last else torch.contiguous_format
    return torch.empty(count, *like.shape[1:], dtype=like.dtype, device=like.device, memory_format=layout)


def _compare_steps(assignment: Assignment, data: Dataset, feed: Feed) -> None:
    """Raises NotCut unless a few batches give the same loss and gradients, bit for bit, whichever way they go.

    How a kernel adds up an image's numbers may depend on the image's place in the batch. So the last batch is tried
    with each image one place on from where its kept values were computed, and others in the order of the first epoch.
    """
    e, network = assignment.experiment, assignment.model
    last = torch.arange(len(data.train) - e.batch_size, len(data.train)).roll(1)
    order = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(e.seed))
    more = order.split(e.batch_size)[: max(1, CHECKED // e.batch_size)]
    plain, state = of_images(network, data, e.image_size), NetworkState(network)
    for chosen in (last, *(batch for batch in more if len(batch) == e.batch_size)):
        found = []
        for way in (plain, feed):
            found.append(_loss_and_gradients(network, way, chosen.to(data.train.labels.device), data))
            state.restore()
        if not all(map(_same, *found)):
            raise NotCut("differs")


def _loss_and_gradients(network: nn.Module, feed: Feed, chosen: Tensor, data: Dataset) -> tuple[Tensor | None, ...]:
    with RandomNumbers(0, chosen.device):
        outputs = feed.train_network(*(take(values, chosen) for values in feed.train))
    loss = cross_entropy(outputs, data.train.labels[chosen])
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return outputs, *torch.autograd.grad(loss, trained, allow_unused=True)


@torch.no_grad()
def _compare_evaluation(network: nn.Module, data: Dataset, size: int, feed: Feed, chunks: list[slice]) -> None:
    """Raises NotCut unless the first and the last evaluated images give the same outputs, bit for bit, both ways."""
    plain = of_images(network, data, size)
    for chunk in {(each.start, each.stop): each for each in (chunks[0], chunks[-1])}.values():
        ways = [way.test_network(*(values[chunk] for values in way.test)) for way in (plain, feed)]
        if not _same(*ways):
            raise NotCut("differs")


def _same(a: Tensor | None, b: Tensor | None) -> bool:
    return a is b or (a is not None and b is not None and torch.equal(a, b))
