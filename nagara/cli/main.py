"""The command line that run.py, docker-compose and the guides call; what is refused is one clear line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from city_config import ConfigurationError
from nagara.cli.words import Words
from nagara.errors import NagaraError
from nagara.local.state import running_environment

app = typer.Typer(cls=Words, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def chosen(
    context: typer.Context,
    data: Annotated[
        Path, typer.Option(help="Folder of a running Nagara whose settings are taken", envvar="NAGARA_DATA")
    ] = Path(".nagara"),
) -> None:
    """Nagara, for people who run it.

    Where DATABASE_URL is not set, commands speak to the Nagara that runs on this machine.
    """
    if context.invoked_subcommand != "up" and "DATABASE_URL" not in os.environ:
        for name, value in running_environment(data).items():
            os.environ.setdefault(name, value)


def guarded(command: Callable[[], Any]) -> int:
    """Run a command; what is refused is one clear line on standard error and a non-zero exit."""
    try:
        command()
    except KeyboardInterrupt:
        typer.echo("nagara: stopped", err=True)
        return 130
    except EXPECTED as error:
        for line in _in_words(error):
            typer.echo(f"nagara: {line}", err=True)
        return 1
    return 0


EXPECTED = (NagaraError, ConfigurationError, ValidationError, psycopg.OperationalError, DBAPIError, OSError)
"""What an operator can mend; anything else is a fault of ours and shows its traceback."""


def _in_words(error: Exception) -> list[str]:
    match error:
        case NagaraError():
            allowed = error.allowed if isinstance(error.allowed, str) else ", ".join(error.allowed or ())
            return [error.message + (f" Allowed: {allowed}." if allowed else "")]
        case ConfigurationError():
            return error.faults
        case ValidationError():
            return [f"setting {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        case OSError():
            return [f"{error.filename or ''}: {error.strerror or error}"]
        case _:
            return [f"The database refused: {str(error).strip().splitlines()[0]}"]


def main() -> None:
    """The entrance of the ``nagara`` command."""
    sys.exit(guarded(app))


if __name__ == "__main__":
    main()
