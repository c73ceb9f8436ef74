"""The bar with Train and Stop: one run at a time, with its status and how far it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from core.page.handlers import QUIET, Translate, Updates, as_markdown
from core.server import Runs, visitor_of
from core.widgets.widget import ProgressBar

STARTERS = ("map_start", "suggest_start", "range_start", "rates_start", "run_both", "over_seeds")


@dataclass(frozen=True)
class RunBar:
    """`starters` start runs too; each is rendered in its own panel, under its key of `STARTERS`."""

    train: gr.Button
    stop: gr.Button
    status: gr.Markdown
    progress: ProgressBar
    starters: Mapping[str, gr.Button]

    @property
    def told(self) -> list[Block]:
        """What `tell` tells."""
        return [self.status, self.progress]

    def tell(self, status: str, progress: float | None) -> Updates:
        """One status line, and the part that is done: 0 to 1, None outside a run."""
        return {self.status: as_markdown(status), self.progress: progress}

    def start(
        self,
        button: gr.Button,
        run: Callable[..., Iterator[Updates]],
        inputs: Sequence[Block],
        outputs: Sequence[Block],
        keep: Mapping[str, Any] | None = None,
    ) -> Dependency:
        """On a click run a generator, with every button that starts one switched off and Stop on meanwhile.

        The browser switches by itself: a request for that would hold up the run. What the next run begins with is made
        by `keep`, an event's keyword arguments, before another one can be started.
        """
        begun = button.click(**self._switch(running=True))
        ended = begun.then(run, inputs, outputs, concurrency_limit=None, **QUIET)
        ended.failure(**self._switch(running=False))  # after one Gradio goes on with nothing else
        if keep is not None:
            ended = ended.then(**keep)
        switched: Dependency = ended.then(**self._switch(running=False))
        return switched

    def _switch(self, running: bool) -> dict[str, Any]:
        starters = [self.train, *self.starters.values()]
        states = [running, *(not running for _ in starters)]
        updates = json.dumps([{"__type__": "update", "interactive": state} for state in states])
        return {"fn": None, "inputs": None, "outputs": [self.stop, *starters], "js": f"() => {updates}", **QUIET}

    def wire_stop(self, runs: Runs) -> None:
        """Stop ends the visitor's own run."""

        def stop(request: gr.Request) -> None:
            runs.stop(visitor_of(request))

        self.stop.click(stop, None, None, queue=False, **QUIET)


def lay_out_run_bar(translate: Translate) -> RunBar:
    """The bar; the buttons of the panels are not rendered yet."""
    train = gr.Button(translate("train"), variant="primary", size="md", elem_id="train")
    stop = gr.Button(translate("stop"), variant="stop", size="md", interactive=False, elem_id="stop")
    with gr.Column(elem_id="told", min_width=120):
        status = gr.Markdown(translate("status_ready"), elem_id="status")
        progress = ProgressBar(elem_id="progress")
    starters = {
        key: gr.Button(translate(key), render=False, min_width=120, elem_id=key.replace("_", "-")) for key in STARTERS
    }
    return RunBar(train, stop, status, progress, starters)
