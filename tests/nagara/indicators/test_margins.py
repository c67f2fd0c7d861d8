"""Whichever way cells are added up or read, they are the same to the last digit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nagara.indicators import margins
from nagara.indicators.cells import TABLES, Cell
from nagara.indicators.code_cells import places_of
from nagara.indicators.counts import quantiles
from nagara.indicators.making import backlog_of
from nagara.indicators.margins import added_up
from nagara.indicators.month_sums import MonthSums
from nagara.indicators.packed import CURVES, SCALARS, Packed, PartKey, code_pieces, of_code
from nagara.indicators.snapshots import part_of
from nagara.indicators.usual_sheets import EveryMonth

PARTS: list[PartKey] = [
    (code, district, emergency)
    for code in ("noise", "road_pothole", "street_light")
    for district in ("-", "1", "2")
    for emergency in (False, True)
]
amounts = st.integers(1, 5_000)
months = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from(PARTS), st.integers(0, len(SCALARS) - 1), amounts), max_size=30),
        st.lists(
            st.tuples(
                st.sampled_from(PARTS), st.integers(0, len(CURVES) - 1), st.integers(3_000, 3_040), amounts
            ),
            max_size=80,
        ),
    ),
    max_size=4,
)


def packed(scalars: list[Any], curves: list[Any]) -> Packed:
    """A month of these numbers."""
    parts = sorted({row[0] for row in (*scalars, *curves)})
    number = {part: place for place, part in enumerate(parts)}

    def columns(rows: list[Any], width: int) -> Any:
        found = np.array([(number[row[0]], *row[1:]) for row in rows], dtype=np.int64).reshape(-1, width)
        return tuple(found.T)

    return Packed.of(parts, [columns(scalars, 3)], [columns(curves, 4)])


def told(cells: dict[str, Cell]) -> dict[str, Any]:
    return {name: cell.to_json() for name, cell in cells.items()}


@settings(max_examples=60, deadline=None)
@given(months)
def test_cells_laid_out_are_those_that_are_sorted_and_those_of_one_code_lie_together(
    given_months: list[Any],
) -> None:
    every = [packed(*month) for month in given_months]
    expected = told(Packed.merged(every).grouped(lambda part: part[0])) if every else {}
    for room in (0, 1_000_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(margins, "ROOM", room)
            assert told(added_up(every, lambda part: part[0])) == expected
    for code in ("noise", "street_light", "unknown"):
        pieces = []
        for month in every:
            content = month.to_bytes()
            places = code_pieces(content)
            assert places is not None
            if code in places:
                at, length, then, rest = places[code]
                pieces.append((content[at - 1 : at - 1 + length], content[then - 1 : then - 1 + rest]))
        own = told(added_up([of_code(code, pieces)], lambda part: part[0]))
        assert own == told(added_up([part_of(month, code) for month in every], lambda part: part[0]))


@settings(max_examples=60, deadline=None)
@given(months)
def test_what_is_told_of_months_one_after_another_is_told_of_all(given_months: list[Any]) -> None:
    """Their sums, their open issues and the pieces they lie in; only those of late are held."""
    days = [dt.date(2026, 1 + number, 1) for number in range(len(given_months))]
    every = {day: packed(*month) for day, month in zip(days, given_months, strict=True)}
    contents = {day: month.to_bytes() for day, month in every.items()}
    since = dt.date(2026, 3, 1)
    found = EveryMonth.of(((day, month, contents[day]) for day, month in every.items()), since)
    assert found.sums.to_bytes() == MonthSums.of(every).to_bytes()
    assert found.backlog.to_bytes() == backlog_of(every).to_bytes()
    assert found.pieces == {day: code_pieces(content) for day, content in contents.items()}
    assert found.emergencies == [day for day, month in every.items() if any(part[2] for part in month.parts)]
    assert found.recent == {day: month for day, month in every.items() if day >= since}


def test_of_a_month_with_other_columns_nobody_says_where_a_code_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    month = packed([(PARTS[0], 0, 3)], [(PARTS[0], len(TABLES), 3_000, 2)])
    content, empty = month.to_bytes(), packed([], []).to_bytes()
    found = places_of({dt.date(2026, 3, 1): code_pieces(content)}, empty, [])
    assert found is not None
    assert list(found["codes"]) == ["noise"]
    monkeypatch.setattr("nagara.indicators.packed.SCALARS", SCALARS[:-1])
    assert places_of({dt.date(2026, 3, 1): code_pieces(content)}, empty, []) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_are_numpys_to_the_last_digit(values: list[float], share: float) -> None:
    numbers = np.array(values)
    assert quantiles(numbers, (share, 0.025, 0.5)) == np.quantile(numbers, (share, 0.025, 0.5)).tolist()
