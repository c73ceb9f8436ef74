"""What a map says, of maps made by hand."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

import pytest

from core.questions import Cell, MapPlan, Point, RateMap, Statement, points, read_map
from core.questions.map_sentences import MEDIAN_OF_DEVIATIONS
from core.text import LANGUAGES, TEXT

FACTORS = (1 / 10, 1 / 3, 1.0, 3.0, 10.0)
Losses = dict[float, list[float | None]]  # one per seed


def chi_square(x: float, freedom: int) -> float:
    """The probability of less than x, from the closed forms of en.wikipedia.org/wiki/Chi-squared_distribution."""
    if freedom % 2:
        found = math.erf(math.sqrt(x / 2))
        return found if freedom == 1 else found - math.sqrt(2 * x / math.pi) * math.exp(-x / 2)
    return 1 - math.exp(-x / 2) * (1 if freedom == 2 else 1 + x / 2)


@pytest.mark.parametrize("seeds", MEDIAN_OF_DEVIATIONS)
def test_the_medians_of_deviations_are_those_of_chi_square(seeds: int) -> None:
    low, high = 0.0, 20.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if chi_square(middle, seeds - 1) < 0.5 else (low, middle)
    assert MEDIAN_OF_DEVIATIONS[seeds] == pytest.approx(math.sqrt(low / (seeds - 1)), abs=1e-5)


def made(
    rows: dict[str | None, Losses],
    base: list[float | None],
    reason: str = "done",
    error: float = 0.01,
    steps: int = 50,
    whole: int = 50,
) -> RateMap:
    """A map with these losses; base is that of factor 1, of every seed."""
    seeds = len(base)
    plan = MapPlan(tuple(rows), FACTORS, (), seeds, steps, whole, 0, 60.0, 500)
    cells = []
    for seed in range(seeds):
        cells.append(cell_of(None, 1.0, seed, base[seed], base[seed], 0.0))
        for row, losses in rows.items():
            for factor, of_factor in losses.items():
                if seed < len(of_factor):
                    cells.append(cell_of(row, factor, seed, of_factor[seed], base[seed], error))
    return RateMap(plan, tuple(cells), reason)


def cell_of(row: str | None, factor: float, seed: int, loss: float | None, base: float | None, error: float) -> Cell:
    if loss is None:
        return Cell(row, factor, seed, "lost", 10)
    told = (None, None) if base is None else (loss - base, error)
    return Cell(row, factor, seed, "done", 50, loss, 1 - loss / 4, *told)


def around(base: float, **moved: float) -> Losses:
    """Two seeds that differ by 0.02 at each factor, around the base or where they were moved to."""
    names = {"a": 1 / 10, "b": 1 / 3, "c": 3.0, "d": 10.0}
    return {factor: [(at := moved.get(name, base)) - 0.01, at + 0.01] for name, factor in names.items()}


def said(rate_map: RateMap) -> list[tuple[str | None, str]]:
    return [(statement.row, statement.key) for statement in read_map(rate_map)]


def test_a_point_is_the_mean_over_seeds_with_three_standard_errors() -> None:
    found = points(made({"fc": {3.0: [1.2, 1.5], 10.0: [1.3, 1.4]}}, [1.0, 1.1]))["fc"]
    assert [point.factor for point in found] == [1.0, 3.0, 10.0]
    deviations = [statistics.stdev([0.2, 0.4]), statistics.stdev([0.3, 0.3])]
    usual = statistics.median(deviations) / MEDIAN_OF_DEVIATIONS[2]
    base, more, most = found
    assert more.loss == pytest.approx(1.35) and more.difference == pytest.approx(0.3)
    assert more.accuracy == pytest.approx(1 - 1.35 / 4)
    assert more.noise == pytest.approx(3 * max(usual, deviations[0]) / math.sqrt(2))
    assert most.noise == pytest.approx(3 * usual / math.sqrt(2)), "two seeds that agree by chance know no better"
    assert (base.loss, base.difference) == (pytest.approx(1.05), 0.0)
    assert not base.is_better and not base.is_worse


def test_with_one_seed_the_noise_is_six_standard_errors_over_the_images() -> None:
    rate_map = made({"fc": {3.0: [1.2], 10.0: [0.9]}}, [1.0], error=0.02)
    _, more, most = points(rate_map)["fc"]
    assert more.noise == most.noise == pytest.approx(0.12)
    assert more.is_worse and not more.is_better
    assert not most.is_worse and not most.is_better
    assert said(rate_map)[0] == (None, "map_one_seed")
    assert "map_one_seed" not in dict(said(made({"fc": around(1.0)}, [1.0, 1.0]))).values()


@pytest.mark.parametrize(
    ("difference", "noise", "loss", "is_worse", "is_better"),
    [
        (0.1, 0.05, 1.0, True, False),
        (-0.1, 0.05, 1.0, False, True),
        (0.05, 0.05, 1.0, False, False),
        (-0.05, 0.05, 1.0, False, False),
        (None, None, None, True, False),
        (None, None, 1.0, False, True),
    ],
)
def test_better_and_worse_are_beyond_the_noise_and_lost_is_worst(
    difference: float | None, noise: float | None, loss: float | None, is_worse: bool, is_better: bool
) -> None:
    point = Point(3.0, loss, 0.5, difference, noise)
    assert (point.is_worse, point.is_better) == (is_worse, is_better)


CASES: dict[str, tuple[Losses, str, dict[str, Any]]] = {
    "gain more": (around(1.0, c=0.8, d=0.6), "map_gain_more", {"times": "10", "base": 1.0, "loss": 0.6}),
    "gain less": (around(1.0, b=0.7, a=0.9), "map_gain_less", {"times": "3", "base": 1.0, "loss": 0.7}),
    "hardly": (around(1.0, c=1.01), "map_hardly", {"low": "10", "high": "10", "most": 0.01}),
    "room up": (around(1.0, d=2.0), "map_room_up", {"times": "3", "next": "10", "loss": 2.0, "base": 1.0}),
    "room down": (around(1.0, a=2.0), "map_room_down", {"times": "3", "next": "10", "loss": 2.0, "base": 1.0}),
    "worse up": (around(1.0, c=1.5, d=2.0), "map_worse_up", {"next": "3", "loss": 1.5, "base": 1.0}),
    "worse down": (around(1.0, b=1.5, a=2.0), "map_worse_down", {"next": "3", "loss": 1.5, "base": 1.0}),
    "free up": (around(1.0, b=1.5), "map_free_up", {"times": "10", "loss": 1.0, "base": 1.0}),
    "free down": (around(1.0, c=1.5), "map_free_down", {"times": "10", "loss": 1.0, "base": 1.0}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("row", ["fc1", None])
def test_each_thing_that_a_row_can_show_is_said_with_its_numbers(name: str, row: str | None) -> None:
    losses, key, values = CASES[name]
    statement = next(s for s in read_map(made({row: losses}, [1.0, 1.0])) if s.key == key)
    assert statement.row == row
    for field, value in values.items():
        found = statement.values[field]
        assert found == (value if isinstance(value, str) else pytest.approx(value)), field
    for language in LANGUAGES:
        sentence = statement.sentence(language)
        assert ("fc1" if row else TEXT["map_all"][LANGUAGES.index(language)]) in sentence
        assert all(value in sentence for value in values.values() if isinstance(value, str))


def test_a_row_that_could_gain_says_nothing_else() -> None:
    assert said(made({"fc": around(1.0, c=0.5, d=9.0, b=3.0)}, [1.0, 1.0])) == [("fc", "map_gain_more")]


def test_both_sides_of_a_row_are_told() -> None:
    rows: dict[str | None, Losses] = {None: around(1.0, a=2.0, d=2.0), "fc": around(1.0, c=2.0)}
    assert said(made(rows, [1.0, 1.0])) == [
        (None, "map_room_up"),
        (None, "map_room_down"),
        ("fc", "map_worse_up"),
        ("fc", "map_free_down"),
    ]


def test_a_factor_that_is_fine_beyond_one_that_is_worse_is_no_room() -> None:
    assert said(made({"fc": around(1.0, c=2.0)}, [1.0, 1.0]))[0] == ("fc", "map_worse_up")


def test_a_lost_run_is_worse_and_named_so() -> None:
    losses = around(1.0) | {10.0: [None, 1.0]}
    room = next(s for s in read_map(made({"fc": losses}, [1.0, 1.0])) if s.key == "map_room_up")
    assert room.values["loss"] is None
    assert "a run that diverged instead of 1.00" in room.sentence()
    assert "发散" in room.sentence("zh")


@pytest.mark.parametrize("base", [[None, None], [1.0, None], [None, 1.0]])
def test_where_the_start_is_lost_what_is_not_is_a_gain(base: list[float | None]) -> None:
    losses: Losses = {1 / 10: [1.2, 1.0], 1 / 3: [1.5, 1.7], 3.0: [None, None], 10.0: [1.0, None]}
    rate_map = made({"fc": losses}, base)
    found = {point.factor: point for point in points(rate_map)["fc"]}
    assert found[1.0].loss is None
    assert (found[1 / 10].loss, found[1 / 10].difference) == (pytest.approx(1.1), None)
    assert [factor for factor, point in found.items() if point.is_better] == [1 / 10, 1 / 3]
    assert said(rate_map) == [(None, "map_no_learning"), ("fc", "map_gain_less_lost")]
    sentence = read_map(rate_map)[-1].sentence()
    assert sentence == "fc: with a rate 10 times lower the loss is 1.10, while as it is the run diverges"


def test_a_start_that_is_lost_at_every_factor_is_only_said_not_to_learn() -> None:
    lost: Losses = {3.0: [None, None], 10.0: [None, None]}
    (only,) = read_map(made({"fc": lost}, [None, None]))
    assert only.key == "map_no_learning"
    assert only.sentence().endswith("the loss is a run that diverged, and a constant guess has 2.30")


@pytest.mark.parametrize(("loss", "learns"), [(2.40, False), (2.29, False), (2.27, True)])
def test_a_loss_near_a_constant_guesss_is_no_learning(loss: float, learns: bool) -> None:
    found = read_map(made({"fc": around(loss)}, [loss, loss], steps=33))
    assert (found[0].key != "map_no_learning") is learns
    if not learns:
        assert found[0].values["steps"] == 33 and found[0].values["guess"] == pytest.approx(math.log(10))


def test_a_rate_that_shows_nothing_beyond_a_large_noise_is_not_said_to_matter_little() -> None:
    """fc2 of Example 1: 0.23 of 1.92, where the noise was 0.28."""
    (only,) = read_map(made({"fc": {1 / 3: [0.9, 1.1], 3.0: [0.6, 1.3]}}, [1.0, 1.0]))
    assert only.sentence().startswith(
        "fc: from 3 times lower to 3 times higher the loss changes by at most 0.05, within"
    )
    assert only.values["noise"] > 0.3 and "hardly" not in only.sentence()


def test_a_map_of_the_first_steps_says_that_the_whole_run_may_differ() -> None:
    losses = around(1.0, d=2.0)
    assert (None, "map_short") not in said(made({"fc": losses}, [1.0, 1.0]))
    first, *others = read_map(made({"fc": losses}, [1.0, 1.0], whole=235))
    assert (first.row, first.key, first.values) == (None, "map_short", {"steps": 50, "whole": 235})
    assert others == read_map(made({"fc": losses}, [1.0, 1.0]))
    nothing: Losses = {3.0: [None, None]}
    assert said(made({"fc": nothing}, [None, None], whole=235)) == [(None, "map_no_learning")]


def test_of_a_stopped_map_only_whole_points_count() -> None:
    losses: Losses = {1 / 10: [1.0, 1.0], 1 / 3: [1.0, 1.02], 3.0: [0.1], 10.0: [0.1]}
    stopped = made({"fc": losses}, [1.0, 1.0], reason="stopped")
    assert [point.factor for point in points(stopped)["fc"]] == [1 / 10, 1 / 3, 1.0]
    assert "map_gain_more" not in dict(said(stopped)).values()
    growing = made({"fc": losses}, [1.0, 1.0], reason="")
    assert [point.factor for point in points(growing)["fc"]] == list(FACTORS)


def test_a_map_of_nothing_says_nothing() -> None:
    plan = MapPlan((), FACTORS, (), 1, 0, 100, 0, 0.0, 0)
    assert read_map(RateMap(plan, (), "stopped")) == []
    assert points(RateMap(plan, (), "stopped")) == {}


@pytest.mark.parametrize("hostile", ["<img src=x>", "{loss}", "%s {0}", "{group.__class__}"])
def test_a_groups_name_stays_as_it_is(hostile: str) -> None:
    say: Callable[[str], str] = Statement(hostile, "map_gain_more_lost", {"times": "3", "loss": 1.0}).sentence
    assert all(say(language).startswith(hostile) for language in LANGUAGES)
