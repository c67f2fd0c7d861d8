"""Commands for what residents had erased: keep a list of it, and erase it again after a backup was brought back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nagara.database import clock_connection
from nagara.photos.storage import media_store
from nagara.private_file import private_text
from nagara.residents.erased_again import read_erased, read_list, repeat, write_list
from nagara.settings import settings

erasures_app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="What residents had erased, to be erased again in a database that was brought back.",
)


@erasures_app.command()
def write(
    out: Annotated[Path, typer.Option("--out", help="The list to write; one that is there is replaced")],
) -> None:
    """Write which requests residents had data erased of, as CSV. It holds nobody's data.

    Keep it apart from the backups, and write it oftener than them: what it does not name comes back with a backup.

    Example: nagara erasures write --out erasures.csv
    """
    unfinished = out.with_name(out.name + ".unfinished")
    with clock_connection() as connection, private_text(unfinished) as file:
        count = write_list(file, read_erased(connection))
    unfinished.replace(out)
    Console().print(f"{count:,} requests in {out}")


@erasures_app.command(name="repeat")
def repeat_(path: Annotated[Path, typer.Argument(help='What "nagara erasures write" wrote')]) -> None:
    """Erase again what residents had erased, in a database that was brought back from a backup. Safe to repeat.

    Example: nagara erasures repeat erasures.csv
    """
    with path.open(encoding="utf-8", newline="") as file:
        wanted = read_list(file)
    told = Console(stderr=True)
    with told.status("erasing") as shown:
        done = repeat(
            wanted,
            media_store(settings()),
            lambda so_far: shown.update(f"erasing: {so_far.erased + so_far.already:,} of {len(wanted):,}"),
        )
    said = f"erased again: {done.erased:,}; erased already: {done.already:,}"
    Console().print(f"{said}; not in this database: {done.unknown:,}")
