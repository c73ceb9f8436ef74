"""The widgets' JavaScript and CSS: files beside their Python."""

from pathlib import Path


def source(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
