"""The browser's address, kept in step with the page. It is no part that is seen."""

from __future__ import annotations

from typing import Any

from core.experiment.link import PARAMETER
from core.widgets.widget import Widget

PRESET_PARAMETER = "preset"
TITLE, NOTE = "title", "note"  # what somebody wrote about the page that a link shows


class Address(Widget):
    """A new `value`, {"link", "preset"}, goes into the address; what is None there goes out of it, and so does the
    `lesson` that was told of another preset.
    """

    def __init__(
        self,
        value: dict[str, str | None] | None = None,
        link_parameter: str = PARAMETER,
        preset_parameter: str = PRESET_PARAMETER,
        lesson: tuple[str, ...] = (TITLE, NOTE),
        **kwargs: Any,
    ) -> None:
        parameters = {"link_parameter": link_parameter, "preset_parameter": preset_parameter, "lesson": lesson}
        super().__init__("address", value=value, **parameters, **kwargs)
