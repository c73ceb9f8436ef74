"""Files from a server on this machine that behaves well, stops halfway, or says nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import core.resources.fetching
from core.resources.fetching import Download, Source

CONTENT = bytes(range(256)) * 4096  # 1 MiB
silence_ends = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """/whole, /cut (half of what was promised), /unmeasured (no length), /silent, /missing, /odd."""

    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        kind = self.path.strip("/").partition("/")[0]
        if kind == "silent":
            silence_ends.wait(20)
        elif kind == "missing":
            self.send_error(404)
        else:
            self.send_content(kind)

    def send_content(self, kind: str) -> None:
        self.send_response(200)
        if kind != "unmeasured":
            self.send_header("Content-Length", "many" if kind == "odd" else str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if kind == "cut" else CONTENT)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the server."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    silence_ends.set()
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "weights.pth"


def is_content(path: Path) -> bool:
    return path.read_bytes() == CONTENT


def source(
    url: str,
    path: Path,
    is_ready: Callable[[], bool] = lambda: False,
    is_whole: Callable[[Path], bool] = is_content,
    unpack: Callable[[], object] = lambda: None,
) -> Source:
    return Source(url, path, is_ready, is_whole, unpack)


def ended(what: Source) -> Download:
    download = Download(what)
    download.start()
    download.join(15)
    assert not download.is_alive()
    return download


def files_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir()) if path.parent.exists() else []


def assert_plain_words(problem: str | None, path: Path) -> None:
    assert problem
    assert "\n" not in problem
    assert str(path.parent) not in problem and str(Path.home()) not in problem


def test_a_whole_file_arrives_with_its_progress(server: str, path: Path) -> None:
    download = ended(source(f"{server}/whole", path))
    assert download.problem is None
    assert path.read_bytes() == CONTENT
    assert download.done == download.total == len(CONTENT)
    assert files_beside(path) == [path.name]


def test_progress_grows_chunk_by_chunk(server: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.resources.fetching, "CHUNK", 65_536)
    seen: list[int] = []

    class Watched(Download):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "done" and isinstance(value, int):
                seen.append(value)
            super().__setattr__(name, value)

    download = Watched(source(f"{server}/whole", path))
    download.run()
    assert seen == list(range(0, len(CONTENT) + 1, 65_536))


def test_a_file_of_unknown_length_arrives(server: str, path: Path) -> None:
    download = ended(source(f"{server}/unmeasured", path))
    assert (download.problem, download.total, download.done) == (None, 0, len(CONTENT))
    assert path.read_bytes() == CONTENT


def test_a_connection_cut_midway_leaves_no_file(server: str, path: Path) -> None:
    download = ended(source(f"{server}/cut", path))
    assert_plain_words(download.problem, path)
    assert files_beside(path) == []
    assert download.done == len(CONTENT) // 2 < download.total


def test_a_file_of_other_content_is_not_kept(server: str, path: Path) -> None:
    download = ended(source(f"{server}/whole", path, is_whole=lambda _: False))
    assert_plain_words(download.problem, path)
    assert files_beside(path) == []


def test_nothing_stands_under_the_path_before_it_is_known_to_be_whole(server: str, path: Path) -> None:
    stood: list[bool] = []

    def is_whole(part: Path) -> bool:
        stood.append(path.exists())
        return is_content(part)

    assert ended(source(f"{server}/whole", path, is_whole=is_whole)).problem is None
    assert stood == [False]


def test_a_silent_server_is_given_up(server: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.resources.fetching, "TIMEOUT", 0.3)
    began = time.monotonic()
    download = ended(source(f"{server}/silent", path))
    assert 0.2 < time.monotonic() - began < 5
    assert_plain_words(download.problem, path)
    assert files_beside(path) == []


@pytest.mark.parametrize("url", ["{server}/missing", "http://127.0.0.1:9/none", "{server}/odd", "no-address"])
def test_an_address_without_a_file_is_a_problem(server: str, path: Path, url: str) -> None:
    download = ended(source(url.format(server=server), path))
    assert_plain_words(download.problem, path)
    assert files_beside(path) == []


def test_what_is_ready_is_not_fetched(path: Path) -> None:
    download = ended(source("http://127.0.0.1:9/none", path, is_ready=lambda: True))
    assert download.problem is None
    assert files_beside(path) == []


def test_a_whole_file_that_lies_there_is_unpacked_without_fetching(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    unpacked: list[bytes] = []
    what = source("http://127.0.0.1:9/none", path, unpack=lambda: unpacked.append(path.read_bytes()))
    assert ended(what).problem is None
    assert unpacked == [CONTENT]


def test_a_half_file_that_lies_there_is_replaced(server: str, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(CONTENT[:1000])
    assert ended(source(f"{server}/whole", path)).problem is None
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "error", [OSError("no room"), RuntimeError("half a file"), PermissionError(13, "Permission denied", "/secret")]
)
def test_what_goes_wrong_in_unpacking_is_reported(server: str, path: Path, error: Exception) -> None:
    def unpack() -> None:
        raise error

    download = ended(source(f"{server}/whole", path, unpack=unpack))
    assert download.problem == (getattr(error, "strerror", None) or str(error))


def test_a_folder_that_cannot_be_made_is_a_problem_without_its_path(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    path = tmp_path / "file" / "weights.pth"
    download = ended(source(f"{server}/whole", path))
    assert download.problem and str(tmp_path) not in download.problem
