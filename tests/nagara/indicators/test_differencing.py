"""Nobody subtracts one published period from another and finds a small number of reports: a test that tries."""

from __future__ import annotations

import random
from itertools import combinations

from nagara.indicators.suppression import blocks_of, gives_away, is_few, suppressed_line

MONTHS = 14


def shown_sums(counts: list[int]) -> dict[tuple[int, int], int]:
    """Every period whose sum is published: small ones are not, and none that would give others away."""
    by_month = dict(enumerate(counts, 24_000))
    found = {}
    for first in range(MONTHS):
        for last in range(first, MONTHS):
            total = sum(counts[first : last + 1])
            if not is_few(total) and not gives_away(by_month, 24_000 + first, 24_000 + last):
                found[first, last] = total
    return found


def lines() -> list[list[int]]:
    chance = random.Random(3)
    rare = [[chance.choice([0, 0, 1, 2, 3, 7]) for _ in range(MONTHS)] for _ in range(60)]
    mixed = [[chance.choice([0, 2, 9, 10, 11, 40]) for _ in range(MONTHS)] for _ in range(60)]
    return [*rare, *mixed, [30] * MONTHS, [0] * MONTHS, [30] * (MONTHS - 1) + [3]]


def test_no_difference_of_two_published_periods_is_small() -> None:
    attacks = 0
    for counts in lines():
        found = shown_sums(counts)
        for one, other in combinations(found, 2):
            inside = one[0] <= other[0] and other[1] <= one[1]
            if inside or (other[0] <= one[0] and one[1] <= other[1]):
                attacks += 1
                assert not is_few(abs(found[one] - found[other])), (counts, one, other)
        for (first, middle), (begin, last) in combinations(
            sorted(found), 2
        ):  # a gap between two, and both in a third
            around = found.get((first, last))
            if middle < begin - 1 and around is not None:
                attacks += 1
                assert not is_few(around - found[first, middle] - found[begin, last]), counts
    assert attacks > 10_000


def test_without_the_rule_the_attack_succeeds() -> None:
    counts = [30, 12, 3, 25]
    assert sum(counts[:3]) - sum(counts[:2]) == 3, "two sums that are large each"
    assert suppressed_line(counts)[2] is None, "of a number that is not shown by itself"
    by_month = dict(enumerate(counts))
    assert not gives_away(by_month, 0, 1)
    assert gives_away(by_month, 0, 2)
    assert not gives_away(by_month, 0, 3)


def test_blocks_are_cut_where_ten_are_held_and_what_is_left_goes_to_the_last() -> None:
    assert blocks_of([30, 12, 3, 25, 0, 4]) == [0, 1, 2, 6]
    assert blocks_of([15, 9]) == [0, 2]
    assert blocks_of([3, 4]) == [0, 2]
    assert blocks_of([30, 12, 3, 25]) == [0, 1, 2, 4]
    assert blocks_of([]) == [0]
    assert not gives_away({}, 1, 2)
    assert not gives_away({5: 30, 6: 40}, 1, 99), "months of which nothing is known hold none"
