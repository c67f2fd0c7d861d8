"""A private PostgreSQL in a folder: made once, run in the foreground, reached by password on loopback."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from nagara.local.ports import LOOPBACK
from nagara.local.postgres_programs import Identity, Programs, copy_programs

OWNER = "nagara"
DATABASE = "nagara"
# The same rules of text wherever Nagara runs, whatever languages the machine has installed.
BUILTIN_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
BUILTIN_LOCALE_SINCE = 17
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path must be short; a folder's need not be
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


class ClusterUnusable(Exception):
    """The data folder cannot be used with the PostgreSQL at hand; the message says why and what to do."""


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL: its programs, folder and port. `throwaway` trades durability for speed, for tests; `also` are
    further settings of the server."""

    programs: Programs
    identity: Identity
    folder: Path
    port: int
    password: str
    throwaway: bool = False
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where Nagara's own database is, as the role that owns it."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Where one database of this cluster is."""
        return f"postgresql://{OWNER}:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    @property
    def command(self) -> list[str]:
        """The server in the foreground. Stop it with SIGINT: sessions end, what is committed is on disk."""
        settings = SETTINGS | (THROWAWAY if self.throwaway else {}) | {**self.also, "port": str(self.port)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*self.identity.prefix, self.programs.postgres, "-D", str(self.folder), *flags]

    def is_ready(self) -> bool:
        """Whether the server takes connections: False while it starts or recovers from a crash."""
        try:
            with psycopg.connect(self.url_of("postgres"), connect_timeout=3):
                return True
        except psycopg.OperationalError:
            return False

    def ensure_database(self, name: str = DATABASE) -> None:
        """Make the database if it is not there."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
            if not known:
                connection.execute(f"create database {psycopg.sql.Identifier(name).as_string(connection)}")


def reachable_home(folder: Path, identity: Identity) -> Path:
    """Where a cluster wished for in `folder` can live: there, or where the user who runs it can reach it."""
    if identity.user is None:
        return folder
    mark = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    return Path("/var/lib") / f"nagara-{mark}"


def prepare(
    programs: Programs, identity: Identity, home: Path, port: int, password: str, *, throwaway: bool = False
) -> Cluster:
    """A cluster in `home`/postgres, made now if it is not there. Raises ClusterUnusable.

    It is made under another name and renamed when complete: an interrupted start leaves nothing half-made.
    """
    home.mkdir(parents=True, exist_ok=True)
    if identity.user is not None:
        home.chmod(0o711)
        programs = copy_programs(programs, home)
    folder = home / "postgres"
    if folder.exists():
        _check_version(folder, programs)
    else:
        _make(programs, identity, home, folder, password, throwaway=throwaway)
    return Cluster(programs, identity, folder, port, password, throwaway)


def _check_version(folder: Path, programs: Programs) -> None:
    made_by = int((folder / "PG_VERSION").read_text().strip())
    if made_by != programs.major:
        raise ClusterUnusable(
            f"The database in {folder} was made by PostgreSQL {made_by}; here is PostgreSQL {programs.major}."
            " Start the old version once, save with pg_dumpall, move the folder away, load into the new one."
        )


def _make(
    programs: Programs, identity: Identity, home: Path, folder: Path, password: str, *, throwaway: bool
) -> None:
    unfinished = home / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    secret = home / "postgres.password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if identity.user is not None:
        for path in (unfinished, secret):
            shutil.chown(path, identity.user, "nogroup")
    locale = BUILTIN_LOCALE if programs.major >= BUILTIN_LOCALE_SINCE else ("--locale=C.UTF-8",)
    command = [
        *identity.prefix,
        programs.initdb,
        f"--pgdata={unfinished}",
        f"--username={OWNER}",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        *locale,
        *(["--no-sync"] if throwaway else []),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", env=_clean_environment()
        )
    finally:
        secret.unlink()
    if done.returncode != 0:
        raise ClusterUnusable(
            f"PostgreSQL could not make its folder {folder}:\n{done.stdout}{done.stderr}".strip()
        )
    unfinished.rename(folder)


def _clean_environment() -> dict[str, str]:
    """Without PGDATA, PGPORT and the like of another PostgreSQL on this machine."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
