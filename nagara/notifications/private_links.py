"""The private link in what a request's own contact is sent: stored without its token, filled in when it is sent.

Whoever has the token counts as the reporter, so it never lies in a notice at rest, and goes to nobody but the
contact the request was filed with. It is the one that is right when the notice is sent; renewing the link later
kills it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from nagara.ids import resident_token
from nagara.notifications.audiences import is_own_contact
from nagara.settings import settings

UNFILLED = "?token=" + "*" * 40
"""Stands for the token, and is as long: a text message is cut to its parts before the token is known."""


def with_token(
    city_id: str,
    request_id: uuid.UUID,
    audience: str,
    texts: Mapping[str, str | None],
    generation: int | None,
    *,
    stands: bool,
) -> Mapping[str, str | None]:
    """The texts with the token in place; without one for any other audience, and once the request is erased.

    ``generation`` is the link's as it is now, ``stands`` whether the request is still there.
    """
    if not any(UNFILLED in (text or "") for text in texts.values()):
        return texts
    token = ""
    if stands and is_own_contact(audience):
        token = f"?token={resident_token(settings().secret, city_id, request_id, generation)}"
    return {name: text and text.replace(UNFILLED, token) for name, text in texts.items()}
