"""CSV, HTML and TOML: read back by Python's csv module and the project itself."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import Evaluated, GroupStep, Started, Step
from core.experiment import (
    FROZEN,
    MAX_GROUPS,
    MOMENTUM_OPTIMIZERS,
    OPTIMIZER_OPTIONS,
    Bilingual,
    Experiment,
    Group,
    load_presets,
)
from core.experiment.experiment import MAX_GLOB_CHARACTERS
from core.experiment.optimizer_classes import WITH_TWO_EPS, WITHOUT_DECAY
from core.report import to_csv, to_html
from core.report.downloads import CSV_COLUMNS
from core.text import LANGUAGES, say
from core.training import train

Make = Callable[..., Experiment]
Run = tuple[Started, list[Step], list[Evaluated]]

EVIL = "</script><img src=x onerror=boom()>"
PRESETS = load_presets(Path(__file__).parents[2] / "presets")


def run_of(experiment: Experiment) -> Run:
    events = list(train(experiment, "cpu"))
    assert isinstance(events[0], Started)
    steps = [event for event in events if isinstance(event, Step)]
    return events[0], steps, [event for event in events if isinstance(event, Evaluated)]


@pytest.fixture
def run(make: Make) -> Run:
    return hostile_run(make)


def hostile_run(make: Make) -> Run:
    """A run with a frozen and a trained group, whose names and title try to be formulas and scripts."""
    frozen = {"name": "=1+1", "params": ["conv*"], "optimizer": "frozen"}
    trained = {"name": EVIL[:40], "params": ["*"], "optimizer": "Adam"}
    return run_of(make(frozen, trained, epochs=2, title=f"a & {EVIL}", seed=3))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_gives_back_every_float(run: Run) -> None:
    _, steps, evaluations = run
    before, *rows = rows_of(to_csv(steps, evaluations, ["a", 'b, "quoted"\n组']))
    assert (before["step"], before["group"], before["test loss (nats)"]) == ("0", "", repr(evaluations[0].loss))
    assert len(rows) == 2 * len(steps)
    tested = {event.step: event for event in evaluations}
    for row, (step, index) in zip(rows, ((step, i) for step in steps for i in range(2)), strict=True):
        assert (int(row["step"]), row["group"]) == (step.step, ["a", 'b, "quoted"\n组'][index])
        values = [float(row[column]) if row[column] else None for column in CSV_COLUMNS[2:]]
        g = step.groups[index]
        measured = [step.loss, g.lr, g.gradient_norm, g.weight_norm, g.update_norm, g.update_ratio, g.distance]
        measured += [g.decay_norm, g.rest_norm, g.l2_share, g.direction, g.clip_factor]
        measured += [g.cosine, g.gradient_agreement, g.step_per_weight]
        test = tested.get(step.step)
        assert values == measured + ([test.loss, test.accuracy] if test else [None, None])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_name_is_a_formula(start: str) -> None:
    step = Step(1, 2.0, (GroupStep(None, None, 1.0, 0.0, None, None),))
    (row,) = rows_of(to_csv([step], [], [start + "1+1"]))
    assert row["group"] == "'" + start + "1+1"
    assert rows_of(to_csv([step], [], ["a=1"]))[0]["group"] == "a=1"


@pytest.mark.parametrize("separator", [";", ",", "|", "\t", "\n", "\r"])
def test_no_cell_that_a_spreadsheet_cuts_from_a_name_is_a_formula(separator: str) -> None:
    """Where commas separate decimals, it cuts at semicolons, whatever the quotes say."""
    step = Step(1, 2.0, (GroupStep(None, None, 1.0, 0.0, None, None),))
    for start in ("=", "+", "-", "@"):
        (row,) = rows_of(to_csv([step], [], [f"a{separator} {start}1+1"]))
        cells = re.split(r"[;,|\t\n\r]", row["group"])
        assert not any(cell.strip().startswith(("=", "+", "-", "@")) for cell in cells)
        assert row["group"].replace("'", "") == f"a{separator} {start}1+1"


def test_a_table_of_nothing_is_its_header() -> None:
    assert to_csv([], [], ["a"]).strip() == ",".join(CSV_COLUMNS)


def test_a_table_needs_a_name_for_each_group(run: Run) -> None:
    with pytest.raises(ValueError):
        to_csv(run[1], run[2], ["only one"])


def test_the_library_is_in_the_page_once(run: Run) -> None:
    page = to_html(*run, "en")
    assert page.count("plotly.js v") == 1
    assert EVIL not in page and "<script src" not in page
    assert "seed 3" in page and "**" not in page.partition("<h2>")[0]


def test_a_page_without_a_step_says_so(run: Run) -> None:
    started, _, _ = run
    for language in LANGUAGES:
        assert say("download_missing", language) in to_html(started, [], [], language)
    assert say("download_missing") not in to_html(*run, "en")


def from_text(text: str) -> Experiment:
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8", delete=False) as file:
        file.write(text)
    try:
        return Experiment.from_toml(file.name)
    finally:
        Path(file.name).unlink()


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_come_back_from_toml(name: str) -> None:
    assert from_text(PRESETS[name].to_toml()) == PRESETS[name]


OPTION_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "betas": st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    "eps": st.floats(0, 1),
    "maximize": st.booleans(),
    "nesterov": st.booleans(),
    "adjust_lr_fn": st.just("original"),
}
letters = st.characters(exclude_categories=["C"])
line = st.text(letters, min_size=1, max_size=40).map(lambda text: " ".join(text.split())).filter(bool)
glob = st.text(letters, min_size=1, max_size=60).map(lambda text: "".join(text.replace(",", "").split())).filter(bool)
words = st.builds(Bilingual, line, line)


@st.composite
def groups(draw: st.DrawFn, name: str) -> Group:
    optimizer = draw(st.sampled_from(sorted(set(OPTIMIZER_OPTIONS) - {FROZEN})))
    values = OPTION_VALUES | ({"eps": st.tuples(st.none(), st.floats(0, 1))} if optimizer in WITH_TWO_EPS else {})
    known = [option for option in OPTIMIZER_OPTIONS[optimizer] if option in values]
    chosen = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    return Group(
        name=name,
        params=tuple(draw(st.lists(glob, min_size=1, max_size=20))),
        role=draw(st.sampled_from(("any", "weight", "bias", "norm"))),
        depth=draw(st.sampled_from(("", "stem", "head", "0", "2-5", "4-"))),
        layer_decay=draw(st.none() | st.floats(0.01, 1)),
        optimizer=optimizer,
        lr=draw(st.floats(0, 1000)),
        weight_decay=0.0 if optimizer in WITHOUT_DECAY else draw(st.floats(0, 100)),
        momentum=draw(st.none() | st.floats(0, 1)) if optimizer in MOMENTUM_OPTIMIZERS else None,
        options=tuple((option, draw(values[option])) for option in chosen),
    )


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    names = draw(st.lists(line, min_size=1, max_size=4, unique=True))
    frozen = Group(name="frozen, too", params=("*",), optimizer=FROZEN)
    chosen = [draw(groups(name)) for name in names if name != frozen.name] or [Group(name="one", params=("*",))]
    texts = {"title": draw(words), "summary": draw(words), "look_for": draw(words)}
    numbers = {"seed": draw(st.integers(0, 2**31 - 1)), "epochs": draw(st.integers(1, 100))}
    return Experiment(groups=(*chosen, frozen), dataset="shapes", **texts, **numbers)


@given(experiments())
def test_any_experiment_comes_back_from_toml(experiment: Experiment) -> None:
    assert from_text(experiment.to_toml()) == experiment


def test_the_largest_experiment_comes_back_from_toml() -> None:
    globs = tuple(chr(0x1F600 + i) * 125 for i in range(5))
    assert sum(map(len, globs)) * MAX_GROUPS == MAX_GLOB_CHARACTERS
    groups = tuple(Group(name=f"{i:03}" + "\\" * 37, params=globs) for i in range(MAX_GROUPS))
    largest = Experiment(groups=groups, look_for=Bilingual('"' * 2000, "组" * 2000))
    assert from_text(largest.to_toml()) == largest
    assert from_text(replace(largest, seed=1).to_toml()) != largest
