"""How well a run did in the end, and whether that is more than guessing."""

from __future__ import annotations

import math
from dataclasses import dataclass

LOSS_GAIN = 0.02  # nats below a constant guess that count as learning: what a few lucky batches do not give


@dataclass(frozen=True)
class Learning:
    """How well a run did in the end: on `test_size` images of so many `classes`, accuracy (0 to 1) and mean loss.

    They are of the network after so many `steps`: 0 where it was not tested again after it began to train, None after
    all of them."""

    accuracy: float
    loss: float
    classes: int
    test_size: int
    steps: int | None = None

    @property
    def chance(self) -> float:
        """The accuracy of guessing, as all classes are equally frequent."""
        return 1 / self.classes

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
        """The mean cross-entropy of giving every class the same probability."""
        return math.log(self.classes)

    @property
    def is_none(self) -> bool:
        """Whether it is no better than guessing, by accuracy and by loss."""
        return self.accuracy <= self.chance + self.noise and not self.loss < self.guess - LOSS_GAIN
