"""Nobody subtracts one published period from another and finds a small number of reports: a test that tries."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np

from nagara.indicators.figure import Figure, share
from nagara.indicators.publishing import GIVEN_AWAY, ages_shown, publish
from nagara.indicators.suppression import (
    blocks_of,
    gives_away,
    is_few,
    suppressed_classes,
    suppressed_line,
)

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


def aged(classes: list[int]) -> tuple[dict[str, dict[str, object]], list[int | None]]:
    """What the public sees of a backlog of these ages: its figures, and its classes."""
    total = sum(classes)
    figures = {
        "N7b.median": Figure(200.0, None, None, total),
        "N7b.over30": share("N7b.over30", sum(classes[2:]), total),
        "N7b.over90": share("N7b.over90", classes[3], total),
    }
    shown = publish({key: figure.as_json() for key, figure in figures.items()})
    return shown, ages_shown(classes, shown)


def told_sums(shown: dict[str, dict[str, object]], classes: list[int | None]) -> list[list[int]]:
    """Of which classes sums are told, a row for each: by a number, or by a share of the total."""
    rows = [[int(place == own) for place in range(4)] for own in range(4) if classes[own] is not None]
    if any(shown[key]["n"] is not None for key in shown):
        rows.append([1, 1, 1, 1])
    for key, first in (("N7b.over30", 2), ("N7b.over90", 3)):
        if shown[key]["events"] is not None or shown[key]["value"] is not None:
            rows.append([int(place >= first) for place in range(4)])
    return rows


def test_no_small_class_of_age_can_be_worked_out_from_what_stands_beside_it() -> None:
    """Every sum that is told, solved together, determines no class of 1 to 9."""
    chance = random.Random(17)
    hidden_shares = 0
    for _ in range(3000):
        classes = [chance.choice([0, 0, 1, 3, 9, 10, 25, 140]) for _ in range(4)]
        shown, told = aged(classes)
        assert all(one in (None, count) for one, count in zip(told, classes, strict=True))
        sums = np.array(told_sums(shown, told) or [[0] * 4])
        rank = np.linalg.matrix_rank(sums)
        for place, count in enumerate(classes):
            own = np.eye(4, dtype=int)[place]
            if is_few(count):
                assert told[place] is None
                assert np.linalg.matrix_rank(np.vstack([sums, own])) > rank, (classes, told)
        hidden_shares += shown["N7b.over30"]["withheld"] == GIVEN_AWAY
        if not any(map(is_few, classes)):
            assert told == classes, "nothing is hidden for nothing"
    assert hidden_shares > 100, "two shares whose difference is small are met"


def test_of_two_shares_that_tell_a_small_class_the_older_one_is_kept() -> None:
    shown, told = aged([40, 30, 4, 60])
    assert (shown["N7b.over30"]["withheld"], shown["N7b.over30"]["events"]) == (GIVEN_AWAY, None)
    assert (shown["N7b.over90"]["events"], told) == (60, [40, None, None, 60])
    shown, told = aged([40, 30, 20, 4])
    assert (shown["N7b.over30"]["events"], shown["N7b.over90"]["events"]) == (24, None)
    assert told == [40, 30, None, None]
    assert aged([60, 4, 20, 30])[1] == [None, None, 20, 30]
    assert aged([2, 0, 0, 1])[1] == [None, None, None, None]
    officials = publish({"N7b.over30": share("N7b.over30", 64, 134).as_json()}, internal=True)
    assert officials["N7b.over30"]["events"] == 64


def test_what_is_hidden_together_is_not_small_where_more_can_be_hidden() -> None:
    assert suppressed_line([3, 4, 50, 20]) == [None, None, 50, None], "seven in two are few, too"
    assert suppressed_line([3, 9, 50]) == [None, None, 50]
    assert suppressed_line([3, 0, 0]) == [None, None, None], "nothing else is there to hide"
    assert suppressed_line([0, 12]) == [0, 12]
    assert suppressed_line([]) == []
    assert suppressed_classes([3, 20, 30, 40], [2]) == [None, None, 30, 40]
    assert suppressed_classes([3, 20, 30, 40], []) == [None, None, 30, 40]
    assert suppressed_classes([30, 20, 30, 4], [2, 2, 0]) == [30, 20, None, None]
