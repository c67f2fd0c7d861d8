"""Commands about the event log: walk its chains, make and hand over the day's root, prove a history."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from nagara.cities import city_of, city_of_reference, configuration
from nagara.database import clock_connection, network_connection, time_told
from nagara.errors import InvalidInput, UnknownRequest
from nagara.event_log import verify
from nagara.trust.checking import check
from nagara.trust.handing import hand_over
from nagara.trust.proof import verify_proof
from nagara.trust.proving import prove
from nagara.trust.sealing import seal

events_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The event log, and the roots over it."
)
SHOWN = 20
"""Faults that are printed of each kind."""

REFERENCES = "select id, reference from request where city_id = %s and id = any(%s)"


@events_app.command("verify")
def events_verify(city: Annotated[str | None, typer.Argument(help="City id; default: all")] = None) -> None:
    """Walk the chains and the daily roots and recompute every hash; exit 1 naming each place that does not hold.

    Example: nagara events verify kh-pnh
    """
    broken = False
    for city_id in [city_of(city).id] if city else configuration().cities:
        with clock_connection() as connection:
            lines, faults = _verified(connection, city_id)
        for line in lines:
            typer.echo(line)
        for fault in faults:
            typer.echo(f"  {fault}", err=True)
        broken = broken or bool(faults)
    if broken:
        raise typer.Exit(1)


def _verified(connection: psycopg.Connection[Any], city_id: str) -> tuple[list[str], list[str]]:
    """What the walks found of a city: sentences, and the faults by name."""
    found = verify(connection, city_id)
    trust = check(connection, city_id)
    named = {fault.request_id for fault in found.faults} | {one.request_id for one in trust.faults}
    rows = connection.execute(REFERENCES, (city_id, list(named))).fetchall()
    names = {id_: f"{reference} ({id_})" for id_, reference in rows}
    verdict = f"{len(found.faults)} faults" if found.faults else "whole"
    lines = [f"{city_id}: {found.events} events of {found.requests} requests: {verdict}"]
    if trust.last is not None:
        verdict = f"{len(trust.faults)} faults" if trust.faults else "whole"
        lines.append(
            f"{city_id}: {trust.roots} daily roots, {trust.held} of them with the network, "
            f"the last of {trust.last.day} over {trust.last.requests} requests: {verdict}"
        )
    if trust.late:
        lines.append(
            f"{city_id}: {len(trust.late)} roots came to the network more than two days after they were made, "
            f"the last of {trust.late[-1]}: until then nobody else held them"
        )
    faults = [
        f"request {names.get(fault.request_id, fault.request_id)} event {fault.seq}: {fault.what}"
        for fault in found.faults[:SHOWN]
    ]
    for one in trust.faults[:SHOWN]:
        where = (
            f"request {names.get(one.request_id, one.request_id)} event {one.seq}: " if one.request_id else ""
        )
        faults.append(f"root of {one.day}: {where}{one.what}")
    return lines, faults


@events_app.command("seal")
def events_seal(city: Annotated[str | None, typer.Argument(help="City id; default: all")] = None) -> None:
    """Make today's root over a city's history and hand it to the network, as the nightly timer does.

    Example: nagara events seal kh-pnh
    """
    for city_id in [city_of(city).id] if city else configuration().cities:
        with clock_connection() as connection:
            root = seal(connection, city_id, time_told(connection))
            connection.commit()
        with network_connection() as connection:
            handed = hand_over(connection, city_id)
        typer.echo(
            f"{city_id}: root of {root.day} over {root.requests} requests, {handed} new with the network"
        )
        typer.echo(f"  {root.hash.hex()}")


@events_app.command("prove")
def events_prove(
    city: Annotated[str, typer.Argument(help="City id")],
    reference: Annotated[str, typer.Argument(help="Reference of the request")],
    day: Annotated[str | None, typer.Option(help="YYYY-MM-DD of a root; default: the newest")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the proof to this file")] = None,
) -> None:
    """Prove that a day's root holds a request's history; anybody can check it with nagara/trust/proof.py.

    Example: nagara events prove kh-pnh PNH-7K3M9QX-C --out proof.json
    """
    found = city_of_reference(reference)
    if found is None or found[0] != city_of(city):
        raise UnknownRequest(f"{reference[:20]!r} is no reference of {city}.", field="reference")
    with clock_connection() as connection:
        proof = prove(connection, found[0].id, found[1], _day(day))
    verify_proof(proof)
    text = json.dumps(proof, indent=1) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"root of {proof['root']['day']}: {proof['root']['hash']}")


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"{text!r} is not a day.", field="day", allowed="YYYY-MM-DD") from None
