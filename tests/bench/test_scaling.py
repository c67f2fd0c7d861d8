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
