"""The command that runs everything on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nagara.local.up import up as run_up


def up(
    port: Annotated[int, typer.Option(help="Where the API listens on 127.0.0.1", min=1, max=65535)] = 8000,
    data: Annotated[Path, typer.Option(help="Folder for everything that is kept")] = Path(".nagara"),
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="With simulated data and accounts")] = False,
    workers: Annotated[int, typer.Option(help="Processes of the API and of the worker", min=1, max=32)] = 2,
) -> None:
    """Run everything on this machine until Ctrl-C.

    Example: nagara up --demo --port 8000
    """
    raise typer.Exit(run_up(port, data, demo, workers))
