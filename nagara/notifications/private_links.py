"""The private link in what a request's own contact is sent: stored without its token, filled in when it is sent.

Whoever has the token counts as the reporter, so it never lies in a notice at rest, and goes to nobody but the
contact the request was filed with. It is the one that is right when the notice is sent; renewing the link later
kills it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import psycopg

from nagara.ids import resident_token
from nagara.notifications.audiences import is_own_contact
from nagara.settings import settings

UNFILLED = "?token=" + "*" * 40
"""Stands for the token, and is as long: a text message is cut to its parts before the token is known."""

GENERATION = "select link_generation from request where city_id = %s and id = %s and erased_at is null"


def filled(
    connection: psycopg.Connection[Any],
    city_id: str,
    request_id: uuid.UUID,
    audience: str,
    texts: Mapping[str, str | None],
) -> dict[str, str | None]:
    """The texts with the token in place; without one for any other audience, and once the request is erased."""
    if not any(UNFILLED in (text or "") for text in texts.values()):
        return dict(texts)
    row = None
    if is_own_contact(audience):
        row = connection.execute(GENERATION, (city_id, request_id), prepare=True).fetchone()
    token = f"?token={resident_token(settings().secret, city_id, request_id, row[0])}" if row else ""
    return {name: text and text.replace(UNFILLED, token) for name, text in texts.items()}
