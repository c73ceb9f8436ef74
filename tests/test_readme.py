"""README's header configures a Space: it must agree with requirements.txt and with what Spaces take."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

# What huggingface.co/docs/hub/spaces-config-reference lists; `license` is of repositories-licenses beside it.
SPACE_KEYS = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "python_version", "sdk_version", "suggested_hardware"),
    *("suggested_storage", "app_file", "app_build_command", "app_port", "base_path", "fullWidth", "header"),
    *("short_description", "models", "datasets", "tags", "thumbnail", "pinned", "hf_oauth", "hf_oauth_scopes"),
    *("hf_oauth_expiration_minutes", "hf_oauth_authorized_org", "disable_embedding", "startup_duration_timeout"),
    *("custom_headers", "preload_from_hub", "license"),
}
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def front_matter() -> dict[str, str]:
    header = README.split("---\n")[1]
    return {key: value.strip().strip('"') for key, value in (line.split(":", 1) for line in header.splitlines())}


def test_the_header_configures_a_gradio_space() -> None:
    header = front_matter()
    assert set(header) <= SPACE_KEYS
    assert header["sdk"] == "gradio"
    assert {header["colorFrom"], header["colorTo"]} <= COLOURS
    assert header["title"]
    assert not any(letter.isalnum() for letter in header["emoji"])
    assert header["python_version"] == "3.12"
    assert (ROOT / header["app_file"]).is_file()
    assert len(header["short_description"]) <= 60


def test_sdk_version_is_within_the_range_of_requirements() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    (gradio,) = (r for r in map(Requirement, lines) if r.name == "gradio")
    assert gradio.specifier.contains(front_matter()["sdk_version"])


def test_pictures_and_files_that_are_named_exist() -> None:
    for link in re.findall(r"\]\(([^)h][^)]*)\)", README):
        assert (ROOT / link).exists(), link
    for module in re.findall(r"^      (\w+\.py) ", README, flags=re.MULTILINE):
        assert (ROOT / "core" / module).is_file(), module


def test_every_module_is_in_the_map_of_the_house() -> None:
    for path in (ROOT / "core").glob("[a-z]*"):
        assert f"\n      {path.name}{'/' if path.is_dir() else ''} " in README, path.name
