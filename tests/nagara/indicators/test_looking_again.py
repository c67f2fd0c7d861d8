"""What was recorded before a build and committed after it is found by the next one; what is known is not read again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from city_config import Configuration
from nagara.cities import configuration
from nagara.indicators import issue_store, keeping
from nagara.indicators.build import build_city, count_events
from nagara.indicators.keeping import prove
from nagara.indicators.reading import read_facts
from nagara.indicators.snapshots import district_cells
from tests.nagara.indicators.logged import EVENT, log_request
from tests.nagara.indicators.test_build import CITY, now_of

Db = psycopg.Connection[Any]
JANUARY = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)


@pytest.fixture
def known() -> Configuration:
    return configuration()


@pytest.fixture
def late(database_url: str, db: Db) -> Iterator[Db]:
    """Another transaction, that ends when it likes."""
    with psycopg.connect(database_url, options="-c role=nagara_clock -c timezone=UTC") as other:
        yield other


def happen(db: Db, reference: str, kind: str, hours: float, **data: Any) -> None:
    (request,) = db.execute("select id from request where reference = %s", (reference,)).fetchone() or (None,)
    at = JANUARY + dt.timedelta(hours=hours)
    db.execute(EVENT, (CITY, request, kind, at, "staff", None, Jsonb(data)))


def filed(db: Db, count: int = 3) -> list[str]:
    references = [log_request(db, CITY, JANUARY + dt.timedelta(hours=n)) for n in range(count)]
    db.commit()
    return references


def built(db: Db, known: Configuration, day: int = 90) -> tuple[UUID, int]:
    """A build as of a day that is committed: its snapshot, and how many requests it read."""
    snapshot = build_city(db, known, CITY, now_of(db), JANUARY + dt.timedelta(days=day))
    row = db.execute("select requests_read from indicator_build where city_id = %s", (CITY,)).fetchone()
    db.commit()
    assert row is not None
    return snapshot, row[0]


def as_the_log(db: Db, known: Configuration, snapshot: UUID, day: int = 90) -> bool:
    """Whether a snapshot as of a day and all that is kept says what a pass over the whole log says."""
    now = now_of(db)
    counted = count_events(db, known.cities[CITY], JANUARY + dt.timedelta(days=day), now)
    same = district_cells(db, CITY, snapshot) == counted.cells
    differences = prove(db, known.cities[CITY], now)
    db.rollback()
    return same and not differences


def test_what_is_known_is_not_read_again(db: Db, known: Configuration) -> None:
    first, *_ = filed(db)
    before, read = built(db, known)
    assert read == 3
    assert built(db, known) == (before, 0)
    happen(db, first, "resolved", 50)
    after, read = built(db, known)
    assert (after != before, read) == (True, 1)
    assert built(db, known) == (after, 0)
    assert as_the_log(db, known, after)


def test_an_event_that_is_committed_late_is_found(db: Db, late: Db, known: Configuration) -> None:
    first, second, _ = filed(db)
    happen(late, first, "resolved", 50)
    happen(db, second, "resolved", 50)
    before, read = built(db, known)
    assert read == 3
    late.commit()
    after, read = built(db, known)
    assert (after != before, read) == (True, 1)
    assert as_the_log(db, known, after)


def test_a_request_that_is_committed_late_is_found(db: Db, late: Db, known: Configuration) -> None:
    filed(db)
    log_request(late, CITY, JANUARY)
    before, _ = built(db, known)
    late.commit()
    after, read = built(db, known)
    assert (after != before, read) == (True, 1)
    assert as_the_log(db, known, after)


def test_what_something_was_linked_to_is_read_however_well_it_is_known(
    db: Db, late: Db, known: Configuration
) -> None:
    parent, child, _ = filed(db)
    built(db, known)
    happen(late, child, "duplicate_linked", 10, parent=parent)
    built(db, known)
    late.commit()
    after, read = built(db, known)
    assert read == 2
    assert as_the_log(db, known, after)
    assert built(db, known) == (after, 1), "the link alone does not tell whether it was reckoned in"


def test_a_link_that_is_committed_while_the_linked_one_is_read_is_reckoned_in_by_the_next_build(
    db: Db, late: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, child, _ = filed(db)
    built(db, known)
    happen(db, child, "acknowledged", 5)
    db.commit()
    happen(late, child, "duplicate_linked", 10, parent=parent)

    def meanwhile(*given: Any, **named: Any) -> Any:
        late.commit()
        return read_facts(*given, **named)

    monkeypatch.setattr(keeping, "read_facts", meanwhile)
    assert built(db, known)[1] == 1, "the link was not there when changes were looked for"
    monkeypatch.undo()
    after, _ = built(db, known)
    assert as_the_log(db, known, after)


def test_an_event_ahead_of_its_time_is_reckoned_in_when_that_comes(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where one after it, of an earlier time, is known already and is the last one."""
    first, *_ = filed(db)
    now = now_of(db)
    ahead = (now - JANUARY).total_seconds() / 3600 + 1 / 60  # a minute
    happen(db, first, "acknowledged", ahead)
    happen(db, first, "noted", 20)
    db.commit()
    _, read = built(db, known)
    assert read == 3
    kept = issue_store.read_buckets(db, CITY, issue_store.read_summary(db, CITY))
    assert sorted(row for facts in kept.values() for row in facts["events"].tolist()) == [1, 1, 2]
    db.commit()
    later = now + dt.timedelta(minutes=2)
    build_city(db, known, CITY, later, later)
    assert prove(db, known.cities[CITY], later) == 0
    db.rollback()
