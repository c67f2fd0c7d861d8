"""The whole installation kept on another disk, and brought back: the database by pg_dump, pictures once each.

A folder of backups::

    pictures/ab/ab12….jpg              every picture that a kept backup names, once: their content never changes
    20261122T031500.000000Z/database.dump     the database of one moment, in pg_dump's own form
    20261122T031500.000000Z/backup.json       what it holds
    unfinished-20261122T031500.000000Z/       one that is being made, or was broken off: the next one removes it

A folder gets its name when everything is in it, so that nothing half written ever stands under the name of a backup.
Contacts in the dump are sealed, the rest is not: keep the folder as you keep the database, and NAGARA_SECRET_KEY
somewhere else.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nagara.archive.contents import secret_mark
from nagara.errors import Conflict, InvalidInput, MediaUnavailable, NagaraError
from nagara.local.postgres_programs import find_programs
from nagara.photos.storage import MediaStore

MANIFEST, DUMP, PICTURES = "backup.json", "database.dump", "pictures"
ROLES = ("nagara_app", "nagara_clock", "nagara_network")
NAME = "%Y%m%dT%H%M%S.%fZ"
UNFINISHED = "unfinished-"
LOCK = ".lock"
CHUNK = 1 << 20

TABLES = (
    "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1"
)
PICTURES_NAMED = """
select city_id, sha256 from photo
 union select city_id, redacted_sha256 from photo where redacted_sha256 is not null order by 1, 2
"""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Tell = Callable[[str], None]


class Picture(BaseModel):
    """A picture that the database names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    city: Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z0-9]{2,8}$")]
    sha256: Sha256


class Backup(BaseModel):
    """What one backup holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    made_at: dt.datetime
    revision: str
    secret_mark: str
    dump_sha256: Sha256
    dump_bytes: int
    rows: dict[str, int]
    pictures: tuple[Picture, ...]
    pictures_missing: tuple[Picture, ...]


class NoBackup(InvalidInput):
    """The folder holds no backup, or one that was changed since."""


class BackupRuns(Conflict):
    """Another backup is being made into the same folder."""


class PicturesLost(NoBackup):
    """Everything is back but pictures that the backup itself has lost."""


class NotEmpty(Conflict):
    """A backup is brought back into an empty database only."""


class ProgramFailed(NagaraError):
    """pg_dump or pg_restore said no; the message is its own."""


def back_up(
    database_url: str,
    store: MediaStore,
    secret: bytes,
    folder: Path,
    *,
    keep: int | None = None,
    tell: Tell = lambda line: None,
) -> Path:
    """Make a backup below ``folder`` while everything runs, and return where it is.

    The database is as one moment has it; pictures of that moment are copied unless an earlier backup has them. With
    ``keep`` only so many of the newest backups stay, and the pictures that they name. Broken off by an exception it
    leaves nothing behind; killed, it leaves what the next one removes. Raises ``BackupRuns``.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone_in(folder):
        _remove_unfinished(folder, tell)
        try:
            place = _write(database_url, store, secret, folder, tell)
        except BaseException:
            _remove_unfinished(folder, tell)
            raise
        if keep is not None:
            _forget(folder, keep, tell)
    return place


def _write(database_url: str, store: MediaStore, secret: bytes, folder: Path, tell: Tell) -> Path:
    """Make a backup and give it its name at the very end; returns where it is."""
    with psycopg.connect(database_url, options="-c timezone=UTC") as owner:
        owner.execute("set transaction isolation level repeatable read, read only")
        now, revision, snapshot = owner.execute(
            "select transaction_timestamp(), (select version_num from alembic_version), pg_export_snapshot()"
        ).fetchall()[0]
        place: Path = folder / now.strftime(NAME)
        unfinished = _unfinished(place)
        unfinished.mkdir(mode=0o700)
        tell("the database ...")
        dump = unfinished / DUMP
        _run("pg_dump", database_url, "--format=custom", f"--snapshot={snapshot}", f"--file={dump}")
        rows = {
            name: owner.execute(SQL("select count(*) from {}").format(Identifier(name))).fetchall()[0][0]
            for (name,) in owner.execute(TABLES).fetchall()
        }
        named = [
            Picture(city=city, sha256=bytes(sha256).hex())
            for city, sha256 in owner.execute(PICTURES_NAMED).fetchall()
        ]
    tell(f"{len(named):,} pictures ...")
    missing = tuple(picture for picture in named if not _kept(picture, store, folder))
    made = Backup(
        made_at=now,
        revision=revision,
        secret_mark=secret_mark(secret),
        dump_sha256=_digest(dump),
        dump_bytes=dump.stat().st_size,
        rows=rows,
        pictures=tuple(picture for picture in named if picture not in missing),
        pictures_missing=missing,
    )
    (unfinished / MANIFEST).write_text(made.model_dump_json(indent=1))
    os.sync()  # a machine that loses its power keeps a name sooner than what stands under it
    unfinished.rename(place)
    return place


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which goes with the process; raise ``BackupRuns`` where another has it."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRuns(f"Another backup is being made into {folder}.", field="out") from None
        yield


def _unfinished(path: Path) -> Path:
    return path.with_name(UNFINISHED + path.name)


def _remove_unfinished(folder: Path, tell: Tell) -> None:
    """Remove what a backup that was broken off left; nobody else writes here now."""
    for left in folder.glob(f"{UNFINISHED}*"):
        tell(f"removing {left.name}")
        shutil.rmtree(left)
    for left in (folder / PICTURES).glob(f"*/*/{UNFINISHED}*"):
        left.unlink()


def restore(
    database_url: str, store: MediaStore, secret: bytes, place: Path, *, tell: Tell = lambda line: None
) -> Backup:
    """Bring a backup back into an empty database and the store; all of the database or nothing.

    Raises ``NoBackup`` where the folder is none or was changed, ``NotEmpty`` where the database has tables. Every
    table is counted afterwards; ``nagara events verify`` walks the histories. Pictures come first: while the store
    does not take them, the database stays empty, and all can be done again. Of pictures that are lost or damaged in
    the backup the others do not wait: ``PicturesLost`` names them when everything else is back.
    """
    made = read(place)
    if made.secret_mark != secret_mark(secret):
        raise InvalidInput(
            "The backup was made under another NAGARA_SECRET_KEY: contacts in it could not be opened.",
            field="NAGARA_SECRET_KEY",
        )
    if _digest(place / DUMP) != made.dump_sha256:
        raise NoBackup(f"{place / DUMP} is not what was written.")
    with psycopg.connect(database_url, autocommit=True) as owner:
        if there := owner.execute(TABLES).fetchall():
            raise NotEmpty(f"The database has tables already ({there[0][0]}, ...): make an empty one first.")
        tell(f"{len(made.pictures):,} pictures ...")
        lost = [picture for picture in made.pictures if not _bring_back(picture, store, place.parent, tell)]
        for role in ROLES:
            owner.execute(_ROLE.format(literal=Literal(role), role=Identifier(role)))
        tell("the database ...")
        _run(
            "pg_restore",
            database_url,
            "--no-owner",
            "--single-transaction",
            "--exit-on-error",
            str(place / DUMP),
        )
        for name, expected in made.rows.items():
            found = owner.execute(SQL("select count(*) from {}").format(Identifier(name))).fetchall()[0][0]
            if found != expected:
                raise ProgramFailed(f"{name} has {found:,} rows and had {expected:,}.")
    if lost:
        named = ", ".join(f"{one.city}/{one.sha256}" for one in lost[:5])
        raise PicturesLost(f"All is back but {len(lost):,} pictures that the backup has lost: {named}")
    return made


_ROLE = SQL(
    "do $$ begin if not exists (select from pg_roles where rolname = {literal}) then create role {role} nologin; "
    "end if; execute format('grant %I to %I', {literal}, current_user); end $$"
)


def read(place: Path) -> Backup:
    """What a backup says it holds; ``NoBackup`` where there is none, or one that was broken off."""
    if place.name.startswith(UNFINISHED):
        raise NoBackup(f"{place} is a backup that was broken off, or is still being made.", field="place")
    try:
        return Backup.model_validate_json((place / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise NoBackup(
            f"{place} holds no finished backup ({MANIFEST} is missing).",
            field="place",
            allowed=[str(one) for one in backups(place)] or "a folder that nagara backup finished",
        ) from fault
    except ValidationError as fault:
        raise NoBackup(f"{place / MANIFEST}: {fault.errors()[0]['msg']}") from fault


def backups(folder: Path) -> list[Path]:
    """The finished backups below a folder, oldest first."""
    found = (manifest.parent for manifest in folder.glob(f"*/{MANIFEST}"))
    return sorted(place for place in found if not place.name.startswith(UNFINISHED))


def _paths(picture: Picture, folder: Path) -> tuple[Path, Path]:
    place = folder / PICTURES / picture.city / picture.sha256[:2]
    return place / f"{picture.sha256}.jpg", place / f"{picture.sha256}.thumbnail.jpg"


def _kept(picture: Picture, store: MediaStore, folder: Path) -> bool:
    """Copy a picture and its thumbnail unless they are there; False where the store does not have them."""
    large, small = _paths(picture, folder)
    if all(path.is_file() and path.stat().st_size for path in (large, small)):
        return True
    sha256 = bytes.fromhex(picture.sha256)
    try:
        contents = (
            store.read_now(picture.city, sha256, "picture"),
            store.read_now(picture.city, sha256, "thumbnail"),
        )
    except MediaUnavailable:
        return False
    (folder / PICTURES).mkdir(exist_ok=True, mode=0o700)  # whoever may look into the folder itself
    large.parent.mkdir(parents=True, exist_ok=True)
    for path, content in zip((large, small), contents, strict=True):
        unfinished = _unfinished(path)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return True


def _bring_back(picture: Picture, store: MediaStore, folder: Path, tell: Tell) -> bool:
    """Write a picture and its thumbnail into the store; False where the backup does not have them whole."""
    large, small = _paths(picture, folder)
    try:
        content, thumbnail = large.read_bytes(), small.read_bytes()
    except OSError as fault:
        tell(f"{fault.filename}: {fault.strerror}")
        return False
    if hashlib.sha256(content).hexdigest() != picture.sha256:
        tell(f"{large} is not the picture it is named after.")
        return False
    store.write_now(picture.city, bytes.fromhex(picture.sha256), content, thumbnail)
    return True


def _forget(folder: Path, keep: int, tell: Tell) -> None:
    """Remove all but the newest backups, and then the pictures that none names any more."""
    there = backups(folder)
    for old in there[: max(0, len(there) - max(keep, 1))]:
        tell(f"removing {old.name}")
        gone = old.rename(_unfinished(old))  # first: what is half removed is no backup
        shutil.rmtree(gone)
    named = {
        path for place in backups(folder) for one in read(place).pictures for path in _paths(one, folder)
    }
    for path in (folder / PICTURES).glob("*/*/*.jpg"):
        if path not in named:
            path.unlink()


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while block := stream.read(CHUNK):
                yield block
    except OSError as fault:
        raise NoBackup(f"{path}: {fault.strerror}") from fault


def _run(program: str, database_url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, by all that the address says, how to know the server for sure included.

    The password goes by the environment, where no list of processes shows it.
    """
    given: dict[str, Any] = conninfo_to_dict(database_url)
    password = given.pop("password", None)
    done = subprocess.run(
        [
            str(find_programs().folder / program),
            "--no-password",
            f"--dbname={make_conninfo(**given)}",
            *arguments,
        ],
        env=os.environ | ({} if password is None else {"PGPASSWORD": str(password)}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProgramFailed(f"{program}: {done.stderr.strip().splitlines()[-1] if done.stderr else 'failed'}")
