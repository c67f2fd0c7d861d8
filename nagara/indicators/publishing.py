"""What of a figure may be shown to whom: small numbers, unstable figures, figures that may still move. Pure.

The public sees no count of 1 to 9 and no rate that rests on so few; officials see them with a flag. A flag is a
word from a closed list, so that whoever draws a figure can say in any language what it means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from nagara.indicators.definitions import BY_ID, FEW
from nagara.indicators.proportions import Z
from nagara.indicators.reasons import explained
from nagara.indicators.suppression import (
    is_few,
    is_unstable,
    rate_withheld,
    suppressed,
    suppressed_classes,
    suppressed_line,
)

Flag = Literal["provisional", "unstable", "few", "suppressed"]
FLAGS: Mapping[Flag, str] = {
    "provisional": "the cohort has not been followed for long enough: the value may still move",
    "unstable": "the standard error is above a quarter of the value",
    "few": "not shown in public, because so few are counted",
    "suppressed": "hidden because fewer than 10 are counted, or because sums would give those away",
}
TOO_FEW = f"fewer than {FEW}"
GIVEN_AWAY = "would let smaller numbers be worked out"
PLACES = 6
"""Decimals shown: finer than any interval, and free of the last digits' noise."""

OLDER = ("N7b.over30", "N7b.over90")
"""Shares of the backlog that are beyond an age. How many lie between the two is a number that nobody states."""

OLDER_FROM = {"N7b.over30": 2, "N7b.over90": 3}
"""The first class of age (of four, parted at 7, 30 and 90 days) that each of them counts."""

Shown = dict[str, Any]


def publish(figures: Mapping[str, Mapping[str, Any]], *, internal: bool = False) -> dict[str, Shown]:
    """Every figure as it is shown: rounded, flagged, and without small counts unless ``internal``.

    To be given all figures of a group that are ever shown together or one by one: what two of them tell by their
    difference is hidden as if it stood there.
    """
    shown = {key: published(key, figure, internal=internal) for key, figure in figures.items()}
    if not internal and _between_told(shown):
        shown[OLDER[0]] = hidden(shown[OLDER[0]])
    return shown


def _between_told(shown: Mapping[str, Shown]) -> bool:
    """Whether the two shares of old issues tell that 1 to 9 are of an age between; the older share is kept then."""
    least, most = (shown[key]["events"] if key in shown else None for key in reversed(OLDER))
    return least is not None and most is not None and is_few(most - least)


def ages_shown(classes: Sequence[int], shown: Mapping[str, Mapping[str, Any]]) -> list[int | None]:
    """Open issues by the four classes of age, as the public sees them beside the figures it is shown.

    Guarantee: with their total and those figures' counts, no class of 1 to 9 can be worked out.
    """
    told = [place for key, place in OLDER_FROM.items() if key in shown and shown[key]["events"] is not None]
    return suppressed_classes(classes, told)


def published(key: str, figure: Mapping[str, Any], *, internal: bool = False) -> Shown:
    """One figure, by the id of its definition; see ``publish``."""
    shown: Shown = {**figure}
    value, low, high = figure["value"], figure["low"], figure["high"]
    flags: list[Flag] = []
    if value is not None:
        shown["value"] = round(value, PLACES)
        if figure["provisional"]:
            flags.append("provisional")
        if low is not None and high is not None and is_unstable(value, (high - low) / (2 * Z)):
            flags.append("unstable")
    if low is not None:
        shown["low"] = round(low, PLACES)
    if high is not None:
        shown["high"] = round(high, PLACES)
    reason = _few(key, figure)
    if reason and internal:
        flags.append("few")
    elif reason:
        shown["value"] = shown["low"] = shown["high"] = None
        shown["withheld"] = reason
        flags = ["suppressed"]
    if not internal:
        for name in ("n", "events"):
            if is_few(figure[name] or 0):
                shown[name] = None
    shown["flags"] = flags
    return shown | explained(shown["withheld"]) if shown["withheld"] else shown


def is_seen(key: str, figure: Mapping[str, Any]) -> bool:
    """Whether the public sees the value of a figure, by the id of its definition."""
    return figure["value"] is not None and _few(key, figure) is None


def hidden(shown: Mapping[str, Any]) -> Shown:
    """The same figure hidden, because with others it would let a small number be worked out."""
    nothing = dict.fromkeys(("value", "low", "high", "n", "events"))
    said = {"withheld": GIVEN_AWAY, "provisional": False, "flags": ["suppressed"]}
    return {**shown, **nothing, **said, **explained(GIVEN_AWAY)}


def _few(key: str, figure: Mapping[str, Any]) -> str | None:
    """Why the public does not see it; None where it does, or where there is nothing to see."""
    if figure["value"] is None:
        return None
    definition = BY_ID.get(key)
    unit = definition.unit if definition else "share"
    if unit == "count":
        return TOO_FEW if is_few(int(figure["value"])) else None
    if unit == "share" and figure["events"] is not None:
        return rate_withheld(figure["n"], figure["events"]) if figure["events"] else None
    return TOO_FEW if is_few(figure["n"]) else None


def cells_hidden(
    counts: Mapping[tuple[str, str], int], rows: Sequence[str], columns: Sequence[str]
) -> set[tuple[str, str]]:
    """Cells of a table by (row, column) that must not be shown, small ones and those that would give them away.

    Totals are cells of the row or column ''. A total of 1 to 9 is hidden like any count, with the next smallest
    total beside it. Guarantee: solving the sums of what is shown determines no hidden cell.
    """
    table = [[counts.get((row, column), 0) for column in columns] for row in rows]
    found = {
        (rows[r], columns[c])
        for r, line in enumerate(suppressed(table))
        for c, count in enumerate(line)
        if count is None
    }
    for name, totals in (
        ("row", [sum(line) for line in table]),
        ("column", [sum(c) for c in zip(*table, strict=True)]),
    ):
        for index, count in enumerate(suppressed_line(totals)):
            if count is None:
                found.add((rows[index], "") if name == "row" else ("", columns[index]))
    return found
