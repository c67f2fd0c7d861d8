"""Pictures are decoded off the event loop, a few at a time: each takes memory by its pixels."""

from __future__ import annotations

import asyncio
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

from nagara.errors import PhotosBusy
from nagara.photos.checking import Prepared, prepare
from nagara.photos.storage import MediaStore

AT_ONCE = 2
WAITING = 14


class Darkroom:
    """Prepares a process's pictures, and knows where they lie."""

    def __init__(self, store: MediaStore) -> None:
        self.store = store
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="darkroom")
        self._inside = 0

    async def develop(self, content: bytes, zone: dt.tzinfo) -> Prepared:
        """Prepare a picture; raise ``PhotosBusy`` where too many wait already, else what ``prepare`` raises."""
        if self._inside >= AT_ONCE + WAITING:
            raise PhotosBusy("Too many pictures at once; try again shortly.")
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, prepare, content, zone)
        finally:
            self._inside -= 1

    def close(self) -> None:
        """End the threads; what is being prepared is finished, what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
