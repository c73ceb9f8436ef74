"""Runs as files: the lab's own come back as they were, one of your own is read, and nothing else is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checking import check_experiment
from core.events import Event, Finished, Progress, Started, Step, TensorStep
from core.experiment import Experiment, ExperimentError
from core.page.importing import read_run
from core.report import Report, heat_map, read_recording, to_recording
from core.text import say
from core.training import train

Make = Callable[..., Experiment]

PARAMETERS = [
    {"name": "body.0.weight", "shape": [4, 4], "dtype": "torch.float32", "trains": True, "group": 1},
    {"name": "body.norm.weight", "shape": [4], "dtype": "torch.float32", "trains": True, "group": 1},
    {"name": "head.weight", "shape": [2, 4], "dtype": "torch.float32", "trains": True, "group": 0},
    {"name": "head.bias", "shape": [2], "dtype": "torch.float32", "trains": True, "group": None},
]
GROUPS: list[dict[str, Any]] = [
    {"name": "head", "optimizer": "torch.optim.sgd.SGD", "settings": {"lr": 0.1, "momentum": 0.9, "nesterov": True}},
    {"name": "body", "optimizer": "torch.optim.adamw.AdamW", "settings": {"lr": 1e-3, "weight_decay": 0.05}},
]
OF_STEP = {
    "lr": 0.1,
    "gradient_norm": 1.0,
    "weight_norm": 2.0,
    "update_norm": 0.1,
    "update_ratio": 0.05,
    "distance": 0.1,
}
LINES: list[dict[str, Any]] = [
    {"event": "Started", "format": 1, "torch": "2.9", "every": 10, "groups": GROUPS, "parameters": PARAMETERS},
    {"event": "Step", "step": 1, "loss": 0.7, "groups": [OF_STEP, OF_STEP]},
    {"event": "TensorStep", "step": 1, "ratios": [0.1, 0.2, 0.3, None]},
    {"event": "Step", "step": 11, "loss": None, "groups": [OF_STEP, OF_STEP | {"update_norm": None, "lr": None}]},
    {
        "event": "Finished",
        "reason": "done",
        "step": 20,
        "seconds": 1.5,
        "groups": [OF_STEP | {"moved": 8, "drift": None}, OF_STEP | {"moved": None, "drift": 0.5}],
    },
]


def text_of(lines: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def run_of(experiment: Experiment) -> list[Event]:
    return [event for event in train(experiment, "cpu") if not isinstance(event, Progress)]


def test_a_run_of_the_lab_comes_back_as_it_was(make: Make) -> None:
    groups = [{"name": "a", "params": ["conv*"]}, {"name": "b", "params": ["*"], "optimizer": "frozen"}]
    events, report = run_of(make(*groups, epochs=2)), Report("en")
    for event in events:
        report.take(event)
    again = Report("en")
    for event in read_recording(to_recording(report.events())):
        again.take(event)
    assert again.events() == report.events()
    assert (again.rows, again.findings, again.status) == (report.rows, report.findings, report.status)
    assert again.chart.partition("\n")[2] == report.chart.partition("\n")[2]


def test_a_run_made_elsewhere_is_an_experiment_over_its_names_and_shapes() -> None:
    events = read_recording(text_of(LINES))
    started = events[0]
    assert isinstance(started, Started) and (started.weights, started.steps) == ("own", 11)
    head, body = started.experiment.groups
    assert (head.optimizer, head.lr, head.momentum, dict(head.options)) == ("SGD", 0.1, 0.9, {"nesterov": True})
    assert (body.optimizer, body.lr, body.weight_decay) == ("AdamW", 1e-3, 0.05)
    assert started.tensors == ("head.weight", "body.0.weight", "body.norm.weight")
    assert [(group.tensors, group.weights) for group in started.groups] == [(1, 8), (2, 20)]
    assert [event.ratios for event in events if isinstance(event, TensorStep)] == [(0.3, 0.1, 0.2)]
    steps = [event for event in events if isinstance(event, Step)]
    assert math.isnan(steps[1].loss) and math.isnan(steps[1].groups[1].update_norm)
    end = events[-1]
    assert isinstance(end, Finished) and [(g.moved, g.drift) for g in end.groups] == [(8, None), (20, 0.5)]
    checked = check_experiment(started.experiment)
    assert checked.assignment is not None
    assert {row.name: row.group for row in checked.assignment.rows} == {p["name"]: p["group"] for p in PARAMETERS}
    assert {problem.key for problem in checked.problems} == {"structure_not_trained", "left_over"}


@pytest.mark.parametrize("wrapper", ["_orig_mod.{}", "module.{}", "_orig_mod.module.{}", "model._orig_mod.{}"])
def test_names_are_those_inside_wrappers(wrapper: str) -> None:
    parameters = [p | {"name": wrapper.format(p["name"])} for p in PARAMETERS]
    before = "model." if wrapper.startswith("model.") else ""
    started = read_recording(text_of([LINES[0] | {"parameters": parameters}]))[0]
    assert isinstance(started, Started)
    assert started.tensors == tuple(before + name for name in ("head.weight", "body.0.weight", "body.norm.weight"))
    checked = check_experiment(started.experiment)
    assert checked.assignment is not None
    assert {row.name: row.group for row in checked.assignment.rows} == {
        before + p["name"]: p["group"] for p in PARAMETERS
    }
    assert {problem.key for problem in checked.problems} == {"structure_not_trained", "left_over"}


def unfrozen() -> list[dict[str, Any]]:
    """A run whose second group is frozen at first, as its parameters say, and trains from step 11 on."""
    parameters = [p | {"trains": p["group"] == 0} for p in PARAMETERS]
    still, empty = OF_STEP | {"lr": None, "update_norm": 0.0, "update_ratio": 0.0, "distance": 0.0}, GROUPS[0]
    parameters = [p | {"group": None if p["group"] is None else 2 * p["group"]} for p in parameters]
    steps = [LINES[1] | {"groups": [OF_STEP, OF_STEP, still]}, LINES[3] | {"groups": [OF_STEP, OF_STEP, OF_STEP]}]
    end = LINES[4] | {"groups": [OF_STEP | {"moved": 8, "drift": None}] * 3}
    first = LINES[0] | {"parameters": parameters, "groups": [GROUPS[0], empty, GROUPS[1]]}
    return [first, *steps, end]


def test_a_group_that_is_unfrozen_in_mid_run_is_none_of_the_frozen_ones() -> None:
    lines = unfrozen()
    report, _ = read_run({"text": text_of(lines)}, "en") or (None, [])
    assert report is not None and report.started is not None
    assert [group.optimizer for group in report.started.groups] == ["SGD", "AdamW"]
    trained = [p | {"trains": True} for p in lines[0]["parameters"]]
    always = read_recording(text_of([lines[0] | {"parameters": trained}]))[0]
    assert isinstance(always, Started)
    bodies = [started.experiment.groups[1] for started in (report.started, always)]
    assert bodies[0] == bodies[1] and bodies[0].weight_decay == 0.05
    assert report.rows[1][-2] == say("badge_trained", "en")
    assert report.rows[1][-1].endswith(say("reading_late", "en", step=11))
    frozen = read_recording(text_of(lines[:2]))
    assert isinstance(frozen[0], Started) and frozen[0].groups[1].optimizer == "frozen"


def test_groups_without_parameters_are_left_out() -> None:
    empty, odd = GROUPS[0] | {"name": "empty"}, OF_STEP | {"lr": 7.0, "moved": 0}
    parameters = [p | {"group": None if p["group"] is None else 2 * p["group"] + 1} for p in PARAMETERS]
    first = LINES[0] | {"groups": [empty, GROUPS[0], empty, GROUPS[1]], "parameters": parameters}
    more = [line | {"groups": [odd, line["groups"][0], odd, line["groups"][1]]} for line in (LINES[1], LINES[4])]
    wanted = read_recording(text_of([LINES[0], LINES[1], LINES[2], LINES[4]]))
    assert read_recording(text_of([first, more[0], LINES[2], more[1]])) == wanted
    _, said = read_run({"text": "\ufeff\n" + text_of([first])}, "en") or (None, [])
    assert said[1:] == ["Left out, since they have no parameter of the network: empty, empty."]
    with pytest.raises(ExperimentError):
        read_recording(text_of([first | {"parameters": []}]))


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"lr": -1.0}, "lr=-1.0"),
        ({"lr": 1e6}, "lr=1000000.0"),
        ({"lr": None}, "lr=None"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1"),
        ({"momentum": 7}, "momentum=7"),
        ({"dampening": [0.1, "a"]}, "dampening=(0.1, 'a')"),
        ({"dampening": "x" * 99}, "dampening='" + "x" * 29),
    ],
)
def test_of_a_groups_settings_only_what_no_group_can_have_is_left_out(change: dict[str, Any], lost: str) -> None:
    settings = {"lr": 0.1, "weight_decay": 0.2, "momentum": 0.9, "nesterov": True}
    groups = [GROUPS[0] | {"settings": settings | change}, GROUPS[1] | {"settings": {"lr": 5000, "eps": 1e-6}}]
    report, said = read_run({"text": text_of([LINES[0] | {"groups": groups}])}, "en") or (None, [])
    assert report is not None and report.started is not None
    head, body = report.started.experiment.groups
    found = {"lr": head.lr, "weight_decay": head.weight_decay, "momentum": head.momentum, **dict(head.options)}
    instead = {"lr": 0.0, "weight_decay": 0.0, "momentum": None}
    (key,) = change
    wanted = settings | {key: instead[key]} if key in instead else settings
    assert (head.optimizer, found) == ("SGD", wanted)
    assert (body.lr, dict(body.options)) == (0.0, {"eps": 1e-6})
    names = f"head: {lost}, body: lr=5000"
    assert said[1:] == [say("recording_settings_left_out", names=names)]


def test_a_loss_beyond_all_bounds_is_not_finite() -> None:
    step = read_recording(text_of([LINES[0], LINES[1] | {"loss": -1e305}]))[1]
    assert isinstance(step, Step) and math.isnan(step.loss)


def test_it_is_shown_as_any_run_is() -> None:
    report, said = read_run({"text": text_of(LINES)}, "en") or (None, [])
    assert report is not None and report.progress is None and len(report.rows) == 2
    assert said == ["Opened: a run of 2 recorded steps, my network, groups: 2."]
    report, said = read_run({"text": text_of(LINES), "one_in": 4}, "en") or (None, [])
    assert report is not None and said[1] == "It is longer than can be shown here: one recorded step in 4 is drawn."
    assert report.made_with == say("made_elsewhere") and report.status == "Recorded: 20 steps in 1.5 s."
    assert report.started is not None and heat_map(report.started, report.columns, "en").data


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + text_of(LINES),
        "\n" + text_of(LINES).replace("\n", "\r\n\r\n"),
        "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in LINES),
        text_of(LINES).replace("torch.float32", "a\u2028b"),
    ],
    ids=["a mark", "Windows and blank lines", "jq -c", "a separator of lines in a text"],
)
def test_what_editors_and_tools_make_of_it_is_read(text: str) -> None:
    report, _ = read_run({"text": text}, "en") or (None, [])
    assert report is not None and len(report.steps) == 2


def test_a_file_that_is_still_written_is_read_as_far_as_it_goes() -> None:
    text = text_of(LINES[:4])
    for cut in (text, text[:-30]):
        events = read_recording(cut)
        end = events[-1]
        assert isinstance(end, Finished) and end.reason == "stopped"
    assert [event.step for event in events if isinstance(event, Step)] == [1]
    assert read_recording(text_of(LINES[:1]))[-1] == Finished("stopped", 0, 0.0, ())


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        (lambda lines: [], "recording_start", "no recording"),
        (lambda lines: lines[1:], "recording_start", "no recording"),
        (lambda lines: [lines[0] | {"format": 2}], "recording_format", "format 2"),
        (lambda lines: [lines[0] | {"groups": []}], "recording_line", "line 1"),
        (lambda lines: [lines[0] | {"groups": GROUPS * 100}], "too_many_groups", "200 groups"),
        (lambda lines: [lines[0], {"event": "Step", "step": 1}], "recording_line", "line 2"),
        (lambda lines: [lines[0], lines[1] | {"groups": [OF_STEP]}], "recording_line", "a list of 2"),
        (lambda lines: [lines[0], lines[1] | {"step": -1}], "recording_line", "-1"),
        (lambda lines: [lines[0], lines[1] | {"loss": "high"}], "recording_line", "high"),
        (
            lambda lines: [lines[0], lines[1] | {"groups": [OF_STEP | {"update_ratio": -0.1}] * 2}],
            "recording_line",
            "-0.1",
        ),
        (lambda lines: [lines[0], lines[2] | {"ratios": [0.1, -0.2, 0.3, None]}], "recording_line", "-0.2 is below 0"),
        (lambda lines: [lines[0], lines[3], lines[1]], "recording_order", "do not go up"),
        (lambda lines: [lines[0] | {"parameters": [{"name": "a"}]}], "recording_line", "group"),
        (lambda lines: [lines[0] | {"experiment": {"groups": []}}], "no_groups", "no group"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], key: str, words: str
) -> None:
    with pytest.raises(ExperimentError) as error:
        read_recording(text_of(change(LINES)))
    assert error.value.problems[0].key == key
    assert words in error.value.sentence


def test_a_run_of_the_lab_has_the_groups_that_layer_decay_led_to(make: Make) -> None:
    first, *others = [json.loads(line) for line in to_recording(list(train(make()))).splitlines()]
    first["experiment"]["groups"][0]["layer_decay"] = 0.5
    with pytest.raises(ExperimentError, match="layer_decay"):
        read_recording(text_of([first, *others]))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.integers(0, len(LINES) - 1), st.data(), values)
def test_any_value_in_any_place_is_read_or_refused_in_words(line: int, data: st.DataObject, value: Any) -> None:
    lines = json.loads(json.dumps(LINES))
    place = lines[line]
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            place[key] = value
            break
        place = inner
    try:
        report = Report("zh")
        for event in read_recording(text_of(lines)):
            report.take(event)
    except ExperimentError as error:
        assert error.problems[0].sentence("zh")
