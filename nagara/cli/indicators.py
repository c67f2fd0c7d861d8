"""Commands about figures: built, verified and proved of the cities' logs, or computed of any data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from nagara.cities import city_of, configuration
from nagara.database import clock_connection, time_told
from nagara.errors import InvalidInput
from nagara.indicators.build import build_city
from nagara.indicators.external import figures_from_csv
from nagara.indicators.keeping import prove
from nagara.indicators.verifying import verify_snapshot

indicators_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Figures of the cities, or of any data."
)


@indicators_app.command("build")
def indicators_build(
    city: Annotated[str | None, typer.Option(help="One city; default: all")] = None,
) -> None:
    """Compute the cities' figures from their event logs; without new events nothing new is made.

    Example: nagara indicators build --city kh-pnh
    """
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
    figures = figures_from_csv(input_, tau, tell=lambda line: typer.echo(line, err=True))
    text = json.dumps(figures, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if str(json_) == "-":
        typer.echo(text, nl=False)
    else:
        json_.write_text(text, encoding="utf-8")
        typer.echo(f"{len(figures)} figures in {json_}", err=True)
