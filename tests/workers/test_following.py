"""How long a worker that was nudged goes on looking, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, repeat
from math import inf

import pytest

from workers.following import AWAITED_S, FOLLOWS_FOR_S, IN_VAIN_S, RUSH_S, SELDOM_S, SOON_S, follow

LOOK_TAKES_S = 0.004


class Course:
    """A clock of its own: commits that come at these moments, looks that take a little, waits that pass at once."""

    def __init__(
        self, commits: Sequence[float], another_from: float = inf, next_comes_after: float = 0.05
    ) -> None:
        self.now, self.commits, self.another_from = 0.0, list(commits), another_from
        self.next_comes_after, self.called_at, self.look_takes = next_comes_after, inf, LOOK_TAKES_S
        self.looks: list[float] = []
        self.told: list[float] = []
        self.delays: list[float] = []

    def look(self) -> int:
        """Take what was committed by now."""
        self.looks.append(self.now)
        here = [one for one in self.commits if one <= self.now]
        self.delays += [self.now - one for one in here]
        self.commits = self.commits[len(here) :]
        self.now += self.look_takes
        return len(here)

    def go_on(self) -> bool:
        """Tell the others, unless another looks."""
        self.told.append(self.now)
        return self.now < self.another_from

    def hand_over(self) -> None:
        """Call the next."""
        assert self.called_at == inf, "one is called, once"
        self.called_at = self.now

    def taken_over(self) -> bool:
        """Whether the next has come."""
        return self.now >= self.called_at + self.next_comes_after

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def run(self, found: int = 0) -> bool:
        """Follow to the end."""
        return follow(self.look, self, self.wait, lambda: self.now, found)


def evenly(a_second: float, seconds: float) -> list[float]:
    return [n / a_second for n in range(int(a_second * seconds))]


def test_one_commit_is_handled_and_others_are_awaited_a_little() -> None:
    course = Course([0.0])
    assert course.run() is False
    assert course.delays == [0.0]
    assert IN_VAIN_S <= course.now < 2 * IN_VAIN_S
    assert len(course.looks) < 12, "a street on which nothing happens costs little"


def test_who_looks_is_believed_before_the_first_look_and_all_along() -> None:
    course = Course(evenly(50, FOLLOWS_FOR_S))
    course.run()
    assert course.told[0] == 0.0 <= course.looks[0]
    assert max(b - a for a, b in zip(course.told, course.told[1:], strict=False)) < 1.0


def test_of_two_who_look_one_leaves_it_to_the_other() -> None:
    course = Course(evenly(50, FOLLOWS_FOR_S), another_from=0.0)
    assert (course.run(), course.looks) == (False, [])
    course = Course(evenly(50, FOLLOWS_FOR_S), another_from=1.0)
    assert course.run() is False
    assert 1.0 <= course.now < 2.0


def test_commits_that_come_steadily_are_found_at_once_and_handed_over_after_some_seconds() -> None:
    course = Course(evenly(200, FOLLOWS_FOR_S + 1))
    assert course.run() is True
    assert FOLLOWS_FOR_S <= course.now < FOLLOWS_FOR_S + 0.1
    assert max(course.delays) <= SOON_S + LOOK_TAKES_S + 1e-9


def test_the_next_is_called_in_time_and_waited_for_while_looking_goes_on() -> None:
    course = Course(evenly(200, FOLLOWS_FOR_S + 9), next_comes_after=0.7)
    assert course.run() is True
    assert course.called_at + 0.7 <= course.now < course.called_at + 0.75
    gaps = [b - a for a, b in zip(course.looks, course.looks[1:], strict=False)]
    assert max(gaps) <= SOON_S + LOOK_TAKES_S + 1e-9
    course = Course(evenly(200, FOLLOWS_FOR_S + 9), next_comes_after=inf)
    assert course.run() is True, "nobody comes: its message waits for whoever does"
    assert course.now < FOLLOWS_FOR_S + AWAITED_S + 0.1


def test_a_look_that_took_long_is_not_taken_for_a_rush() -> None:
    course = Course(evenly(200, 3.0))
    seldom: list[float] = []

    def wait(seconds: float) -> None:
        seldom.append(seconds)
        course.look_takes = (
            0.2 if len(course.looks) % 20 == 0 else LOOK_TAKES_S
        )  # now and then another had the processor
        course.wait(seconds)

    follow(course.look, course, wait, lambda: course.now)
    assert not course.commits
    assert max(one for one, at in zip(seldom, course.looks, strict=False) if at < 2.9) == SOON_S


def test_what_comes_after_a_pause_waits_no_longer_than_the_pause() -> None:
    def with_pauses() -> Iterator[float]:
        at = 0.0
        for pause in repeat((0.005, 0.02, 0.06, 0.1), 8):
            for one in pause:
                at += one
                yield at

    course = Course(list(with_pauses()))
    assert course.run() is False
    assert not course.commits, "all were found before it ended"
    assert max(course.delays) <= 0.1


def test_very_many_are_taken_in_large_batches() -> None:
    course = Course(evenly(1200, FOLLOWS_FOR_S + 2))
    course.run()
    within = [b - a for a, b in zip(course.looks, course.looks[1:], strict=False)]
    assert max(within) <= SELDOM_S + LOOK_TAKES_S + 1e-9
    assert len([one for one in course.looks if one > 1.0]) <= (FOLLOWS_FOR_S + AWAITED_S) / SELDOM_S


def test_whoever_takes_over_in_a_rush_need_not_find_out_that_it_is_one() -> None:
    without, told = Course(evenly(1200, FOLLOWS_FOR_S + 2)), Course(evenly(1200, FOLLOWS_FOR_S + 2))
    without.run()
    told.run(found=700)
    before, now = (sum(at < 1.0 for at in one.looks) for one in (without, told))
    assert now <= 5
    assert before > 4 * now


@pytest.mark.parametrize("a_second", [10, 50, 200, 340])
def test_a_rush_that_is_over_keeps_nobody_waiting_for_long(a_second: int) -> None:
    calm = Course(evenly(a_second, 3.0))
    calm.run(found=700)
    assert max(calm.delays) <= RUSH_S + LOOK_TAKES_S
    later = [at for at in calm.looks if at > 2 * RUSH_S]
    assert max(b - a for a, b in pairwise(later)) <= IN_VAIN_S


def test_after_a_rush_it_looks_soon_again() -> None:
    rush = evenly(1200, 2.0)
    later = [2.0 + at for at in evenly(50, FOLLOWS_FOR_S)]
    course = Course(rush + later)
    course.run()
    within = [b - a for a, b in zip(course.looks, course.looks[1:], strict=False) if a > 4.0]
    assert max(within) < 0.05
