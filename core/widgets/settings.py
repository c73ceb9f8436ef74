"""The inputs for everything but the groups: model, data, sizes, seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from core.experiment import DATASETS, MODELS, Experiment

SIZES = ("train_size", "test_size", "image_size", "epochs", "batch_size", "seed")


def settings_inputs(experiment: Experiment, translate: Callable[[str], Any]) -> dict[str, gr.components.Component]:
    """One input per field, labelled in the page's language and filled from `experiment`."""

    def common(field: str) -> dict[str, Any]:
        return {"value": getattr(experiment, field), "label": translate(field), "elem_id": field, "min_width": 130}

    with gr.Row():
        model = gr.Dropdown(MODELS, filterable=False, **common("model"))
        dataset = gr.Dropdown(DATASETS, filterable=False, **common("dataset"))
        frozen_norm = gr.Dropdown(
            ["eval", "train"], filterable=False, info=translate("frozen_norm_info"), **common("frozen_norm")
        )
        pretrained = gr.Checkbox(**common("pretrained"))
    with gr.Row():
        sizes = {field: gr.Number(**common(field)) for field in SIZES}
    return {"model": model, "dataset": dataset, "frozen_norm": frozen_norm, "pretrained": pretrained, **sizes}
