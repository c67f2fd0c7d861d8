"""Whatever is wrong with a bundle is refused by its name and leaves nothing; what may be is taken in."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from nagara.database import clock_connection, network_connection, time_told
from nagara.errors import NagaraError
from nagara.federation.door import refused
from nagara.network import errors as refusals
from nagara.trust.proof import root_hash
from tests.helpers import Connection
from tests.nagara.federation.conftest import CITY, DAY, Bundle, Take

Change = Callable[[Bundle], None]


def _set(*path: str | int, to: Any) -> Change:
    def change(bundle: Bundle) -> None:
        inner: Any = bundle
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = to(inner[path[-1]]) if callable(to) else to

    return change


def _later(text: str) -> str:
    return text.replace("202", "209", 1)


def _new_root(bundle: Bundle) -> None:
    """Another past: the last root is made anew, with a true hash of its own."""
    root = bundle["roots"][-1]
    root["tree"] = "ab" * 32
    root["hash"] = root_hash(root | {"city": CITY}).hex()


def _fewer_events_under_the_root(bundle: Bundle) -> None:
    root = bundle["roots"][-1]
    root["events"] = 3
    root["hash"] = root_hash(root | {"city": CITY}).hex()


def _fewer_reports(bundle: Bundle) -> None:
    for row in bundle["rows"]:
        if row["month"] == "2026-01":
            left = row["cell"]["counts"]["reports"] - 1
            row["cell"] = {key: {} for key in row["cell"]} | {"counts": {"reports": left, "issues": left}}


def _more_reports(count: int) -> Change:
    def change(bundle: Bundle) -> None:
        row = next(row for row in bundle["rows"] if row["month"] == "2026-01")
        for name in ("reports", "issues"):
            row["cell"]["counts"][name] += count

    return change


REFUSED: tuple[tuple[Change, type[NagaraError]], ...] = (
    (_set("made_at", to=_later), refusals.FromTheFuture),
    (_set("snapshot", "cut_off", to=_later), refusals.FromTheFuture),
    (_set("snapshot", "built_at", to=_later), refusals.FromTheFuture),
    (_set("made_at", to=lambda text: text.replace("202", "192", 1)), refusals.MalformedBundle),
    (_set("made_at", to="2026-01-05T00:00:00.000000Z"), refusals.OlderBundle),
    (_set("snapshot", "cut_off", to="2026-01-05T00:00:00.000000Z"), refusals.FromTheFuture),
    (_set("snapshot", "events_seen", to=60), refusals.ShrunkCounts),
    (_set("snapshot", "events_seen", to=5), refusals.ImplausibleCounts),
    (_set("roots", -1, "events", to=10_000), refusals.TamperedRoot),
    (_set("roots", 0, "hash", to="00" * 32), refusals.RolledBackRoot),
    (_set("roots", to=[]), refusals.RolledBackRoot),
    (_set("roots", to=lambda roots: [*roots, roots[0]]), refusals.MalformedBundle),
    (_fewer_events_under_the_root, refusals.RolledBackRoot),
    (_fewer_reports, refusals.ShrunkCounts),
    (_more_reports(4), refusals.RewrittenMonth),
    (_more_reports(500), refusals.ImplausibleCounts),
    (_set("rows", 0, "cell", "counts", "issues", to=1), refusals.ImplausibleCounts),
    (_set("rows", 0, "code", to="elephants"), refusals.MalformedBundle),
    (_set("rows", 0, "district", to="9999"), refusals.MalformedBundle),
    (_set("rows", to=lambda rows: [*rows, rows[0]]), refusals.MalformedBundle),
    (_set("rows", 0, "month", to="2026-00"), refusals.MalformedBundle),
    (_set("city", to="th-bkk"), refusals.WrongCity),
    (_set("city", to="xx-yyy"), refusals.WrongCity),
    (_set("version", to=2), refusals.MalformedBundle),
)
ACCEPTED: tuple[Change, ...] = (
    _set("roots", to=lambda roots: roots[1:]),
    _set("roots", to=lambda roots: roots[2:]),
    _new_root,
    _more_reports(1),
)
"""Roots may be told again or left out, what nobody holds yet cannot contradict, and few requests move."""


def test_what_is_wrong_is_refused_by_its_name_and_leaves_nothing(
    owner: Connection, bundles: list[Bundle], take: Take
) -> None:
    """The second of three bundles was received; the third is changed and signed by the city itself."""
    for bundle in bundles[:2]:
        take(bundle)
    before, told = everything(owner), []
    for change, refusal in REFUSED:
        changed = copy.deepcopy(bundles[2])
        change(changed)
        with pytest.raises(NagaraError) as said:
            take(changed)
        assert type(said.value) is refusal, f"{said.value.code}: {said.value.message}"
        assert said.value.field
        assert everything(owner) == before, "nothing of it was kept"
        told.append(said.value.code)
    with network_connection() as connection:
        found = [row["code"] for row in refused(connection, 99)]
    assert set(found) == set(told), (
        "every refusal of what the key signed is written down, under the key's city"
    )
    assert take(bundles[2]).roots == 1, "the true one is taken in afterwards"


@pytest.mark.parametrize("change", ACCEPTED)
def test_what_may_be_is_taken_in(bundles: list[Bundle], take: Take, change: Change) -> None:
    for bundle in bundles[:2]:
        take(bundle)
    changed = copy.deepcopy(bundles[2])
    change(changed)
    assert take(changed).city == CITY


def everything(owner: Connection) -> list[Any]:
    """What the network holds of its cities."""
    tables = ("network_root", "indicator_snapshot", "indicator_figure", "federation_bundle")
    return [owner.execute(f"select count(*) from {table}").fetchone() for table in tables]


def test_the_future_begins_a_little_after_now(bundles: list[Bundle], take: Take) -> None:
    with clock_connection() as connection:
        soon = time_told(connection) + dt.timedelta(minutes=4)
    take(bundles[0] | {"made_at": soon.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})
    far = soon + DAY
    with pytest.raises(refusals.FromTheFuture):
        take(bundles[1] | {"made_at": far.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})


def test_a_closed_month_may_be_stated_anew_with_a_reason(bundles: list[Bundle], take: Take) -> None:
    take(bundles[0])
    changed = copy.deepcopy(bundles[1])
    _more_reports(4)(changed)
    changed["restated"] = [{"month": "2026-01", "reason": "history_imported"}]
    take(changed)
    fewer = copy.deepcopy(bundles[2])
    with pytest.raises(refusals.ShrunkCounts):
        take(fewer | {"restated": [{"month": "2026-01", "reason": "history_imported"}]})
    take(fewer | {"restated": [{"month": "2026-01", "reason": "times_corrected"}]})
