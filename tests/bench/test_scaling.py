"""The page about scaling holds what is reckoned, and the reckoning adds up."""

from __future__ import annotations

import pytest

from bench import scaling


def test_the_page_holds_what_is_reckoned() -> None:
    page = scaling.PAGE.read_text()
    block = page.partition(scaling.BEGIN)[2].partition(scaling.END)[0]
    assert block.strip() == scaling.reckoned().strip(), "run: python3 run.py bench scaling"


def test_a_flood_is_some_cities_many_times_over() -> None:
    mean, busiest, flood = (load.filed for load in scaling.loads())
    assert mean == pytest.approx(100e6 / (365 * 24 * 3600))
    assert mean < busiest < flood
    assert flood / busiest == pytest.approx((270 + 30 * 50) / 300)


def test_of_many_events_some_come_to_the_same_city() -> None:
    mean, busiest, flood = (load.touched(30) for load in scaling.loads())
    events = 100e6 * scaling.EVENTS.value / (365 * 24 * 3600) * 30
    one_after_another = 300 * (1 - (1 - 1 / 300) ** events)
    assert mean == pytest.approx(one_after_another, rel=0.01)
    assert mean < busiest < flood < 300
    assert scaling.loads()[0].touched(0.01) == pytest.approx(events / 3000, rel=0.01)


def test_builds_are_among_what_keeps_cores_busy() -> None:
    for load in scaling.loads():
        builds = load.touched(30) * scaling.build_of_a_city() / 30
        assert load.busy()[scaling.BUILDS] == pytest.approx(builds)
        assert load.cores() == pytest.approx(sum(load.busy().values()))


def test_a_hundred_looks_are_a_hundred() -> None:
    assert sum(share for share, _ in scaling.LOOKED_AT.values()) == 100
