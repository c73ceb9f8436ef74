"""What fills the page: a preset, a link, a file; and what is said of the images meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from core import lab
from core.experiment import Experiment
from core.page.filling import setting_values
from core.page.handlers import QUIET, Translate, Updates
from core.page.inputs import Inputs
from core.page.updates import DataNews, data_news
from core.text import language_of, say
from core.widgets.widget import Sentences


@dataclass(frozen=True)
class Opening:
    """`wished` is the dataset of the preset, the link or the file, `chosen` whether the visitor chose another;
    `poll` looks at CIFAR-10's download while it goes on, and `retry` begins it anew."""

    presets: Mapping[str, Experiment]
    inputs: Inputs
    preset: gr.Dropdown
    about: gr.Markdown
    opened: Sentences
    data_note: gr.Markdown
    retry: gr.Button
    poll: gr.Timer
    wished: gr.State
    chosen: gr.State

    @property
    def outputs(self) -> list[Block]:
        """What filling the page changes."""
        about = [self.about, self.preset, self.opened, self.wished]
        return [*about, *self.inputs.filled, *self._data]

    @property
    def _data(self) -> list[Block]:
        return [self.data_note, self.poll, self.retry]

    def fill_with_preset(self, language: str, chosen: bool, name: str) -> Updates:
        """The preset of that name, whose dataset gives way to one that the visitor has `chosen`."""
        preset, language = self.presets[name], language_of(language)
        summary, look_for = getattr(preset.summary, language), getattr(preset.look_for, language)
        return {
            **self.inputs.fill(preset.to_dict()),
            self.about: f"{summary}\n\n**{say('look_for', language)}** {look_for}",
            self.wished: preset.dataset,
            self.opened: [],
            **self._tell(data_news(lab.prepare_cifar10(), preset.dataset, chosen, language)),
        }

    def fill_with(self, raw: Mapping[str, Any], said: Sequence[str], language: str) -> Updates:
        """The values of a link or a file, right or wrong; no preset is chosen or described; what is `said` of it."""
        dataset = setting_values(raw)["dataset"]
        return {
            **self.inputs.fill(raw),
            self.about: "",
            self.preset: None,
            self.wished: dataset,
            self.opened: list(said),
            **self._tell(data_news(lab.prepare_cifar10(), dataset, False, language)),
        }

    def look_again(self, language: str, wished: str, chosen: bool) -> Updates:
        """Where the download of CIFAR-10 is by now."""
        return self._tell(data_news(lab.prepare_cifar10(), wished, chosen, language_of(language), again=True))

    def _tell(self, news: DataNews) -> Updates:
        told: Updates = {
            self.data_note: news.note,
            self.poll: gr.Timer(active=news.is_waiting),
            self.retry: gr.Button(visible=news.has_failed),
        }
        return told if news.dataset is None else told | {self.inputs.dataset: news.dataset}

    def wire_data(self) -> None:
        """The arrival of CIFAR-10 is announced; a choice of the visitor's own is remembered."""
        inputs = [self.inputs.language, self.wished, self.chosen]
        self.poll.tick(self.look_again, inputs, [*self._data, self.inputs.dataset], **QUIET)

        def try_again() -> gr.Timer:
            lab.prepare_cifar10(again=True)
            return gr.Timer(active=True)

        self.retry.click(try_again, None, self.poll, **QUIET)
        self.inputs.dataset.input(lambda: True, None, self.chosen, **QUIET)


def preset_menu(presets: Mapping[str, Experiment], first: str, translate: Translate) -> gr.Dropdown:
    """The presets by title; their words are translated under "preset_" and the name."""
    titles = [(translate(f"preset_{name}"), name) for name in presets]
    label, info = translate("preset"), translate("preset_info")
    return gr.Dropdown(titles, value=first, label=label, info=info, filterable=False, elem_id="preset")
