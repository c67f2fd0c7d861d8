"""Runs a Python program under a clock that somebody else steps: back, ahead, while it runs.

`python -m nagara.local.chaos.stepped_clock FILE MODULE [arguments]` runs MODULE as `python -m MODULE` would.
FILE holds the offset in seconds, which `step` changes. What Python tells the time by follows it: time.time,
time.time_ns, datetime.now, utcnow and today. Monotonic clocks do not, as in a machine whose wall clock is set;
nor do other programs, so PostgreSQL and Redis keep the true time. Processes forked from the program follow too.
"""

from __future__ import annotations

import copyreg
import datetime
import mmap
import runpy
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

OFFSET = struct.Struct("d")


def step(file: Path, seconds: float) -> None:
    """Put the clock of whoever runs under ``file`` so far ahead of the true time; negative: behind it."""
    with file.open("r+b" if file.exists() else "wb") as content:
        content.write(OFFSET.pack(seconds))


def follow(file: Path) -> None:
    """Make this process tell the time with the offset in ``file``. Call it before anything imports a clock."""
    with file.open("rb") as content:
        shared = mmap.mmap(content.fileno(), OFFSET.size, access=mmap.ACCESS_READ)
    true_time: Callable[[], float] = time.time
    true_nanoseconds: Callable[[], int] = time.time_ns

    def offset() -> float:
        seconds: float = OFFSET.unpack_from(shared)[0]
        return seconds

    time.time = lambda: true_time() + offset()
    time.time_ns = lambda: true_nanoseconds() + int(offset() * 1e9)
    datetime.datetime = _stepped(datetime.datetime)  # type: ignore[misc]


def _stepped(true: type[datetime.datetime]) -> type[datetime.datetime]:
    """A class that passes for ``true``, makes only instances of it, and reads the patched clock."""

    class Passes(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, true)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, true)

    class Stepped(true, metaclass=Passes):  # type: ignore[valid-type,misc]
        __slots__ = ()  # as large as the true one, which compiled modules check

        def __new__(cls, *values: Any, **named: Any) -> Any:
            return true.__new__(true, *values, **named)

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            """The instant, with the offset."""
            return true.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls) -> datetime.datetime:
            """The same as a naive time of UTC."""
            return true.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> datetime.datetime:
            """The same in local time."""
            return cls.now()

    def reduced(value: datetime.datetime) -> Any:
        return Stepped, value.__reduce_ex__(2)[1]

    Stepped.__name__ = Stepped.__qualname__ = true.__name__
    Stepped.__module__ = true.__module__
    # what is pickled must be found again under the name that the class has now
    copyreg.pickle(true, reduced)
    return Stepped


def main() -> None:
    """Read the command line and become the other program."""
    file, module, *arguments = sys.argv[1:]
    follow(Path(file))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
