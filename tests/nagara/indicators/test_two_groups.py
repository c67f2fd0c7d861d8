"""Two groups held against each other, by the published vector and by lifelines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from nagara.indicators.survival import kaplan_meier, restricted_mean, risk_table
from nagara.indicators.two_groups import difference, log_rank
from tests.nagara.indicators.test_comparing_statistics import E, T

rows = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 1)), min_size=3, max_size=40)


def test_the_published_vector() -> None:
    even, odd = (risk_table(T[i::2], E[i::2]) for i in (0, 1))
    means = [restricted_mean(kaplan_meier(table), 48) for table in (even, odd)]
    assert means[0] is not None
    assert means[1] is not None
    found = difference(means[0], means[1])
    assert found.value == pytest.approx(-6.5714286, abs=1e-6)
    assert ((found.high or 0) - (found.low or 0)) / 2 / 1.959964 == pytest.approx(9.7486547, abs=1e-6)
    test = log_rank(even, odd)
    assert test is not None
    assert test.chi_squared == pytest.approx(0.2954453, abs=1e-6)
    assert test.p_value == pytest.approx(0.5867520, abs=1e-6)


@settings(max_examples=40)
@given(rows, rows)
def test_log_rank_agrees_with_lifelines(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    (t1, e1), (t2, e2) = (np.array(group).T for group in (one, other))
    found = log_rank(risk_table(t1, e1), risk_table(t2, e2))
    if found is None:
        return
    theirs = logrank_test(t1, t2, e1, e2)
    assert found.chi_squared == pytest.approx(theirs.test_statistic, rel=1e-6, abs=1e-9)
    assert found.p_value == pytest.approx(theirs.p_value, rel=1e-6, abs=1e-9)


def test_groups_in_which_nothing_ended_cannot_be_compared() -> None:
    assert log_rank(risk_table([5], [0]), risk_table([6], [0])) is None
