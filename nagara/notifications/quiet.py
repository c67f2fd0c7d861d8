"""Quiet hours of a person: when they are told what comes in the night. Pure."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60


class Quiet(NamedTuple):
    """From and until which minute of the day, on which clocks, nobody is to be disturbed."""

    begins: int
    ends: int
    zone: str


def quiet_span(begins: int | None, ends: int | None, zone: str) -> Quiet | None:
    """Quiet hours as they are stored; None where there are none."""
    return Quiet(begins, ends, zone) if begins is not None and ends is not None else None


def told_from(quiet: Quiet | None, now: dt.datetime) -> dt.datetime | None:
    """When somebody may be told; None: now. A span over midnight ends on the next day."""
    if quiet is None or quiet.begins == quiet.ends:
        return None
    local = now.astimezone(ZoneInfo(quiet.zone))
    minute = local.hour * 60 + local.minute
    if quiet.begins < quiet.ends:
        if not quiet.begins <= minute < quiet.ends:
            return None
        day = local.date()
    else:
        if quiet.ends <= minute < quiet.begins:
            return None
        day = local.date() + dt.timedelta(days=minute >= quiet.begins)
    clock = dt.time(*divmod(quiet.ends, 60))
    return dt.datetime.combine(day, clock, ZoneInfo(quiet.zone)).astimezone(dt.UTC)


def as_kept(*spans: Quiet | None) -> str | None:
    """Quiet hours as they are kept with a message: ``21:00-06:00 Asia/Bangkok``; None where there are none."""
    written = {f"{clock(one.begins)}-{clock(one.ends)} {one.zone}" for one in spans if one is not None}
    return ", ".join(sorted(written)) or None


def rests_until(kept: str | None, now: dt.datetime) -> dt.datetime | None:
    """Until when the reader of a message with such hours is left alone; None: told now."""
    if kept is None:
        return None
    rests = [told_from(_read(one), now) for one in kept.split(", ")]
    return max((rest for rest in rests if rest is not None), default=None)


def _read(kept: str) -> Quiet:
    between, _, zone = kept.partition(" ")
    begins, ends = (int(part[:2]) * 60 + int(part[3:]) for part in between.split("-"))
    return Quiet(begins, ends, zone)


def clock(minute: int) -> str:
    """Minutes of the day as ``21:30``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def clock_span(begins: int | None, ends: int | None) -> dict[str, str] | None:
    """Quiet hours as they are shown; None where there are none."""
    return {"begins": clock(begins), "ends": clock(ends)} if begins is not None and ends is not None else None
