"""Where bundles come in. Everything is checked before anything is kept, and every refusal has its name.

In this order: size and form, the key, the signature, the city; then replays, times, codes, what was known before,
and roots. Whatever a known key signed and was refused for is written down, for the city and its network to talk
about; what nobody signed leaves no trace but a line in the log.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb

from city_config import Configuration
from nagara.database import network_connection, time_told
from nagara.errors import NagaraError
from nagara.federation.bundle import LARGEST_BYTES, Bundle, Letter, canonical, read_letter
from nagara.federation.merging import keep_snapshot, moment, read_cells, told_before
from nagara.federation.plausible import (
    Told,
    refuse_fewer_than_rooted,
    refuse_future,
    refuse_implausible,
    refuse_inconsistent,
    refuse_more_than_rooted,
    refuse_unrooted,
)
from nagara.federation.registry import Key, find_key
from nagara.federation.signing import digest_of, signature_bytes, verify
from nagara.ids import uuid7
from nagara.network.errors import (
    MalformedBundle,
    ReplayedBundle,
    ResignedBundle,
    UnknownSigningKey,
    WrongCity,
)
from nagara.trust.handing import accept
from nagara.trust.roots import Root

log = logging.getLogger(__name__)

LOCK = "select pg_advisory_xact_lock(hashtextextended('bundle ' || %s, 0))"
HELD_BEFORE = "select max(requests) from network_root where city_id = %s and as_of <= %s"
SEEN = "select key_id from federation_bundle where city_id = %s and digest = %s"
KEEP = """
insert into federation_bundle (city_id, digest, key_id, made_at, snapshot_id, content, signature, restated)
values (%s, %s, %s, %s, %s, %s, %s, %s)
"""
REFUSE = """
insert into federation_refusal (city_id, id, digest, key_id, code, message)
select %(city)s, %(id)s, %(digest)s, %(key)s, %(code)s, %(message)s
 where not exists (select from federation_refusal
                    where city_id = %(city)s and digest = %(digest)s and key_id = %(key)s and code = %(code)s
                      and at > clock_timestamp() - interval '1 day')
"""
"""Once a day: whoever catches a letter can send it as often as they like."""

RECEIVED = """
select city_id, encode(digest, 'hex'), key_id, made_at, received_at, snapshot_id from federation_bundle
 order by received_at desc limit %s
"""
REFUSED = """
select city_id, encode(digest, 'hex'), key_id, at, code, message from federation_refusal
 order by at desc limit %s
"""


@dataclass(frozen=True, slots=True)
class Received:
    """What a bundle brought."""

    city: str
    digest: str
    snapshot_id: UUID
    rows: int
    roots: int
    """Roots that the network did not hold yet."""


def receive(configuration: Configuration, content: bytes) -> Received:
    """Take a bundle in, or raise why not. Nothing of a refused bundle is kept but that it was refused."""
    with network_connection() as connection:
        try:
            with connection.transaction():
                letter, raw = read_letter(content)
                now = time_told(connection)
                check_signed(connection, configuration, letter, raw)
                return _merge(connection, configuration, letter, raw, now)
        except NagaraError as refusal:
            _write_down(connection, content, refusal)
            connection.commit()
            raise


def _write_down(connection: psycopg.Connection[Any], content: bytes, refusal: NagaraError) -> None:
    """Keep why something was refused that a known key, retired or not, truly signed; under the city of the key."""
    signed = signed_by(connection, content)
    if signed is None:
        return
    key, digest = signed
    log.warning("refused a bundle of %s: %s", key.city, refusal.code)
    values = {"city": key.city, "id": uuid7(), "digest": digest, "key": key.id}
    connection.execute(REFUSE, values | {"code": refusal.code, "message": refusal.message})


def signed_by(connection: psycopg.Connection[Any], content: bytes) -> tuple[Key, bytes] | None:
    """The key that signed what a letter holds, whatever that is, and its digest; None where none did."""
    if len(content) > LARGEST_BYTES:
        return None
    try:
        raw = orjson.loads(content)
        key = find_key(connection, str(raw["key"])[:16])
        if key is None:
            return None
        verify(raw["bundle"], str(raw["signature"]), key.public_key)
        return key, digest_of(raw["bundle"])
    except (NagaraError, ValueError, TypeError, KeyError):  # of anything that is no letter
        return None


def check_signed(
    connection: psycopg.Connection[Any], configuration: Configuration, letter: Letter, raw: dict[str, Any]
) -> Key:
    """The key of a letter; raise unless it is known, valid, of this city, and signed this very bundle."""
    key = find_key(connection, letter.key)
    if key is None:
        raise UnknownSigningKey(f"Nobody registered the key {letter.key}.", field="key")
    if key.retired_at is not None:
        raise UnknownSigningKey(
            f"The key {letter.key} was retired on {key.retired_at:%Y-%m-%d}.", field="key"
        )
    verify(raw, letter.signature, key.public_key)
    if key.city != letter.bundle.city or key.city not in configuration.cities:
        raise WrongCity(
            f"The key {key.id} speaks for {key.city}, not for {letter.bundle.city}.",
            field="bundle.city",
            allowed=[key.city],
        )
    return key


def _merge(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    letter: Letter,
    raw: dict[str, Any],
    now: dt.datetime,
) -> Received:
    bundle, digest = letter.bundle, digest_of(raw)
    connection.execute(LOCK, (bundle.city,))
    _refuse_replayed(connection, letter, digest)
    roots = read_roots(bundle, raw)
    check_content(connection, configuration, bundle, raw, roots, now)
    new = accept(connection, bundle.city, roots, "federated")
    refuse_unrooted(moment(bundle.snapshot.cut_off), (root.as_of for root in roots))
    cells = read_cells(bundle, raw, configuration)
    snapshot_id = keep_snapshot(connection, configuration, bundle, cells, now)
    made_at = moment(bundle.made_at)
    kept = (canonical(raw), signature_bytes(letter.signature), Jsonb(raw["restated"]))
    connection.execute(KEEP, (bundle.city, digest, letter.key, made_at, snapshot_id, *kept))
    return Received(bundle.city, digest.hex(), snapshot_id, len(cells), new)


def check_content(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    bundle: Bundle,
    raw: dict[str, Any],
    roots: list[Root],
    now: dt.datetime,
) -> None:
    """Raise what is wrong with the content of a bundle by itself and after the one before it."""
    part = bundle.snapshot
    made_at, cut_off, built_at = moment(bundle.made_at), moment(part.cut_off), moment(part.built_at)
    times = {"made_at": made_at, "snapshot.cut_off": cut_off, "snapshot.built_at": built_at}
    refuse_future(now, times | {f"roots.{root.day}": root.as_of for root in roots})
    cells = read_cells(bundle, raw, configuration)
    told = Told.of(made_at, cut_off, part.method_version, part.events_seen, cells.items())
    refuse_inconsistent(cells, told)
    before = told_before(connection, bundle.city)
    after = [root.requests for root in roots if root.as_of >= built_at]
    held = connection.execute(HELD_BEFORE, (bundle.city, cut_off)).fetchone()
    known = [root.requests for root in roots if root.as_of <= cut_off] + [(held[0] if held else None) or 0]
    restated = {one.month: one.reason for one in bundle.restated}
    if before is not None:
        refuse_implausible(before, told, restated)
    refuse_fewer_than_rooted(told, max(known))
    if after:
        refuse_more_than_rooted(told, after[0])


def read_roots(bundle: Bundle, raw: dict[str, Any]) -> list[Root]:
    """The roots of a bundle in order; raise ``MalformedBundle`` for a day that stands twice or is none."""
    try:
        roots = [Root.from_json(bundle.city, one) for one in raw["roots"]]
    except ValueError as error:
        raise MalformedBundle(f"roots: {error}", field="roots") from None
    days = [root.day for root in roots]
    if len(set(days)) != len(days):
        raise MalformedBundle("The same day has two roots.", field="roots")
    for root in roots:
        if root.day != root.as_of.date():
            raise MalformedBundle(f"The root of {root.day} was made on another day.", field="roots")
    return sorted(roots, key=lambda root: root.day)


def _refuse_replayed(connection: psycopg.Connection[Any], letter: Letter, digest: bytes) -> None:
    row = connection.execute(SEEN, (letter.bundle.city, digest)).fetchone()
    if row is None:
        return
    if row[0] == letter.key:
        raise ReplayedBundle("This bundle was received before.", field="bundle")
    raise ResignedBundle(
        f"This content was received before, signed by {row[0]}; another signature makes nothing new of it.",
        field="signature",
    )


def received(connection: psycopg.Connection[Any], limit: int) -> list[dict[str, Any]]:
    """Bundles that were merged, newest first."""
    names = ("city", "digest", "key", "made_at", "received_at", "snapshot")
    return [dict(zip(names, row, strict=True)) for row in connection.execute(RECEIVED, (limit,))]


def refused(connection: psycopg.Connection[Any], limit: int) -> list[dict[str, Any]]:
    """Bundles that a known key signed and that were refused, newest first."""
    names = ("city", "digest", "key", "at", "code", "message")
    return [dict(zip(names, row, strict=True)) for row in connection.execute(REFUSED, (limit,))]
