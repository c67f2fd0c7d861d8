"""What workers and beat say: one line for what happened, nothing for a tick that found nothing to do."""

from __future__ import annotations

import logging
from typing import Any

import structlog
from celery.signals import setup_logging, task_failure, task_postrun, task_prerun

from nagara import logs

TASK_ID_LENGTH = 8
QUIET = ("celery.app.trace", "celery.worker.strategy", "celery.worker.request", "celery.beat")
"""Loggers that write lines for every tick: received, succeeded, dropped, sent."""

_log = logging.getLogger(__name__)


def connect() -> None:
    """Take over Celery's logging, and name the task in every line written while it runs."""
    setup_logging.connect(_set_up)
    task_prerun.connect(_name_task)
    task_postrun.connect(_forget_task)
    task_failure.connect(_tell_passing_error)


def say(log: logging.Logger, event: str, **facts: Any) -> None:
    """A line with its facts as names and values."""
    with structlog.contextvars.bound_contextvars(**facts):
        log.info(event)


def _set_up(**_: Any) -> None:
    logs.configure()
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _name_task(task_id: str, **_: Any) -> None:
    structlog.contextvars.bind_contextvars(task=task_id[:TASK_ID_LENGTH])


def _forget_task(**_: Any) -> None:
    structlog.contextvars.unbind_contextvars("task")


def _tell_passing_error(sender: Any, exception: Exception, **_: Any) -> None:
    """An error that passes deserves a line, not a traceback; all others Celery reports in full."""
    if isinstance(exception, tuple(sender.throws)):
        what = " ".join(str(exception).split()) or type(exception).__name__
        _log.warning("%s did not finish, the next tick tries again: %s", sender.name, what)
