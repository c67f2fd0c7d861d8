"""Which system calls, by its key, and the pictures it brings along: as files, or by their addresses."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from api.dependencies import Resources
from api.routes.open311.parameters import Given
from city_config import City
from nagara import accounts
from nagara.database import city_session
from nagara.errors import InvalidInput, InvalidPhoto, NotPermitted
from nagara.filing.handed_in import MAX_PHOTOS
from nagara.open311.addressed_pictures import fetched
from nagara.photos.keeping import keep
from nagara.settings import settings

SCOPE = "open311"


def system_of(city: City, key: str | None) -> str:
    """Whose key it is; raise ``NotPermitted`` if it is missing, unknown, ended or not for this city."""
    label = known_system(city, key)
    if label is None:
        raise NotPermitted("The api_key is missing or not valid for this jurisdiction.")
    return label


def known_system(city: City, key: str | None) -> str | None:
    """Whose key it is, as far as anybody's: reading needs none, and a wrong one does no harm there."""
    if key is None:
        return None
    with city_session(city.id) as session:
        return accounts.key_label(session, city.id, key, SCOPE)


class Pictures(NamedTuple):
    """Pictures that are kept, what they are so that a repetition is known, and how many did not come."""

    kept: tuple[uuid.UUID, ...]
    digests: tuple[str, ...]
    missing: int


async def pictures_of(process: Resources, city: City, given: Given, trying: bool) -> Pictures:
    """The files that came along, and what lies at the addresses that are named. A trial keeps none of them.

    A repetition is known by the files and by the addresses, whatever lies there the second time.
    """
    addresses = list(dict.fromkeys(given.all("media_url")))
    digests = [*given.media, *(address.encode() for address in addresses)]
    kept = await keep_pictures(process, city, given.media, trying=trying)
    wanted = addresses[: MAX_PHOTOS - len(given.media)]
    came = await fetched(wanted, loopback=settings().demo) if not trying else []
    for content in came:
        if content is not None:
            with contextlib.suppress(InvalidPhoto):
                kept += await keep_pictures(process, city, (content,))
    missing = 0 if trying else len(addresses) + len(given.media) - len(kept)
    return Pictures(kept, tuple(hashlib.sha256(content).hexdigest() for content in digests), missing)


async def keep_pictures(
    process: Resources, city: City, files: Sequence[bytes], *, trying: bool = False
) -> tuple[uuid.UUID, ...]:
    """Keep the files that came along; raise what is wrong with the first that is no picture, keeping none."""
    if len(files) > MAX_PHOTOS:
        raise InvalidInput(
            f"{len(files)} pictures came along; at most {MAX_PHOTOS} are possible.", field="media"
        )
    developed = [await process.darkroom.develop(content, city.zone) for content in files]
    if trying:
        return ()
    kept = [await keep(process.pool, process.darkroom.store, city, prepared) for prepared in developed]
    return tuple(kept)
