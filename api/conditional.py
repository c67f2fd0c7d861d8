"""Asked only if it changed, or only in part: ``If-None-Match``, ``Range`` and ``If-Range`` (RFC 9110). Pure."""

from __future__ import annotations

import re

ONE_PART = re.compile(r"bytes=(\d{1,15})?-(\d{1,15})?", re.ASCII)


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Whether the caller has what bears this tag; compared weakly, because proxies that pack weaken a tag."""
    known = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return "*" in known or tag.removeprefix("W/") in known


def asked_part(asked: str | None, if_range: str | None, tag: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last of the part that is asked for; None: all of it.

    Several parts, another unit, or a part of what has another tag by now get all of it, as the standard allows.
    Raises ValueError for a part that lies behind the end.
    """
    found = ONE_PART.fullmatch(asked.strip()) if asked else None
    if found is None or not any(found.groups()) or (if_range is not None and if_range.strip() != tag):
        return None
    if found[1] is None:
        first, after = max(0, size - int(found[2])), size
    else:
        first, after = int(found[1]), size if found[2] is None else min(int(found[2]) + 1, size)
        if found[2] is not None and int(found[2]) < first:
            return None
    if first >= after:
        raise ValueError(f"the part begins at {first} of {size}")
    return first, after
