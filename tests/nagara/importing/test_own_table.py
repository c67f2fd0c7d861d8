"""Our own table: a whole life in one row, and what is refused of it."""

from __future__ import annotations

import datetime as dt

import pytest

from city_config import City
from nagara.importing import (
    Because,
    NotTaken,
    StatedHistory,
    StatedMove,
    table,
)
from nagara.importing.living import drafted, placed
from nagara.lifecycle import Move
from tests.nagara.importing.stating import CREATED, DAY, LAST, NOW, at, own
from tests.nagara.small_cities import small_city


def test_own_table_states_a_whole_life(bangkok: City) -> None:
    row = own(
        acknowledged=at(0.5), started=at(1), resolved=at(2), reopened=at(3), resolved_again=at(4),
        reason="removed", description="ข้อความ", channel="phone", observed_until="",
    )  # fmt: skip
    history = table.history_of(bangkok, "elsewhere", 2, row)
    draft = drafted(bangkok, history, NOW)
    kinds = [event["kind"] for event in draft.events]
    assert kinds == ["filed", "acknowledged", "started", "resolved", "reopened", "resolved"]
    assert draft.row["status"] == "resolved"
    assert draft.row["closing_reason"] == "removed"
    assert draft.row["acknowledged_at"] == CREATED + DAY / 2
    assert draft.row["responded_at"] == CREATED + DAY
    assert draft.row["closed_at"] == CREATED + 4 * DAY
    assert draft.row["version"] == 6


def test_a_referral_in_the_own_table_pauses_the_promise(bangkok: City) -> None:
    history = table.history_of(bangkok, "elsewhere", 2, own(referred=at(1), referred_to="highways"))
    moves = (*history.moves, StatedMove(Move.RESUME, CREATED + 3 * DAY))
    resumed = StatedHistory(
        row=2, source="elsewhere", source_id="1", service_code="road_pothole", created=CREATED,
        lat=13.75, lon=100.50, moves=moves, observed_until=LAST,
    )  # fmt: skip
    paused = drafted(bangkok, history, NOW).row
    assert (paused["assignee"], paused["paused_at"]) == ("highways", CREATED + DAY)
    draft = drafted(bangkok, resumed, NOW)
    assert draft.row["paused_at"] is None
    assert draft.row["resolve_by"] > paused["resolve_by"]
    assert draft.events[2]["data"]["resolve_by"] == draft.row["resolve_by"]


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"reason": "", "declined": at(1)}, Because.WRONG_VALUE),
        ({"reason": "bored", "resolved": at(1)}, Because.WRONG_VALUE),
        ({"referred_to": "nobody", "referred": at(1)}, Because.WRONG_VALUE),
        ({"district": "Atlantis"}, Because.WRONG_VALUE),
        ({"observed_until": ""}, Because.WRONG_TIME),
        ({"reopened": at(1)}, Because.IMPOSSIBLE_HISTORY),
        ({"resolved": at(1), "started": at(2)}, Because.IMPOSSIBLE_HISTORY),
        ({"linked": at(1)}, Because.UNKNOWN_PARENT),
        ({"created": "0001-01-01T00:00:00Z"}, Because.WRONG_TIME),
        ({"service_code": "dragons"}, Because.UNKNOWN_SERVICE),
        ({"resolved": at(-1)}, Because.TIMES_OUT_OF_ORDER),
        ({"description": "x" * 4001}, Because.WRONG_VALUE),
        ({"lat": "", "lon": ""}, Because.NO_POSITION),
    ],
)
def test_own_table_refuses(bangkok: City, fields: dict[str, str], because: Because) -> None:
    with pytest.raises(NotTaken) as refused:
        drafted(bangkok, table.history_of(bangkok, "elsewhere", 2, own(**fields)), NOW)
    assert refused.value.because is because


@pytest.mark.parametrize("zone", ["Asia/Manila", "Asia/Bangkok"])
def test_a_day_before_all_calendars_is_refused_in_every_zone(zone: str) -> None:
    """Many systems write it where they know no time; Manila's clock had not come to it yet."""
    city = small_city(timezone=zone)
    never = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    stated = StatedHistory(2, "list", "a", city.services[0].code, never, 11.55, 104.9)
    assert placed(city, [stated]) == {}
    with pytest.raises(NotTaken) as refused:
        drafted(city, stated, NOW)
    assert refused.value.because is Because.WRONG_TIME
