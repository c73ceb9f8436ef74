"""Gradio's Blocks with a short description, which each visitor's page carries."""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import BlocksConfigDict

OF_THE_API = ("api_info", "api_info_as_input", "api_info_as_output", "example_inputs")


class ShortPage(gr.Blocks):
    """Of the page's components it is not said what the API's callers would give for them: the API does not have them.

    Gradio (6.31) says it three times of each, and a fourth time of a value that is in the API only: two fifths of all.
    """

    def get_config_file(self) -> BlocksConfigDict:
        config = super().get_config_file()
        for component in config["components"]:
            is_of_the_api = component["type"] == "api"
            for name in OF_THE_API[1:] if is_of_the_api else OF_THE_API:
                component.pop(name, None)
            if is_of_the_api:
                component["props"].pop("_api_info", None)
        return config
