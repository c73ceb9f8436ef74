"""What is said of a name that nothing has."""

from __future__ import annotations

import pytest

from core.experiment.errors import unknown_name


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("sharps", "there is no “sharps”; similar names: shapes", "没有 “sharps”；名称相近的有：shapes"),
        ("mnist", "there is no “mnist”; names to choose from: cifar10, shapes", "可选的名称：cifar10, shapes"),
        ("", "a name is needed here; names to choose from: cifar10, shapes", "此处需要填写名称；"),
        (" ", "a name is needed here; names to choose from: cifar10, shapes", "此处需要填写名称；"),
    ],
)
def test_only_names_that_are_similar_are_called_so(name: str, english: str, chinese: str) -> None:
    problem = unknown_name("dataset", name, ["cifar10", "shapes"])
    assert problem.sentence() == english and chinese in problem.sentence("zh")
