"""Trees as RFC 6962 defines them, checked against its own recursive definition and against vectors in use."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.trust import merkle
from nagara.trust.merkle import audit_path, split, tree_hash
from nagara.trust.proof import LEAF, ProofFailed, climb, leaf_hash, node_hash, verify_proof
from nagara.trust.roots import Root

INPUTS = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""The reference tree of Certificate Transparency's test data, by number of its leaves."""

Hashes = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def defined(hashes: list[bytes]) -> bytes:
    """The definition of section 2.1: split at the largest power of two below the number of leaves."""
    if len(hashes) == 1:
        return hashes[0]
    power = 1
    while power * 2 < len(hashes):
        power *= 2
    return node_hash(defined(hashes[:power]), defined(hashes[power:]))


@pytest.mark.parametrize("size", ROOTS)
def test_the_reference_tree_has_its_known_roots(size: int) -> None:
    leaves = [hashlib.sha256(LEAF + content).digest() for content in INPUTS[:size]]
    assert tree_hash(leaves).hex() == ROOTS[size]


def test_a_tree_of_nothing_is_the_hash_of_nothing() -> None:
    assert tree_hash([]) == hashlib.sha256(b"").digest()


@given(Hashes)
def test_level_by_level_is_the_same_as_the_definition(hashes: list[bytes]) -> None:
    assert tree_hash(hashes) == defined(hashes)


@given(Hashes, st.data())
def test_every_leaf_has_a_path_and_no_other_leaf_or_place_takes_it(hashes: list[bytes], data: Any) -> None:
    at = data.draw(st.integers(0, len(hashes) - 1))
    path = audit_path(hashes, at)
    assert climb(hashes[at], at, len(hashes), path) == tree_hash(hashes)
    assert climb(hashlib.sha256(hashes[at]).digest(), at, len(hashes), path) != tree_hash(hashes)
    for wrong in ([*path, b"x" * 32], path[:-1]):
        if wrong == path:
            continue
        with pytest.raises(ProofFailed):
            climb(hashes[at], at, len(hashes), wrong)
    with pytest.raises(ProofFailed):
        climb(hashes[at], len(hashes), len(hashes), path)


@given(Hashes, st.data())
def test_subtrees_give_the_tree_over_their_leaves(hashes: list[bytes], data: Any) -> None:
    size = data.draw(st.sampled_from([1, 2, 4, 8]))
    subtrees = [tree_hash(hashes[at : at + size]) for at in range(0, len(hashes), size)]
    assert tree_hash(subtrees) == tree_hash(hashes)
    at = data.draw(st.integers(0, len(hashes) - 1))
    number, within = divmod(at, size)
    inner = audit_path(hashes[number * size : (number + 1) * size], within)
    assert inner + audit_path(subtrees, number) == audit_path(hashes, at)
    assert split(b"".join(subtrees)) == subtrees


def test_a_leaf_cannot_be_taken_for_a_node() -> None:
    left, right = (hashlib.sha256(bytes([n])).digest() for n in (1, 2))
    assert node_hash(left, right) != hashlib.sha256(LEAF + left + right).digest()
    assert merkle.SUBTREE & (merkle.SUBTREE - 1) == 0, "a power of two, or subtrees are not nodes of the tree"


def proof() -> dict[str, Any]:
    """A proof for the third of five requests."""
    ids = [uuid.UUID(int=number) for number in range(5)]
    heads = [hashlib.sha256(id_.bytes).digest() for id_ in ids]
    leaves = [leaf_hash(id_, 4, head) for id_, head in zip(ids, heads, strict=True)]
    root = Root.made(
        "kh-pnh", dt.datetime(2026, 3, 1, 18, tzinfo=dt.UTC), 5, 20, tree_hash(leaves), b"p" * 32
    )
    return {
        "leaf": {"request": str(ids[2]), "events": 4, "head": heads[2].hex(), "position": 2},
        "path": [node.hex() for node in audit_path(leaves, 2)],
        "root": root.as_json(),
        "chain": ["00" * 32] * 3 + [heads[2].hex()] + ["11" * 32],
    }


def test_a_proof_holds_and_a_published_root_is_asked_for() -> None:
    found = proof()
    verify_proof(found)
    verify_proof(found, found["root"]["hash"].upper())
    with pytest.raises(ProofFailed, match="not the one that was published"):
        verify_proof(found, "00" * 32)


@pytest.mark.parametrize(
    ("part", "name", "value", "said"),
    [
        ("leaf", "head", "00" * 32, "does not lead"),
        ("leaf", "events", 3, "does not lead"),
        ("leaf", "request", str(uuid.UUID(int=9)), "does not lead"),
        ("leaf", "position", 3, "does not lead"),
        ("leaf", "position", 5, "not within"),
        ("leaf", "events", -1, "not a proof"),
        ("leaf", "head", "zz", "not a proof"),
        ("root", "tree", "00" * 32, "does not lead"),
        ("root", "events", 21, "not that of its content"),
        ("root", "previous", None, "not that of its content"),
        ("root", "day", "2026-03-02", "not that of its content"),
        ("root", "city", "kh-rep", "not that of its content"),
        ("root", "requests", 6, "not that of its content"),
    ],
)
def test_whatever_is_changed_in_a_proof_is_found(part: str, name: str, value: object, said: str) -> None:
    found = proof()
    found[part][name] = value
    with pytest.raises(ProofFailed, match=said):
        verify_proof(found)


@pytest.mark.parametrize("chain", [[], ["00" * 32] * 4, ["00" * 32] * 3])
def test_a_history_without_the_head_disproves(chain: list[str]) -> None:
    with pytest.raises(ProofFailed, match="present history"):
        verify_proof(proof() | {"chain": chain})


@pytest.mark.parametrize("broken", [{}, {"leaf": 3}, {"leaf": None, "root": None}, {"leaf": {}, "root": {}}])
def test_what_is_no_proof_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ProofFailed, match="not a proof"):
        verify_proof(broken)
