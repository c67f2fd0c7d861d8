"""Rows of a CSV file, plain or gzipped, or of a Parquet file: nothing is read that memory could not hold.

What is wrong with the file as a whole is an ``UnreadableFile`` that names the line. What is wrong with one
row is that row's affair.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nagara.importing.parquet import is_parquet, parquet_rows
from nagara.importing.stated import UnreadableFile

MAX_ROW_BYTES = 1_000_000
"""A longer row is not a request but a damaged file; it is refused before memory is spent on it."""

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Shape:
    """The header of a readable file, and how many rows follow it."""

    header: tuple[str, ...]
    rows: int


def shape_of(path: Path, needed: Collection[str]) -> Shape:
    """Read the whole file once, keeping nothing; raise ``UnreadableFile`` unless every row can be read.

    Doing so first means that a file broken anywhere writes nothing anywhere.
    """
    rows = read_rows(path)
    first = next(rows, None)
    if first is None:
        raise UnreadableFile(f"{path} is empty; a header was expected.", allowed=sorted(needed))
    header = tuple(name.strip() for name in first[1])
    missing = [name for name in needed if name not in header]
    if missing:
        shown = ", ".join(header)[:200]
        raise UnreadableFile(
            f"{path}: the header has no column {', '.join(map(repr, missing))}; it reads: {shown}",
            field=missing[0],
            allowed=sorted(needed),
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UnreadableFile(f"{path}: the header names {twice[0]!r} twice.", field=twice[0])
    return Shape(header, sum(1 for _ in rows))


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of each row, the header (row 1) first; empty lines are no rows."""
    if is_parquet(path):
        yield from parquet_rows(path)
        return
    with _reading(path) as stream:
        lines = _Lines(path, stream)
        number = 0
        try:
            for fields in csv.reader(lines, strict=True):
                lines.row_bytes = 0
                if fields:
                    number += 1
                    yield number, fields
        except csv.Error as error:
            raise lines.refused(f"is not readable as CSV: {error}") from error


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked; every way in which reading them fails is an ``UnreadableFile``."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            if not packed and path.suffix == ".gz":
                raise UnreadableFile(f"{path} is named .gz but is not gzip.")
            if packed:
                with gzip.open(raw, "rb") as unpacked, io.BufferedReader(unpacked) as buffered:
                    yield buffered
            else:
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"{path} is damaged: {error}") from error
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror or error}") from error


class _Lines:
    """Lines of text out of bytes, each checked; ``row_bytes`` is set back by whoever finished a row."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self._path = path
        self._stream = stream
        self._number = 0
        self.row_bytes = 0

    def __iter__(self) -> Iterator[str]:
        readline, beginning = self._stream.readline, BYTE_ORDER_MARK
        while line := readline(MAX_ROW_BYTES + 1):
            self._number += 1
            self.row_bytes += len(line)
            if self.row_bytes > MAX_ROW_BYTES:
                raise self.refused(f"a row is longer than {MAX_ROW_BYTES:,} bytes")
            if b"\x00" in line:
                raise self.refused("contains NUL bytes; is it UTF-16 or not text at all?")
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                raise self.refused(f"is not UTF-8 (byte {error.start + 1} of the line)") from error
            yield text.removeprefix(beginning) if beginning else text
            beginning = ""

    def refused(self, what: str) -> UnreadableFile:
        """What is wrong with the line read last."""
        return UnreadableFile(f"{self._path}:{self._number}: {what}")
