"""What fills the page: a preset, a link, a file; and what is said of the images meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from core import lab
from core.experiment import Experiment, ExperimentError, ThingToTry
from core.experiment.differences import differences
from core.page.filling import setting_values
from core.page.handlers import QUIET, Translate, Updates, as_markdown
from core.page.inputs import SIZES, Inputs
from core.page.updates import DataNews, data_news
from core.report import recorded_chart
from core.structures import lines_of
from core.text import language_of, say
from core.widgets.live_chart import LiveChart
from core.widgets.widget import Sentences


@dataclass(frozen=True)
class Opening:
    """`things` are what to try with the presets, `lesson` what a link tells of itself; `chart` shows the preset's
    recorded run until there is another.

    `wished` is the dataset of the preset, the link or the file, `chosen` whether the visitor chose another;
    `filled` is the name of the preset that filled the page last; `poll` looks at CIFAR-10's download while it goes
    on, and `retry` begins it anew."""

    presets: Mapping[str, Experiment]
    things: Mapping[str, ThingToTry]
    inputs: Inputs
    preset: gr.Dropdown
    about: gr.Markdown
    to_try: gr.Markdown
    trying: gr.Button
    lesson: Sentences
    opened: Sentences
    chart: LiveChart
    data_note: gr.Markdown
    retry: gr.Button
    poll: gr.Timer
    wished: gr.State
    chosen: gr.State
    filled: gr.State

    @property
    def outputs(self) -> list[Block]:
        """What filling the page changes."""
        about = [self.about, self.to_try, self.trying, self.preset, self.lesson, self.opened, self.wished, self.chart]
        return [*about, self.filled, *self.inputs.filled, *self._data]

    @property
    def _data(self) -> list[Block]:
        return [self.data_note, self.poll, self.retry]

    def fill_with_preset(self, language: str, chosen: bool, name: str) -> Updates:
        """The preset of that name, whose dataset gives way to one that the visitor has `chosen`."""
        preset, language = self.presets[name], language_of(language)
        return {
            **self.inputs.fill(preset.to_dict()),
            **self._describe(name, language),
            self.chart: gr.update(recorded=recorded_chart(name, preset, language)),
            self.wished: preset.dataset,
            self.filled: name,
            self.lesson: [],
            self.opened: [],
            **self._tell(data_news(lab.prepare_cifar10(), preset.dataset, chosen, language)),
            **(self._no_images() if lines_of(preset) else {}),
        }

    def fill_with(
        self, raw: Mapping[str, Any], said: Sequence[str], language: str, preset: str | None = None
    ) -> Updates:
        """The values of a link or a file, right or wrong, and what is `said` of it; the preset that it began with, if
        that is known, is chosen and described."""
        dataset = setting_values(raw)["dataset"]
        return {
            **self.inputs.fill(raw, self.presets[preset] if preset else None),
            **self._describe(preset, language),
            self.preset: preset,
            self.lesson: [],
            self.chart: gr.update(recorded=_recorded(raw, preset, language)),
            self.wished: dataset,
            self.filled: preset,
            self.opened: list(said),
            **self._tell(data_news(lab.prepare_cifar10(), dataset, False, language)),
        }

    def _describe(self, name: str | None, language: str) -> Updates:
        """Why there is the preset, what to look for and what to try; nothing where that is not known."""
        preset, thing = self.presets.get(name or ""), self.things.get(name or "")
        return {
            self.about: as_markdown(f"{getattr(preset.summary, language)}\n\n{getattr(preset.look_for, language)}")
            if preset
            else "",
            self.to_try: say("to_try", language, what=as_markdown(getattr(thing.words, language))) if thing else "",
            self.trying: gr.Button(visible=thing is not None),
        }

    def try_it(self, language: str, name: str, *sizes: Any) -> Updates:
        """What there is to try with the preset of that name fills the page; reset and undo lead back.

        The visitor's own sizes stay, unless they are what is to be tried: the run before was of these.
        """
        if name not in self.things:
            return {self.opened: gr.skip()}
        preset, thing, language = self.presets[name], self.things[name], language_of(language)
        asked = thing.experiment.to_dict()
        asked |= {size: own for size, own in zip(SIZES, sizes, strict=True) if asked[size] == getattr(preset, size)}
        changes = [getattr(change, language) for change in differences(preset, thing.experiment, is_change=True)]
        said = say("tried", language, changes=say("semicolon", language).join(changes))
        return {**self.inputs.fill(asked, preset), self.opened: [said]}

    def look_again(self, language: str, wished: str, chosen: bool) -> Updates:
        """Where the download of CIFAR-10 is by now."""
        return self._tell(data_news(lab.prepare_cifar10(), wished, chosen, language_of(language), again=True))

    def _no_images(self) -> Updates:
        """Nothing is said of images where the network takes none."""
        return {self.data_note: "", self.retry: gr.Button(visible=False)}

    def _tell(self, news: DataNews) -> Updates:
        told: Updates = {
            self.data_note: news.note,
            self.poll: gr.Timer(active=news.is_waiting),
            self.retry: gr.Button(visible=news.has_failed),
        }
        return told if news.dataset is None else told | {self.inputs.dataset: news.dataset}

    def wire_menu(
        self,
        menu: gr.Dropdown,
        fill: Callable[[str, bool, str], Updates],
        outputs: Sequence[Block],
        event: Mapping[str, Any],
        held: gr.State,
    ) -> None:
        """A choice among presets fills the page, and `event` then checks it; the menu stood at `held`.

        Gradio tells of an input even where the menu is only left, by a key or a click beside it, which must not undo
        the visitor's edits; that the same preset is chosen once more it tells by select. Only what filled the page has
        it checked: a check of what stood there before could be answered last."""
        times = gr.State(0)

        def choose(language: str, chosen: bool, before: str | None, count: int, name: str | None) -> Updates:
            is_left = name is None or name == before
            return {times: gr.skip()} if is_left else fill(language, chosen, str(name)) | {times: count + 1}

        def choose_again(language: str, chosen: bool, before: str | None, count: int, choice: gr.SelectData) -> Updates:
            is_again = before is not None and choice.value == before
            return fill(language, chosen, str(before)) | {times: count + 1} if is_again else {times: gr.skip()}

        asked: list[Block] = [self.inputs.language, self.chosen, held, times]
        menu.input(choose, [*asked, menu], [*outputs, times], **QUIET)
        menu.select(choose_again, asked, [*outputs, times], **QUIET)
        times.change(**event)

    def wire_try(self, event: Mapping[str, Any]) -> None:
        """A click tries it; `event` is then checked as any edit."""
        outputs = [*self.inputs.filled, self.opened]
        inputs = [self.inputs.language, self.preset, *(self.inputs.settings[size] for size in SIZES)]
        self.trying.click(self.try_it, inputs, outputs, **QUIET).then(**event)

    def wire_data(self, event: Mapping[str, Any]) -> None:
        """The arrival of CIFAR-10 is announced, and `event` then checks the page with it; a choice of the visitor's own
        is remembered."""
        inputs = [self.inputs.language, self.wished, self.chosen]
        arrived = gr.State(None)

        def look_again(language: str, wished: str, chosen: bool) -> Updates:
            updates = self.look_again(language, wished, chosen)
            images = updates.get(self.inputs.dataset)
            told = {self.inputs.table: gr.update(images=images)} if images else {}
            return updates | {arrived: images} | told

        outputs = [*self._data, self.inputs.dataset, self.inputs.table, arrived]
        self.poll.tick(look_again, inputs, outputs, **QUIET)
        arrived.change(**event)

        def try_again() -> gr.Timer:
            lab.prepare_cifar10(again=True)
            return gr.Timer(active=True)

        self.retry.click(try_again, None, self.poll, **QUIET)
        self.inputs.dataset.input(lambda: True, None, self.chosen, **QUIET)


def _recorded(raw: Mapping[str, Any], preset: str | None, language: str) -> str:
    """The recorded run of the preset that the values began with, if they are still its own."""
    try:
        return recorded_chart(preset, Experiment.from_dict(raw), language) if preset else ""
    except ExperimentError:
        return ""


def preset_menu(presets: Mapping[str, Experiment], first: str, translate: Translate) -> gr.Dropdown:
    """The presets by title; their words are translated under "preset_" and the name."""
    titles = [(translate(f"preset_{name}"), name) for name in presets]
    return gr.Dropdown(
        titles,
        value=first,
        label=translate("preset"),
        show_label=False,
        container=False,
        filterable=False,
        elem_id="preset",
    )
