"""Where exported files lie until they expire: beside the pictures, in a folder or a bucket, by one setting."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from nagara.errors import MediaUnavailable, UnknownBatch
from nagara.settings import Settings

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
FORMATS = tuple(MEDIA_TYPES)
A_PART = 256 * 1024
EXPORTS = "exports"


def path_of(city_id: str, id_: uuid.UUID, form: str) -> str:
    """The path of a job's file within the store: made of ids alone."""
    return f"{EXPORTS}/{city_id}/{id_}.{form}"


class Files:
    """The installation's exported files. Raises ``MediaUnavailable`` when the store does not answer."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def keep(self, path: str, file: Path) -> None:
        """Keep a file, in place of one of an earlier attempt; large ones go in parts."""
        try:
            obstore.put(self._objects, path, file)
        except (BaseError, OSError) as fault:
            raise _unavailable() from fault

    async def read(self, path: str, part: tuple[int, int] | None = None) -> AsyncIterator[bytes]:
        """The content of a file, or its bytes from one to before another, part by part.

        Raises ``UnknownBatch`` before the first if it is gone.
        """
        try:
            found = await obstore.get_async(self._objects, path, options={"range": part} if part else None)
        except FileNotFoundError as fault:
            raise UnknownBatch("The file has expired; export it again.", field="id") from fault
        except (BaseError, OSError) as fault:
            raise _unavailable() from fault

        async def parts() -> AsyncIterator[bytes]:
            async for chunk in found.stream(min_chunk_size=A_PART):
                yield bytes(chunk)

        return parts()

    def fetch(self, path: str, into: Path) -> None:
        """Copy a file out of the store, part by part. Raises ``FileNotFoundError`` where it is gone."""
        try:
            found = obstore.get(self._objects, path)
            with into.open("wb") as copy:
                for part in found.stream(min_chunk_size=A_PART):
                    copy.write(part)
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as fault:
            raise _unavailable() from fault

    def remove(self, path: str) -> None:
        """Remove a file, whether or not it is still there."""
        try:
            obstore.delete(self._objects, path)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as fault:
            raise _unavailable() from fault


def files(chosen: Settings) -> Files:
    """The store beside the pictures' one."""
    url = chosen.media_url
    if url is not None and url.startswith("s3://"):
        return Files(S3Store.from_url(url))
    folder = Path(url.removeprefix("file://")) if url else chosen.data
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / EXPORTS).mkdir(mode=0o700, exist_ok=True)  # the folder itself may be one that others look into
    return Files(LocalStore(folder.resolve()))


def _unavailable() -> MediaUnavailable:
    return MediaUnavailable("Files cannot be kept or read at the moment; try again shortly.")
