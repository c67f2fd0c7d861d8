"""The command line that run.py, docker-compose and the guides call; what is refused is one clear line."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from city_config import ConfigurationError
from nagara.cli import data
from nagara.cli.audits import audits_app
from nagara.cli.cities import cities_app
from nagara.cli.network import events_app, federation_app
from nagara.cli.open311 import open311_app
from nagara.cli.reports import report_app
from nagara.cli.staff import keys_app, staff_app
from nagara.errors import InvalidInput, NagaraError
from nagara.indicators.period import Period
from nagara.local.state import running_environment

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
indicators_app = typer.Typer(no_args_is_help=True, help="Figures of the cities, or of any data.")
demo_app = typer.Typer(no_args_is_help=True, help="The demo's data.")
for name, room in (
    ("cities", cities_app),
    ("indicators", indicators_app),
    ("audits", audits_app),
    ("report", report_app),
    ("events", events_app),
    ("federation", federation_app),
    ("open311", open311_app),
    ("staff", staff_app),
    ("keys", keys_app),
    ("demo", demo_app),
):
    app.add_typer(room, name=name)
data.add_to(app)


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


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Where the API listens on 127.0.0.1", min=1, max=65535)] = 8000,
    data: Annotated[Path, typer.Option(help="Folder for everything that is kept")] = Path(".nagara"),
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="With simulated data and accounts")] = False,
    workers: Annotated[int, typer.Option(help="Processes of the API and of the worker", min=1, max=32)] = 2,
) -> None:
    """Run everything on this machine until Ctrl-C.

    Example: nagara up --demo --port 8000
    """
    from nagara.local.up import up as run_up  # noqa: PLC0415 - only this command needs the supervisor

    raise typer.Exit(run_up(port, data, demo, workers))


@app.command()
def migrate() -> None:
    """Bring the database to the tables this version needs, and keep the cities' configuration in it.

    Example: DATABASE_URL=postgresql://... nagara migrate
    """
    from nagara import migrations  # noqa: PLC0415 - alembic is needed by this command alone
    from nagara.cities import configuration, record_versions  # noqa: PLC0415
    from nagara.database import clock_connection  # noqa: PLC0415
    from nagara.settings import settings  # noqa: PLC0415

    revision = migrations.migrate(settings().database_url)
    with clock_connection() as connection:
        new = record_versions(connection, configuration().cities)
        connection.commit()
    typer.echo(f"database at revision {revision}; {new} new city configurations recorded")


@app.command()
def bot() -> None:
    """Tell Telegram where the bot's updates go: to this installation's public address, with its secret.

    Example: NAGARA_TELEGRAM_TOKEN=1:abc NAGARA_PUBLIC_URL=https://city.example nagara bot
    """
    import asyncio  # noqa: PLC0415

    from nagara.telegram_reports.registration import register  # noqa: PLC0415

    typer.echo(f"updates go to {asyncio.run(register())}")


@indicators_app.command("build")
def indicators_build(
    city: Annotated[str | None, typer.Option(help="One city; default: all")] = None,
) -> None:
    """Compute the cities' figures from their event logs; without new events nothing new is made.

    Example: nagara indicators build --city kh-pnh
    """
    from nagara.cities import city_of, configuration  # noqa: PLC0415
    from nagara.database import clock_connection, time_told  # noqa: PLC0415
    from nagara.indicators.build import build_city  # noqa: PLC0415

    served = configuration()
    for city_id in [city_of(city).id] if city else served.cities:
        with clock_connection() as connection:
            snapshot = build_city(connection, served, city_id, time_told(connection))
            connection.commit()
        typer.echo(f"{city_id}: snapshot {snapshot}")


@indicators_app.command("verify")
def indicators_verify(
    snapshot: Annotated[str, typer.Argument(help="Id of a snapshot, as every report and answer names it")],
) -> None:
    """Compute a snapshot again from the event log and say "equal", or what differs (then exit 1).

    Example: nagara indicators verify 0198f3a2-7c1e-7000-8000-3f2a5b6c7d8e
    """
    from uuid import UUID  # noqa: PLC0415

    from nagara.cities import configuration  # noqa: PLC0415
    from nagara.database import clock_connection  # noqa: PLC0415
    from nagara.indicators.verifying import verify_snapshot  # noqa: PLC0415

    try:
        asked = UUID(snapshot)
    except ValueError:
        raise InvalidInput(f"{snapshot[:60]!r} is not the id of a snapshot.", field="snapshot") from None
    with clock_connection() as connection:
        found = verify_snapshot(connection, configuration(), asked)
    for difference in found.differences:
        typer.echo(difference)
    if not found.equal:
        raise typer.Exit(1)
    typer.echo(f"equal: {found.rows} rows of {found.city_id}, recomputed from {found.events} events")


@indicators_app.command("prove")
def indicators_prove(
    city: Annotated[str | None, typer.Option(help="One city; default: all")] = None,
) -> None:
    """Read the whole event log and hold what builds keep against it; what differs is replaced (then exit 1).

    Example: nagara indicators prove --city kh-pnh
    """
    from nagara.cities import city_of, configuration  # noqa: PLC0415
    from nagara.database import clock_connection, time_told  # noqa: PLC0415
    from nagara.indicators.keeping import prove  # noqa: PLC0415

    served = configuration()
    differing = 0
    for city_id in [city_of(city).id] if city else served.cities:
        with clock_connection() as connection:
            differences = prove(connection, served.cities[city_id], time_told(connection))
            connection.commit()
        differing += differences
        typer.echo(f"{city_id}: {f'{differences} requests differed' if differences else 'equal'}")
    if differing:
        raise typer.Exit(1)


@indicators_app.command("figures")
def indicators_figures(
    input_: Annotated[
        Path, typer.Option("--input", help="CSV or CSV.gz: city,category,created,closed,snapshot[,due]")
    ],
    json_: Annotated[Path, typer.Option("--json", help="Where the figures go; - for standard output")],
    tau: Annotated[float, typer.Option(help="Horizon of the restricted mean in hours")] = 720.0,
) -> None:
    """The published figures of any data set, to hold against another tool.

    Example: nagara indicators figures --input requests.csv --json figures.json
    """
    from nagara.indicators.external import figures_from_csv  # noqa: PLC0415

    figures = figures_from_csv(input_, tau, tell=lambda line: typer.echo(line, err=True))
    text = json.dumps(figures, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if str(json_) == "-":
        typer.echo(text, nl=False)
    else:
        json_.write_text(text, encoding="utf-8")
        typer.echo(f"{len(figures)} figures in {json_}", err=True)


@demo_app.command("load")
def demo_load() -> None:
    """Fill an empty database with the demo's accounts and simulated requests; does nothing the second time.

    Example: NAGARA_DEMO=1 nagara demo load
    """
    from nagara import demo, network_report  # noqa: PLC0415
    from nagara.cities import configuration  # noqa: PLC0415
    from nagara.database import clock_connection, network_connection, time_told  # noqa: PLC0415
    from nagara.importing import shown_on  # noqa: PLC0415
    from nagara.indicators.build import build_all  # noqa: PLC0415
    from nagara.review.releases import release_simulated  # noqa: PLC0415
    from nagara.settings import settings  # noqa: PLC0415

    if not settings().demo:
        raise NagaraError("The demo's data belongs in a demo; set NAGARA_DEMO=1 if this is one.")
    with clock_connection() as connection, shown_on(Console(stderr=True), "demo") as progress:
        now = time_told(connection)
        connection.commit()
        loaded = demo.load(connection, configuration(), settings(), now, progress=progress)
        if loaded.new:
            now = time_told(connection)
            build_all(connection, configuration(), now)
            report = network_report.build_report(connection, configuration(), _last_months(now), now)
            connection.commit()
            with network_connection() as network:
                release_simulated(network, report, "demo", now)
    typer.echo("\n".join(loaded.lines()))


def _last_months(now: dt.datetime) -> Period:
    """The present month and the two before it."""
    last = now.date().replace(day=1)
    first = last
    for _ in range(2):
        first = (first - dt.timedelta(days=1)).replace(day=1)
    return Period(first, last)


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
