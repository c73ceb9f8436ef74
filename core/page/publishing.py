"""Plain functions as Gradio publishes them: in the API, and as tools of an MCP server."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, get_args

import gradio as gr
from gradio.events import api

from core.server import FAILURES, CallsInTurn, explain, visitor_of


def publish(endpoints: Iterable[Callable[..., Any]]) -> None:
    """Each under its own name, with its hints and docstring; they wait in the server's own lines, not in Gradio's."""
    calls = CallsInTurn()
    for endpoint in endpoints:
        is_stream = inspect.isgeneratorfunction(endpoint)
        api(_stream(endpoint) if is_stream else _answer(endpoint, calls), concurrency_limit=None)


def _answer(endpoint: Callable[..., Any], calls: CallsInTurn) -> Callable[..., Any]:
    @wraps(endpoint)
    def answer(request: gr.Request, *given: Any) -> Any:
        with _failures_in_words(), calls.turn(visitor_of(request)):
            return endpoint(*given)

    signature = inspect.signature(endpoint)
    return _described(answer, signature, signature.return_annotation)


def _stream(endpoint: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """What it gives is described to clients by the hint of one answer: Gradio knows no schema of an iterator."""

    @wraps(endpoint)
    def stream(request: gr.Request, *given: Any) -> Iterator[Any]:
        with _failures_in_words():
            yield from endpoint(*given, visitor=visitor_of(request))

    signature = inspect.signature(endpoint)
    (one,) = get_args(signature.return_annotation)
    return _described(stream, signature, one)


def _described(handler: Any, signature: inspect.Signature, gives: Any) -> Callable[..., Any]:
    """The handler with the endpoint's hints, but for the visitor, and with that of the request, which Gradio adds."""
    asked = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    parameters = [asked, *(each for name, each in signature.parameters.items() if name != "visitor")]
    handler.__signature__ = signature.replace(parameters=parameters, return_annotation=gives)
    handler.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": gives}
    described: Callable[..., Any] = handler
    return described


@contextmanager
def _failures_in_words() -> Iterator[None]:
    try:
        yield
    except FAILURES as failure:
        raise gr.Error(explain(failure, "en"), print_exception=False) from failure
