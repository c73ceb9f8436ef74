"""What a network gives, as one row of numbers per image."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def logits_of(outputs: Any) -> Tensor:
    """The tensor among the outputs of a network that holds a score per class.

    Some give it inside an object, as `.logits` or under that key.
    """
    if not isinstance(outputs, Tensor):
        outputs = outputs["logits"] if isinstance(outputs, dict) else outputs.logits
    logits: Tensor = outputs
    return logits
