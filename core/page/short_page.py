"""Gradio's Blocks with a short description, which each visitor's page carries, and which is made once."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.blocks import BlocksConfig
from gradio.renderable import Renderable

OF_THE_API = ("api_info", "api_info_as_input", "api_info_as_output", "example_inputs")


class ShortPage(gr.Blocks):
    """Of its components it is not said what callers of the API would give for them: the API does not have them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.default_config = ShortConfig(self)


class ShortConfig(BlocksConfig):
    """The components and events of a page, described anew only when there are more of them.

    Gradio (6.31) has them described four times before it serves them, and says three times of each what the API's
    callers would give for it, and a fourth time of a value that is in the API only: two fifths of all.
    """

    def __init__(self, page: gr.Blocks) -> None:
        super().__init__(page)
        self._config: dict[str, Any] = {}
        self._described: tuple[int, int] | None = None  # how many components and events

    def get_config(self, renderable: Renderable | None = None) -> dict[str, Any]:
        """As Gradio's; the page has nothing that is rendered anew, so `renderable` is None."""
        there = len(self.blocks), len(self.fns)
        if self._described != there:
            self._config, self._described = _shortened(super().get_config(renderable)), there
        return {**self._config}


def _shortened(config: dict[str, Any]) -> dict[str, Any]:
    for component in config["components"]:
        is_of_the_api = component["type"] == "api"
        for name in OF_THE_API[1:] if is_of_the_api else OF_THE_API:
            component.pop(name, None)
        if is_of_the_api:
            component["props"].pop("_api_info", None)
    return config
