"""``nagara open311 pull``: another endpoint's history into a city."""

from __future__ import annotations

import csv
import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from city_config.import_mapping import load_import_mapping
from nagara.cities import city_of, configuration
from nagara.database import clock_connection, time_told
from nagara.errors import InvalidInput, NagaraError
from nagara.importing import Reject, shown_on
from nagara.indicators.build import build_city
from nagara.open311 import client, pulled
from nagara.outgoing import Caller, stated_places
from nagara.private_file import private_text


class EndpointUnreadable(NagaraError):
    """The endpoint did not answer as GeoReport v2; what was read before stands."""

    code = "endpoint_unreadable"


def pull(
    url: Annotated[str, typer.Argument(help="Address of the endpoint, to which /requests.json is appended")],
    city: Annotated[str, typer.Option("--city", help="City id, for example kh-pnh")],
    mapping: Annotated[Path, typer.Option(help="Their services and statuses to ours, as for an import")],
    since: Annotated[str, typer.Option(help="First day of receipt, 2024-01-01")] = "2010-01-01",
    jurisdiction: Annotated[str | None, typer.Option(help="Their jurisdiction_id")] = None,
    zone: Annotated[
        str | None, typer.Option(help="What their times mean that name no zone: Asia/Bangkok")
    ] = None,
    words: Annotated[bool, typer.Option("--words/--no-words", help="With descriptions and addresses")] = True,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Also what changed of those that are here and nobody worked on here"),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen and write nothing")
    ] = False,
    rejects: Annotated[Path | None, typer.Option(help="CSV for what was not taken, with reasons")] = None,
    loopback: Annotated[
        bool, typer.Option("--loopback", help="Allow an endpoint on this very machine, over plain http")
    ] = False,
) -> None:
    """Read another GeoReport endpoint's requests into a city, at the times it states, and compute the figures anew.

    Safe to repeat: what is there is skipped, and a run that broke off goes on where it was.

    Example: nagara open311 pull https://old.example/open311/v2 --city kh-pnh --mapping old.yaml --since 2024-01-01
    """
    found = city_of(city)
    how = load_import_mapping(mapping, found)
    try:
        first = dt.datetime.combine(dt.date.fromisoformat(since), dt.time(), found.zone)
    except ValueError:
        raise InvalidInput(f"{since[:40]!r} is not a day.", field="since", allowed="2024-01-01") from None
    endpoint = client.Endpoint(url.rstrip("/"), jurisdiction, zone=ZoneInfo(zone) if zone else None)
    with ExitStack() as stack:
        connection = stack.enter_context(clock_connection())
        progress = stack.enter_context(shown_on(Console(stderr=True), f"read into {city}"))
        caller = stack.enter_context(Caller(loopback=loopback, stated=stated_places([url])))
        writer = None
        if rejects is not None:
            writer = csv.writer(stack.enter_context(private_text(rejects)))
            writer.writerow(("source_id", "reject_because", "reject_detail"))

        def keep(one: Reject) -> None:
            if writer is not None:
                writer.writerow((one.source_id, one.because.value, one.detail))

        try:
            done = pulled.pull(
                connection,
                found,
                how,
                client.Server(caller, endpoint),
                first,
                words=words,
                following=follow,
                dry_run=dry_run,
                progress=progress,
                on_reject=keep,
            )
        except (client.NotTaken, client.Unclear, client.Refused) as error:
            raise EndpointUnreadable(f"{url} cannot be read on: {error}. What was read stands.") from None
        if (done.imported.imported or done.followed) and not dry_run:
            build_city(connection, configuration(), city, time_told(connection))
            connection.commit()
    typer.echo("\n".join(done.lines()))
