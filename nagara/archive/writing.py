"""A city into one file: every row as one moment of the database has it, and every picture.

Streams: memory does not grow with the city, and rows are read by a thread of their own while those before them are
hashed and written. The file is a ZIP that any tool opens; it appears under its name when it is whole.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Column, Table, Text
from sqlmodel.sql.sqltypes import AutoString

from nagara.ahead import ahead
from nagara.archive.contents import (
    FORMAT,
    MANIFEST,
    Manifest,
    PictureEntry,
    Progress,
    TableEntry,
    columns_of,
    key_of,
    moved,
    secret_mark,
)
from nagara.errors import MediaUnavailable
from nagara.photos.storage import MediaStore

BLOCK_BYTES = 1 << 20
FEWEST_ROWS, MOST_ROWS = 16, 4096
"""Of a block."""

ONE_MOMENT = "set transaction isolation level repeatable read, read only"
ROOM_TO_SORT = "set local work_mem = '64MB'"
"""Rows stand in the order of their keys. With the usual four megabytes all but small tables are sorted on the disk."""

PICTURES = """
select sha256 from photo where city_id = %s
 union select redacted_sha256 from photo where city_id = %s and redacted_sha256 is not null order by 1
"""


def write_archive(
    owner: psycopg.Connection[Any],
    city_id: str,
    store: MediaStore,
    secret: bytes,
    path: Path,
    *,
    compress: bool = False,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Manifest:
    """Write the archive of a city and return what it holds.

    ``owner`` owns the tables, keeps UTC and is in no transaction. Requests may come in and move meanwhile: the
    archive has the moment it began. ``compress`` makes the file some five times smaller and its making slower.
    """
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600, exist_ok=False)  # residents' data: nobody else on the machine may read it
    try:
        with (
            zipfile.ZipFile(unfinished, "w", method, compresslevel=1) as archive,
            owner.transaction(),
        ):
            owner.execute(ONE_MOMENT)
            owner.execute(ROOM_TO_SORT)
            manifest = _written(owner, city_id, store, secret, archive, tell)
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _written(
    owner: psycopg.Connection[Any],
    city_id: str,
    store: MediaStore,
    secret: bytes,
    archive: zipfile.ZipFile,
    tell: Callable[[Progress], None],
) -> Manifest:
    made_at, revision = owner.execute(
        "select transaction_timestamp(), (select version_num from alembic_version)"
    ).fetchall()[0]
    entries = []
    for table in moved():
        with archive.open(f"tables/{table.name}.copy", "w", force_zip64=True) as into:
            entries.append(copied(owner, table, city_id, into.write))
        tell(Progress(table.name, entries[-1].rows))
    pictures, missing = _pictures(owner, city_id, store, archive, tell)
    return Manifest(
        format=FORMAT,
        city=city_id,
        made_at=made_at,
        revision=revision,
        secret_mark=secret_mark(secret),
        tables=tuple(entries),
        pictures=pictures,
        pictures_missing=missing,
    )


def copied(
    owner: psycopg.Connection[Any], table: Table, city_id: str, write: Callable[[bytes], Any]
) -> TableEntry:
    """Hand a city's rows of one table to ``write``, in the order of their key; returns what they come to."""
    digest, size = hashlib.sha256(), 0
    with owner.cursor() as cursor:
        with cursor.copy(copy_out(table, city_id)) as rows, ahead(_blocks(rows)) as blocks:
            for block in blocks:
                write(block)
                digest.update(block)
                size += len(block)
        count = cursor.rowcount
    return TableEntry(
        name=table.name, columns=columns_of(table), rows=count, bytes=size, sha256=digest.hexdigest()
    )


def copy_out(table: Table, city_id: str) -> Composed:
    """The statement that reads a city's rows of one table, in the order of their key."""
    return SQL("copy (select {columns} from {table} where city_id = {city} order by {key}) to stdout").format(
        columns=SQL(", ").join(map(Identifier, columns_of(table))),
        table=Identifier(table.name),
        city=Literal(city_id),
        key=SQL(", ").join(_sorted_as_bytes(table.columns[name]) for name in key_of(table)),
    )


def _sorted_as_bytes(column: Column[Any]) -> Composed:
    """A column of the key to sort by: texts as bytes, or two databases with other languages had other digests."""
    as_bytes = SQL(' collate "C"') if isinstance(column.type, AutoString | Text) else SQL("")
    return SQL("{}{}").format(Identifier(column.name), as_bytes)


def _blocks(rows: Iterable[Buffer]) -> Iterator[bytes]:
    """The rows in blocks of about a megabyte, each joined at once: a step in Python a row would take longer than it.

    How many rows make a block follows from the blocks before, so that long rows do not fill the memory.
    """
    row, number = iter(rows), FEWEST_ROWS
    while block := b"".join(islice(row, number)):
        yield block
        if len(block) > BLOCK_BYTES:
            number = max(1, number // 2)
        elif 2 * len(block) < BLOCK_BYTES:
            number = min(MOST_ROWS, 2 * number)


def _pictures(
    owner: psycopg.Connection[Any],
    city_id: str,
    store: MediaStore,
    archive: zipfile.ZipFile,
    tell: Callable[[Progress], None],
) -> tuple[tuple[PictureEntry, ...], tuple[str, ...]]:
    found: list[PictureEntry] = []
    missing: list[str] = []
    for (sha256,) in owner.execute(PICTURES, (city_id, city_id)).fetchall():
        name = bytes(sha256).hex()
        try:
            picture = store.read_now(city_id, bytes(sha256), "picture")
            thumbnail = store.read_now(city_id, bytes(sha256), "thumbnail")
        except MediaUnavailable:
            missing.append(name)
            continue
        archive.writestr(f"pictures/{name}.jpg", picture, zipfile.ZIP_STORED)
        archive.writestr(f"pictures/{name}.thumbnail.jpg", thumbnail, zipfile.ZIP_STORED)
        found.append(PictureEntry(sha256=name, thumbnail_sha256=hashlib.sha256(thumbnail).hexdigest()))
    tell(Progress("pictures", len(found)))
    return tuple(found), tuple(missing)
