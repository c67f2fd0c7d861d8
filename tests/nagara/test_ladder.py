from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nagara.ladder import next_step, steps
from tests.nagara.small_cities import local, small_city


def rung(step: int, **fields: Any) -> dict[str, Any]:
    return {"step": step, "tell": ["supervisor"], "because": f"Rung {step}", **fields}


CITY = small_city(
    ladder=[
        rung(3, after_due={"calendar_days": 2}, tell=["city_admin"], raise_priority_to="urgent"),
        rung(1, at_fraction=0.5, tell=["agent", "dispatcher"]),
        rung(2, after_due={"calendar_hours": 4}, raise_priority_to="high"),
    ]
)
RECEIVED = local(CITY, "2026-11-20 16:00")
DUE = local(CITY, "2026-11-26 16:00")


def test_rungs_come_in_order_of_time_with_what_they_do() -> None:
    first, second, third = steps(CITY, RECEIVED, DUE)
    assert [first.at, second.at, third.at] == [
        local(CITY, "2026-11-23 16:00"),  # half of six days, holidays and all
        local(CITY, "2026-11-26 20:00"),
        local(CITY, "2026-11-28 16:00"),
    ]
    assert (first.tell, first.raise_priority_to) == (("agent", "dispatcher"), None)
    assert (second.tell, second.raise_priority_to) == (("supervisor",), "high")
    assert (third.step, third.because) == (3, "Rung 3")


def test_without_a_promise_nobody_climbs() -> None:
    assert steps(CITY, RECEIVED, None) == ()
    assert next_step(CITY, RECEIVED, None, 0) is None


def test_without_a_ladder_nobody_climbs() -> None:
    assert steps(small_city(), RECEIVED, DUE) == ()


def test_each_rung_leads_to_the_next_and_the_last_to_none() -> None:
    climbed, step = [], next_step(CITY, RECEIVED, DUE, 0)
    while step:
        climbed.append(step.step)
        step = next_step(CITY, RECEIVED, DUE, step.step)
    assert climbed == [1, 2, 3]


def test_rungs_that_fall_together_come_by_number() -> None:
    city = small_city(ladder=[rung(2, at_fraction=0.5), rung(1, at_fraction=0.5)])
    assert [step.step for step in steps(city, RECEIVED, DUE)] == [1, 2]


def test_a_fraction_of_one_is_the_due_time() -> None:
    city = small_city(ladder=[rung(1, at_fraction=1)])
    assert steps(city, RECEIVED, DUE)[0].at == DUE


@given(
    st.timedeltas(dt.timedelta(hours=1), dt.timedelta(days=90)),
    st.timedeltas(max_value=dt.timedelta(days=90), min_value=dt.timedelta()),
)
def test_a_later_due_time_brings_no_rung_earlier(length: dt.timedelta, pause: dt.timedelta) -> None:
    sooner, later = (steps(CITY, RECEIVED, RECEIVED + length + extra) for extra in (dt.timedelta(), pause))
    assert all(one.at <= other.at for one, other in zip(sooner, later, strict=True))
    assert list(sooner) == sorted(sooner, key=lambda step: step.at)
