"""A file, or any row of stated histories, into a city: chunk by chunk, each committed, safe to break off."""

from __future__ import annotations

import csv
import datetime as dt
import gc
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from city_config import City
from city_config.import_mapping import ImportMapping
from nagara.ahead import ahead
from nagara.cities import record_versions
from nagara.database import time_told
from nagara.importing import snapshots, table
from nagara.importing.deciding import Deciding
from nagara.importing.progress import OnProgress, unseen
from nagara.importing.reading import Shape, read_rows, shape_of
from nagara.importing.stated import Because, NotTaken, Reject, StatedHistory, UnreadableFile
from nagara.importing.summary import ImportSummary, Tally
from nagara.importing.writing import write_chunk
from nagara.private_file import private_text

T = TypeVar("T")
Row = tuple[int, list[str]]
CHUNK = 4000
"""Requests in one transaction: what a crash can lose, and then makes the next run do again. Three are in memory."""

FIRST_CHUNK = 500
"""The first one is smaller, and each after it twice as large until they are whole: the database gets to work sooner."""

REJECT_COLUMNS = ("reject_row", "reject_because", "reject_detail")

MOST_READINGS = 10
"""How often a file is read at most for requests that name another further down, which names one further down ..."""

Item = StatedHistory | Reject
ToHistory = Callable[[int, Sequence[str]], StatedHistory]
Again = Callable[[Sequence[int]], Iterable[Item]]
"""Gives the items of these rows once more; rows are in order."""

OnRejects = Callable[[Sequence[Reject], int], None]
"""Called after every chunk with the rows of it that were not taken, and the number of its last row."""


def import_file(
    connection: psycopg.Connection[Any],
    city: City,
    mapping: ImportMapping | None,
    path: Path,
    *,
    source: str = "csv",
    dry_run: bool = False,
    rejects_path: Path | None = None,
    progress: OnProgress = unseen,
    chunk: int = CHUNK,
) -> ImportSummary:
    """Import a CSV(.gz) into a city: by a mapping of another system, or without one as Nagara's own table.

    ``connection`` acts as ``nagara_clock`` and is in no transaction; each chunk is one. The file is read to
    its end before the first row is written, so one that is broken anywhere (``UnreadableFile``) writes
    nothing. A second run adds nothing. A row that names another request may stand before it: such rows are read
    once more when the file has ended. ``rejects_path`` receives the rows that were not taken, as they
    stood, behind their number, the reason and what was read; those that were read once more come last. Only its
    owner may read it: it holds what residents wrote. ``source`` names the system of Nagara's own table; a mapping
    brings its own.
    """
    needed = snapshots.COLUMNS if mapping else table.NEEDED
    shape = shape_of(path, needed)
    name = mapping.source if mapping else source
    rows: dict[int, list[str]] = {}
    reader = _reader(city, mapping, source, shape.header)
    kept = None if rejects_path is None else rows
    items = _histories(path, shape, reader, kept)
    with _rejects_file(rejects_path, shape, rows) as on_rejects:
        return import_histories(
            connection,
            city,
            name,
            items,
            total=shape.rows,
            dry_run=dry_run,
            progress=progress,
            on_rejects=on_rejects,
            chunk=chunk,
            again=lambda numbers: _histories(path, shape, reader, kept, numbers),
        )


def import_histories(
    connection: psycopg.Connection[Any],
    city: City,
    source: str,
    items: Iterable[Item],
    *,
    total: int,
    dry_run: bool = False,
    progress: OnProgress = unseen,
    on_rejects: OnRejects = lambda rejects, last_row: None,
    chunk: int = CHUNK,
    again: Again | None = None,
) -> ImportSummary:
    """Import stated histories of one source; the way every import goes. As ``import_file``.

    Without ``again`` a request that names one further down is refused, and taken by a second run.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise ValueError("an import commits each chunk itself: the connection must be in no transaction")
    with connection.transaction():
        now = time_told(connection)
        if not dry_run:
            record_versions(connection, {city.id: city})
    run = _Run(connection, city, source, dry_run, chunk, now, Tally())
    tell = _Told(on_rejects, progress, total)
    waiting, readings, fewer = run.read(items, tell, wait=again is not None), 1, True
    while waiting and again is not None:
        readings += 1
        left = run.read(again(waiting), tell, wait=fewer and readings < MOST_READINGS)
        waiting, fewer = left, len(left) < len(waiting)
    return run.tally.summary(city.id, source, dry_run)


class _Told(NamedTuple):
    """Who is told how an import goes on, and how many rows there are in all."""

    on_rejects: OnRejects
    progress: OnProgress
    total: int


@dataclass(slots=True)
class _Run:
    """One import: into what, how, and what it has come to."""

    connection: psycopg.Connection[Any]
    city: City
    source: str
    dry_run: bool
    chunk: int
    now: dt.datetime
    tally: Tally
    would_be: dict[str, bool] = field(default_factory=dict)
    """Of a dry run: what would be there by now, and whether it is a duplicate."""

    def read(self, items: Iterable[Item], tell: _Told, *, wait: bool) -> array[int]:
        """Take what can be taken; returns the rows that ``wait`` for one they name instead of being refused."""
        deciding, waiting, tally = Deciding(self.city, self.now), array("q"), self.tally
        with _left_alone(), ahead(map(deciding.chunk, batches(items, self.chunk)), at_most=1) as chunks:
            for batch in chunks:
                written = write_chunk(
                    self.connection,
                    self.city,
                    self.source,
                    batch,
                    dry_run=self.dry_run,
                    assumed=self.would_be,
                )
                if self.dry_run:
                    self.would_be.update((one.source_id, one.is_duplicate) for one in written.arrived)
                rejects = written.rejects
                if wait:
                    rejects = tuple(one for one in written.rejects if not one.may_come)
                    waiting.extend(one.row for one in written.rejects if one.may_come)
                tally.rows += batch.rows - len(written.rejects) + len(rejects)
                tally.already_there += written.already_there
                tally.take(one.counts for one in written.arrived)
                tally.reject(rejects)
                tell.on_rejects(rejects, batch.last_row)
                tell.progress(tally.rows, tell.total)
        return waiting


@contextmanager
def _left_alone() -> Iterator[None]:
    """What was there before stays out of the garbage collector's rounds meanwhile: every few thousand rows it would go
    through the whole configuration, which takes a third of the time of deciding. Where a process has seen to that
    itself, nothing changes.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _reader(city: City, mapping: ImportMapping | None, source: str, header: Sequence[str]) -> ToHistory:
    if mapping is None:
        return table.reader(city, source, header)
    return lambda number, fields: snapshots.history_of(
        city, mapping, number, dict(zip(header, fields, strict=True))
    )


def _histories(
    path: Path,
    shape: Shape,
    to_history: ToHistory,
    rows: dict[int, list[str]] | None,
    only: Sequence[int] | None = None,
) -> Iterator[Item]:
    """What each row states, or why it is not taken; ``rows`` holds its fields until somebody removes them.

    ``only``: the numbers of the rows that are wanted, in order; None: all.
    """
    id_column = shape.header.index("ticket_id" if "ticket_id" in shape.header else "source_id")
    width = len(shape.header)
    every = islice(read_rows(path), 1, None)
    for number, fields in every if only is None else _of_rows(every, only):
        if rows is not None:
            rows[number] = fields
        if len(fields) != width:
            detail = f"{len(fields)} fields; the header has {width}"
            yield Reject(number, Because.WRONG_FIELD_COUNT, detail)
            continue
        try:
            yield to_history(number, fields)
        except NotTaken as refusal:
            yield Reject(number, refusal.because, refusal.detail, fields[id_column])


def _of_rows(rows: Iterable[Row], only: Sequence[int]) -> Iterator[Row]:
    """The rows of these numbers; nothing is read behind the last of them."""
    wanted = iter(only)
    number = next(wanted, None)
    for row in rows:
        if number is None:
            return
        if row[0] == number:
            yield row
            number = next(wanted, None)


@contextmanager
def _rejects_file(path: Path | None, shape: Shape, rows: dict[int, list[str]]) -> Iterator[OnRejects]:
    """Writes rejects as they come; the file appears under its name when the import has ended.

    After an error it does not appear, and what was there under its name stays.
    """
    if path is None:
        yield lambda rejects, last_row: None
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        stream = private_text(unfinished)
    except OSError as error:
        raise UnreadableFile(f"{path}: rejects cannot be written: {error.strerror}") from error
    try:
        with stream:
            writer = csv.writer(stream)
            of_before = {place for place, name in enumerate(shape.header) if name in REJECT_COLUMNS}

            def own(fields: Sequence[str]) -> list[str]:
                """What stood in the row itself, and not what an earlier import said of it."""
                return [field for place, field in enumerate(fields) if place not in of_before]

            def write(rejects: Sequence[Reject], last_row: int) -> None:
                for reject in rejects:
                    writer.writerow((reject.row, reject.because, reject.detail, *own(rows[reject.row])))
                _forget(rows, last_row)

            writer.writerow((*REJECT_COLUMNS, *own(shape.header)))

            yield write
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _forget(rows: dict[int, list[str]], last_row: int) -> None:
    """Drop rows that are done with; those of chunks read ahead stay."""
    for number in [number for number in list(rows) if number <= last_row]:
        del rows[number]


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in chunks of a size, the first ones smaller where that is more than ``FIRST_CHUNK``."""
    iterator, so_many = iter(items), min(size, FIRST_CHUNK)
    while batch := list(islice(iterator, so_many)):
        yield batch
        so_many = min(size, 2 * so_many)
