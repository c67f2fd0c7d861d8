"""Timers of one interval ring in turn, each once in every interval, whenever the clock looks, whatever was missed."""

from __future__ import annotations

import datetime as dt
import pickle
from itertools import pairwise

import pytest
from celery.schedules import crontab

from workers.phases import EPOCH, Phased, in_turn
from workers.schedule import SCHEDULE

SECOND = dt.timedelta(seconds=1)
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


class Clock:
    """A time of its own."""

    def __init__(self) -> None:
        self.now = NOON

    def phased(self, every: dt.timedelta, phase: dt.timedelta) -> Phased:
        return Phased(every, phase, nowfun=lambda: self.now)


def rings(clock: Clock, timer: Phased, for_: dt.timedelta, late: dt.timedelta) -> list[dt.datetime]:
    """When a timer rings that is looked at when it says, and a little later than that."""
    until, last, rung = clock.now + for_, clock.now, []
    while clock.now < until:
        due, again = timer.is_due(last)
        if due:
            rung.append(clock.now)
            last = clock.now
        clock.now += dt.timedelta(seconds=again) + late
    return rung


@pytest.mark.parametrize("late", [SECOND * 0, SECOND / 1000, SECOND / 4])
def test_it_rings_once_in_every_interval_at_its_own_moment(late: dt.timedelta) -> None:
    clock = Clock()
    rung = rings(clock, clock.phased(2 * SECOND, SECOND / 2), 60 * SECOND, late)
    assert len(rung) == 30
    assert {(at - EPOCH) % (2 * SECOND) - SECOND / 2 for at in rung} == {late}


def test_what_was_missed_is_made_up_for_once_and_the_next_comes_at_its_moment() -> None:
    clock = Clock()
    timer = clock.phased(2 * SECOND, SECOND)
    due, again = timer.is_due(NOON - 60 * SECOND)
    assert (due, again) == (True, 1.0)
    assert timer.is_due(NOON) == (False, 1.0)


def test_timers_of_one_interval_share_it_and_those_by_the_calendar_stay() -> None:
    phased = in_turn(SCHEDULE)
    assert list(phased) == list(SCHEDULE)
    often = [one["schedule"] for one in phased.values() if isinstance(one["schedule"], Phased)]
    two = sorted(one.phase for one in often if one.run_every == 2 * SECOND)
    gaps = [later - earlier for earlier, later in pairwise(two)]
    assert two[0] == dt.timedelta()
    assert max(gaps) - min(gaps) < SECOND / 1000
    assert max(gaps) * len(two) == pytest.approx(2 * SECOND, abs=SECOND / 1000)
    for name, timer in SCHEDULE.items():
        ours = phased[name]["schedule"]
        if isinstance(timer["schedule"], crontab):
            assert ours is timer["schedule"]
        else:
            assert ours.run_every == timer["schedule"]
        assert {**phased[name], "schedule": None} == {**timer, "schedule": None}
    assert phased["climb what is due"]["schedule"] != phased["compose notices"]["schedule"]
    one = phased["compose notices"]["schedule"]
    assert pickle.loads(pickle.dumps(one)) == one
