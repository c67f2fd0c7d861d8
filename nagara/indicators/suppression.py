"""Small numbers in public tables: hidden, and hidden so that no sum gives them away.

Counts of 1 to 9 are suppressed; then, as long as a row or column with a published total would give a suppressed
cell away, its next smallest cell is suppressed too. What an outsider can still work out from the sums is found
exactly, not hoped away; a test solves the margins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nagara.indicators.definitions import FEW

FEWEST_OF_A_RATE = 20
FEWEST_EVENTS = 10
UNSTABLE_ERROR = 0.25
"""A figure whose standard error is above this share of its value is marked unstable."""

Table = Sequence[Sequence[int]]
Shown = list[list[int | None]]


def is_few(count: int) -> bool:
    """Whether a count is 1 to 9 and could point to somebody."""
    return 0 < count < FEW


def rate_withheld(denominator: int, events: int) -> str | None:
    """Why a public rate is withheld; None where it may be shown."""
    if denominator < FEWEST_OF_A_RATE:
        return f"fewer than {FEWEST_OF_A_RATE} cases"
    return f"fewer than {FEWEST_EVENTS} events" if events < FEWEST_EVENTS else None


def is_unstable(value: float, standard_error: float) -> bool:
    """Whether the relative standard error is above 25 % (of a count: fewer than 16)."""
    return value != 0 and abs(standard_error / value) > UNSTABLE_ERROR


def suppressed(table: Table) -> Shown:
    """The table with its small counts and enough others as None; all row, column and grand totals may be shown.

    Guarantee: the sums of rows and columns, solved together, determine no suppressed cell. Where that cannot be
    had (a single row or column besides its total), every cell is suppressed and the total must not be shown.
    """
    counts = np.array(table, dtype=np.int64)
    hidden = (counts > 0) & (counts < FEW)
    if hidden.any():
        _hide_companions(counts, hidden)
    return [
        [None if hidden[r, c] else int(counts[r, c]) for c in range(counts.shape[1])]
        for r in range(counts.shape[0])
    ]


def _hide_companions(counts: npt.NDArray[np.int64], hidden: npt.NDArray[np.bool_]) -> None:
    """Hide further cells, the fewest and smallest first, until nothing hidden can be worked out.

    Of each cell there is asked what could still be worked out with it, whether it is empty, its size, its place.
    """
    while True:
        given, between = _known_from_sums(hidden)
        if not given:
            return
        beside = np.zeros_like(hidden)
        beside[[row for row, _ in given]] = True
        beside[:, [column for _, column in given]] = True
        beside &= ~hidden
        rows, columns = np.nonzero(beside if beside.any() else ~hidden)
        if not len(rows):
            return
        size, circle = counts[rows, columns], between[rows, columns]
        still = np.where(circle >= 0, len(given) - circle, len(given) + 1)
        first = np.lexsort((columns, rows, size, size == 0, still))[0]
        hidden[rows[first], columns[first]] = True


def determined(hidden: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Suppressed cells that the totals of rows and columns determine.

    Rows and columns are the knots of a graph and suppressed cells its edges: amounts can be moved round a circle of
    cells without any total changing, so a cell is determined if and only if it lies on no circle (is a bridge).
    """
    return _known_from_sums(hidden)[0]


def _known_from_sums(hidden: npt.NDArray[np.bool_]) -> tuple[list[tuple[int, int]], npt.NDArray[np.int64]]:
    """The cells that are bridges, and how many of them lie between each row and each column; -1 where no way leads.

    With one more cell hidden a circle closes over the bridges between its row and its column, which are bridges no
    more; where no way leads it is a bridge itself. So of every cell there is known at once what hiding it would do.
    """
    cells = [(int(r), int(c)) for r, c in np.argwhere(hidden)]
    height, width = hidden.shape
    beside: dict[int, list[tuple[int, int]]] = {knot: [] for knot in (*range(height), *range(-width, 0))}
    for edge, (row, column) in enumerate(cells):
        for one, other in ((row, -1 - column), (-1 - column, row)):
            beside[one].append((other, edge))
    bridges = _bridges(beside)
    between = np.full((height, width), -1, dtype=np.int64)
    starts = range(height) if height <= width else range(-width, 0)
    for start in starts:
        for knot, crossed in _crossed(beside, bridges, start).items():
            if (knot < 0) != (start < 0):
                between[max(start, knot), -1 - min(start, knot)] = crossed
    return [cell for edge, cell in enumerate(cells) if edge in bridges], between


def _crossed(
    beside: Mapping[int, Sequence[tuple[int, int]]], bridges: Collection[int], start: int
) -> dict[int, int]:
    """How many bridges lead from one knot to each that can be reached: as many on every way."""
    found, waiting = {start: 0}, [start]
    while waiting:
        knot = waiting.pop()
        for other, edge in beside[knot]:
            if other not in found:
                found[other] = found[knot] + (edge in bridges)
                waiting.append(other)
    return found


def _bridges(beside: Mapping[int, Sequence[tuple[int, int]]]) -> set[int]:
    """Edges on no circle (Tarjan, 1974): none of what is reached through them leads back before them."""
    seen: dict[int, int] = {}
    low: dict[int, int] = {}
    found: set[int] = set()
    for root in beside:
        if root in seen:
            continue
        seen[root] = low[root] = len(seen)
        path = [(root, -1, iter(beside[root]))]
        while path:
            knot, came_by, further = path[-1]
            step = next(further, None)
            if step is None:
                path.pop()
                if path:
                    before = path[-1][0]
                    low[before] = min(low[before], low[knot])
                    if low[knot] > seen[before]:
                        found.add(came_by)
            elif step[1] != came_by:
                if step[0] in seen:
                    low[knot] = min(low[knot], seen[step[0]])
                else:
                    seen[step[0]] = low[step[0]] = len(seen)
                    path.append((step[0], step[1], iter(beside[step[0]])))
    return found


def blocks_of(counts: Sequence[int]) -> list[int]:
    """Where a line of months may be cut: places between months, 0 before the first, in order.

    From the first month on, months are taken together until they hold none or ten at least; what is left over at the
    end goes to the block before it. What is shown of whole blocks alone lets nobody subtract one period from another
    and find 1 to 9.
    """
    cuts, held = [0], 0
    for place, count in enumerate(counts, 1):
        held += count
        if not is_few(held):
            cuts.append(place)
            held = 0
    while is_few(held) and len(cuts) > 1:
        end = cuts.pop()
        held += sum(counts[cuts[-1] : end])
    return cuts if cuts[-1] == len(counts) else [*cuts, len(counts)]


def gives_away(counts: Mapping[int, int], first: int, last: int) -> bool:
    """Whether the sum of the months from ``first`` to ``last``, subtracted from such of other months, gives 1 to 9.

    Months are numbers that count on over years; those that are not in ``counts`` hold none.
    """
    if not counts:
        return False
    begin, end = min(counts), max(counts)
    cuts = blocks_of([counts.get(month, 0) for month in range(begin, end + 1)])
    left, right = min(max(first - begin, 0), end - begin + 1), min(max(last + 1 - begin, 0), end - begin + 1)
    return left < right and not {left, right} <= set(cuts)


def suppressed_line(counts: Sequence[int]) -> list[int | None]:
    """A line of counts beside its published total: the small ones hidden, and others that would give them away.

    Guarantee: what the total tells of the hidden counts is one sum, of two at least, and never 1 to 9 while anything
    else could be hidden with them.
    """
    hidden = {index for index, count in enumerate(counts) if is_few(count)}
    others = sorted(
        (i for i in range(len(counts)) if i not in hidden), key=lambda i: (counts[i] == 0, counts[i], i)
    )
    for companion in others:
        if not hidden or (len(hidden) > 1 and not is_few(sum(counts[i] for i in hidden))):
            break
        hidden.add(companion)
    return [None if index in hidden else count for index, count in enumerate(counts)]


def suppressed_classes(counts: Sequence[int], told: Collection[int]) -> list[int | None]:
    """A line of counts of which more than the total is published: the sums up to each of the places ``told``, too.

    Places lie between counts, 0 before the first. Guarantee: of a hidden count no more is known than of its neighbours
    between the same two places, as ``suppressed_line`` says; a count that stands there alone must not be small.
    """
    ends = sorted({0, *told, len(counts)})
    shown: list[int | None] = []
    for start, end in pairwise(ends):
        shown += suppressed_line(counts[start:end])
    return shown
