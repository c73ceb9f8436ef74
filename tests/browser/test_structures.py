"""A network by its names and shapes on the page: from the menu, pasted, from headers of weight files; recorded runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import nn

import app
from core.report import Followed
from tests.browser.actions import cell, choose, choose_preset, menu, open_settings, open_tab, rows, saved, train
from tests.browser.conftest import NewPage, Visit, launched
from tests.browser.test_import import paste, visit_panel
from tests.report.test_recording import LINES, OF_STEP, text_of

FILES = "#import-box input[type=file]"
# A browser's own picker, which no script can use, gives a file that has grown when it is read again.
PICKER = """(texts) => {
    const getFile = async () => new File([texts.length > 1 ? texts.shift() : texts[0]], "run.jsonl");
    window.showOpenFilePicker = async () => [{ getFile }];
}"""


def network() -> nn.Module:
    return nn.Sequential(nn.Embedding(9, 4), nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)), nn.Linear(4, 3))


PRINTED = "\n".join(f"{name} {tuple(p.shape)}" for name, p in network().named_parameters())
ONE_GROUP = {"groups": [{"name": "all", "params": ["*"], "optimizer": "AdamW", "lr": 1e-4}]}


def expect_no_training(page: Page, model: str) -> None:
    expect(page.locator("#settings")).to_contain_text(f"{model} · known by its names and shapes")
    expect(page.locator("#groups")).to_contain_text("every parameter is in a group")
    expect(page.locator("#train")).to_be_disabled()
    page.click("#train", force=True)
    expect(page.locator("#status")).to_contain_text("known by its names and shapes only")
    expect(page.locator("#chart")).to_contain_text("This network cannot be trained here.")


def test_a_network_of_the_menu_shows_who_is_where_and_is_not_trained(visit: Visit) -> None:
    page = visit_panel(visit)
    paste(page, json.dumps(ONE_GROUP))
    expect(rows(page)).to_have_count(1)
    open_settings(page)
    choose(page, "model", "bert-base")
    expect(page.locator("#groups")).to_contain_text("109,483,778 weights")
    expect_no_training(page, "bert-base")
    open_tab(page, "python_code")
    page.locator("#code-form input").nth(1).check()
    expect(page.locator("#code-text")).to_contain_text("The optimizers of a network by param group")


def test_a_pasted_network_goes_round_by_link_and_comes_back(visit: Visit) -> None:
    page = visit_panel(visit)
    paste(page, PRINTED)
    expect(page.locator("#imported")).to_contain_text("Read: 7 parameters, 79 weights")
    expect(menu(page, "model")).to_have_value("my network")
    expect_no_training(page, "my network")
    page.reload()
    expect(page.locator("#settings")).to_contain_text("my network · known by its names and shapes")
    expect(page.locator("#groups")).to_contain_text("79 weights")
    choose_preset(page, "Example 1: layer-wise learning rates", 4)
    expect(page.locator("#settings")).to_contain_text("simple_cnn · random weights")


def test_weight_files_are_read_by_their_headers_alone(visit: Visit, tmp_path: Path) -> None:
    save_file = pytest.importorskip("safetensors.torch", reason="needs safetensors").save_file
    state = network().state_dict()
    names = sorted(state)
    for file, own in {"a.safetensors": names[:4], "b.safetensors": names[4:]}.items():
        save_file({name: state[name] for name in own}, tmp_path / file)
    page = visit_panel(visit)
    page.set_input_files(FILES, [tmp_path / "a.safetensors", tmp_path / "b.safetensors"])
    expect(page.locator("#imported")).to_contain_text("Read: 7 parameters, 79 weights")
    torch.save(state, tmp_path / "weights.pt")
    page.set_input_files(FILES, tmp_path / "weights.pt")
    expect(page.locator("#imported")).to_contain_text("this is a pickle")
    expect(menu(page, "model")).to_have_value("my network")
    cut = (tmp_path / "a.safetensors").read_bytes()[:20]
    for name, content in {"cut": cut, "pointer": b"version https://git-lfs.github.com/spec/v1\n", "none": b""}.items():
        (tmp_path / f"{name}.safetensors").write_bytes(content)
        page.set_input_files(FILES, tmp_path / f"{name}.safetensors")
        expect(page.locator("#imported")).to_contain_text(f"“{name}.safetensors” is not here as a whole")


def test_a_folder_with_its_weights_can_be_dropped(visit: Visit, tmp_path: Path) -> None:
    save_file = pytest.importorskip("safetensors.torch", reason="needs safetensors").save_file
    save_file(network().state_dict(), tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "more").mkdir()
    page = visit_panel(visit)
    place = page.locator("#import-box textarea")
    place.scroll_into_view_if_needed()
    box = place.bounding_box() or {}
    dropped = {"items": [], "files": [str(tmp_path)], "dragOperationsMask": 1}
    for event in ("dragEnter", "dragOver", "drop"):  # a DataTransfer made by a script holds no folder
        where = {"type": event, "x": box["x"] + 20, "y": box["y"] + 10, "data": dropped}
        page.context.new_cdp_session(page).send("Input.dispatchDragEvent", where)
    expect(page.locator("#imported")).to_contain_text("Read: 7 parameters, 79 weights")


def test_a_recording_of_ones_own_is_shown_as_a_run(visit: Visit, tmp_path: Path) -> None:
    page = visit_panel(visit)
    (tmp_path / "run.jsonl").write_text(text_of(LINES).rstrip(), encoding="utf-8")  # as "\n".join writes it
    page.set_input_files(FILES, tmp_path / "run.jsonl")
    expect(page.locator("#imported")).to_contain_text("a run of 2 recorded steps, my network, groups: 2")
    expect(page.locator("#status")).to_contain_text("Recorded: 20 steps in 1.5 s.")
    expect(page.locator("#made-with")).to_contain_text("A run of your own")
    expect(page.locator("#groups")).to_contain_text("1 trainable parameters are in no group")
    expect(cell(page, 0, "name")).to_have_value("head")
    long = [LINES[0], *(LINES[1] | {"step": step, "groups": [OF_STEP] * 2} for step in range(1, 30_000)), LINES[-1]]
    (tmp_path / "long.jsonl").write_text(text_of(long), encoding="utf-8")
    page.set_input_files(FILES, tmp_path / "long.jsonl")
    expect(page.locator("#imported")).to_contain_text("a run of 15,000 recorded steps")
    expect(page.locator("#imported li")).to_contain_text(["Opened", "one recorded step in "])
    page.evaluate(PICKER, [text_of(LINES[:2]), text_of(LINES)])
    page.click(FILES)
    expect(page.locator("#imported li")).to_contain_text(["1 recorded steps"])
    page.click("#import-box .again")
    expect(page.locator("#imported li")).to_contain_text(["2 recorded steps"])
    (tmp_path / "none.jsonl").write_text("{}\n", encoding="utf-8")
    page.set_input_files(FILES, tmp_path / "none.jsonl")
    expect(page.locator("#imported")).to_contain_text("This could not be imported")
    expect(page.locator("#status")).to_have_text("Recorded: 20 steps in 1.5 s.")
    expect(page.locator("#chart .stale")).to_be_hidden()


def test_a_run_of_the_lab_is_saved_and_opened_again(visit: Visit, tmp_path: Path) -> None:
    page = visit_panel(visit)
    paste(page, json.dumps(ONE_GROUP | {"dataset": "shapes", "train_size": 100, "batch_size": 20, "epochs": 1}))
    expect(rows(page)).to_have_count(1)
    train(page)
    status = page.inner_text("#status")
    open_tab(page, "downloads")
    path = saved(page, "#download-jsonl", tmp_path)
    other = visit_panel(visit)
    other.set_input_files(FILES, path)
    expect(other.locator("#imported")).to_contain_text("a run of 5 recorded steps")
    expect(other.locator("#status")).to_have_text(status)
    expect(other.locator("#train")).to_be_enabled()


def test_a_training_that_goes_on_is_followed(new_page: NewPage, tmp_path: Path) -> None:
    path, text = tmp_path / "run.jsonl", text_of(LINES)
    with launched(followed=Followed(path)) as blocks:
        page = new_page()
        page.goto(blocks.local_url)
        expect(page.locator("#status")).to_have_text("Waiting for the recording to begin.")
        cut = len(text_of(LINES[:2])) + 40
        path.write_text(text[:cut], encoding="utf-8")
        expect(page.locator("#status")).to_have_text("Recording: step 1.")
        expect(cell(page, 0, "name")).to_have_value("head")
        expect(page.locator("#groups")).to_contain_text("1 trainable parameters are in no group")
        with open(path, "a", encoding="utf-8") as file:
            file.write(text[cut:])
        expect(page.locator("#status")).to_contain_text("Recorded: 20 steps in 1.5 s.")
        open_tab(page, "findings_tab")
        expect(page.locator("#summary")).to_contain_text("head")


def test_a_preset_tells_its_globs_with_their_stars(visit: Visit) -> None:
    page = visit("?preset=bert_no_decay")
    expect(page.locator("#to-try")).to_contain_text("Take “*LayerNorm.weight*” out of the list")
    page = visit("?preset=bert_lora_plus")
    for words in (app.PRESETS["bert_lora_plus"].summary.en, app.PRESETS["bert_lora_plus"].look_for.en):
        expect(page.locator("#about")).to_contain_text(words)
    expect(page.locator("#to-try strong")).to_have_text("One thing to try:")
