"""One readable log out of many programs: time, name and text, line by line, never mixed inside a line."""

from __future__ import annotations

import os
import sys
from asyncio import StreamReader
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

NAME_WIDTH = 8
LONGEST_LINE_BYTES = 16_384
COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)  # a terminal's own palette, readable on dark and on light
RED, RESET = "\033[31m", "\033[0m"
HARMLESS = "\t\u200b\u200c\u200d"  # tabs, and what parts and joins words and letters in Khmer and its kin


def wants_colour(stream: TextIO) -> bool:
    """On a terminal, unless NO_COLOR is set; FORCE_COLOR asks for it anywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def plain(text: str) -> str:
    """Text without control characters: what residents typed must not steer the operator's terminal."""
    return "".join(sign if sign.isprintable() or sign in HARMLESS else f"\\u{ord(sign):04x}" for sign in text)


class LogLines:
    """Writes lines of named programs to one stream; when nobody reads any more, calls `on_closed` once."""

    def __init__(self, stream: TextIO | None = None, on_closed: Callable[[], None] = lambda: None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._colour = wants_colour(self._stream)
        self._names: list[str] = []
        self._closed = False
        self.on_closed = on_closed

    def line(self, name: str, text: str, *, alarming: bool = False) -> None:
        """One line of the program `name`."""
        if name not in self._names:
            self._names.append(name)
        now = f"{datetime.now().astimezone():%H:%M:%S}"
        label, body = f"{name:<{NAME_WIDTH}}", plain(text)
        if self._colour:
            label = f"\033[{COLOURS[self._names.index(name) % len(COLOURS)]}m{label}{RESET}"
            body = f"{RED}{body}{RESET}" if alarming else body
        self.raw(f"{now} {label} | {body}")

    def raw(self, text: str) -> None:
        """Lines that stand alone, such as the one that says ready."""
        if self._closed:
            return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (BrokenPipeError, OSError):
            self._closed = True
            # Python would complain once more when it closes the stream at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            self.on_closed()

    async def copy(self, name: str, output: StreamReader) -> None:
        """Write everything a program says, until it closes its output. A line without end is cut."""
        rest = b""
        while chunk := await output.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self.line(name, line.decode(errors="replace").rstrip())
        if rest:
            self.line(name, rest.decode(errors="replace").rstrip())
