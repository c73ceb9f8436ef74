"""The wide sweep in short: what the lab tells of a run, beside a plain loop that measures in float64."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.fidelity.cases import CLASSES, Case, cases, short
from tests.fidelity.sweep import deviation


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("case", short(), ids=lambda case: case.name)
def test_norms_are_those_of_a_plain_loop_in_double_precision(case: Case) -> None:
    found = deviation(case)
    assert found.largest["update"] and found.is_small, found.line()


def test_every_class_is_swept_with_each_of_its_options() -> None:
    names = [case.name for case in cases()]
    assert len(names) == len(set(names)) > 80
    assert {name.partition(",")[0] for name in names} >= set(CLASSES)
