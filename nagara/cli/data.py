"""Commands that carry data in and out: histories of other systems, whole cities, the whole installation."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console

from city_config.import_mapping import load_import_mapping
from nagara import importing
from nagara.archive.reading import is_archive, read_archive
from nagara.archive.writing import write_archive
from nagara.cities import city_of, configuration
from nagara.database import clock_connection, time_told
from nagara.errors import InvalidInput
from nagara.indicators.build import build_city
from nagara.local import backup as backups
from nagara.local.backup import back_up, read
from nagara.photos.storage import media_store
from nagara.settings import settings

City = Annotated[str, typer.Option("--city", help="City id, for example kh-pnh")]


def import_(
    path: Annotated[Path, typer.Argument(help="CSV, CSV.gz or Parquet file, or the archive of a whole city")],
    city: City,
    mapping: Annotated[
        str | None,
        typer.Option(help="Name of the city's import_NAME.yaml, or a file; none: Nagara's own columns"),
    ] = None,
    source: Annotated[
        str, typer.Option(help="Name of the system Nagara's own columns come from; its ids are unique in it")
    ] = "csv",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen and write nothing")
    ] = False,
    rejects: Annotated[Path | None, typer.Option(help="CSV for refused rows with their reasons")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Also write the numbers to this file")] = None,
) -> None:
    """Import requests of the past at the times stated for them, and compute the city's figures anew.

    Safe to repeat: what is there is skipped. An archive that "nagara export" made is taken in whole, where nothing
    of the city is yet.

    Example: nagara import reports.csv.gz --city th-bkk --mapping traffy --rejects rejects.csv
    """
    if is_archive(path):
        if mapping or rejects:
            raise InvalidInput("An archive is taken in whole: it has neither a mapping nor rejects.")
        summary = _take_in(path, city, dry_run)
    else:
        summary = _import_table(path, city, mapping, source, dry_run, rejects)
    if json_:
        json_.write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def export(
    city: City,
    out: Annotated[Path, typer.Option("--out", help="The archive to write")],
    compress: Annotated[bool, typer.Option(help="Smaller, and slower to make")] = False,
    json_: Annotated[Path | None, typer.Option("--json", help="Also write the digests to this file")] = None,
) -> None:
    """Write a whole city into one file: every row, its history with its hashes, and every picture.

    "nagara import FILE --city CITY" takes it in at another installation with the same NAGARA_SECRET_KEY. The file
    holds residents' data: keep it as you keep the database. Both commands print the same digests.

    Example: nagara export --city kh-pnh --out kh-pnh.nagara
    """
    found = city_of(city)
    with _owner() as owner, Console(stderr=True).status(f"export of {found.id}") as shown:
        manifest = write_archive(
            owner,
            found.id,
            media_store(settings()),
            settings().secret,
            out,
            compress=compress,
            tell=lambda done: shown.update(f"export of {found.id}: {done.what}, {done.rows:,} rows"),
        )
    _say(manifest.digests(), {table.name: table.rows for table in manifest.tables}, len(manifest.pictures))
    for missing in manifest.pictures_missing:
        typer.echo(f"nagara: picture {missing} is named by a row and was not in the store", err=True)
    if json_:
        json_.write_text(json.dumps(manifest.digests(), indent=1) + "\n", encoding="utf-8")


def backup(
    out: Annotated[Path, typer.Option("--out", help="Folder of the backups, on another disk")],
    keep: Annotated[int | None, typer.Option(help="Keep so many of the newest; none: all", min=1)] = None,
) -> None:
    """Back up the whole installation while it runs: the database, and each picture once.

    NAGARA_SECRET_KEY is not in it: keep that somewhere else, without it no contact can be read.

    Example: nagara backup --out /mnt/backups --keep 14
    """
    chosen = settings()
    store = media_store(chosen)
    with _ended_by_exception():
        place = back_up(chosen.database_url, store, chosen.secret, out, keep=keep, tell=_on_stderr)
    made = read(place)
    typer.echo(
        f"{place}: {made.dump_bytes:,} bytes, {made.rows['request']:,} requests, {len(made.pictures):,} pictures"
    )
    for missing in made.pictures_missing:
        typer.echo(f"nagara: picture {missing.sha256} of {missing.city} was not in the store", err=True)


@contextmanager
def _ended_by_exception() -> Iterator[None]:
    """Let the signals of a shutdown end the command as Ctrl-C does, so that what was begun is removed."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def restore(place: Annotated[Path, typer.Argument(help="One backup: a folder with backup.json")]) -> None:
    """Bring a backup back into the empty database that DATABASE_URL names, and its pictures into the store.

    Example: DATABASE_URL=postgresql://... nagara restore /mnt/backups/20261122T031500.000000Z
    """
    chosen = settings()
    made = backups.restore(chosen.database_url, media_store(chosen), chosen.secret, place, tell=_on_stderr)
    typer.echo(f"brought back as of {made.made_at.isoformat()}: {made.rows['request']:,} requests")


def _on_stderr(line: str) -> None:
    typer.echo(line, err=True)


def _take_in(path: Path, city: str, dry_run: bool) -> dict[str, Any]:
    found = city_of(city)
    with _owner() as owner, Console(stderr=True).status(f"import of {found.id}") as shown:
        manifest = read_archive(
            owner,
            found,
            media_store(settings()),
            settings().secret,
            path,
            dry_run=dry_run,
            tell=lambda done: shown.update(f"import of {found.id}: {done.what}, {done.rows:,} rows"),
        )
    _say(manifest.digests(), {table.name: table.rows for table in manifest.tables}, len(manifest.pictures))
    if dry_run:
        typer.echo("dry run: everything held, and nothing was kept")
    return dict(manifest.digests())


def _say(digests: dict[str, str], rows: dict[str, int], pictures: int) -> None:
    for name, digest in digests.items():
        if rows[name]:
            typer.echo(f"{name:24} {rows[name]:>12,} rows  {digest}")
    typer.echo(f"{'pictures':24} {pictures:>12,}")


def _import_table(
    path: Path, city: str, mapping: str | None, source: str, dry_run: bool, rejects: Path | None
) -> dict[str, Any]:
    found = city_of(city)
    how = None
    if mapping is not None:
        own = configuration().folder / "cities" / found.id / f"import_{mapping}.yaml"
        how = load_import_mapping(own if own.is_file() else Path(mapping), found)
    console = Console(stderr=True)
    with clock_connection() as connection, importing.shown_on(console, f"import into {city}") as progress:
        summary = importing.import_file(
            connection,
            found,
            how,
            path,
            source=source,
            dry_run=dry_run,
            rejects_path=rejects,
            progress=progress,
        )
        if summary.imported and not dry_run:
            build_city(connection, configuration(), city, time_told(connection))
            connection.commit()
    typer.echo("\n".join(summary.lines()))
    return summary.as_json()


@contextmanager
def _owner() -> Iterator[psycopg.Connection[Any]]:
    """Who owns the tables, past row-level security: for commands of whoever runs the machine."""
    with psycopg.connect(
        settings().database_url, autocommit=True, options="-c timezone=UTC", connect_timeout=5
    ) as owner:
        yield owner
