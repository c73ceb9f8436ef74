"""The API as its clients meet it, against the functions that it stands for."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import Any, get_args

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import app
import core.lab
from core.events import to_json
from core.experiment import SCHEDULES, Experiment, ExperimentError, Group, differences, ruled_fields
from core.experiment.link import write_link
from core.export import to_optimizers, to_script
from core.questions import (
    RangeTests,
    RateMap,
    Repeated,
    SizeMatches,
    frozen_in_turn,
    map_rates,
    match_size,
    merged,
    points,
    read_map,
    test_ranges,
    with_matches,
)
from core.questions.comparing import repeat
from core.questions.t_test import verdict
from core.questions.variants import over_seeds
from core.report import Report
from core.report.evidence import Finding
from core.server import Api, Runs
from core.training import train
from tests.browser.conftest import Server
from tests.browser.conftest import served as served_app
from tests.server.test_runs import accuracy
from tests.test_readme import README

test_ranges.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test
SMALL = {"dataset": "shapes", "train_size": 64, "test_size": 10, "batch_size": 32, "epochs": 1}
ENDPOINTS = {
    *("/presets", "/assign", "/train", "/map", "/suggest", "/range_test", "/match_size"),
    *("/compare", "/ablate", "/export"),
}
MORE: dict[str, dict[str, Any]] = {"/match_size": {"target": 1e-3}}  # what an endpoint must be told besides
LONG = {"train_size": 10_000, "batch_size": 4, "epochs": 5}
RAW = app.PRESETS["dual_optimizer"].to_dict() | SMALL
SMALLEST = {"train_size": 16, "test_size": 10, "batch_size": 4, "dataset": "shapes", "epochs": 1}
TWO = [{"name": "first", "params": "conv*", "lr": 0.001}, {"name": "second", "params": "*", "lr": 0.01}]
LIGHT = SMALLEST | {"groups": TWO}  # for questions of dozens of runs


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with served_app() as server:
        yield server


@pytest.fixture(scope="module")
def client(served: Server) -> Client:
    return Client(served.address, verbose=False)


def without_times(events: list[dict[str, object]]) -> list[dict[str, object]]:
    return [event | {"seconds": 0} for event in events if event["event"] != "Progress"]


def test_train_streams_the_events_that_python_gives(client: Client) -> None:
    bursts = list(client.submit(RAW, api_name="/train"))
    streamed = [event for burst in bursts for event in burst]
    expected = [to_json(event) for event in train(Experiment.from_dict(RAW))]
    assert without_times(streamed[:-1]) == without_times(expected)
    assert [event["event"] for event in streamed].count("Step") == 2
    assert [event["event"] for event in bursts[-1]][-4:] == ["Evaluated", "Silent", "Finished", "Findings"]


def findings_of(client: Client, change: dict[str, Any]) -> tuple[list[dict[str, Any]], Report]:
    """The findings at the end of /train, and what the page has of the same run."""
    *_, last = client.submit(RAW | change, api_name="/train")
    report = Report("en")
    for event in train(Experiment.from_dict(RAW | change)):
        report.take(event)
    assert last[-1]["event"] == "Findings"
    return last[-1]["findings"], report


def test_train_ends_with_what_the_page_finds(client: Client) -> None:
    up = {"name": "up", "params": "fc2.*", "optimizer": "SGD", "lr": 0.01, "options": "maximize=True"}
    rest = {"name": "rest", "params": "*", "optimizer": "SGD", "lr": 1e-3}
    told, report = findings_of(client, {"groups": [up, rest], "epochs": 5})
    assert [finding["sentence"] for finding in told] == report.findings
    (found,) = (finding for finding in told if finding["key"] == "finding_ascent")
    assert found["group"] == "up"
    assert found["sentence"].startswith("up: its updates raise the loss")
    assert found["values"]["steps"] == 10 and found["values"]["rise"] > 0


def test_train_ends_with_no_findings_where_all_is_well(client: Client) -> None:
    everything = [{"name": "all", "params": "*", "optimizer": "SGD", "lr": 0.02}]
    told, report = findings_of(client, {"groups": everything, "train_size": 320, "epochs": 3})
    assert told == report.found == []


def test_values_that_are_not_finite_are_none_in_json() -> None:
    finding = Finding("a", "finding_spike", {"highest": math.inf, "step": 2, "first": 2.3, "limit": 3.0})
    told = finding.to_json("en")
    assert (told["group"], told["key"]) == ("a", "finding_spike")
    assert told["values"] == {"highest": None, "step": 2, "first": 2.3, "limit": 3.0}
    assert told["sentence"] == finding.sentence("en")


def test_presets_can_be_listed_and_named(client: Client) -> None:
    assert client.predict(api_name="/presets") == {name: preset.to_dict() for name, preset in app.PRESETS.items()}
    table = client.predict("frozen_resnet", api_name="/assign")
    assert {row["group"] for row in table} == {"head", "backbone"}
    assert sum(row["count"] for row in table) == 11_176_512 + 5_130


def test_an_experiment_may_be_a_link_or_the_text_of_a_file(client: Client) -> None:
    preset = app.PRESETS["dual_optimizer"]
    named = client.predict("dual_optimizer", api_name="/assign")
    address = f"http://127.0.0.1:7860/?c={write_link(preset)}"
    for text in (address, preset.to_toml(), json.dumps(preset.to_dict())):
        assert client.predict(text, api_name="/assign") == named
    for text, sentence in (
        ("https://example.com/?preset=dual_optimizer", "this address holds no experiment"),
        (preset.to_toml()[:-2], "this TOML cannot be read"),
        ("no_such", "there is no “no_such”"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(text, api_name="/assign")


def test_match_size_ends_with_what_python_finds_and_the_experiment_with_it(client: Client) -> None:
    *waiting, last = client.submit(RAW, target=1e-2, api_name="/match_size")
    asked = Experiment.from_dict(RAW)
    *_, found = match_size(asked, 1e-2)
    assert isinstance(found, SizeMatches)
    for told, suggestion in zip(last["suggestions"], found.groups, strict=True):
        expected = asdict(suggestion) | {"sentence": suggestion.sentence()}
        length = expected.pop("steps"), expected.pop("whole")  # which the sentence tells
        assert suggestion.refusal_key or "first {} of {} steps".format(*length) in told["sentence"]
        assert told | {"refusal_key": expected["refusal_key"]} == expected | {"is_refused": told["is_refused"]}
        assert told["is_refused"] is (expected["refusal_key"] is not None)
    assert Experiment.from_dict(last["experiment"]) == with_matches(asked, found)
    assert all(0 <= answer["progress"] <= 1 and answer["suggestions"] == [] for answer in waiting)


def test_map_ends_with_the_cells_and_sentences_that_python_gives(client: Client) -> None:
    *waiting, last = client.submit(LIGHT, factors="1/3 3", seeds=2, seconds=10, api_name="/map")
    *_, found = map_rates(Experiment.from_dict(LIGHT), [1 / 3, 3], 2, 10)
    assert isinstance(found, RateMap)
    names = ("row", "factor", "seed", "reason", "steps", "loss", "accuracy", "difference")
    assert last["cells"] == [{name: getattr(cell, name) for name in names} for cell in found.cells]
    assert len(last["cells"]) == last["plan"]["runs"] == 14
    assert last["plan"]["rows"] == list(found.plan.rows) and last["plan"]["factors"] == [1 / 3, 1.0, 3.0]
    assert last["points"] == [{"row": row} | asdict(each) for row, of_row in points(found).items() for each in of_row]
    expected = [(s.row, s.key, s.sentence()) for s in read_map(found)]
    assert [(s["group"], s["key"], s["sentence"]) for s in last["statements"]] == expected
    assert all(0 <= answer["progress"] <= 1 and answer["statements"] == [] for answer in waiting)
    assert last["progress"] is None


def test_suggest_ends_with_the_experiment_that_it_proposes(client: Client) -> None:
    *waiting, last = client.submit(LIGHT, seconds=20, api_name="/suggest")
    rates = {rate["group"]: rate["lr_after"] for rate in last["suggestions"]}
    assert {group["name"]: group["lr"] for group in last["experiment"]["groups"]} == rates
    assert last["is_better"] or last["experiment"] == Experiment.from_dict(LIGHT).to_dict()
    assert last["sentences"] and last["progress"] is None
    assert all(0 <= answer["progress"] <= 1 and answer["suggestions"] == [] for answer in waiting)


def test_range_test_ends_with_what_python_finds(client: Client) -> None:
    *waiting, last = client.submit(LIGHT, api_name="/range_test")
    *_, found = test_ranges(Experiment.from_dict(LIGHT))
    assert isinstance(found, RangeTests)
    for told, test in zip(last["tests"], found.tests, strict=True):
        assert (told["group"], told["sentence"]) == (test.row, test.sentence())
        assert told["losses"] == list(test.losses) and told["rates"] == list(test.rates)
        assert (told["steepest"], told["tenth_of_lowest"]) == (test.steepest, test.tenth_of_lowest)
    progress = [answer["progress"] for answer in waiting if answer["progress"] is not None]
    assert all(0 <= part <= 1 for part in progress) and progress == sorted(progress)


def test_compare_ends_with_the_paired_verdict(client: Client) -> None:
    *waiting, last = client.submit(RAW, seeds=3, api_name="/compare")
    asked = Experiment.from_dict(RAW)
    ends = [end for end in repeat(over_seeds([asked, merged(asked)], 3)) if isinstance(end, Repeated)]
    accuracies = [end.accuracy for end in ends]
    assert [run["accuracy"] for run in last["groups"]] == accuracies[::2]
    assert [run["accuracy"] for run in last["one_group"]] == accuracies[1::2]
    assert [run["seed"] for run in last["groups"]] == [run["seed"] for run in last["one_group"]] == [0, 1, 2]
    expected = verdict(accuracies[::2], accuracies[1::2])  # type: ignore[arg-type]
    assert last["verdict"]["difference"] == expected.difference
    assert last["verdict"]["margin"] == expected.margin
    assert (last["verdict"]["low"], last["verdict"]["high"]) == (expected.interval or (None, None))
    assert last["verdict"]["detectable"] == expected.detectable
    assert last["verdict"]["sentence"] == last["sentence"] == expected.sentence()
    assert last["verdict"]["is_larger_than_noise"] is expected.is_larger_than_noise
    assert last["differences"] == [sentence.en for sentence in differences(asked, merged(asked))]
    assert len(waiting) >= 6
    assert all(0 <= answer["progress"] <= 1 and answer["verdict"] is None for answer in waiting)


@pytest.mark.parametrize("other", [RAW | {"epochs": 2, "seed": 7}, "layerwise_lr"], ids=["experiment", "preset"])
def test_compare_takes_any_other(client: Client, other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """That preset on the images and at the size of the other, so that it runs anywhere and in no time."""
    preset = Experiment.from_dict(app.PRESETS["layerwise_lr"].to_dict() | SMALL)
    monkeypatch.setitem(app.PRESETS, "layerwise_lr", preset)
    last = client.submit(RAW, seeds=1, other=other, api_name="/compare").result()
    asked = preset if isinstance(other, str) else Experiment.from_dict(other)
    assert last["one_group"] == [{"seed": 0, "accuracy": accuracy(replace(asked, seed=0)), "reason": "done"}]
    assert last["verdict"] is None and last["sentence"].startswith("1 seed: A ")
    assert ("Epochs: 1 → 2" in last["differences"]) is not isinstance(other, str)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"groups": [{"name": "a", "params": "*", "lr": "x"}]}, r"other\.groups\[0\]\.lr: “x” is not a number"),
        (RAW | {"epochs": 101}, r"other\.epochs: 101 is out of bounds"),
        ("layerwise", "other: there is no “layerwise”; similar names: layerwise_lr"),
        ([1], r"other: \[1\] is not a table"),
    ],
    ids=["value", "setting", "name", "kind"],
)
def test_what_is_wrong_with_the_other_is_said_of_it(client: Client, other: object, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(RAW, 1, other, api_name="/compare")


def test_ablate_ends_with_a_verdict_for_each_group(client: Client) -> None:
    *waiting, last = client.submit(RAW, seeds=2, api_name="/ablate")
    asked = Experiment.from_dict(RAW)
    variants = frozen_in_turn(asked)
    assert [frozen["group"] for frozen in last["frozen"]] == list(variants)
    base = [accuracy(replace(asked, seed=seed)) for seed in range(2)]
    assert [run["accuracy"] for run in last["as_it_is"]] == base
    for told, variant in zip(last["frozen"], variants.values(), strict=True):
        runs = [accuracy(replace(variant, seed=seed)) for seed in range(2)]
        assert [run["accuracy"] for run in told["runs"]] == runs
        assert told["verdict"]["difference"] == verdict(base, runs).difference
        assert told["sentence"]
    assert all(0 <= answer["progress"] <= 1 for answer in waiting)


def test_a_class_that_no_run_can_use_is_assigned_and_exported_but_not_trained(client: Client) -> None:
    groups = [{"name": "all", "params": ["*"], "optimizer": "lion_pytorch.Lion", "options": "betas=(0.9, 0.98)"}]
    experiment = SMALL | {"groups": groups}
    assert {row["group"] for row in client.predict(experiment, api_name="/assign")} == {"all"}
    assert "import lion_pytorch" in client.predict(experiment, form="optimizers", api_name="/export")
    refused = "runs here cannot use the class lion_pytorch.Lion"
    for call in ("/train", "/export"):
        with pytest.raises(Exception, match=refused):
            client.predict(experiment, api_name=call)
    groups[0] |= {"optimizer": "unknown"}
    assert len(client.predict(experiment, api_name="/assign")) == 8
    with pytest.raises(Exception, match="which optimizer this group has is not known"):
        client.predict(experiment, form="optimizers", api_name="/export")


def test_export_gives_the_code_that_python_gives(client: Client) -> None:
    experiment = Experiment.from_dict(RAW)
    assert client.predict(RAW, api_name="/export") == to_script(experiment)
    assert client.predict(RAW, form="optimizers", api_name="/export") == to_optimizers(experiment)


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS - {"/presets"}))
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"groups": [{"name": "a", "params": "*", "lr": "x"}]}, r"groups\[0\]\.lr: “x” is not a number"),
        (
            {"groups": [{"name": "a", "params": "nothing.*"}]},
            r"groups\[0\]\.params: the pattern “nothing\.\*” matches no",
        ),
        ("layerwise", "experiment: there is no “layerwise”; similar names: layerwise_lr"),
        ([1], r"experiment: \[1\] is not a table"),
    ],
    ids=["value", "glob", "name", "kind"],
)
def test_what_is_wrong_comes_back_by_group_field_and_value(
    client: Client, endpoint: str, wrong: object, sentence: str
) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(wrong, api_name=endpoint, **MORE.get(endpoint, {}))


@pytest.mark.parametrize(
    ("endpoint", "value", "sentence"),
    [
        ("/match_size", 5, "target: 5 is out of bounds; allowed are 1e-06 to 0.1"),
        ("/map", "x", "factors: “x” is not a number"),
        ("/map", [], r"factors: an empty value contains no factors"),
        ("/map", {"seeds": 6}, "seeds: 6 is out of bounds; allowed are 1 to 5"),
        ("/map", {"seconds": 9}, "seconds: 9 is out of bounds; allowed are 10 to 600"),
        ("/suggest", 19, "seconds: 19 is out of bounds; allowed are 20 to 600"),
        ("/compare", 0, "seeds: 0 is out of bounds; allowed are 1 to 10"),
        ("/ablate", 11, "seeds: 11 is out of bounds; allowed are 1 to 10"),
        ("/export", "page", "form: “page” is not one of the choices: script, optimizers"),
        ("/export", ["script"], "is not one of the choices: script, optimizers"),
    ],
)
def test_wrong_numbers_are_named(client: Client, endpoint: str, value: object, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(RAW, api_name=endpoint, **value) if isinstance(value, dict) else client.predict(
            RAW, value, api_name=endpoint
        )


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS - {"/presets"}))
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model": "gpt9"}, "model: there is no “gpt9”"),
        ({"image_size": 225}, "image_size: 225 is out of bounds; allowed are 32 to 224"),
        ({"train_size": 50_001}, "train_size: 50001 is out of bounds"),
        ({"test_size": 10_001}, "test_size: 10001 is out of bounds"),
        ({"epochs": 101}, "epochs: 101 is out of bounds"),
        ({"groups": RAW["groups"] * 33}, "groups: 132 groups are too many"),
        ({"train_size": 50_000, "batch_size": 2, "epochs": 2}, "epochs: "),
    ],
    ids=["model", "image", "training images", "test images", "epochs", "groups", "steps"],
)
def test_the_limits_are_those_of_the_page(client: Client, endpoint: str, change: Any, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(RAW | change, api_name=endpoint, **MORE.get(endpoint, {}))


def test_a_run_that_cannot_end_in_time_is_refused_in_the_api_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.lab, "train", partial(train, time_limit=1.0))
    with pytest.raises(AppError, match=r"epochs: .*minutes"):
        client.submit(RAW | LONG, api_name="/train").result()


def test_nothing_but_the_endpoints_is_public_and_each_is_described(client: Client) -> None:
    api: dict[str, Any] = client.view_api(return_format="dict", print_info=False)  # type: ignore[assignment]
    assert set(api["named_endpoints"]) == ENDPOINTS
    assert api["unnamed_endpoints"] == {}
    for about in api["named_endpoints"].values():
        assert about["description"].endswith(".")
        assert all(each["python_type"]["type"] != "Any" for each in about["parameters"] + about["returns"])
    parameters = {
        name: [p["parameter_name"] for p in about["parameters"]] for name, about in api["named_endpoints"].items()
    }
    assert parameters["/match_size"] == ["experiment", "target"]
    assert parameters["/map"] == ["experiment", "factors", "seeds", "seconds"]
    assert parameters["/suggest"] == ["experiment", "seconds"]
    assert parameters["/range_test"] == ["experiment"]
    assert parameters["/compare"] == ["experiment", "seeds", "other"]
    assert parameters["/ablate"] == ["experiment", "seeds"]


def test_the_schema_of_an_experiment_is_that_of_its_rules(served: Server) -> None:
    with urllib.request.urlopen(served.address + "gradio_api/info") as answer:
        about = json.load(answer)["named_endpoints"]
    experiment, name = about["/train"]["parameters"][0]["type"]["anyOf"]
    assert name == {"type": "string"}
    assert set(experiment["properties"]) == {field.name for field in ruled_fields(Experiment)} | {"groups"}
    group = experiment["properties"]["groups"]["items"]["properties"]
    assert set(group) == {field.name for field in ruled_fields(Group)}
    assert group["schedule"]["enum"] == list(SCHEDULES)
    assert {kind["type"] for kind in group["lr"]["anyOf"]} == {"number", "string"}
    assert {kind["type"] for kind in group["momentum"]["anyOf"]} == {"number", "string", "null"}


@pytest.mark.parametrize("endpoint", ["train", "map", "suggest", "range_test", "match_size", "compare", "ablate"])
def test_who_hangs_up_ends_the_computing(served: Server, endpoint: str) -> None:
    request = urllib.request.Request(
        f"{served.address}gradio_api/call/v2/{endpoint}",
        json.dumps({"experiment": RAW | LONG} | MORE.get(f"/{endpoint}", {})).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{served.address}gradio_api/call/{endpoint}/{event}") as stream:
        assert stream.readline().startswith(b"event: generating")
        assert len(served.runs) == 1
    until = time.monotonic() + 5
    while len(served.runs) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(served.runs) == 0


def examples(language: str) -> str:
    """README's examples of the API in a language, as they are printed."""
    section = README.partition("## Use it as an API\n")[2].partition("\n## ")[0]
    return "".join(re.findall(rf"^```{language}\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL))


def run_example(served: Server, *program: str, text: str) -> str:
    assert "http://127.0.0.1:7860" in text
    text = text.replace("http://127.0.0.1:7860", served.address.rstrip("/"))
    done = subprocess.run([*program, text], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_python_example_of_the_readme_runs(served: Server) -> None:
    told = run_example(served, sys.executable, "-c", text=examples("python"))
    assert "'parameter': 'conv1.weight'" in told
    assert re.search(r"^5 \d\.\d+ \[\d.*\]$", told, flags=re.MULTILINE), "the fifth step's loss and ratios"
    assert "With one seed" in told or re.search(r"^(conv1|conv2|fc1|fc2|all groups together): ", told, re.MULTILINE)
    assert re.search(r"^(Nothing better was found|Over 3 other seeds)", told, flags=re.MULTILINE)
    assert "def build_optimizers(model: nn.Module)" in told
    assert re.search(r"^3 seeds: A .* the difference A − B of [+-]\d", told, flags=re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_example_of_the_readme_runs(served: Server) -> None:
    told = run_example(served, "bash", "-euo", "pipefail", "-c", text=examples("bash"))
    (table,), *bursts = [json.loads(line[6:])[0:1] for line in told.splitlines() if line.startswith("data: [")]
    assert [row["parameter"] for row in table][:2] == ["conv1.weight", "conv1.bias"]
    assert bursts[0][0][0]["event"] == "Started"
    assert bursts[0][0][0]["experiment"]["groups"][0]["lr"] == 3e-4
    assert '"event": "Finished", "reason": "done", "step": 5' in told


def test_python_may_call_the_endpoints_too() -> None:
    api = Api(Runs(), app.PRESETS)
    assert {f"/{endpoint.__name__}" for endpoint in api.endpoints} == ENDPOINTS
    with pytest.raises(ExperimentError, match="not a table"):
        next(api.train([1]))  # type: ignore[arg-type]
    assert get_args(api.train.__annotations__["return"])
