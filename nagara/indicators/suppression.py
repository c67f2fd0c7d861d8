"""Small numbers in public tables: hidden, and hidden so that no sum gives them away.

Counts of 1 to 9 are suppressed; then, as long as a row or column with a published total would give a suppressed
cell away, its next smallest cell is suppressed too. What an outsider can still work out from the sums is checked
by solving the margins exactly, not by hoping.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

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
    """Hide further cells, the fewest and smallest first, until nothing hidden can be worked out."""
    while given := determined(hidden):
        rows, columns = {row for row, _ in given}, {column for _, column in given}
        shown = [(int(r), int(c)) for r, c in np.argwhere(~hidden)]
        beside = [cell for cell in shown if cell[0] in rows or cell[1] in columns] or shown
        if not beside:
            return
        hidden[min(beside, key=lambda cell: _cost(counts, hidden, cell))] = True


def _cost(
    counts: npt.NDArray[np.int64], hidden: npt.NDArray[np.bool_], cell: tuple[int, int]
) -> tuple[int, bool, int, tuple[int, int]]:
    """What speaks against hiding a cell: what could still be worked out, that it is empty, its size."""
    trial = hidden.copy()
    trial[cell] = True
    return len(determined(trial)), bool(counts[cell] == 0), int(counts[cell]), cell


def determined(hidden: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Suppressed cells that the totals of rows and columns determine, by solving the margins exactly."""
    cells = [(int(r), int(c)) for r, c in np.argwhere(hidden)]
    rows, columns = hidden.shape
    equations = [[Fraction(int(r == row)) for r, _ in cells] for row in range(rows)]
    equations += [[Fraction(int(c == column)) for _, c in cells] for column in range(columns)]
    reduced = _reduced(equations)
    known = {next(i for i, x in enumerate(line) if x) for line in reduced if sum(x != 0 for x in line) == 1}
    return [cell for index, cell in enumerate(cells) if index in known]


def _reduced(lines: list[list[Fraction]]) -> list[list[Fraction]]:
    """Reduced row echelon form; lines of zeros left out. A determined unknown stands alone in its line."""
    lines = [line[:] for line in lines]
    found: list[list[Fraction]] = []
    width = len(lines[0]) if lines else 0
    for column in range(width):
        pivot = next((line for line in lines if line[column]), None)
        if pivot is None:
            continue
        lines.remove(pivot)
        pivot = [x / pivot[column] for x in pivot]
        lines = [_without(line, pivot, column) for line in lines]
        found = [_without(line, pivot, column) for line in found] + [pivot]
    return found


def _without(line: list[Fraction], pivot: list[Fraction], column: int) -> list[Fraction]:
    factor = line[column]
    return [x - factor * y for x, y in zip(line, pivot, strict=True)] if factor else line
