"""What cities sign is merged as if they were hosted."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from nagara.cities import configuration
from nagara.database import app_connection, network_connection, time_told
from nagara.federation.door import received, refused
from nagara.federation.exporting import make_bundle
from nagara.indicators import sheets
from nagara.indicators.build import build_city
from nagara.indicators.period import Period
from nagara.indicators.snapshots import district_cells, figures_for, latest_snapshot
from nagara.network import errors as refusals
from nagara.network.view import indicators
from nagara.trust.roots import held_roots
from nagara.trust.sealing import seal
from tests.helpers import Connection
from tests.nagara.federation.conftest import CITY, JANUARY, OWN, Bundle, Take, filed

EVER = Period.parse("2026-01..2026-12")


def test_a_merged_city_has_the_figures_it_would_have_if_it_were_hosted(
    owner: Connection, db: Connection, private: bytes, bundles: list[Bundle], take: Take
) -> None:
    came = take(bundles[0])
    assert (came.city, came.rows, came.roots) == (CITY, len(bundles[0]["rows"]), 1)
    snapshot = latest_snapshot(db, CITY)
    assert snapshot is not None
    assert snapshot.id == came.snapshot_id
    merged = figures_for(db, configuration(), CITY, EVER)
    assert merged["figures"]["N1"]["value"] == 30
    with app_connection() as connection:
        assert figures_for(connection, configuration(), CITY, EVER) == merged, "read by everybody like others"
    db.commit()
    filed(db, 30, JANUARY)
    build_city(db, configuration(), CITY, time_told(db))
    hosted = figures_for(db, configuration(), CITY, EVER)
    assert hosted["figures"] == merged["figures"]
    here = latest_snapshot(db, CITY)
    assert here is not None
    assert district_cells(db, CITY, here.id) == district_cells(db, CITY, came.snapshot_id)


def test_bundles_follow_each_other_and_the_network_holds_every_root(
    db: Connection, bundles: list[Bundle], take: Take
) -> None:
    assert [take(bundle).roots for bundle in bundles] == [1, 1, 1]
    roots = held_roots(db, CITY)
    assert [root.as_json() for root in roots] == [{"city": CITY} | root for root in bundles[-1]["roots"]]
    with network_connection() as connection:
        assert next(row["digest"] for row in received(connection, 9))
        assert refused(connection, 9) == []


def test_a_bundle_may_be_missed(db: Connection, bundles: list[Bundle], take: Take) -> None:
    assert take(bundles[0]).roots == 1
    assert take(bundles[2]).roots == 2


def test_a_city_cannot_leave_out_of_its_figures_what_its_roots_hold(
    bundles: list[Bundle], take: Take
) -> None:
    """Its first bundle, with nothing before it to be held against, without a third of its requests."""
    changed = copy.deepcopy(bundles[0])
    for row in changed["rows"]:
        counts = row["cell"]["counts"]
        left = {name: counts.get(name, 0) * 2 // 3 for name in ("reports", "issues")}
        row["cell"] = {key: {} for key in row["cell"]} | {"counts": left}
    with pytest.raises(refusals.ImplausibleCounts, match="20 filed requests, and 30 under a root"):
        take(changed)
    without_root = changed | {"roots": []}
    with pytest.raises(refusals.UnrootedFigures):
        take(without_root)
    assert take(bundles[0]).roots == 1
    later = copy.deepcopy(bundles[1])
    later["roots"] = later["roots"][1:]
    assert take(later).roots == 1, "what was told before need not be told again, and counts all the same"


def test_an_emergency_of_a_federated_city_is_shown_apart_like_a_hosted_ones(
    owner: Connection, db: Connection, private: bytes, take: Take
) -> None:
    owner.execute(
        "insert into declared_emergency (city_id, id, kind, districts, declared_by, source, valid_from, valid_to, "
        "recorded_by, recorded_at) values (%s, gen_random_uuid(), 'flood', '{}', 'governor', 'decree', "
        "'2026-01-05 12:00Z', '2026-01-06Z', 'admin', now())",
        (CITY,),
    )
    filed(db, 30, JANUARY)
    now = time_told(db)
    build_city(db, configuration(), CITY, now)
    seal(db, CITY, now)
    bundle = make_bundle(db, CITY, now)
    db.commit()
    sheets.forget()

    def shown() -> dict[str, Any]:
        with app_connection() as connection:
            (row,) = indicators(connection, configuration(), EVER, [CITY])["cities"]
        return {"whole": row["figures"], "without": row["without_emergencies"]}

    hosted = shown()
    assert hosted["without"]["N1"]["value"] == 18 < hosted["whole"]["N1"]["value"] == 30
    assert {row.get("emergency", False) for row in bundle["rows"]} == {True, False}
    owner.execute("set session_replication_role = replica")
    owner.execute(f"truncate {OWN}, declared_emergency, indicator_sheet cascade")
    owner.execute("set session_replication_role = origin")
    take(bundle)
    sheets.forget()
    assert shown() == hosted
    with pytest.raises(refusals.ReplayedBundle):
        take(bundle)
