"""The thread that works ahead: the same items, few at a time, and gone when nobody asks it any more."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from nagara.ahead import SWITCH_SECONDS, ahead


def test_the_items_come_in_order_and_few_at_a_time() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number

    with ahead(items(), at_most=1) as line:
        for number in line:
            assert made[-1] <= number + 3, "one is used, one waits, one is handed over, one is being made"
    assert made == list(range(20))


def test_what_making_raises_is_raised_where_it_is_asked_for() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("the second")

    with ahead(items()) as line:
        assert next(line) == 1
        with pytest.raises(LookupError, match="the second"):
            next(line)


def test_whatever_ends_the_block_ends_the_thread_and_gives_the_interpreter_its_pace_back() -> None:
    before, threads = sys.getswitchinterval(), set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), ahead(iter(int, 1), at_most=1) as line:  # zeros without end
        assert next(line) == 0
        assert sys.getswitchinterval() <= SWITCH_SECONDS
        raise KeyboardInterrupt
    assert sys.getswitchinterval() == before
    assert set(threading.enumerate()) <= threads


def test_nobody_waits_for_a_thread_that_something_uncommon_ended() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise SystemExit(3)

    with ahead(items()) as line:
        assert next(line) == 1
        with pytest.raises(SystemExit):
            next(line)
