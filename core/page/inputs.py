"""What an experiment is read from on the page: the preset menu, the settings, and their values as plain ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from core import lab
from core.experiment import Experiment

CHOICES = ("model", "dataset", "frozen_norm", "pretrained")
SIZES = ("train_size", "test_size", "image_size", "epochs", "batch_size", "seed")
SETTINGS = CHOICES + SIZES

Translate = Callable[[str], Any]


def raw_of(table: list[dict[str, str]], *settings: Any) -> dict[str, Any]:
    """The values of the group table and the settings as a raw experiment."""
    return {"groups": table, **dict(zip(SETTINGS, settings, strict=True))}


def preset_menu(presets: Mapping[str, Experiment], first: str, translate: Translate) -> gr.Dropdown:
    """The presets by title; their words are translated under "preset_" and the name."""
    titles = [(translate(f"preset_{name}"), name) for name in presets]
    label, info = translate("preset"), translate("preset_info")
    return gr.Dropdown(titles, value=first, label=label, info=info, filterable=False, elem_id="preset")


def summary_table(translate: Translate) -> gr.Dataframe:
    """Hidden until a run has ended; one row per group."""
    widths = ["120px", "110px", "120px", "120px", "200px", "500px"]
    look: dict[str, Any] = {"interactive": False, "wrap": True, "column_widths": widths, "elem_id": "summary"}
    return gr.Dataframe(label=translate("summary"), visible=False, **look)


def menus() -> list[gr.Dropdown]:
    """The networks and the datasets to choose from; which there are, torchvision and the starter say."""
    return [gr.Dropdown(choices=lab.model_names()), gr.Dropdown(choices=lab.dataset_names())]


def settings_inputs(experiment: Experiment, translate: Translate) -> dict[str, gr.components.Component]:
    """One input per field, labelled in the page's language and filled from `experiment`; `menus` fills the menus."""

    def common(field: str) -> dict[str, Any]:
        return {"value": getattr(experiment, field), "label": translate(field), "elem_id": field, "min_width": 130}

    with gr.Row():
        model = gr.Dropdown([experiment.model], info=translate("model_info"), **common("model"))
        dataset = gr.Dropdown([experiment.dataset], filterable=False, **common("dataset"))
        frozen_norm = gr.Dropdown(
            ["eval", "train"], filterable=False, info=translate("frozen_norm_info"), **common("frozen_norm")
        )
        pretrained = gr.Checkbox(**common("pretrained"))
    with gr.Row():
        sizes = {field: gr.Number(**common(field)) for field in SIZES}
    return {"model": model, "dataset": dataset, "frozen_norm": frozen_norm, "pretrained": pretrained, **sizes}
