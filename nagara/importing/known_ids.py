"""Which ids an import has met, in a few bytes each: as they are, those of millions of rows would fill the memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

DIGEST_BYTES = 16
"""So many that no two ids of any file share theirs."""

Digests = npt.NDArray[np.bytes_]


class KnownIds:
    """A set of ids that grows by batches; takes ``DIGEST_BYTES`` for each, and at times twice as many."""

    def __init__(self) -> None:
        self._runs: list[Digests] = []
        """In order each, and each more than twice as long as the next: few, and an id is moved seldom."""

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def among(self, ids: Collection[str]) -> set[str]:
        """Those of these that were added before."""
        digests = _digests(ids)
        there = np.zeros(len(digests), dtype=bool)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, digests), len(run) - 1)
            there |= run[places] == digests
        return {one for one, known in zip(ids, there.tolist(), strict=True) if known}

    def add(self, ids: Collection[str]) -> None:
        """Take in ids that are all different and none of which was added before."""
        if not ids:
            return
        run = np.sort(_digests(ids))
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        self._runs.append(run)


def _digests(ids: Collection[str]) -> Digests:
    """As keys that are compared byte by byte: all are of one length, so that zeros at an end do no harm."""
    told = [
        hashlib.blake2b(one.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest() for one in ids
    ]
    return np.frombuffer(b"".join(told), dtype=f"S{DIGEST_BYTES}")
