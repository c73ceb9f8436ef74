"""Plain functions as Gradio publishes them: in the API, and as tools of an MCP server."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, get_args

import gradio as gr
from gradio.events import api

from core.server import FAILURES, explain


def publish(endpoints: Iterable[Callable[..., Any]]) -> None:
    """Each under its own name, with its hints and docstring; those that stream wait in their own line, not Gradio's."""
    for endpoint in endpoints:
        if inspect.isgeneratorfunction(endpoint):
            api(_stream(endpoint), concurrency_limit=None)
        else:
            api(_answer(endpoint))


def _answer(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(endpoint)
    def answer(*arguments: Any) -> Any:
        with _failures_in_words():
            return endpoint(*arguments)

    return answer


def _stream(endpoint: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """What it gives is described to clients by the hint of one answer: Gradio knows no schema of an iterator."""

    @wraps(endpoint)
    def stream(*arguments: Any) -> Iterator[Any]:
        with _failures_in_words():
            yield from endpoint(*arguments)

    signature = inspect.signature(endpoint)
    (one,) = get_args(signature.return_annotation)
    stream.__signature__ = signature.replace(return_annotation=one)  # type: ignore[attr-defined]
    return stream


@contextmanager
def _failures_in_words() -> Iterator[None]:
    try:
        yield
    except FAILURES as failure:
        raise gr.Error(explain(failure, "en"), print_exception=False) from failure
