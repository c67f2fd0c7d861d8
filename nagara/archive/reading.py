"""A city's archive into another installation: all of it or nothing, and nothing in it is believed unchecked.

The rows come in by COPY within one transaction, past the triggers that number, time and chain new events: these
have their numbers, times and hashes. Before the transaction ends the city's whole history is walked, every table is
read back and held against the archive's digests, and every row is known to be this city's.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal
from pydantic import ValidationError
from sqlalchemy import Table

from city_config import City
from nagara import event_log
from nagara.archive.contents import MANIFEST, Manifest, Progress, TableEntry, columns_of, moved, secret_mark
from nagara.archive.writing import BLOCK_BYTES, ROOM_TO_SORT, copied
from nagara.errors import Conflict, InvalidInput
from nagara.photos.storage import MediaStore

MAX_MANIFEST_BYTES = 200_000_000
MAX_PICTURE_BYTES = 50_000_000
BEGINS = b"PK\x03\x04"
"""The first bytes of a ZIP; one that is cut off has no other mark."""

ARRIVES_WHOLE = (
    "select set_config('nagara.arriving', 'whole', true), pg_advisory_xact_lock(hashtextextended(%s, 0))"
)
NOT_ANALYZED_BY_OTHERS = "lock table {} in share update exclusive mode"
"""Of tables that foreign keys lead to: what is not committed is nothing to autovacuum, and the keys would then be
looked up by any index, each time through the whole city. Who reads and writes is not kept waiting."""

READ_ANEW = "config_version"
"""What the installation recorded of the city's files by itself; the archive's record takes its place."""


class UnreadableArchive(InvalidInput):
    """The file is no archive of a city, or not the whole of one."""


class CityIsThere(Conflict):
    """A city is taken in only where nothing of it is yet: two histories cannot become one."""


def is_archive(path: Path) -> bool:
    """Whether the file is a ZIP, whole or cut off, which tables of requests are not."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        begins = file.read(len(BEGINS)) == BEGINS
    return begins or zipfile.is_zipfile(path)


def manifest_of(path: Path) -> Manifest:
    """What an archive says it holds; ``UnreadableArchive`` where it is none."""
    with _opened(path) as archive:
        return _manifest(archive, path)


def read_archive(
    owner: psycopg.Connection[Any],
    city: City,
    store: MediaStore,
    secret: bytes,
    path: Path,
    *,
    dry_run: bool = False,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Manifest:
    """Take a city's archive in, and return what it holds.

    ``owner`` owns the tables, keeps UTC and is in no transaction. Raises ``UnreadableArchive`` or ``CityIsThere``
    and has then changed nothing but pictures, which nothing names. With ``dry_run`` everything is done, and then
    undone.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        _refuse_what_does_not_fit(owner, manifest, city, secret, path)
        entries = {entry.name: entry for entry in manifest.tables}
        with owner.transaction(force_rollback=dry_run):
            owner.execute(ARRIVES_WHOLE, (f"archive {city.id}",))
            referred = _referred()
            owner.execute(SQL(NOT_ANALYZED_BY_OTHERS).format(SQL(", ").join(map(Identifier, referred))))
            _refuse_what_is_there(owner, city.id)
            for table in moved():
                _arrive(owner, archive, table, entries[table.name], city.id, path)
                if table.name in referred:
                    owner.execute(SQL("analyze {}").format(Identifier(table.name)))
                tell(Progress(table.name, entries[table.name].rows))
            _hold_against(owner, manifest, city.id, path)
            _pictures(archive, manifest, city.id, store, path, dry_run)
            tell(Progress("pictures", len(manifest.pictures)))
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as fault:
        raise UnreadableArchive(f"{path} is no whole archive: {fault}") from fault
    except KeyError as fault:
        raise UnreadableArchive(f"{path}: {fault.args[0]}") from fault


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > MAX_MANIFEST_BYTES:
        raise UnreadableArchive(f"{path}: {MANIFEST} is longer than {MAX_MANIFEST_BYTES:,} bytes")
    try:
        return Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UnreadableArchive(f"{path}: {MANIFEST}: {where}: {first['msg']}") from fault


def _refuse_what_does_not_fit(
    owner: psycopg.Connection[Any], manifest: Manifest, city: City, secret: bytes, path: Path
) -> None:
    if manifest.city != city.id:
        raise UnreadableArchive(f"{path} is of {manifest.city!r}, not of {city.id!r}.", field="city")
    with owner.transaction():
        revision = owner.execute("select version_num from alembic_version").fetchall()[0][0]
    if manifest.revision != revision:
        raise UnreadableArchive(
            f"{path} was made at database revision {manifest.revision}, and this one is at {revision}: bring the "
            "older installation up to date, then make the archive again.",
            field="revision",
        )
    if manifest.secret_mark != secret_mark(secret):
        raise UnreadableArchive(
            f"{path} was made under another NAGARA_SECRET_KEY: contacts in it could not be opened, and residents' "
            "private links would open nothing. Give this installation the city's own key first.",
            field="NAGARA_SECRET_KEY",
        )
    here = {table.name: columns_of(table) for table in moved()}
    for entry in manifest.tables:
        if here.get(entry.name) != entry.columns:
            raise UnreadableArchive(f"{path}: table {entry.name!r} has other columns here.", field=entry.name)
    if missing := here.keys() - {entry.name for entry in manifest.tables}:
        raise UnreadableArchive(f"{path} lacks the table {min(missing)!r}.", field=min(missing))


def _refuse_what_is_there(owner: psycopg.Connection[Any], city_id: str) -> None:
    for table in moved():
        name = Identifier(table.name)
        if table.name == READ_ANEW:
            continue
        found = owner.execute(
            SQL("select exists (select 1 from {} where city_id = %s)").format(name), (city_id,)
        ).fetchall()[0][0]
        if found:
            raise CityIsThere(
                f"{city_id} has rows in {table.name} already; an archive is taken in where nothing of the city is."
            )
    owner.execute(SQL("delete from {} where city_id = %s").format(Identifier(READ_ANEW)), (city_id,))


def _referred() -> list[str]:
    """The tables to which foreign keys of an archive's lead, in the order in which they arrive."""
    moving = list(moved())
    found = {key.referred_table.name for table in moving for key in table.foreign_key_constraints}
    return [table.name for table in moving if table.name in found]


def _arrive(
    owner: psycopg.Connection[Any],
    archive: zipfile.ZipFile,
    table: Table,
    entry: TableEntry,
    city_id: str,
    path: Path,
) -> None:
    digest, left = hashlib.sha256(), entry.bytes
    try:
        with archive.open(f"tables/{table.name}.copy") as stream, owner.cursor() as cursor:
            with cursor.copy(_copy_in(table, city_id)) as into:
                while block := stream.read(BLOCK_BYTES):
                    left -= len(block)
                    if left < 0:
                        break
                    digest.update(block)
                    into.write(block)
            arrived = cursor.rowcount
    except (psycopg.DataError, psycopg.IntegrityError) as fault:
        raise UnreadableArchive(
            f"{path}: {table.name}: {str(fault).strip().splitlines()[0]}", field=table.name
        ) from fault
    if left != 0 or digest.hexdigest() != entry.sha256:
        raise UnreadableArchive(f"{path}: {table.name} is not what was written.", field=table.name)
    if arrived != entry.rows:
        raise UnreadableArchive(
            f"{path}: {table.name} holds {entry.rows - arrived} rows of another city.", field=table.name
        )


def _copy_in(table: Table, city_id: str) -> Composed:
    """Rows of another city are passed over, and then missed: nobody writes into a city that is not theirs."""
    return SQL("copy {table} ({columns}) from stdin where city_id = {city}").format(
        table=Identifier(table.name),
        columns=SQL(", ").join(map(Identifier, columns_of(table))),
        city=Literal(city_id),
    )


def _hold_against(owner: psycopg.Connection[Any], manifest: Manifest, city_id: str, path: Path) -> None:
    walked = event_log.verify(owner, city_id)
    if walked.faults:
        fault = walked.faults[0]
        raise UnreadableArchive(
            f"{path}: the history of request {fault.request_id} does not hold: event {fault.seq}: {fault.what}",
            field="event",
        )
    digests = manifest.digests()
    owner.execute(ROOM_TO_SORT)
    for table in moved():
        if copied(owner, table, city_id, lambda block: None).sha256 != digests[table.name]:
            raise UnreadableArchive(
                f"{path}: {table.name} reads otherwise than it was written.", field=table.name
            )


def _pictures(
    archive: zipfile.ZipFile, manifest: Manifest, city_id: str, store: MediaStore, path: Path, dry_run: bool
) -> None:
    for entry in manifest.pictures:
        content = []
        for name, expected in (
            (f"pictures/{entry.sha256}.jpg", entry.sha256),
            (f"pictures/{entry.sha256}.thumbnail.jpg", entry.thumbnail_sha256),
        ):
            if archive.getinfo(name).file_size > MAX_PICTURE_BYTES:
                raise UnreadableArchive(f"{path}: {name} is longer than {MAX_PICTURE_BYTES:,} bytes")
            content.append(archive.read(name))
            if hashlib.sha256(content[-1]).hexdigest() != expected:
                raise UnreadableArchive(f"{path}: {name} is not the picture it is named after.")
        if not dry_run:
            store.write_now(city_id, bytes.fromhex(entry.sha256), *content)
