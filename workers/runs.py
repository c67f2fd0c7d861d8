"""When each task last ran and how that went, written down after every run: by this others see that time passes."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import Any

import psycopg
from celery import states
from celery.signals import task_postrun, task_prerun

from nagara.database import PATIENCE, role_options
from nagara.settings import settings

RECORD = """
insert into timer_run as run (task, begun_at, ended_at, ok, failures)
values (%(task)s, clock_timestamp() - make_interval(secs => %(took)s), clock_timestamp(), %(ok)s,
        case when %(ok)s then 0 else 1 end)
on conflict (task) do update
   set begun_at = excluded.begun_at, ended_at = excluded.ended_at, ok = excluded.ok,
       runs = run.runs + 1, failures = run.failures + excluded.failures
"""

log = logging.getLogger(__name__)


class _Book:
    """The process's connection for this one statement, opened at its first use and again after it broke."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._connection: psycopg.Connection[Any] | None = None
        self._url = ""

    def begin(self, task_id: str) -> None:
        """A task begins in this process."""
        self._begun[task_id] = time.monotonic()

    def end(self, task_id: str, name: str, ok: bool) -> None:
        """A task has ended. A record that cannot be written is left: the next run writes its own."""
        took = time.monotonic() - self._begun.pop(task_id, time.monotonic())
        try:
            self._open().execute(RECORD, {"task": name, "took": took, "ok": ok}, prepare=True)
        except psycopg.Error as error:
            self._close()
            log.debug("the run of %s was not written down: %s", name, error)

    def _open(self) -> psycopg.Connection[Any]:
        url = settings().database_url
        if self._connection is None or self._connection.closed or self._url != url:
            self._close()
            # What a crash of the server may lose of this is not worth a wait for its disk.
            self._connection = psycopg.connect(
                url,
                options=role_options("nagara_clock") + " -c synchronous_commit=off",
                **PATIENCE,
                autocommit=True,
            )
            self._url = url
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


_book = _Book()


def connect() -> None:
    """Write down every run from now on."""
    task_prerun.connect(_begun)
    task_postrun.connect(_ended)


def _begun(task_id: str, **_: Any) -> None:
    _book.begin(task_id)


def _ended(task_id: str, sender: Any, state: str | None = None, **_: Any) -> None:
    _book.end(task_id, sender.name, state == states.SUCCESS)
