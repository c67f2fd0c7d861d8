"""Work on what comes next while somebody else works on what came before."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

SWITCH_SECONDS = 0.0005
"""How long the thread may keep the interpreter from somebody who waits for it: at Python's own 5 ms, whoever talks to a
database with many short answers spends more time on waiting for the thread than for the database."""


@contextmanager
def ahead(items: Iterable[T], at_most: int = 2) -> Iterator[Iterator[T]]:
    """The same items in the same order, made by a thread of its own that stays ``at_most`` items ahead.

    One more is being made meanwhile, and one is used: memory does not grow with what there is.
    What making one raises is raised where that one is asked for. When the block ends, however it does, so does the
    thread.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, SWITCH_SECONDS))
    line = _Line(items, at_most)
    try:
        yield iter(line)
    finally:
        line.close()
        sys.setswitchinterval(before)


class _Line(Generic[T]):
    def __init__(self, items: Iterable[T], at_most: int) -> None:
        self._items = items
        self._ready: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(at_most)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        while (found := self._ready.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found[0]

    def close(self) -> None:
        self._ended.set()
        while self._thread.is_alive():
            try:
                self._ready.get(timeout=0.05)  # makes room for one that waits to hand over
            except queue.Empty:
                continue
        self._thread.join()

    def _work(self) -> None:
        try:
            for item in self._items:
                self._ready.put((item,))
                if self._ended.is_set():
                    return
        except BaseException as fault:  # whatever ends this thread, nobody may wait for it for ever
            self._ready.put(fault)
        else:
            self._ready.put(None)
