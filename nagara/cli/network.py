"""Commands about trust between cities and their network: histories, roots, proofs, bundles."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from nagara.errors import InvalidInput

events_app = typer.Typer(no_args_is_help=True, help="The event log, and the roots over it.")
SHOWN = 20
"""Faults that are printed of each kind."""

REFERENCES = "select id, reference from request where city_id = %s and id = any(%s)"


@events_app.command("verify")
def events_verify(city: Annotated[str | None, typer.Argument(help="City id; default: all")] = None) -> None:
    """Walk the chains and the daily roots and recompute every hash; exit 1 naming each place that does not hold.

    Example: nagara events verify kh-pnh
    """
    from nagara.cities import city_of, configuration  # noqa: PLC0415 - only some commands need the database
    from nagara.database import clock_connection  # noqa: PLC0415

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
    from nagara.event_log import verify  # noqa: PLC0415
    from nagara.trust.checking import check  # noqa: PLC0415

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
    from nagara.cities import city_of, configuration  # noqa: PLC0415
    from nagara.database import clock_connection, network_connection, time_told  # noqa: PLC0415
    from nagara.trust.handing import hand_over  # noqa: PLC0415
    from nagara.trust.sealing import seal  # noqa: PLC0415

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
    from nagara.cities import city_of, city_of_reference  # noqa: PLC0415
    from nagara.database import clock_connection  # noqa: PLC0415
    from nagara.errors import UnknownRequest  # noqa: PLC0415
    from nagara.trust.proof import verify_proof  # noqa: PLC0415
    from nagara.trust.proving import prove  # noqa: PLC0415

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


federation_app = typer.Typer(
    no_args_is_help=True, help="Bundles between a city's own Nagara and its network."
)
City = Annotated[str, typer.Argument(help="City id")]
Restate = Annotated[
    list[str] | None,
    typer.Option(help="MONTH=REASON of a closed month whose counts are others now; repeat it for several"),
]


@federation_app.command("key")
def federation_key() -> None:
    """Make a key: the private half for NAGARA_FEDERATION_KEY, the public half for the network to register.

    Example: nagara federation key
    """
    from nagara.federation.signing import encode, key_id, new_private_key, public_key_of  # noqa: PLC0415

    private = new_private_key()
    public = public_key_of(private)
    typer.echo(f"NAGARA_FEDERATION_KEY={encode(private)}")
    typer.echo(f"public key {encode(public)}, id {key_id(public)}")


@federation_app.command("export")
def federation_export(
    city: City,
    out: Annotated[Path, typer.Option(help="Where the signed bundle goes; - for standard output")],
    restate: Restate = None,
) -> None:
    """Sign a bundle of a city's life tables and roots into a file, to be published at an address.

    Walks the whole history first and signs nothing that a root contradicts.

    Example: nagara federation export kh-pnh --out bundle.json
    """
    text = json.dumps(_letter(city, restate)) + "\n"
    if str(out) == "-":
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"signed bundle of {city} in {out}", err=True)


@federation_app.command("push")
def federation_push(
    city: City,
    to: Annotated[
        str | None, typer.Option(help="Address of the network's Nagara; default: NAGARA_FEDERATION_HUB")
    ] = None,
    restate: Restate = None,
) -> None:
    """Sign a bundle and send it to the network; says what was received, or why it was refused.

    Example: nagara federation push kh-pnh --to https://network.example.org
    """
    from nagara.federation.sending import push  # noqa: PLC0415
    from nagara.settings import settings  # noqa: PLC0415

    hub = to or settings().federation_hub
    if hub is None:
        raise InvalidInput("Say where to: --to, or NAGARA_FEDERATION_HUB.", field="to")
    told = push(_letter(city, restate), hub, loopback=settings().demo)
    typer.echo(
        f"received: {told.get('rows')} rows, {told.get('roots')} new roots, digest {told.get('digest')}"
    )


@federation_app.command("check")
def federation_check(
    path: Annotated[Path, typer.Argument(help="File with a signed bundle")],
    key: Annotated[
        str | None, typer.Option(help="The city's public key; without it only the form is checked")
    ] = None,
) -> None:
    """Check a bundle's form, signature and roots without a server, and say what it holds.

    Example: nagara federation check bundle.json --key "$PUBLIC_KEY"
    """
    from nagara.federation.bundle import read_letter  # noqa: PLC0415
    from nagara.federation.door import read_roots  # noqa: PLC0415
    from nagara.federation.signing import decode_key, digest_of, verify  # noqa: PLC0415
    from nagara.trust.roots import follow  # noqa: PLC0415

    letter, raw = read_letter(path.read_bytes())
    if key is not None:
        verify(raw, letter.signature, decode_key(key, "key"))
    roots = read_roots(letter.bundle, raw)
    for before, root in zip([None, *roots], roots, strict=False):
        if before is not None:
            follow(before, root)
    signed = "signature holds" if key is not None else "signature not checked"
    typer.echo(f"{letter.bundle.city}: {len(letter.bundle.rows)} rows, {len(roots)} roots, {signed}")
    typer.echo(f"digest {digest_of(raw).hex()}")


def _letter(city: str, restate: list[str] | None) -> dict[str, Any]:
    """A city's signed bundle as of now."""
    from nagara.cities import city_of  # noqa: PLC0415
    from nagara.database import clock_connection, time_told  # noqa: PLC0415
    from nagara.federation.exporting import make_bundle  # noqa: PLC0415
    from nagara.federation.signing import decode_key, sign  # noqa: PLC0415
    from nagara.settings import settings  # noqa: PLC0415

    secret = settings().federation_key
    if secret is None:
        raise InvalidInput("NAGARA_FEDERATION_KEY is not set; nagara federation key makes one.", field="key")
    private = decode_key(secret.get_secret_value(), "NAGARA_FEDERATION_KEY")
    with clock_connection() as connection:
        bundle = make_bundle(connection, city_of(city).id, time_told(connection), _restated(restate or []))
    return sign(bundle, private)


def _restated(pairs: list[str]) -> dict[str, str]:
    from nagara.federation.bundle import REASONS  # noqa: PLC0415

    found = dict(pair.partition("=")[::2] for pair in pairs)
    for month, reason in found.items():
        if reason not in REASONS:
            raise InvalidInput(f"{month}={reason} names no reason.", field="restate", allowed=REASONS)
    return found
