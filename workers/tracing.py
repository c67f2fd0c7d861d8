"""A span for each task, under the trace of whoever asked for it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import structlog
from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun

from nagara.settings import settings
from nagara.tracing import tracer

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_open: dict[str, tuple[AbstractContextManager[Span], Span]] = {}
"""The span of each task that runs in this process: one, and with threads a few."""


def connect() -> None:
    """Listen to Celery where a collector is set."""
    if settings().traces_url is None:
        return
    before_task_publish.connect(_hand_on)
    task_prerun.connect(_begin)
    task_failure.connect(_say_failed)
    task_postrun.connect(_end)


def _hand_on(headers: dict[str, Any], **_: Any) -> None:
    """Name the present trace in the message, so that the task belongs to it."""
    from opentelemetry.propagate import inject  # noqa: PLC0415 - loaded where traces are wanted

    inject(headers)


def _begin(task_id: str, task: Any, **_: Any) -> None:
    from opentelemetry.propagate import extract  # noqa: PLC0415
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    made_with = tracer("nagara-worker")
    if made_with is None:
        return
    asked = {name: getattr(task.request, name, None) for name in ("traceparent", "tracestate")}
    parent = extract({name: str(value) for name, value in asked.items() if value})
    running = made_with.start_as_current_span(task.name, parent, SpanKind.CONSUMER)
    span = running.__enter__()  # ended by _end: Celery tells of the two moments apart
    _open[task_id] = (running, span)
    structlog.contextvars.bind_contextvars(trace=f"{span.get_span_context().trace_id:032x}")


def _say_failed(task_id: str, exception: BaseException, **_: Any) -> None:
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

    if task_id in _open:
        # the kind of error alone: its words may name what it was about
        _open[task_id][1].set_status(Status(StatusCode.ERROR, type(exception).__name__))


def _end(task_id: str, **_: Any) -> None:
    if task_id in _open:
        running, _span = _open.pop(task_id)
        running.__exit__(None, None, None)
        structlog.contextvars.unbind_contextvars("trace")
