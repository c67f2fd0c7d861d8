"""One published figure: a value with limits, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nagara.indicators.definitions import BY_ID, ENOUGH_EVENTS
from nagara.indicators.proportions import NOTHING, Estimate, wilson

NONE = "none"
"""The reason of a figure of nothing: no such request in the period."""


@dataclass(frozen=True)
class Figure:
    """One figure: value and 95 % limits in the unit of its definition, of how many, or why withheld."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    events: int | None = None
    """Of the n, how many ended (or met the condition of a share)."""
    withheld: str | None = None
    """Why there is no value; None where there is one, or where a quantile was not reached."""
    provisional: bool = False
    """The cohort has not been followed for long enough; the value may still move."""
    note: str | None = None
    flags: tuple[str, ...] = ()
    """What a reader must know of it, from a closed list (see ``publishing``); empty until it is published."""

    def as_json(self) -> dict[str, Any]:
        """All fields, for JSON."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "events": self.events,
            "withheld": self.withheld,
            "provisional": self.provisional,
            "note": self.note,
            "flags": list(self.flags),
        }


def too_few(definition: str, n: int, events: int | None = None) -> str | None:
    """Why so few are not enough for a figure; None where they are."""
    least = BY_ID[definition].minimum_n
    if n < least:
        return f"fewer than {least} issues"
    if events is not None and events < ENOUGH_EVENTS:
        return f"fewer than {ENOUGH_EVENTS} of {n} had ended"
    return None


def figure(
    estimate: Estimate,
    n: int,
    events: int | None,
    reason: str | None,
    provisional: bool = False,
    note: str | None = None,
) -> Figure:
    """An estimate as a figure; without a value where there is a reason to withhold it."""
    if reason:
        return Figure(None, None, None, n, events, reason)
    return Figure(estimate.value, estimate.low, estimate.high, n, events, provisional=provisional, note=note)


def share(definition: str, having: int, n: int) -> Figure:
    """A share with Wilson's interval; withheld below its definition's minimum."""
    reason = too_few(definition, n) if n else NONE
    return figure(wilson(having, n) if n else NOTHING, n, having, reason)
