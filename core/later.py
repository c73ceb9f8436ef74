"""`engine`, imported when something of it is first asked for: the page is served before torch is there.

torch and torchvision take as long to import as Gradio (`python -X importtime app.py`). Who uses them says
`engine.check(...)`; the rest of the page does not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any


class _Later(ModuleType):
    """A module by its name. Threads that ask for it at the same time wait for one import of it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


if TYPE_CHECKING:
    from core import engine as engine
else:
    engine = _Later("core.engine")


def load() -> None:
    """Import it now."""
    import_module("core.engine")
