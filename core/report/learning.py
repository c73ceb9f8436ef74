"""How well a run did in the end, and whether that is more than guessing."""

from __future__ import annotations

import math
from dataclasses import dataclass

LOSS_GAIN = 0.02  # nats below a constant guess that count as learning: what a few lucky batches do not give


@dataclass(frozen=True)
class Learning:
    """How well a run did in the end: on `test_size` images of so many `classes`, accuracy (0 to 1) and mean loss.

    They are of the network after so many `steps`: 0 where it was not tested again after it began to train, None after
    all of them. `class_counts` are the test images of each class; without them all are equally frequent."""

    accuracy: float
    loss: float
    classes: int
    test_size: int
    steps: int | None = None
    class_counts: tuple[int, ...] = ()

    @property
    def chance(self) -> float:
        """The accuracy of always naming the most frequent class."""
        return max(self._shares)

    @property
    def errors(self) -> float:
        """The wrong answers, as a share of those of guessing."""
        return (1 - self.accuracy) / (1 - self.chance)

    @property
    def noise(self) -> float:
        """What guessing stays within, to both sides, in 997 of 1000 cases: three standard deviations."""
        return 3 * math.sqrt(self.chance * (1 - self.chance) / self.test_size)

    @property
    def guess(self) -> float:
        """The mean cross-entropy of giving each class its share of the images as its probability."""
        return -sum(share * math.log(share) for share in self._shares if share)

    @property
    def _shares(self) -> list[float]:
        counts = self.class_counts or (1,) * self.classes
        return [count / sum(counts) for count in counts]

    @property
    def is_none(self) -> bool:
        """Whether it is no better than guessing, by accuracy and by loss."""
        return self.accuracy <= self.chance + self.noise and not self.loss < self.guess - LOSS_GAIN
