"""Merkle trees as in RFC 6962: roots and audit paths from the hashes of leaves or of whole subtrees. Pure.

A tree of millions of leaves is kept as the hashes of its subtrees of 4,096 leaves. They are complete but for the
last, so the tree over them is the tree over the leaves: a day's new root costs the subtrees that were touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from nagara.trust.proof import node_hash

SUBTREE = 4096
"""Leaves of a subtree; a power of two."""

HASH_BYTES = 32


def tree_hash(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of leaves, or of complete subtrees; of none, the hash of nothing."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    level = list(hashes)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def audit_path(hashes: Sequence[bytes], position: int) -> list[bytes]:
    """The siblings from a leaf up to the root; where a node stands alone it goes up as it is."""
    path, level, at = [], list(hashes), position
    while len(level) > 1:
        if at ^ 1 < len(level):
            path.append(level[at ^ 1])
        level, at = _above(level), at >> 1
    return path


def _above(level: list[bytes]) -> list[bytes]:
    pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return pairs + level[len(pairs) * 2 :]


def split(packed: bytes) -> list[bytes]:
    """Hashes from the bytes in which they are kept."""
    return [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]
