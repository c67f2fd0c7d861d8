"""Which ids an import has met, in a few bytes each: as they are, those of millions of rows would fill the memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

DIGEST_BYTES = 16
"""So many that no two ids of any file share theirs."""


class KnownIds:
    """A set of ids that grows by batches; takes ``DIGEST_BYTES`` for each, twice as many while it grows."""

    def __init__(self) -> None:
        self._digests = _sorted([])

    def __len__(self) -> int:
        return len(self._digests)

    def among(self, ids: Collection[str]) -> set[str]:
        """Those of these that were added before."""
        if not ids or not len(self):
            return set()
        digests = _digests(ids)
        places = np.minimum(np.searchsorted(self._digests, digests), len(self) - 1)
        there = (self._digests[places] == digests).tolist()
        return {one for one, known in zip(ids, there, strict=True) if known}

    def add(self, ids: Collection[str]) -> None:
        """Take in ids that are all different and none of which was added before."""
        new = _sorted(ids)
        self._digests = np.insert(self._digests, np.searchsorted(self._digests, new), new)


def _sorted(ids: Collection[str]) -> npt.NDArray[np.bytes_]:
    return np.sort(_digests(ids))


def _digests(ids: Collection[str]) -> npt.NDArray[np.bytes_]:
    """As keys that are compared byte by byte: all are of one length, so that zeros at an end do no harm."""
    told = [
        hashlib.blake2b(one.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest() for one in ids
    ]
    return np.frombuffer(b"".join(told), dtype=f"S{DIGEST_BYTES}")
