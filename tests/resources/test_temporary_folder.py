"""Where Gradio may write, on machines where its usual folder is closed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from core.resources import temporary_folder
from core.resources.temporary_folder import NoFolder, choose_temporary_folder
from tests.test_app import ROOT


@pytest.fixture(autouse=True)
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine's folder for temporary files is an empty one."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    return tmp_path


def test_what_can_be_used_stays(usual: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose_temporary_folder()
    assert "GRADIO_TEMP_DIR" not in os.environ
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(usual / "mine"))
    choose_temporary_folder()
    assert os.environ["GRADIO_TEMP_DIR"] == str(usual / "mine")


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_where_gradios_folder_is_closed_a_new_one_is_used(
    usual: Path, monkeypatch: pytest.MonkeyPatch, is_asked_for: bool
) -> None:
    (usual / "gradio").write_text("not a folder")
    if is_asked_for:
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(usual / "gradio"))
    choose_temporary_folder()
    chosen = Path(os.environ["GRADIO_TEMP_DIR"])
    assert chosen.parent == usual and chosen.is_dir() and tempfile.gettempdir() == str(chosen)


def test_where_no_disk_can_be_written_to_memory_is(usual: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(usual / "missing" / "missing"))
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(OSError("read-only")))
    monkeypatch.setattr(temporary_folder, "IN_MEMORY", str(usual))
    choose_temporary_folder()
    assert Path(os.environ["GRADIO_TEMP_DIR"]).parent == usual
    monkeypatch.setattr(temporary_folder, "IN_MEMORY", str(usual / "missing"))
    monkeypatch.setattr(tempfile, "tempdir", str(usual / "missing" / "missing"))
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    with pytest.raises(NoFolder):
        choose_temporary_folder()


def test_the_program_says_so_in_one_sentence() -> None:
    code = "import tempfile; tempfile.mkdtemp = tempfile.gettempdir = lambda *_, **__: open('/not/there'); import app"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "TMPDIR" in done.stderr
