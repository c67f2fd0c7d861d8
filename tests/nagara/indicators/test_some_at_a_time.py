"""However few rows are held at once, builds and proofs say what a pass over the whole log says."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from city_config import Configuration
from nagara.cities import configuration
from nagara.ids import uuid7_at
from nagara.indicators import issue_store, keeping, log_pages, snapshots
from nagara.indicators.keeping import prove
from nagara.indicators.usual_sheets import keep_usual
from tests.nagara.indicators import logged
from tests.nagara.indicators.logged import log_request
from tests.nagara.indicators.test_build import CITY, now_of
from tests.nagara.indicators.test_looking_again import JANUARY, as_the_log, built, happen

Db = psycopg.Connection[Any]


@pytest.fixture
def known() -> Configuration:
    return configuration()


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a build follows, of the whole log, and of its pages."""
    monkeypatch.setattr(issue_store, "ROWS_AT_ONCE", 5)
    monkeypatch.setattr(issue_store, "WHOLE_AT_ONCE", 6)
    monkeypatch.setattr(log_pages, "PAGE", 7)


def filed_then(db: Db, monkeypatch: pytest.MonkeyPatch, received: Sequence[dt.datetime]) -> list[str]:
    """Requests whose ids tell when they were filed, and so where their rows lie; their references."""
    moments = iter(received)
    monkeypatch.setattr(logged, "uuid7", lambda: uuid7_at(int(next(moments).timestamp() * 1000)))
    return [log_request(db, CITY, at, [("acknowledged", 5, "staff")]) for at in received]


def every_eight_days(db: Db, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Thirty-two requests, four at a time; two of the first four resolved, and two of the next, weeks apart."""
    received = [JANUARY + dt.timedelta(days=8 * (n // 4), hours=n % 4) for n in range(32)]
    references = filed_then(db, monkeypatch, received)
    for number, reference in enumerate(references[:8:2]):
        happen(db, reference, "resolved", 24 * (20 + 25 * number))
    db.commit()
    return references


def test_news_of_many_years_is_taken_in_and_counted_some_at_a_time(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = [JANUARY + dt.timedelta(days=4 * n) for n in range(20)]
    references = filed_then(db, monkeypatch, received)
    db.commit()
    before, _ = built(db, known)
    monkeypatch.setattr(issue_store, "ROWS_AT_ONCE", 3)
    for number, reference in enumerate(references):
        happen(db, reference, "resolved", 24 * 4 * number + 30 + number)
    happen(db, references[15], "duplicate_linked", 24 * 4 * 15 + 60, parent=references[2])
    db.commit()
    turns = issue_store.in_turns(issue_store.read_summary(db, CITY), issue_store.read_summary(db, CITY))
    assert len(list(turns)) == 7
    after, read = built(db, known)
    assert (after != before, read) == (True, 20)
    assert as_the_log(db, known, after)
    assert built(db, known) == (after, 1), "what something was linked to"


def test_rows_are_held_some_at_a_time_and_of_months_that_are_counted_alone(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by the first build of a day, which looks through all for months in which only time has passed."""
    every_eight_days(db, monkeypatch)
    before, _ = built(db, known)
    monkeypatch.setattr(issue_store, "ROWS_AT_ONCE", 5)
    now, march = now_of(db), 2026 * 12 + 2
    ready = keeping.follow(db, known.cities[CITY], JANUARY + dt.timedelta(days=90), now, lambda _: None)
    every, of_march = ready.facts(), ready.facts({march})
    assert every.tolist() == [row for some in ready.facts_in_turns() for row in some.tolist()]
    assert [len(some) for some in ready.facts_in_turns()] == [4] * 8
    counted_in = issue_store.together([every[every[name] == march] for name in issue_store.MONTHS])
    assert {row[0] for row in of_march.tolist()} == {row[0] for row in counted_in.tolist()}
    assert len(of_march) < sum(map(len, ready.facts_in_turns({march}))) < len(every) == 32
    db.rollback()
    after, read = built(db, known, day=95)
    assert (after != before, read) == (True, 0)
    assert as_the_log(db, known, after, day=95)


@pytest.mark.usefixtures("few_at_once")
def test_a_city_is_read_whole_some_rows_at_a_time(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = every_eight_days(db, monkeypatch)
    happen(db, references[30], "duplicate_linked", 24 * 60, parent=references[1])
    happen(db, references[3], "duplicate_linked", 24 * 60, parent=references[29])
    happen(db, references[12], "resolved", 24 * 92)  # after the cut-off of the build
    db.commit()
    told: list[int] = []
    assert prove(db, known.cities[CITY], now_of(db), told.append) == 0
    assert len(told) > 10
    db.rollback()
    after, read = built(db, known)
    assert read == 32
    assert as_the_log(db, known, after)


@pytest.mark.usefixtures("few_at_once")
def test_a_proof_mends_what_differs_wherever_it_lies(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are wrong, missing, or of requests the log does not have: first, in the midst, and last."""
    every_eight_days(db, monkeypatch)
    built(db, known)
    monkeypatch.setattr(
        keeping, "OVERLAP", dt.timedelta()
    )  # what is missing of these minutes, any build finds
    city, empty = known.cities[CITY], issue_store.together(())
    true = issue_store.read_buckets(db, CITY, issue_store.read_summary(db, CITY))
    assert len(true) == 8
    first, second, *_, last = sorted(true)
    wrong = true[second].copy()
    wrong["resolution"][:3] += 1
    own = issue_store.BUCKET_BITS
    strange = {number: true[first].copy() for number in (first - 9, second - 1, last + 9)}
    for number, rows in strange.items():
        rows["id"] = [(number << (32 - own)).to_bytes(4, "big") + bytes([n] * 12) for n in range(4)]
    issue_store.put_buckets(db, CITY, {second: wrong, last: empty} | strange)
    db.commit()
    assert prove(db, city, now_of(db)) == 3 + 4 + 3 * 4
    mended = issue_store.read_buckets(db, CITY, issue_store.read_summary(db, CITY))
    assert {number: rows.tobytes() for number, rows in mended.items()} == {
        number: rows.tobytes() for number, rows in true.items()
    }
    assert prove(db, city, now_of(db)) == 0
    after, _ = built(db, known)
    assert as_the_log(db, known, after)


def test_a_proof_mends_what_a_bucket_says_of_itself(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months are counted from the buckets that name them: rows that are right do not help where none does."""
    every_eight_days(db, monkeypatch)
    built(db, known)
    true = issue_store.read_summary(db, CITY)
    fourth = sorted(true)[3]
    says_none = "update indicator_part set months = '{}' where city_id = %s and bucket = %s"
    assert db.execute(says_none, (CITY, fourth)).rowcount == 1
    without_rows = """
        insert into indicator_part (city_id, bucket, requests, events, months, groups, digest, content)
        select city_id, bucket + 1, 0, 0, months, groups, digest, '' from indicator_part where bucket = %s
    """
    assert db.execute(without_rows, (max(true),)).rowcount == 1
    db.commit()
    assert prove(db, known.cities[CITY], now_of(db)) == 4
    assert issue_store.read_summary(db, CITY) == true


def test_a_proof_as_of_a_time_before_what_is_known_takes_nothing_back(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock may go back a few seconds."""
    references = every_eight_days(db, monkeypatch)
    earlier = now_of(db)
    happen(db, references[9], "resolved", 24 * 70)
    db.commit()
    before, _ = built(db, known)
    assert prove(db, known.cities[CITY], earlier) == 0
    assert db.execute("select proved_at from indicator_build").fetchone() == (earlier,)
    assert built(db, known) == (before, 0)
    assert as_the_log(db, known, before)


def test_months_of_a_snapshot_are_gone_through_a_few_at_a_time(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of its own and those it shares with the ones before; and the newest are found without the others."""
    references = every_eight_days(db, monkeypatch)
    built(db, known)
    happen(db, references[20], "resolved", 24 * 88)
    db.commit()
    after, _ = built(db, known)
    monkeypatch.setattr(snapshots, "ROWS_AT_ONCE", 2)
    every = snapshots.month_cells(db, CITY, after)
    assert [month.month for month in every] == [1, 2, 3, 4]
    gone_through = list(snapshots.kept_months(db, CITY, after))
    told = [(month, packed.to_bytes(), packed.to_bytes()) for month, packed in every.items()]
    assert [(month, packed.to_bytes(), content) for month, packed, content in gone_through] == told
    for count in (1, 3, 9):
        newest = snapshots.newest_months(db, CITY, after, count)
        assert list(newest) == list(every)[-count:]
        assert [one.to_bytes() for one in newest.values()] == [one for _, one, _ in told][-count:]
    assert snapshots.newest_months(db, "th-bkk", after, 3) == {}


def test_what_fails_on_the_way_leaves_no_cursor_open(
    db: Db, known: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed later, in a transaction whose savepoint took it away, it would spoil the build around it."""
    every_eight_days(db, monkeypatch)
    built(db, known)

    def broken(_: bytes) -> None:
        raise ValueError("nothing is said")

    monkeypatch.setattr("nagara.indicators.usual_sheets.code_pieces", broken)
    with pytest.raises(ValueError, match="nothing is said") as remembered:
        keep_usual(db, known, CITY, now_of(db))
    assert db.execute("select count(*) from pg_cursors").fetchone() == (0,)
    assert remembered.value.__traceback__ is not None, "what was on its way then is not let go of before"


def test_ids_are_found_whatever_bytes_they_have() -> None:
    """Zeros among them, or at their end."""
    chance = random.Random(5)
    ids = sorted({bytes(chance.choice((0, 0, 1, 255)) for _ in range(16)) for _ in range(400)})
    there, others = ids[::3], ids[1::3]
    keys = issue_store.sortable(b"".join(there))
    for asked, answer in ((there, True), (others, False)):
        places, found = issue_store.looked_up(issue_store.sortable(b"".join(asked)), keys)
        assert found.tolist() == [answer] * len(asked)
        if answer:
            assert places.tolist() == list(range(len(asked)))
    none = issue_store.sortable(b"")
    assert issue_store.looked_up(keys, none)[1].tolist() == [False] * len(keys)
    assert issue_store.looked_up(none, keys)[1].tolist() == []
