"""What the page is sent."""

from __future__ import annotations

import errno
import math
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

import app
from core import lab
from core.experiment import Experiment, Problem
from core.experiment.link import read_link
from core.page.checks import Checks
from core.page.filling import SETTINGS
from core.page.layout import lay_out
from core.page.updates import DataNews, assignment_value, data_news, measured_rows, refusal, settings_line
from core.report import Report
from core.resources.fetching import Download, Source, prepare_cifar10
from core.text import LANGUAGES, say
from core.training import train

WISHED = app.PRESETS["layerwise_lr"].dataset


@pytest.fixture
def download(tmp_path: Path) -> Iterator[Download]:
    """One that goes on until the test has ended."""
    end = threading.Event()
    download = Download(Source("", tmp_path / "file", lambda: end.wait(20), lambda path: True, lambda: None))
    download.start()
    yield download
    end.set()
    download.join()


def test_a_download_switches_the_dataset_when_the_page_opens_and_not_in_between(download: Download) -> None:
    assert data_news(download, WISHED, False, "en").dataset == "shapes"
    assert data_news(download, WISHED, False, "en", again=True).dataset is None
    assert data_news(download, WISHED, True, "en").dataset is None


def test_the_end_of_a_download_switches_to_the_dataset_of_the_preset(tmp_path: Path) -> None:
    done = Download(Source("", tmp_path / "file", lambda: True, lambda path: True, lambda: None))
    assert data_news(done, WISHED, False, "en", again=True).dataset == "cifar10"
    assert data_news(done, WISHED, True, "en", again=True).dataset is None


def test_a_disk_that_is_read_only_is_said_and_leaves_the_shapes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setenv("DATA_DIR", str(tmp_path / "secret"))
    monkeypatch.setattr(Path, "mkdir", refuse)
    download = prepare_cifar10()
    download.join(20)
    news = data_news(download, WISHED, False, "en")
    assert "Read-only file system" in news.note
    assert "secret" not in news.note
    assert news == DataNews(news.note, "shapes", False, True)


@pytest.fixture(scope="module")
def checks() -> Checks:
    with gr.Blocks():
        return lay_out(app.PRESETS, app.THINGS_TO_TRY, "layerwise_lr", app.I18N, lambda _: 12.3).checks


def answer(
    checks: Checks,
    raw: dict[str, Any],
    tab: str = "look",
    last: Report | None = None,
    preset: str = "layerwise_lr",
    status: str = "Ready.",
) -> dict[str, Any]:
    """What an edit is answered by, by the part's name in `Checks`, while that tab is shown."""
    whole = app.PRESETS["layerwise_lr"].to_dict() | raw
    values = [whole["groups"], *(whole[field] for field in SETTINGS)]
    told = checks.event["fn"](tab, "script", last, preset, status, "en", *values)
    names = {checks.inputs.table: "table", checks.where: "where", checks.problems: "problems", checks.line: "line"}
    names |= {checks.plan.figure: "plan", checks.code.text: "code", checks.trained: "trained"}
    names |= {
        checks.address: "address",
        checks.results.chart: "chart",
        checks.guide: "guide",
        checks.changed: "changed",
        checks.status: "status",
    }
    return {names[part]: update for part, update in told.items()}


def test_the_plan_is_drawn_while_its_tab_is_shown_and_left_as_it_is_otherwise(checks: Checks) -> None:
    assert "plan" not in answer(checks, {})
    assert [trace.name for trace in answer(checks, {}, "planned")["plan"].data] == ["conv1", "conv2", "fc1", "fc2"]


def test_the_plan_and_who_is_where_stay_while_the_values_cannot_be_read(checks: Checks) -> None:
    told = answer(checks, {"epochs": "?"}, "planned")
    assert set(told) == {"table", "problems", "line", "chart", "guide"}
    assert told["problems"].value.startswith("Epochs: ")
    assert "epochs ?" in told["line"].label


def test_code_is_written_while_its_tab_is_shown_and_waits_while_something_is_wrong(checks: Checks) -> None:
    assert "code" not in answer(checks, {})
    assert "class SimpleModel" in answer(checks, {}, "code")["code"]["value"]
    assert answer(checks, {"epochs": "?"}, "code")["code"]["value"].startswith("# ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_run_was_not_begun_stays_until_nothing_is_wrong(checks: Checks, language: str) -> None:
    checked = lab.check(app.PRESETS["layerwise_lr"].to_dict() | {"epochs": "?"})
    said = refusal(checked.problems, [], language)
    assert "status" not in answer(checks, {"epochs": "?"}, status=said)
    assert answer(checks, {}, status=said)["status"] == "Ready."
    for status in ("Ready.", "Finished: 117 steps in 5.8 s.", say("status_ready", language), ""):
        assert "status" not in answer(checks, {}, status=status)


def test_the_address_names_the_preset_and_what_differs_from_it(checks: Checks) -> None:
    assert answer(checks, {})["address"] == {"preset": "layerwise_lr", "link": None}
    changed = answer(checks, {"seed": 7})["address"]
    assert changed["preset"] == "layerwise_lr" and read_link(changed["link"]).seed == 7


def test_a_preset_that_was_changed_is_said_to_be_described_as_it_comes(checks: Checks) -> None:
    assert answer(checks, {})["changed"] == []
    assert answer(checks, {"seed": 7})["changed"] == [
        "This describes the preset as it comes; here differs: Seed: 0 → 7."
    ]
    assert answer(checks, {"seed": 7}, preset="")["changed"] == []
    assert read_link(answer(checks, {}, preset="")["address"]["link"]).groups == app.PRESETS["layerwise_lr"].groups


def test_sizes_and_parameters_without_a_group_are_told_by_row(checks: Checks) -> None:
    groups = app.PRESETS["layerwise_lr"].to_dict()["groups"]
    table = answer(checks, {})["table"]
    assert table["sizes"][0] == "448 weights · 0.167 % · tensors: 2"
    assert table["homeless"]["names"] == []
    without = answer(checks, {"groups": [groups[0] | {"params": ["conv1.weight"]}, *groups[1:]]})["table"]
    assert without["homeless"]["names"] == ["conv1.bias"]
    assert "would never train: conv1.bias" in without["homeless"]["sentence"]


def small_run() -> Report:
    report = Report("en")
    sizes = {"dataset": "shapes", "train_size": 40, "test_size": 10, "batch_size": 20, "epochs": 1}
    whole = app.PRESETS["layerwise_lr"].to_dict() | sizes
    experiment = Experiment.from_dict({field: whole[field] for field in ("groups", *SETTINGS)})
    for event in train(experiment, "cpu"):
        report.take(event)
    return report


def test_a_run_is_stale_once_the_page_holds_another_experiment(checks: Checks) -> None:
    report = small_run()
    assert report.started is not None
    same = report.started.experiment.to_dict()
    assert answer(checks, same, last=report)["chart"]["stale"] is False
    assert answer(checks, same | {"seed": 1}, last=report)["chart"]["stale"] is True
    assert answer(checks, same | {"epochs": "?"}, last=report)["chart"]["stale"] is True
    assert answer(checks, same)["chart"]["stale"] is False


def test_what_was_measured_stands_in_its_row_as_the_summary_has_it() -> None:
    report = small_run()
    assert report.started is not None
    rows = [{"name": group.name} for group in report.started.experiment.groups]
    measured = measured_rows(report, rows, range(4), "en")
    for told, row, summary in zip(measured, rows, report.summaries, strict=True):
        assert summary.median_ratio is not None
        assert told["row"] == row
        assert told["text"] == f"{100 * summary.median_ratio:.2g} % per step"
        assert told["place"] == pytest.approx(1 + math.log10(summary.median_ratio) / 5)
    one = measured_rows(report, rows[:1], [0, 0, 0, 0], "en")
    ratios = sorted(100 * (summary.median_ratio or 0) for summary in report.summaries)
    assert [each["text"] for each in one] == [f"{ratios[0]:.2g}–{ratios[-1]:.2g} % per step"], "one row, four depths"


def test_a_refusal_names_group_column_and_how_many_more() -> None:
    rows = [{"name": "conv1"}, {"name": "fc2"}]
    key = "map_no_groups"
    problems = [Problem(1, "lr", key), Problem(None, "epochs", key), Problem(None, "groups", key)]
    assert refusal(problems[:1], rows, "en") == f"Not begun. fc2, lr: {say(key)}."
    assert refusal(problems, rows, "en") == f"Not begun. fc2, lr: {say(key)}. … and 2 more"
    assert refusal(problems[1:2], rows, "en") == f"Not begun. Epochs: {say(key)}."


def test_the_view_tells_how_many_depths_a_layer_decay_has_made() -> None:
    groups = [
        {"name": "head", "params": ["*"], "depth": "head"},
        {"name": "body", "params": ["*"], "layer_decay": 0.5, "role": "weight"},
        {"name": "rest", "params": ["*"]},
    ]
    checked = lab.check({"model": "resnet18", "groups": groups})
    assert checked.assignment is not None
    english, chinese = (assignment_value(checked, checked.assignment, language)["notes"] for language in ("en", "zh"))
    assert english == ["body: layer decay over 9 depths; the network has 10 (0 is the stem)"]
    assert len(chinese) == 1 and "9 个深度" in chinese[0] and "10 个深度" in chinese[0]


def test_sizes_are_not_those_of_an_earlier_table(checks: Checks) -> None:
    table = answer(checks, {"epochs": "?"})["table"]
    assert (table["sizes"], table["homeless"]["known"]) == ([], False)


HUGE = {"digits": 10**5000, "long": "x" * 10_000, "list": [[]] * 10_000, "dict": {"a": 1}, "control": "\x1b[2J"}


@pytest.mark.parametrize("value", HUGE.values(), ids=HUGE)
@pytest.mark.parametrize("name", SETTINGS)
def test_the_settings_line_is_short_and_printable_whatever_was_sent(name: str, value: Any) -> None:
    line = settings_line(app.PRESETS["layerwise_lr"].to_dict() | {name: value}, "en")
    assert len(line) < 250
    assert line.isprintable()


def test_the_settings_line_shows_numbers_as_people_write_them() -> None:
    line = settings_line(app.PRESETS["layerwise_lr"].to_dict() | {"train_size": 50_000, "epochs": "many"}, "en")
    assert "50,000 × 32 px" in line
    assert "epochs many" in line


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.34, "about 0.34 s"), (12.3, "about 12 s"), (99.0, "about 99 s"), (599.0, "about 10 min")]
)
def test_the_settings_line_ends_with_how_long_a_run_takes(seconds: float, said: str) -> None:
    assert settings_line(app.PRESETS["layerwise_lr"].to_dict(), "en", seconds).endswith(f"· {said}")
