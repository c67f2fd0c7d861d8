"""Commands about bundles between a city's own Nagara and its network: keys, signing, sending, checking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nagara.cities import city_of
from nagara.database import clock_connection, time_told
from nagara.errors import InvalidInput
from nagara.federation.bundle import REASONS, read_letter
from nagara.federation.door import read_roots
from nagara.federation.exporting import make_bundle
from nagara.federation.sending import push
from nagara.federation.signing import (
    decode_key,
    digest_of,
    encode,
    key_id,
    new_private_key,
    public_key_of,
    sign,
    verify,
)
from nagara.settings import settings
from nagara.trust.roots import follow

federation_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Bundles between a city's own Nagara and its network."
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
    secret = settings().federation_key
    if secret is None:
        raise InvalidInput("NAGARA_FEDERATION_KEY is not set; nagara federation key makes one.", field="key")
    private = decode_key(secret.get_secret_value(), "NAGARA_FEDERATION_KEY")
    with clock_connection() as connection:
        bundle = make_bundle(connection, city_of(city).id, time_told(connection), _restated(restate or []))
    return sign(bundle, private)


def _restated(pairs: list[str]) -> dict[str, str]:
    found = dict(pair.partition("=")[::2] for pair in pairs)
    for month, reason in found.items():
        if reason not in REASONS:
            raise InvalidInput(f"{month}={reason} names no reason.", field="restate", allowed=REASONS)
    return found
