"""What the page says while CIFAR-10 is on its way, does not come, and comes after all."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from torchvision.datasets import CIFAR10

import core.resources.cifar10
import core.resources.fetching
from core.resources.fetching import prepare_cifar10
from tests.browser.actions import SECONDS, SMALL_RESNET, choose, menu, rows, set_number, set_numbers, status, train
from tests.browser.conftest import Visit


def small_cifar10() -> tuple[bytes, dict[str, str]]:
    """An archive of CIFAR-10's form with 20 images a file, and the checksum of each file."""
    rng, archive, sums = np.random.default_rng(0), io.BytesIO(), {}
    files = {
        f"{kind}_batch{end}": {"data": rng.integers(0, 256, (20, 3072), np.uint8), "labels": [*range(10)] * 2}
        for kind, end in [*(("data", f"_{i}") for i in range(1, 6)), ("test", "")]
    }
    files["batches.meta"] = {"label_names": [str(i) for i in range(10)]}
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as tar:
        for name, content in files.items():
            data = pickle.dumps(content)
            sums[name] = hashlib.md5(data).hexdigest()
            entry = tarfile.TarInfo(f"{CIFAR10.base_folder}/{name}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return archive.getvalue(), sums


class Source(ThreadingHTTPServer):
    """Serves one archive; fails until `there` is set, and halts in the middle until `flow` is set."""

    def __init__(self, archive: bytes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.archive, self.there, self.flow = archive, threading.Event(), threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Source

    def do_GET(self) -> None:
        if not self.server.there.is_set():
            self.send_error(503, "not now")
            return
        half = len(self.server.archive) // 2
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.archive)))
        self.end_headers()
        self.wfile.write(self.server.archive[:half])
        self.server.flow.wait(20)
        self.wfile.write(self.server.archive[half:])

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """torchvision's CIFAR10, from a server of this test into an empty folder."""
    archive, sums = small_cifar10()
    source = Source(archive)
    threading.Thread(target=source.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{source.server_port}/{CIFAR10.filename}")
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(archive).hexdigest())
    monkeypatch.setattr(CIFAR10, "train_list", [[f"data_batch_{i}", sums[f"data_batch_{i}"]] for i in range(1, 6)])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": sums["batches.meta"]})
    yield source
    source.flow.set()
    source.shutdown()
    core.resources.cifar10.read_cifar10.cache_clear()


def test_the_page_follows_the_download_and_works_before_it_is_there(
    visit: Visit, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_cifar10().join()
    page = visit()
    expect(page.locator("#data-note")).to_contain_text(
        "CIFAR-10 could not be downloaded (the server answered with error 503)"
    )
    expect(menu(page, "dataset")).to_have_value("shapes")
    expect(page.locator("#settings .label-wrap").first).to_contain_text("generated shapes")
    set_number(page, "train_size", 256)
    train(page)
    expect(page.locator("#made-with")).to_contain_text("generated shapes")

    monkeypatch.setattr(core.resources.fetching, "CHUNK", 1024)
    source.there.set()
    page.get_by_role("button", name="Try the download again").click()
    expect(page.locator("#data-note")).to_contain_text("Downloading CIFAR-10: 0 of 0 MB", timeout=10 * SECONDS)
    source.flow.set()
    expect(page.locator("#data-note")).to_contain_text("CIFAR-10 is here", timeout=10 * SECONDS)
    expect(menu(page, "dataset")).to_have_value("cifar10")
    expect(page.locator("#settings .label-wrap").first).to_contain_text("CIFAR-10", timeout=10 * SECONDS)
    expect(page.get_by_role("button", name="Try the download again")).to_have_count(0)
    page.click("#groups .undo")  # the visitor's own edit, not the arrival
    expect(page.locator("#settings .label-wrap").first).to_contain_text("CIFAR-10 5,000", timeout=10 * SECONDS)
    expect(page.locator("#groups .undo")).to_be_disabled()
    page.click("#groups .redo")
    expect(page.locator("#settings .label-wrap").first).to_contain_text("CIFAR-10 256", timeout=10 * SECONDS)


def test_a_dataset_that_the_visitor_chose_stays_chosen(visit: Visit, source: Source) -> None:
    source.there.set()
    page = visit()
    expect(page.locator("#data-note")).to_contain_text("Downloading CIFAR-10")
    choose(page, "dataset", "cifar10")
    page.click("#train")
    expect(status(page)).to_contain_text("CIFAR-10 is not here yet")
    choose(page, "dataset", "shapes")
    source.flow.set()
    expect(page.locator("#data-note")).to_contain_text("CIFAR-10 is here", timeout=10 * SECONDS)
    expect(menu(page, "dataset")).to_have_value("shapes")


def test_missing_weights_are_said_where_the_charts_are(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch
    from torchvision.models import ResNet18_Weights

    from core.resources.weights import weights_of

    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    assert weights_of("resnet18") is ResNet18_Weights.IMAGENET1K_V1
    page = visit()
    choose(page, "preset", "Example 3")
    expect(rows(page)).to_have_count(2)
    choose(page, "dataset", "shapes")
    set_numbers(page, **SMALL_RESNET)
    page.click("#train")
    expect(page.locator("#made-with")).to_contain_text("Random weights instead of pre-trained", timeout=60 * SECONDS)
