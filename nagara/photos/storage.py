"""Where pictures lie: a folder, or an S3-compatible store, by one setting.

A path is made of a city's id and a hash, never of anything somebody sent, so that nothing can be reached
beside it. What is written once is never written over: the same path is the same content.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from nagara.errors import MediaUnavailable
from nagara.settings import Settings

Kind = Literal["picture", "thumbnail"]
KINDS: tuple[Kind, ...] = ("picture", "thumbnail")
CITY_ID = re.compile(r"[a-z]{2}-[a-z0-9]{2,8}")


def path_of(city_id: str, sha256: bytes, kind: Kind) -> str:
    """The path of a picture within the store: ``kh-pnh/ab/ab12….jpg``."""
    if not CITY_ID.fullmatch(city_id) or len(sha256) != 32:
        raise ValueError(f"no picture can be of {city_id!r}, {len(sha256)} bytes")
    name = sha256.hex()
    suffix = ".jpg" if kind == "picture" else ".thumbnail.jpg"
    return f"{city_id}/{name[:2]}/{name}{suffix}"


class MediaStore:
    """The installation's pictures. Its methods raise ``MediaUnavailable`` when the store does not answer."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def write(self, city_id: str, sha256: bytes, picture: bytes, thumbnail: bytes) -> None:
        """Write a picture and its thumbnail; each appears whole or not at all, and stays if it was there."""
        for kind, content in zip(KINDS, (picture, thumbnail), strict=True):
            try:
                await obstore.put_async(
                    self._objects, path_of(city_id, sha256, kind), content, mode="create", use_multipart=False
                )
            except AlreadyExistsError:
                continue
            except (BaseError, OSError) as fault:
                raise _unavailable() from fault

    async def read(self, city_id: str, sha256: bytes, kind: Kind) -> bytes:
        """The bytes of a picture."""
        try:
            found = await obstore.get_async(self._objects, path_of(city_id, sha256, kind))
            return bytes(await found.bytes_async())
        except (BaseError, OSError) as fault:
            raise _unavailable() from fault

    def write_now(self, city_id: str, sha256: bytes, picture: bytes, thumbnail: bytes) -> None:
        """``write``, for those who are not on an event loop."""
        for kind, content in zip(KINDS, (picture, thumbnail), strict=True):
            try:
                obstore.put(
                    self._objects, path_of(city_id, sha256, kind), content, mode="create", use_multipart=False
                )
            except AlreadyExistsError:
                continue
            except (BaseError, OSError) as fault:
                raise _unavailable() from fault

    def read_now(self, city_id: str, sha256: bytes, kind: Kind) -> bytes:
        """``read``, likewise."""
        try:
            return bytes(obstore.get(self._objects, path_of(city_id, sha256, kind)).bytes())
        except (BaseError, OSError) as fault:
            raise _unavailable() from fault

    def remove(self, city_id: str, sha256: bytes) -> None:
        """Remove a picture and its thumbnail, whether or not they are still there."""
        for kind in KINDS:
            try:
                obstore.delete(self._objects, path_of(city_id, sha256, kind))
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as fault:
                raise _unavailable() from fault


def media_store(chosen: Settings) -> MediaStore:
    """The store the settings name: a folder under the data unless ``NAGARA_MEDIA_URL`` says otherwise.

    Raises ``MediaUnavailable`` for an address that is neither ``file:///...`` nor ``s3://bucket[/prefix]``.
    An S3 store's keys, region and endpoint come from the usual ``AWS_*`` variables.
    """
    url = chosen.media_url
    if url is None:
        return MediaStore(_folder(chosen.data / "media"))
    if url.startswith("file:///"):
        return MediaStore(_folder(Path(url.removeprefix("file://"))))
    if url.startswith("s3://"):
        return MediaStore(S3Store.from_url(url))
    raise MediaUnavailable(
        "NAGARA_MEDIA_URL is neither a folder nor a bucket.",
        field="NAGARA_MEDIA_URL",
        allowed=["file:///folder", "s3://bucket/prefix"],
    )


def _folder(path: Path) -> LocalStore:
    """A folder only Nagara reads; made when it is first needed."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(path.resolve())


def _unavailable() -> MediaUnavailable:
    return MediaUnavailable("Pictures cannot be kept or read at the moment; try again shortly.")
