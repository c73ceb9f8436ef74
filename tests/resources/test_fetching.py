"""Weights and images from the network: verified, waited for, and never half."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import core.resources.fetching
import core.resources.weights
from core.events import Event, Progress
from core.page.updates import cifar10_note
from core.resources.fetching import Download, Source, prepare_cifar10, prepare_weights
from core.resources.weights import load_weights, weights_path
from core.training.training import wait_for_weights


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; anything called slow-... arrives after half a minute only."""

    def do_GET(self) -> None:
        if "slow-" in self.path:
            self.server.ended.wait(30)  # type: ignore[attr-defined]
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """The address of a server, and the folder that it serves."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    server.ended = threading.Event()  # type: ignore[attr-defined]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.ended.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def use(no_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """use(url): resnet18's weights come from there, into an empty folder; gives the file's path."""
    monkeypatch.setattr(core.resources.fetching, "DOWNLOADS", {})

    def replace_url(url: str) -> Path:
        def read(progress: bool, **options: Any) -> object:
            return torch.hub.load_state_dict_from_url(url, progress=progress, **options)

        fake = SimpleNamespace(url=url, get_state_dict=read)
        for module in (core.resources.weights, core.resources.fetching):
            monkeypatch.setattr(module, "weights_of", {"resnet18": fake}.get)
        return weights_path("resnet18")

    return replace_url


def outcome(run: Generator[Event, None, str | None]) -> tuple[list[Event], str | None]:
    """The events, and what the generator returned."""
    events: list[Event] = []
    while True:
        try:
            events.append(next(run))
        except StopIteration as end:
            return events, end.value


def save(folder: Path, seed: int = 0) -> str:
    """A small state dict under the name that its content asks for."""
    torch.save({"weight": torch.full((50, 50), float(seed))}, folder / "new")
    digest = hashlib.sha256((folder / "new").read_bytes()).hexdigest()
    return (folder / "new").rename(folder / f"tiny-{digest[:8]}.pth").name


def wait(stop: Callable[[], bool] = lambda: False, pulse: float = 0.05) -> tuple[list[Event], str | None]:
    return outcome(wait_for_weights("resnet18", stop, pulse))


def files_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir()) if path.parent.exists() else []


def test_weights_arrive_whole_with_progress(served: tuple[str, Path], use: Callable[[str], Path]) -> None:
    address, folder = served
    name = save(folder, seed=7)
    path = use(f"{address}/{name}")
    events, problem = wait()
    assert problem is None
    assert path.read_bytes() == (folder / name).read_bytes()
    assert files_beside(path) == [name]
    assert events and all(isinstance(event, Progress) and event.doing == "weights" for event in events)
    assert events[-1] == Progress("weights", path.stat().st_size, path.stat().st_size)
    assert torch.equal(load_weights("resnet18")["weight"], torch.full((50, 50), 7.0))


def test_weights_that_are_here_are_not_waited_for(served: tuple[str, Path], use: Callable[[str], Path]) -> None:
    address, folder = served
    name = save(folder)
    path = use(f"{address}/{name}")
    wait()
    (folder / name).unlink()
    assert path.exists()
    assert wait() == ([], None)


def test_wrong_content_gives_a_reason_and_leaves_no_file(served: tuple[str, Path], use: Callable[[str], Path]) -> None:
    address, folder = served
    (folder / "tiny-0123abcd.pth").write_bytes((folder / save(folder)).read_bytes())
    path = use(f"{address}/tiny-0123abcd.pth")
    _, problem = wait()
    assert problem and "\n" not in problem and str(path.parent) not in problem
    assert files_beside(path) == []


def test_a_broken_file_that_lies_there_is_replaced(served: tuple[str, Path], use: Callable[[str], Path]) -> None:
    address, folder = served
    name = save(folder)
    path = use(f"{address}/{name}")
    path.parent.mkdir(parents=True)
    path.write_bytes((folder / name).read_bytes()[:100])
    assert wait()[1] is None
    assert path.read_bytes() == (folder / name).read_bytes()


def test_an_address_that_does_not_answer_gives_a_reason_quickly(use: Callable[[str], Path]) -> None:
    path = use("http://127.0.0.1:9/tiny-0123abcd.pth")
    began = time.monotonic()
    _, problem = wait()
    assert problem and str(path.parent) not in problem
    assert time.monotonic() - began < 3


def test_a_failed_download_is_begun_anew(served: tuple[str, Path], use: Callable[[str], Path]) -> None:
    address, folder = served
    name = save(folder)
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    path = use(f"{address}/{name}")
    assert wait()[1]
    (folder / name).write_bytes(content)
    assert wait()[1] is None
    assert path.read_bytes() == content


def test_stopping_ends_the_wait(
    served: tuple[str, Path], use: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.resources.fetching, "TIMEOUT", 5.0)
    use(f"{served[0]}/slow-0123abcd.pth")
    asked = iter([False, False, True])
    began = time.monotonic()
    events, problem = wait(stop=lambda: next(asked))
    assert problem == "stopped"
    assert len(events) == 2
    assert time.monotonic() - began < 3


def test_two_runs_wait_for_one_download(
    served: tuple[str, Path], use: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.resources.fetching, "TIMEOUT", 1.0)
    use(f"{served[0]}/slow-0123abcd.pth")
    first, second = prepare_weights("resnet18"), prepare_weights("resnet18")
    assert first is second and first.is_alive()
    first.join(10)
    assert first.problem


@pytest.mark.usefixtures("cifar10")
def test_images_that_are_here_are_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(core.resources.fetching, "DOWNLOADS", {})
    monkeypatch.setattr(core.resources.fetching.urllib.request, "urlopen", refuse)
    download = prepare_cifar10()
    download.join(60)
    assert (download.problem, download.is_alive()) == (None, False)


def test_images_that_cannot_be_had_give_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(core.resources.fetching, "DOWNLOADS", {})
    monkeypatch.setattr(core.resources.fetching.CIFAR10, "url", "http://127.0.0.1:9/images.tar.gz")
    download = prepare_cifar10()
    download.join(20)
    assert download.problem and str(tmp_path) not in download.problem
    assert not download.is_alive()
    assert "no connection" in cifar10_note(download, "en")
    assert "没有网络连接" in cifar10_note(download, "zh")


def test_the_note_on_the_images_says_where_the_download_is(tmp_path: Path) -> None:
    download = Download(Source("", tmp_path / "images", lambda: True, lambda _: True, lambda: None))
    download.run()
    here = {cifar10_note(download, language) for language in ("en", "zh")}
    download.is_alive = lambda: True  # type: ignore[method-assign]
    checking = {cifar10_note(download, language) for language in ("en", "zh")}
    download.done, download.total = 40_000_000, 170_000_000
    loading = [cifar10_note(download, language) for language in ("en", "zh")]
    assert len(here | checking | set(loading)) == 6
    assert all("40" in note and "170" in note for note in loading)
