"""Commands about the demo's data."""

from __future__ import annotations

import datetime as dt

import typer
from rich.console import Console

from nagara import demo, network_report
from nagara.cities import configuration
from nagara.database import clock_connection, network_connection, time_told
from nagara.errors import NagaraError
from nagara.importing import shown_on
from nagara.indicators.build import build_all
from nagara.indicators.period import Period
from nagara.review.releases import release_simulated
from nagara.settings import settings

demo_app = typer.Typer(add_completion=False, no_args_is_help=True, help="The demo's data.")


@demo_app.callback()
def about() -> None:
    """The demo's data."""


@demo_app.command("load")
def demo_load() -> None:
    """Fill an empty database with the demo's accounts and simulated requests; does nothing the second time.

    Example: NAGARA_DEMO=1 nagara demo load
    """
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
