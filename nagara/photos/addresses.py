"""Addresses of pictures that open for the holder of a private link, without the link's token in them.

A browser asks for a picture by its address alone, and addresses stand in histories, logs and caches. So the address
carries a moment and a signature made with the token: it opens this one picture until that moment, and nothing else.
A renewed link changes the token, and with it closes every address made before.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import uuid
from typing import NamedTuple

STEP_SECONDS = 1800
"""Addresses hold between one step and two: within a step they stay the same, so that a page shows no picture twice."""


class Signed(NamedTuple):
    """What a signed address says, and when it was asked for."""

    until: int
    """Seconds since 1970."""
    key: str
    asked_at: dt.datetime


def signed_query(token: str, photo_id: uuid.UUID | str, now: dt.datetime) -> str:
    """The query of an address that opens the picture for the next half hour at least, an hour at most."""
    until = (int(now.timestamp()) // STEP_SECONDS + 2) * STEP_SECONDS
    return f"?until={until}&key={_signature(token, photo_id, until)}"


def opens(token: str, photo_id: uuid.UUID, signed: Signed) -> bool:
    """Whether the picture's address was given to somebody who held the token, and holds still."""
    if signed.until <= signed.asked_at.timestamp():
        return False
    right = _signature(token, photo_id, signed.until)
    return hmac.compare_digest(signed.key.encode(), right.encode())


def _signature(token: str, photo_id: uuid.UUID | str, until: int) -> str:
    words = f"picture:{photo_id}:{until}"
    return hmac.new(token.encode(), words.encode(), hashlib.sha256).hexdigest()[:32]
