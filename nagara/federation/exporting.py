"""A city's bundle, made of its newest snapshot and its roots. Reads the city's own database and writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import psycopg

from nagara import event_log
from nagara.errors import UnknownReport
from nagara.federation.bundle import FORMAT, MOST_ROOTS, VERSION
from nagara.federation.merging import emergency_cells
from nagara.indicators.snapshots import Snapshot, latest_snapshot
from nagara.network.errors import TamperedEvent
from nagara.trust.checking import check
from nagara.trust.roots import TIME, own_roots


def make_bundle(
    connection: psycopg.Connection[Any],
    city_id: str,
    now: dt.datetime,
    restated: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What the city tells its network now. ``restated``: why closed months have other counts than before.

    Walks the whole history first: raises ``TamperedEvent`` naming the first fault, for nothing is signed that a
    root contradicts. Raises ``UnknownReport`` where no figures were ever computed.
    """
    refuse_tampered(connection, city_id)
    snapshot = latest_snapshot(connection, city_id)
    if snapshot is None:
        raise UnknownReport(f"No figures of {city_id} have been computed yet.", field="city")
    cells = emergency_cells(connection, city_id, snapshot.id)
    roots = own_roots(connection, city_id)[-MOST_ROOTS:]
    return {
        "format": FORMAT,
        "version": VERSION,
        "city": city_id,
        "made_at": _moment(now),
        "snapshot": _snapshot(snapshot),
        "rows": [
            {
                "month": f"{month:%Y-%m}",
                "code": code,
                "district": district,
                **({"emergency": True} if declared else {}),
                "cell": cell.to_json(),
            }
            for (month, code, district, declared), cell in cells.items()
        ],
        "roots": [
            {name: value for name, value in root.as_json().items() if name != "city"} for root in roots
        ],
        "restated": [{"month": month, "reason": reason} for month, reason in (restated or {}).items()],
    }


def refuse_tampered(connection: psycopg.Connection[Any], city_id: str) -> None:
    """Raise ``TamperedEvent`` unless every chain and every root of a city holds."""
    for fault in event_log.verify(connection, city_id).faults[:1]:
        raise TamperedEvent(f"Request {fault.request_id}, event {fault.seq}: {fault.what}.", field="events")
    for one in check(connection, city_id).faults[:1]:
        where = f"Request {one.request_id}, event {one.seq}: " if one.request_id else ""
        raise TamperedEvent(f"{where}{one.what}.", field="events")


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "cut_off": _moment(snapshot.cut_off),
        "built_at": _moment(snapshot.built_at),
        "method_version": snapshot.method_version,
        "holidays_version": snapshot.holidays_version,
        "config_fingerprints": [each for each in snapshot.config_fingerprints if len(each) == 64],
        "inputs_digest": snapshot.inputs_digest,
        "events_seen": snapshot.events_seen,
    }


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime(TIME)
