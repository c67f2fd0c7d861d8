"""Check that a root holds a request's history: ``python proof.py PROOF.json [ROOT_HASH]``.

Stands alone, with nothing but Python's own library, so that whoever holds a proof needs nobody's server to
check it. Trees are hashed as in RFC 6962, section 2.1: a leaf begins with 0x00 and an inner node with 0x01, so
that neither can be taken for the other; a root's own hash begins with 0x02.
"""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

LEAF, NODE, ROOT = b"\x00", b"\x01", b"\x02"
ROOT_FIELDS = ("as_of", "city", "day", "events", "previous", "requests", "tree")


class ProofFailed(ValueError):
    """The proof does not prove what it says; the message says where."""


def leaf_hash(request_id: uuid.UUID, seq: int, head: bytes) -> bytes:
    """The leaf of a request: its id, how many events its chain has, and the hash of the last."""
    return hashlib.sha256(LEAF + request_id.bytes + seq.to_bytes(4, "big") + head).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """An inner node."""
    return hashlib.sha256(NODE + left + right).digest()


def root_hash(root: Mapping[str, Any]) -> bytes:
    """A root's own hash: over its day, its counts, its tree and the hash of the root before it."""
    content = {name: root[name] for name in ROOT_FIELDS} | {"format": "nagara-root", "version": 1}
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(ROOT + written.encode()).digest()


def climb(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root of the tree of ``size`` leaves that an audit path leads to (RFC 9162, section 2.1.3.2)."""
    if not 0 <= position < size:
        raise ProofFailed("the leaf is not within the tree")
    at, last, found = position, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofFailed("the path is longer than the tree is high")
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofFailed("the path is shorter than the tree is high")
    return found


def verify_proof(proof: Mapping[str, Any], trusted_root: str | None = None) -> None:
    """Raise ``ProofFailed`` unless the root of the proof holds the head that it names.

    ``trusted_root`` is the root's hash as the network, or a newspaper, published it. Without it the proof says
    only that it agrees with itself.
    """
    try:
        leaf, root = proof["leaf"], proof["root"]
        head = bytes.fromhex(leaf["head"])
        start = leaf_hash(uuid.UUID(leaf["request"]), leaf["events"], head)
        path = [bytes.fromhex(node) for node in proof["path"]]
        tree = climb(start, leaf["position"], root["requests"], path)
        whole, chain = root_hash(root), proof.get("chain")
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        if isinstance(error, ProofFailed):
            raise
        raise ProofFailed(f"it is not a proof: {error}") from error
    if tree.hex() != root["tree"]:
        raise ProofFailed("the path from the request's head does not lead to the tree of the root")
    if whole.hex() != root["hash"]:
        raise ProofFailed("the root's hash is not that of its content")
    if trusted_root is not None and whole.hex() != trusted_root.lower():
        raise ProofFailed("the root is not the one that was published")
    if chain is not None and (len(chain) < leaf["events"] or chain[leaf["events"] - 1] != leaf["head"]):
        raise ProofFailed("the request's present history does not contain the head that the root holds")


def main(arguments: Sequence[str]) -> int:
    """Check a proof in a file."""
    if len(arguments) not in (1, 2):
        print("usage: proof.py PROOF.json [ROOT_HASH]", file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:  # noqa: PTH123 - nothing but builtins is needed
        proof = json.load(file)
    try:
        verify_proof(proof, arguments[1] if len(arguments) == 2 else None)
    except ProofFailed as failure:
        print(f"not proved: {failure}", file=sys.stderr)
        return 1
    leaf, root = proof["leaf"], proof["root"]
    print(
        f"proved: the root of {root['day']} of {root['city']} holds event {leaf['events']} of {leaf['request']}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
