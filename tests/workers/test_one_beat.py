"""Of several clocks one rings: a lock in PostgreSQL says which. Whoever takes over knows when each task last ran."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kombu.connection import Connection as BrokerConnection
from kombu.messaging import Producer

from nagara.local.ports import free_port
from nagara.locks import NAMESPACE, Lock
from tests.helpers import Connection
from tests.waiting import wait_until

if TYPE_CHECKING:
    from workers.one_beat import OneBeat

HOLDER = "select pid from pg_locks where locktype = 'advisory' and classid = %s and objid = %s and granted"
Clock = Callable[[str], "OneBeat"]


@pytest.fixture
def clock(database_url: str, tmp_path: Path) -> Iterator[Clock]:
    """Make clocks of the application's timers; all let go at the end."""
    from workers.app import app
    from workers.one_beat import OneBeat

    made: list[OneBeat] = []

    def make(name: str) -> OneBeat:
        made.append(OneBeat(app=app, max_interval=2.0, schedule_filename=str(tmp_path / name)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def rings(clock: OneBeat) -> bool:
    """Whether a clock is the one, without letting it ring."""
    return clock._is_the_one()


def holder(owner: Connection) -> int | None:
    row = owner.execute(HOLDER, (NAMESPACE, Lock.BEAT)).fetchone()
    return row[0] if row else None


def test_one_rings_the_other_stands_by_and_takes_over_when_it_is_gone(
    owner: Connection, clock: Clock, tmp_path: Path
) -> None:
    first, second = clock("first"), clock("second")
    assert [rings(one) for one in (first, second, first, second)] == [True, False, True, False]
    assert second.tick() == 2.0, "whoever stands by rings nothing and looks again soon"
    assert (tmp_path / "second").exists()
    # Its connection is cut, as when its machine dies: the lock is free at once, and whoever asks first has it.
    owner.execute("select pg_terminate_backend(%s)", (holder(owner),))
    wait_until(lambda: holder(owner) is None, "the lock is free")
    assert [rings(second), rings(first), rings(first)] == [True, False, False]


def test_whoever_takes_over_goes_on_from_when_each_task_last_ran(owner: Connection, clock: Clock) -> None:
    ran = dt.datetime(2026, 11, 20, 18, 5, tzinfo=dt.UTC)
    owner.execute(
        "insert into timer_run (task, begun_at, ended_at, ok) values ('indicators.rebuild', %s, %s, true), "
        "('suggestions.learn', now() + interval '1 day', now(), true)",
        (ran, ran),
    )
    one = clock("only")
    assert rings(one)
    now = one.app.now()
    last = {entry.task: entry.last_run_at for entry in one.schedule.values()}
    assert last["indicators.rebuild"] == ran, "the night that was missed is made up for"
    assert last["suggestions.learn"] <= now, "a time to come is none at which it ran"
    assert now - last["retention.sweep"] < dt.timedelta(minutes=1), "what never ran is not rung at once"


def test_whoever_rings_writes_down_every_timer_and_how_long_it_may_be_silent(
    owner: Connection, clock: Clock
) -> None:
    from workers.schedule import SCHEDULE

    owner.execute(
        "insert into timer values ('no more', 'gone.task', interval '1 s', now() - interval '1 day')"
    )
    assert rings(clock("only"))
    known = {row[0]: row[1:] for row in owner.execute("select name, task, longest_gap from timer")}
    assert set(known) == set(SCHEDULE)
    assert known["climb what is due"] == ("escalation.sweep", dt.timedelta(seconds=2))
    assert known["tell the day"] == ("notifications.day", dt.timedelta(minutes=30))
    assert known["compute indicators anew"][1] == dt.timedelta(days=1)
    nightly = known["remove personal data whose time is over"]
    assert nightly == ("retention.sweep", dt.timedelta(hours=20, minutes=15)), "from 20:55 to 17:10"


def test_while_the_broker_is_away_the_clock_says_so_once(
    owner: Connection, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    one = clock("unheard")
    away = BrokerConnection(f"redis://127.0.0.1:{free_port()}")  # type: ignore[no-untyped-call]
    nobody = Producer(away)  # type: ignore[no-untyped-call]
    with caplog.at_level("INFO", logger="workers.one_beat"):
        for entry in list(one.schedule.values())[:2]:
            one.apply_entry(entry, producer=nobody)
    [said] = [record.getMessage() for record in caplog.records if record.name == "workers.one_beat"]
    assert said.startswith("the clock waits for the broker: ")


def test_a_clock_set_back_waits_for_nothing(owner: Connection, clock: Clock) -> None:
    one = clock("stepped")
    for entry in one.schedule.values():
        entry.last_run_at += dt.timedelta(hours=3)
    one._mend_future()
    assert all(entry.last_run_at <= one.app.now() for entry in one.schedule.values())
