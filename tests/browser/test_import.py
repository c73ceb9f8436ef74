"""A file or pasted text becomes the page; what is wrong in it is said where it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect

import app
from core.experiment.files import MAX_FILE_BYTES
from tests.browser.actions import (
    cell,
    choose,
    error_of,
    errors,
    link_of,
    menu,
    open_tab,
    rows,
    saved,
    set_number,
    settings,
    table,
    type_into,
    width_of,
)
from tests.browser.conftest import Visit

DROP = """([text, name]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    const area = document.querySelector('#import-box textarea');
    area.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def visit_panel(visit: Visit, **options: str) -> Page:
    page = visit(**options)
    open_tab(page, "import_panel")
    expect(page.locator("#import-box textarea")).to_be_visible()
    return page


def paste(page: Page, text: str) -> None:
    page.fill("#import-box textarea", text)
    page.click("#import-box .import")


def test_a_downloaded_experiment_comes_back(visit: Visit, tmp_path: Path) -> None:
    page = visit_panel(visit)
    before = table(page), settings(page)
    type_into(page, 1, "name", "v1.0 组")
    type_into(page, 2, "options", "betas=(0.8, 0.95)")
    set_number(page, "seed", 11)
    open_tab(page, "downloads")
    path = saved(page, "#download-toml", tmp_path)
    path.unlink()
    path = saved(page, "#download-toml", tmp_path)  # the same once more
    made = table(page), settings(page)
    assert made != before

    other = visit_panel(visit)
    other.set_input_files("#import-box input[type=file]", path)
    expect(other.locator("#imported")).to_contain_text("Imported: simple_cnn on ")
    expect(cell(other, 1, "name")).to_have_value("v1.0 组")
    assert (table(other), settings(other)) == made
    expect(menu(other, "preset")).to_have_value("")


def test_a_dropped_file_fills_the_page(visit: Visit) -> None:
    page = visit_panel(visit)
    for preset, last, seed in (("three_optimizers", "RMSprop", 0), ("layerwise_lr", "Adam", 1)):
        experiment = replace(app.PRESETS[preset], seed=seed)
        text, kind = (experiment.to_toml(), "toml") if seed else (json.dumps(experiment.to_dict()), "json")
        page.evaluate(DROP, [text, f"experiment.{kind}"])
        expect(page.locator("#imported")).to_have_text(f"Imported: simple_cnn on CIFAR-10, seed {seed}, groups: 4.")
        expect(cell(page, 3, "optimizer")).to_have_value(last)
        expect(page.locator("#import-box textarea")).to_have_value(text)


WRONG = """
epochs = 1000
batch_size = "many"
speed = 3
[[groups]]
name = "<img src=x onerror=alert(1)>"
params = ["conv*", "nothing.*"]
lr = "fast"
[[groups]]
name = "rest"
params = "*"
optimizer = "Lion"
betas = [0.9, 0.95]
"""


def test_a_file_with_errors_fills_the_table_and_marks_its_cells(visit: Visit) -> None:
    page = visit_panel(visit)
    paste(page, WRONG)
    said = page.locator("#imported")
    expect(said).to_contain_text("Imported: simple_cnn on CIFAR-10, seed 0, groups: 2. Some of it is wrong.")
    for sentence in (
        "speed: there is no field “speed”",
        "groups[0].lr: “fast” is not a number",
        "groups[1].betas: there is no field “betas”",
        "groups[1].optimizer: “Lion” is not one of the choices",
        "epochs: 1000 is out of bounds",
        "batch_size: “many” is not a whole number",
    ):
        expect(said).to_contain_text(sentence)
    expect(cell(page, 0, "name")).to_have_value("<img src=x onerror=alert(1)>")
    expect(cell(page, 0, "lr")).to_have_value("fast")
    expect(error_of(page, 0, "lr")).to_contain_text("“fast” is not a number")
    expect(cell(page, 1, "optimizer")).to_have_value("Lion")
    expect(error_of(page, 1, "optimizer")).to_contain_text("“Lion” is not one of the choices")
    expect(page.locator("#problems textarea")).to_have_value("Epochs: 1000 is out of bounds; allowed are 1 to 100")
    expect(menu(page, "batch_size")).to_have_value("128")
    assert page.locator("#imported img, #groups img").count() == 0

    type_into(page, 0, "lr", "0.001")
    cell(page, 1, "optimizer").select_option("SGD")
    set_number(page, "epochs", 2)
    expect(error_of(page, 0, "params")).to_contain_text("“nothing.*” matches no parameter")
    type_into(page, 0, "params", "conv*")
    expect(errors(page)).to_have_count(0)
    expect(page.locator("#problems")).to_have_count(0)


UNREADABLE = [  # of two that follow each other, the sentences differ
    ("epochs = ", "file: this TOML cannot be read"),
    ('{"groups": [', "file: this JSON cannot be read"),
    ("", "file: it is empty"),
    ("epochs = 2", "groups: there is no group"),
    ('{"groups": ["a"]}', "groups: “a” is not a table"),
    ("[[groups]]\n" * 129, "groups: 129 groups are too many"),
    ("#" * (MAX_FILE_BYTES + 1), "file: this is larger than 512 kB"),
    ("a." * 100_000 + "a = 1", "file: this TOML cannot be read"),
]


def test_what_cannot_be_read_leaves_the_page_as_it_was(visit: Visit) -> None:
    page = visit_panel(visit)
    type_into(page, 0, "lr", "0.5")
    for text, sentence in UNREADABLE:
        paste(page, text)
        expect(page.locator("#imported")).to_contain_text(sentence)
        expect(page.locator("#imported")).to_contain_text("This could not be imported")
        expect(cell(page, 0, "lr")).to_have_value("0.5")
        expect(page.locator("#train")).to_be_enabled()


def test_large_files_and_other_encodings_are_refused(visit: Visit, tmp_path: Path) -> None:
    page = visit_panel(visit, locale="zh-CN")
    path = tmp_path / "experiment.toml"
    path.write_bytes("# 学习率\n[[groups]]\nname = '组'\nparams = '*'\n".encode("gbk"))
    page.set_input_files("#import-box input[type=file]", path)
    expect(page.locator("#imported")).to_contain_text("这不是 UTF-8 文本")
    path.write_bytes(b"\xff" * 3 * MAX_FILE_BYTES)
    page.set_input_files("#import-box input[type=file]", path)
    expect(page.locator("#imported")).to_contain_text("内容超过 512 kB")
    path.write_bytes("# 学习率\n[[groups]]\nname = '组'\nparams = '*'\n".encode())
    page.set_input_files("#import-box input[type=file]", path)
    expect(cell(page, 0, "name")).to_have_value("组")


def test_the_dataset_of_a_file_replaces_the_visitors_choice(visit: Visit) -> None:
    page = visit_panel(visit)
    choose(page, "dataset", "cifar10")
    paste(page, 'dataset = "shapes"\n[[groups]]\nname = "a"\nparams = "*"')
    expect(rows(page)).to_have_count(1)
    expect(menu(page, "dataset")).to_have_value("shapes")


def test_the_panel_fits_a_phone(visit: Visit) -> None:
    page = visit(width=390)
    open_tab(page, "import_panel")
    expect(page.locator("#import-box textarea")).to_be_visible()
    link_of(page)
    assert width_of(page) <= 390


def test_two_ways_of_grouping_are_told_apart(visit: Visit) -> None:
    page = visit()
    open_tab(page, "differences")
    click = page.locator("#differences-show").click
    said = page.locator("#differences-said li")
    expect(page.locator("#text-b textarea")).to_be_visible()
    expect(page.locator("#text-a")).to_have_count(0)
    click()
    expect(said).to_have_text(["B: nothing is pasted"])
    page.fill("#text-b textarea", json.dumps([{"params": ["conv1.weight"], "name": "conv1", "lr": 0.5}]))
    click()
    expect(said.first).to_contain_text("only in A: ")
    expect(page.locator("#differences-table")).to_contain_text("conv1, lr")
    choose(page, "side-b", "preset: Example 2")
    expect(page.locator("#text-b")).to_have_count(0)
    expect(said).to_have_count(0)
    click()
    expect(said.first).to_contain_text("in another group: 8")
