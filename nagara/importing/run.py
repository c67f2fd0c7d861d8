"""A file, or any row of stated histories, into a city: chunk by chunk, each committed, safe to break off."""

from __future__ import annotations

import csv
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

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

T = TypeVar("T")
CHUNK = 4000
"""Requests in one transaction: what a crash can lose, and then makes the next run do again. Three are in memory."""

FIRST_CHUNK = 500
"""The first one is smaller, and each after it twice as large until they are whole: the database gets to work sooner."""

REJECT_COLUMNS = ("reject_row", "reject_because", "reject_detail")

ToHistory = Callable[[int, Sequence[str]], StatedHistory]
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
    nothing. A second run adds nothing. ``rejects_path`` receives the rows that were not taken, as they
    stood, behind their number, the reason and what was read. ``source`` names the system of Nagara's own
    table; a mapping brings its own.
    """
    needed = snapshots.COLUMNS if mapping else table.NEEDED
    shape = shape_of(path, needed)
    name = mapping.source if mapping else source
    rows: dict[int, list[str]] = {}
    reader = _reader(city, mapping, source, shape.header)
    items = _histories(path, shape, reader, None if rejects_path is None else rows)
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
        )


def import_histories(
    connection: psycopg.Connection[Any],
    city: City,
    source: str,
    items: Iterable[StatedHistory | Reject],
    *,
    total: int,
    dry_run: bool = False,
    progress: OnProgress = unseen,
    on_rejects: OnRejects = lambda rejects, last_row: None,
    chunk: int = CHUNK,
) -> ImportSummary:
    """Import stated histories of one source; the way every import goes. As ``import_file``."""
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise ValueError("an import commits each chunk itself: the connection must be in no transaction")
    with connection.transaction():
        now = time_told(connection)
        if not dry_run:
            record_versions(connection, {city.id: city})
    tally, would_be = Tally(), dict[str, bool]()
    deciding = Deciding(city, now)
    with _left_alone(), ahead(map(deciding.chunk, batches(items, chunk)), at_most=1) as chunks:
        for batch in chunks:
            tally.rows += batch.rows
            written = write_chunk(connection, city, source, batch, dry_run=dry_run, assumed=would_be)
            if dry_run:
                would_be |= {one.source_id: one.is_duplicate for one in written.arrived}
            tally.already_there += written.already_there
            tally.take(one.counts for one in written.arrived)
            tally.reject(written.rejects)
            on_rejects(written.rejects, batch.last_row)
            progress(tally.rows, total)
    return tally.summary(city.id, source, dry_run)


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
    path: Path, shape: Shape, to_history: ToHistory, rows: dict[int, list[str]] | None
) -> Iterator[StatedHistory | Reject]:
    """What each row states, or why it is not taken; ``rows`` holds its fields until somebody removes them."""
    id_column = shape.header.index("ticket_id" if "ticket_id" in shape.header else "source_id")
    width = len(shape.header)
    for number, fields in islice(read_rows(path), 1, None):
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
        stream = unfinished.open("w", newline="", encoding="utf-8")
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
