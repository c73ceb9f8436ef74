"""Puts each kind of input through the code that takes it, and measures what that costs the server."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr
import orjson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import app
from core.checking import Checked, check
from core.experiment import ONLY_NO_RUN, OPTIMIZER_OPTIONS, Experiment, ExperimentError, Problem
from core.experiment.experiment import MAX_STRUCTURE
from core.experiment.link import read_link
from core.page.checks import code_of
from core.page.importing import read_file
from core.page.inputs import raw_of
from core.page.layout import Layout, lay_out
from core.page.sharing_panel import link_value
from core.page.updates import assignment_value
from core.resources.cifar10 import cifar10_is_here
from core.server import Runs
from core.server.request_guard import MAX_BODY_BYTES
from core.text import LANGUAGES
from tests.browser.conftest import Server
from tests.hostile import networks, strategies
from tests.hostile.memory import memory, reset_peak

MOST_SECONDS = 1.0  # of computing, in all threads together
MOST_SECONDS_OF_A_RUN = MOST_SECONDS + (
    os.cpu_count() or 1
)  # one more, on all cores, until it notices that nobody reads
MOST_BYTES = 256 * 2**20  # beyond what the process holds already
LONGEST_SENTENCE = 1000  # characters
ROOT = str(Path(app.__file__).parent)
GRADIOS_OWN = "didn't receive enough input values"  # of a call that lacks an argument: Gradio logs it, without words


def laid_out() -> Layout:
    with gr.Blocks():
        return lay_out(app.PRESETS, app.THINGS_TO_TRY, app.FIRST_PRESET, app.I18N, Runs().seconds)


PAGE = laid_out()


def judge(checked: Checked) -> str:
    """An experiment that can run and reads the same again, or problems in presentable words."""
    if checked.problems:
        return refused(checked.problems)
    assert checked.experiment is not None
    assert checked.groups
    assert Experiment.from_dict(checked.experiment.to_dict()) == checked.experiment
    return "can run"


def refused(problems: tuple[Problem, ...]) -> str:
    for line in {problem.with_place(language) for problem in problems for language in LANGUAGES}:
        present(line)
    return "refused"


def present(line: str) -> None:
    """Of bearable length, without what a terminal or a text direction would obey, without a path of the server."""
    assert 0 < len(line) <= LONGEST_SENTENCE
    assert line.isprintable(), f"{line!r} holds control characters"
    assert "Traceback" not in line
    assert ROOT not in line


def try_experiment(raw: Any) -> str:
    return judge(check(raw))


def try_table(values: list[Any]) -> str:
    """As the page's handlers do: cells, preview, planned rates, code, address, link."""
    for language, form in zip(LANGUAGES, ("script", "optimizers"), strict=True):
        told = PAGE.checks.event["fn"]("planned", form, None, None, "", language, *values)
        told |= PAGE.checks.event["fn"]("code", form, None, "layerwise_lr", "", language, *values)
        compile(told[PAGE.checks.code.text]["value"], form, "exec")
        sent = [*told.values(), link_value(language, *values)]
        orjson.dumps([value for value in sent if isinstance(value, (dict, list))])
    return judge(check(raw_of(*values)))


def try_link(text: str) -> str:
    try:
        experiment = read_link(text)
    except ExperimentError as error:
        return refused(error.problems)
    return judge(check(experiment.to_dict()))


def try_file(content: Any) -> str:
    raw, said = read_file(content, "en")
    for line in said:
        present(line)
    if raw is None:
        return "unreadable"
    sent = PAGE.opening.fill_with(raw, said, "en")
    orjson.dumps([value for value in sent.values() if isinstance(value, (dict, list))])
    return judge(check(raw))


def try_network(text: str) -> str:
    """A pasted network fills the page, is shown, checked and written as code; an experiment brings one by itself."""
    refused(check({"structure": text[: 2 * MAX_STRUCTURE], "groups": [{"name": "all", "params": "*"}]}).problems)
    raw, said = read_file(text, "en")
    for line in said:
        present(line)
    if raw is None:
        return "refused"
    PAGE.opening.fill_with(raw, said, "en")
    checked = check(raw)
    if problems := checked.problems_but(*ONLY_NO_RUN):
        return refused(problems)
    assert checked.assignment is not None
    orjson.dumps(assignment_value(checked, checked.assignment, "en"))
    compile(code_of(checked, "optimizers", "en"), "optimizers", "exec")
    return "can be seen"


@dataclass(frozen=True)
class ApiCase:
    """Posts a body to an endpoint of the running app and reads the answer; a stream is left at its first line."""

    server: Server

    def __call__(self, request: tuple[str, bytes]) -> str:
        endpoint, body = request
        address = f"{self.server.address}gradio_api/call/{endpoint}"
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            outcome = self._post(address, body)
        if GRADIOS_OWN in said.getvalue():
            return "too few values for Gradio"
        assert "Traceback" not in said.getvalue(), said.getvalue()
        assert outcome != "no words"
        return outcome

    def _post(self, address: str, body: bytes) -> str:
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                event = json.load(answer)["event_id"]
        except urllib.error.HTTPError as error:
            assert 400 <= error.code < 500, error.code
            assert ROOT not in error.read().decode()
            return f"HTTP {error.code}"
        except urllib.error.URLError:
            assert len(body) > MAX_BODY_BYTES  # the server hangs up while the client still sends
            return "HTTP 413"
        with urllib.request.urlopen(f"{address}/{event}", timeout=30) as stream:
            kind, data = stream.readline().decode().strip(), stream.readline().decode().removeprefix("data: ")
        self._wait_until_idle()
        if kind != "event: error":
            return "answered"
        words = (json.loads(data) or {}).get("error")
        for line in (words or "").splitlines():
            present(line)
        return "refused" if words else "no words"

    def _wait_until_idle(self) -> None:
        until = time.monotonic() + 10
        while len(self.server.runs):
            assert time.monotonic() < until, "a run whose client has left goes on"
            time.sleep(0.01)


Probe = Callable[[Any], str]
KINDS: dict[str, tuple[st.SearchStrategy[Any], Probe]] = {
    "experiment": (strategies.experiments, try_experiment),
    "table": (strategies.tables(), try_table),
    "link": (strategies.links, try_link),
    "file": (strategies.files, try_file),
    "network": (networks.texts, try_network),
}


@dataclass
class Tally:
    """What the cases of one kind came to and cost at most."""

    most_seconds: float = MOST_SECONDS
    cases: int = 0
    seconds: float = 0.0
    bytes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def take(self, probe: Probe, case: Any) -> None:
        gc.disable()  # what making the case has left behind is not the case's own cost
        reset_peak()
        before, began = memory("VmRSS"), time.process_time()
        outcome = probe(case)
        seconds, grown = time.process_time() - began, memory("VmHWM") - before
        gc.enable()
        self.cases += 1
        self.outcomes[outcome] += 1
        self.seconds, self.bytes = max(self.seconds, seconds), max(self.bytes, grown)
        assert seconds <= self.most_seconds, f"{seconds:.2f} s"
        assert grown <= MOST_BYTES, f"{grown / 2**20:.0f} MB"


def fuzz(strategy: st.SearchStrategy[Any], probe: Probe, cases: int, most_seconds: float = MOST_SECONDS) -> Tally:
    """So many cases of a kind; fails at the first that is not answered as it should be."""
    tally = Tally(most_seconds)

    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(case: Any) -> None:
        tally.take(probe, case)

    run()
    return tally


def warm_up() -> None:
    """The first look at a network, at an optimizer, and at CIFAR-10 where it is, costs more than any further one.

    What was seen stays. The app reads CIFAR-10 when it starts.
    """
    cifar10_is_here()
    networks = [{"model": m, "image_size": s} for m in strategies.NETWORKS for s in strategies.SIZES]
    everything = {"name": "all", "params": "*"}
    for network in networks:
        check(network | {"dataset": "shapes", "groups": [everything]})
    for name in OPTIMIZER_OPTIONS:
        check({"dataset": "shapes", "groups": [{"name": "w", "params": "*.weight", "optimizer": name}, everything]})
    gc.freeze()
