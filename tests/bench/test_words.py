"""Every bench can be begun by its word, and the guide names it."""

from __future__ import annotations

from importlib import import_module

import pytest

from bench.__main__ import WORDS
from bench.short_form import KEEPS_A_PAGE, SHORT
from nagara.settings import REPOSITORY

GUIDE = (REPOSITORY / "bench" / "README.md").read_text()


@pytest.mark.parametrize("word", sorted(WORDS))
def test_a_word_begins_a_bench_that_the_guide_names(word: str) -> None:
    assert callable(import_module(WORDS[word]).main)
    assert f"bench {word}`" in GUIDE or f"bench {word} " in GUIDE


def test_the_short_form_runs_benches_there_are() -> None:
    assert set(SHORT) <= set(WORDS)
    assert set(KEEPS_A_PAGE) <= set(SHORT)
    options = {option for given in SHORT.values() for option in given if option.startswith("--")}
    read = "".join((REPOSITORY / (WORDS[word].replace(".", "/") + ".py")).read_text() for word in SHORT)
    assert [option for option in options if f'"{option}"' not in read] == []
