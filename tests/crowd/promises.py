"""What the app promises to a crowd, and whether it was so."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median, quantiles
from typing import NamedTuple

from gradio_client import Client
from playwright.sync_api import Browser

from app import FIRST_PRESET, PRESETS
from core.server.runs import LONGEST_LINE
from core.text import say
from tests.benchmarks.serving import Server
from tests.crowd.leaving import Process, close_tab, cycles, kill_client, stop_by_client
from tests.crowd.visitors import EXPERIMENT, Seen, Size, crowd, seconds_until_started, train_on

SLOWEST_EDIT = 0.5  # seconds, of 95 in 100
LONGEST_COMPUTING = 1.0  # seconds after the visitor is gone
MOST_GROWTH = 1.05
LONGEST_WAIT = 5.0  # seconds of a run that nobody is ahead of; those that were left would take minutes


class Promise(NamedTuple):
    """One promise, the figure seen, and whether it was kept."""

    what: str
    seen: str
    kept: bool


def of_crowd(server: Server, browser: Browser, size: Size) -> Iterator[Promise]:
    """Of visitors that come at once."""
    seen, on_pages = crowd(server.address, browser, size)
    accepted, refused = [each for each in seen if not each.refusal], [each for each in seen if each.refusal]
    edits = [seconds for each in seen for seconds in each.edits]
    slowest = quantiles(edits, n=20)[-1]
    yield Promise(
        f"while runs of {size.visitors} clients and {size.pages} pages wait and compute, 95 of 100 edits are answered "
        f"within {SLOWEST_EDIT} s",
        f"{len(edits)} edits, median {median(edits):.3f} s, 95 of 100 within {slowest:.3f} s",
        slowest <= SLOWEST_EDIT,
    )
    shown = [seconds for each in on_pages for seconds in each.edits]
    yield Promise(
        "an edit on a page is shown within the same time, in the median",
        f"{len(shown)} edits, median {median(shown):.3f} s, slowest {max(shown):.3f} s",
        median(shown) <= SLOWEST_EDIT,
    )
    room = min(size.visitors, LONGEST_LINE - size.pages)
    words = say("line_full", "en")
    yield Promise(
        f"at most {LONGEST_LINE} runs wait or compute; whoever comes beyond that reads a plain sentence",
        f"{len(accepted)} clients' and {size.pages} pages' runs accepted, {len(refused)} clients refused; "
        f"the slowest was told after {max(each.told_after for each in seen):.1f} s",
        room <= len(accepted) and all(each.refusal == words for each in refused),
    )
    places = [each.places for each in accepted if each.places]
    only_better = all(each.places == sorted(each.places, reverse=True) for each in (*accepted, *on_pages))
    yield Promise(
        "whoever waits sees their place in line, which only gets better",
        f"{len(places)} of {len(accepted)} clients saw theirs, from {max(map(max, places), default=0)} ahead down",
        len(places) >= len(accepted) - 1 and only_better,
    )
    yield _same_alone(server, size, accepted[: size.alone], on_pages)


def _same_alone(server: Server, size: Size, accepted: list[Seen], on_pages: list[Seen]) -> Promise:
    """Accepted runs against the same ones with nobody else there: all events of each, and nothing of another's."""
    client = Client(server.address, verbose=False)
    same = sum(
        Seen(each.seed, train_on(client, size.experiment(each.seed))).measured == each.measured for each in accepted
    )
    for each in on_pages:
        own = {key: value for key, value in size.experiment(each.seed).items() if key != "groups"}
        events = train_on(client, PRESETS[FIRST_PRESET].to_dict() | own)
        accuracy = next(event["accuracy"] for event in reversed(events) if event["event"] == "Evaluated")
        same += f"{100 * accuracy:.1f} %" in each.events[-1]["text"]
    runs = len(accepted) + len(on_pages)
    return Promise("an accepted run ends with the floats it has alone", f"{same} of {runs}", same == runs)


def of_leaving(server: Server, browser: Browser, count: int) -> Iterator[Promise]:
    """Of visitors that leave in the middle of a run, `count` in all."""
    process = Process(server)
    ways = [stop_by_client, kill_client, close_tab(browser)]
    cycles(server, ways, count=len(ways))
    threads, memory = process.status("Threads"), process.status("VmHWM")
    went_on = cycles(server, ways, count, seed=1)
    yield Promise(
        f"no computing goes on for more than {LONGEST_COMPUTING:g} s after the visitor is gone",
        f"{count} left (stopped, killed, tab closed): median {median(went_on):.2f} s, longest {max(went_on):.2f} s",
        max(went_on) <= LONGEST_COMPUTING,
    )
    # Gradio's pool grows and shrinks by a few threads; those that visitors leave behind would be as many as they.
    more, growth = process.status("Threads") - threads, process.status("VmHWM") / memory
    yield Promise(
        "no thread is left", f"{threads} threads, {more:+d} after {count} visitors", more < max(5, count / 10)
    )
    yield Promise("no memory is left", f"peak × {growth:.3f} after {count} visitors", growth <= MOST_GROWTH)
    waited = seconds_until_started(Client(server.address, verbose=False), EXPERIMENT)
    yield Promise("no place in line is left", f"the next run starts after {waited:.1f} s", waited <= LONGEST_WAIT)
