"""What a row of another system's list states: moves at honest times, what is left behind, what is not taken."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping

import pytest

from city_config import City
from nagara.importing import (
    Because,
    NotTaken,
    StatedHistory,
    snapshots,
)
from nagara.importing.fields import district_code
from nagara.importing.living import Draft, drafted, placed
from nagara.lifecycle import NOTHING_DUE
from nagara.places.finding import index_for
from tests.nagara.importing.stating import (
    AFTER,
    BY,
    CREATED,
    DAY,
    FINISHED,
    FIRST,
    FORWARDED,
    LAST,
    NOT_OURS,
    NOW,
    WAITING,
    WORDS,
    WORKED_ON,
    finished,
    seen,
)

Step = tuple[str, dt.datetime, dt.datetime | None]
LIVES: Mapping[str, tuple[dict[str, str], list[Step], str]] = {
    "waiting stays received": (seen(WAITING), [], "received"),
    "in work at the first look": (seen(WORKED_ON), [("start", FIRST, CREATED)], "in_progress"),
    "in work by a later look": (
        seen(f"{WAITING}>{WORKED_ON}"),
        [("start", LAST, FIRST)],
        "in_progress",
    ),
    "in work by the last activity": (
        seen(f"{WAITING}>{WORKED_ON}", last_activity=(FIRST + DAY).isoformat()),
        [("start", FIRST + DAY, FIRST)],
        "in_progress",
    ),
    "an activity before the bounds says nothing": (
        seen(f"{WAITING}>{WORKED_ON}", last_activity=CREATED.isoformat()),
        [("start", LAST, FIRST)],
        "in_progress",
    ),
    "finished when first looked at": (
        seen(FINISHED, finished_by=FIRST.isoformat()),
        [("resolve", FIRST, CREATED)],
        "resolved",
    ),
    "finished between two looks: the later one": (
        finished(f"{WAITING}>{FINISHED}"),
        [("resolve", BY, AFTER)],
        "resolved",
    ),
    "finished at a stated time": (
        finished(f"{WORKED_ON}>{FINISHED}", finished=(AFTER + DAY / 2).isoformat()),
        [("start", FIRST, CREATED), ("resolve", AFTER + DAY / 2, None)],
        "resolved",
    ),
    "work was seen by the last unfinished look": (
        finished(f"{WAITING}>{WORKED_ON}>{FINISHED}"),
        [("start", AFTER, FIRST), ("resolve", BY, AFTER)],
        "resolved",
    ),
    "open again": (
        finished(f"{WORKED_ON}>{FINISHED}>{WORKED_ON}"),
        [("start", FIRST, CREATED), ("resolve", BY, AFTER), ("reopen", LAST, BY)],
        "in_progress",
    ),
    "open again, and waiting, is in work here": (
        finished(f"{FINISHED}>{WAITING}", finished_after="", finished_by=FIRST.isoformat()),
        [("resolve", FIRST, CREATED), ("reopen", LAST, FIRST)],
        "in_progress",
    ),
    "finished, open, finished": (
        finished(f"{WAITING}>{FINISHED}>{WORKED_ON}>{FINISHED}"),
        [("resolve", BY, AFTER), ("reopen", LAST, BY), ("resolve", LAST, BY)],
        "resolved",
    ),
    "back to waiting is no move": (
        seen(f"{WORKED_ON}>{WAITING}"),
        [("start", FIRST, CREATED)],
        "in_progress",
    ),
    "forwarded is not solved": (seen(FORWARDED), [("refer", FIRST, CREATED)], "referred"),
    "forwarded, then solved": (
        finished(f"{FORWARDED}>{FINISHED}"),
        [("refer", FIRST, CREATED), ("resolve", BY, AFTER)],
        "resolved",
    ),
    "forwarded, then work": (
        seen(f"{FORWARDED}>{WORKED_ON}"),
        [("refer", FIRST, CREATED), ("resume", LAST, FIRST)],
        "in_progress",
    ),
    "not ours": (seen(NOT_OURS), [("decline", FIRST, CREATED)], "declined"),
    "not ours, but solved after all": (
        finished(f"{NOT_OURS}>{FINISHED}"),
        [("decline", FIRST, CREATED), ("reopen", BY, AFTER), ("resolve", BY, AFTER)],
        "resolved",
    ),
    "a look without a state says nothing": (
        finished(f"{WORKED_ON}>>{FINISHED}"),
        [("start", FIRST, CREATED), ("resolve", BY, AFTER)],
        "resolved",
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_states_become_moves_with_honest_times(bangkok: City, name: str) -> None:
    row, steps, status = LIVES[name]
    history = snapshots.history_of(bangkok, WORDS, 2, row)
    assert [(m.move.value, m.at, m.known_after) for m in history.moves] == steps
    draft = drafted(bangkok, history, NOW)
    assert draft.row["status"] == status
    assert draft.row["received_at"] == CREATED
    closed = [at for move, at, _ in steps if move in ("resolve", "decline")]
    is_closed = status in ("resolved", "declined")
    assert draft.row["closed_at"] == (closed[-1] if is_closed else None)
    assert draft.row["observed_until"] == (None if is_closed else LAST)
    assert [e["kind"] for e in draft.events].count("observed") == (0 if is_closed else 1)


def test_bounds_and_facts_stand_in_the_event(bangkok: City) -> None:
    row = finished(f"{WAITING}>{FINISHED}", star="4", count_reopen="2", type="road, noise")
    resolved = drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, row), NOW).events[-1]
    assert resolved["data"] == {
        "reason": "fixed",
        "known_between": [AFTER, BY],
        "rating": 4,
        "reopen_count": 2,
        "further_types": ["noise"],
    }
    assert (resolved["actor_kind"], resolved["actor"], resolved["occurred_at"]) == ("import", "list", BY)


def test_a_state_left_behind_is_kept_in_words(bangkok: City) -> None:
    history = snapshots.history_of(bangkok, WORDS, 2, seen(f"{WORKED_ON}>{WAITING}"))
    assert drafted(bangkok, history, NOW).events[-1]["data"]["stated_state"] == WAITING


def test_the_rules_are_those_of_the_stated_day(bangkok: City) -> None:
    draft = drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, seen(WAITING)), NOW)
    filed = draft.events[0]
    assert filed["kind"] == "filed"
    assert filed["occurred_at"] == CREATED
    assert filed["data"]["resolve_by"] == CREATED + 7 * DAY
    assert filed["data"]["department"] == draft.row["department"] == "district-works"
    assert filed["data"]["source"] == "list"
    assert filed["data"]["district"] == index_for(bangkok).locate(13.75, 100.50).district


def test_open_requests_stand_on_the_ladder_and_paused_or_closed_ones_do_not(bangkok: City) -> None:
    rows = {path: drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, seen(path)), NOW).row
            for path in (WAITING, WORKED_ON, FORWARDED, NOT_OURS)}  # fmt: skip
    due = CREATED + 7 * DAY
    assert rows[WAITING]["next_step_at"] == rows[WORKED_ON]["next_step_at"] == due
    assert rows[NOT_OURS]["next_step_at"] is None
    assert rows[FORWARDED]["next_step_at"] > FIRST + 30 * DAY, "no rung, but the day its pause is over"
    assert rows[FORWARDED]["next_due_at"] == rows[NOT_OURS]["next_due_at"] == NOTHING_DUE
    assert rows[FORWARDED]["paused_at"] == FIRST
    assert (rows[WAITING]["acknowledged_at"], rows[WORKED_ON]["responded_at"]) == (None, FIRST)


REFUSED: Mapping[str, tuple[dict[str, str], Because]] = {
    "a kind that is no request": (seen(WAITING, type="praise"), Because.NOT_A_REQUEST),
    "an unknown type": (seen(WAITING, type="dragons"), Because.UNKNOWN_SERVICE),
    "an unknown state": (seen("sleeping"), Because.UNKNOWN_STATUS),
    "no state at all": (seen(""), Because.UNKNOWN_STATUS),
    "no id": (seen(WAITING, ticket_id=" "), Because.NO_ID),
    "no time": (seen(WAITING, created=""), Because.WRONG_TIME),
    "a time without zone": (seen(WAITING, created="2023-01-02T03:00:00"), Because.WRONG_TIME),
    "a day that is not": (seen(WAITING, created="2023-02-30T03:00:00Z"), Because.WRONG_TIME),
    "far away": (seen(WAITING, lat="18.79", lon="98.99"), Because.OUTSIDE_THE_CITY),
    "nowhere on Earth": (seen(WAITING, lon="1000"), Because.NO_POSITION),
    "no position": (seen(WAITING, lat="", lon=""), Because.NO_POSITION),
    "words for a position": (seen(WAITING, lat="here"), Because.NO_POSITION),
    "not a number": (seen(WAITING, lat="nan"), Because.NO_POSITION),
    "position 0, 0": (seen(WAITING, lat="0", lon="0"), Because.NO_POSITION),
    "seen before it was made": (seen(WORKED_ON, first_seen="2022-12-01T00:00:00Z"), Because.TIMES_OUT_OF_ORDER),
    "last seen before it was made": (seen(WAITING, last_seen="2022-12-01T00:00:00Z"), Because.TIMES_OUT_OF_ORDER),
    "in the future": (seen(WAITING, last_seen="2099-01-01T00:00:00Z"), Because.IN_THE_FUTURE),
    "before calendars": (seen(WAITING, created="1899-01-01T00:00:00Z"), Because.WRONG_TIME),
    "none, as other systems write it": (seen(WAITING, created="0001-01-01T00:00:00Z"), Because.WRONG_TIME),
    "stars in words": (seen(WAITING, star="many"), Because.WRONG_VALUE),
    "more stars than JSON can hold": (seen(WAITING, star="9" * 20), Because.WRONG_VALUE),
    "more than a number can hold": (seen(WAITING, count_reopen="9" * 5000), Because.WRONG_VALUE),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken_says_why(bangkok: City, name: str) -> None:
    row, because = REFUSED[name]
    with pytest.raises(NotTaken) as refused:
        drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, row), NOW)
    assert refused.value.because is because
    assert refused.value.detail


def test_the_position_decides_and_the_stated_district_only_stands_in(bangkok: City) -> None:
    def placed(**fields: str) -> Draft:
        return drafted(bangkok, snapshots.history_of(bangkok, WORDS, 2, seen(WAITING, **fields)), NOW)

    here = index_for(bangkok).locate(13.75, 100.50).district
    other = next(code for code in bangkok.district_names if code != here)
    thai = bangkok.district_names[other]["th"]
    disagreeing = placed(district=thai)
    assert (disagreeing.row["district"], disagreeing.other_district) == (here, True)
    standing_in = placed(district=thai, lat="0", lon="0")
    assert (standing_in.row["district"], standing_in.row["place_method"]) == (other, "stated")
    assert (standing_in.row["lat"], standing_in.other_district) == (None, False)


def test_many_are_placed_as_each_alone_is(bangkok: City) -> None:
    chance = random.Random(7)
    middle = bangkok.map.centre
    positions = [
        (middle.lat + chance.uniform(-0.4, 0.4), middle.lon + chance.uniform(-0.4, 0.4)) for _ in range(600)
    ]
    histories = [
        StatedHistory(row, "list", str(row), "road_pothole", at_, lat, lon)
        for row, (lat, lon) in enumerate([*positions, (0.0, 0.0), (91.0, 100.5)])
        for at_ in (CREATED if row else CREATED.replace(year=9999),)
    ]
    index, day = index_for(bangkok), CREATED.astimezone(bangkok.zone).date()
    alone = {row: index.locate(lat, lon, day) for row, (lat, lon) in enumerate(positions) if row}
    assert placed(bangkok, histories) == alone
    assert {place.method for place in alone.values()} == {"inside", "nearest", "outside"}
    assert placed(bangkok, []) == {}


def test_district_names_are_known_with_and_without_what_all_begin_with(bangkok: City) -> None:
    code, names = next(iter(bangkok.district_names.items()))
    assert names["th"].startswith("เขต")
    for text in (code, names["th"], names["th"].removeprefix("เขต"), names["en"].upper(), f" {names['en']} "):
        assert district_code(bangkok, text) == code
    assert district_code(bangkok, "") is None
    assert district_code(bangkok, ":") is None
