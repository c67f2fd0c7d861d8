"""Ids an import has met are known again, whatever they look like, in a few bytes each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nagara.importing.known_ids import KnownIds

IDS = st.lists(st.text(max_size=8), unique=True, max_size=40)


@given(st.lists(IDS, max_size=5), IDS)
def test_what_was_added_is_known_and_nothing_else(added: list[list[str]], asked: list[str]) -> None:
    known, as_a_set = KnownIds(), set[str]()
    for ids in added:
        assert known.among(ids) == as_a_set & set(ids)
        new = [one for one in ids if one not in as_a_set]
        known.add(new)
        as_a_set.update(new)
    assert known.among(asked) == as_a_set & set(asked)
    assert len(known) == len(as_a_set)


def test_an_id_that_no_text_should_hold_is_an_id() -> None:
    known = KnownIds()
    known.add(["\ud800", "\x00", "", "ខ្មែរ"])
    assert known.among(["\ud800", "\x00\x00", "ខ្មែរ"]) == {"\ud800", "ខ្មែរ"}
