"""Words of a few letters are looked for as they stand beside each other."""

from __future__ import annotations

import pytest

from nagara.queue.words import searchable, sought

TEXT = "Có ổ gà và hố ga bị rò rỉ, xe ô tô không qua được"


@pytest.mark.parametrize("words", ["ổ gà", "hố ga", "rò rỉ", "xe ô tô", "O GA", "o  to"])
def test_short_words_are_looked_for_side_by_side(words: str) -> None:
    found = sought("vn-han", words)
    assert found.grams
    assert all(needle in searchable(TEXT) for needle in found.needles)


def test_longer_words_are_looked_for_wherever_they_stand() -> None:
    assert sought("vn-han", "được ổ gà").needles == ("duoc", "o", "ga")


@pytest.mark.parametrize("words", ["a", "ga", "?", "ố"])
def test_what_is_too_short_in_all_has_no_runs(words: str) -> None:
    assert sought("vn-han", words).grams == ()
