"""Every bench can be begun by its word, and the guide names it."""

from __future__ import annotations

from importlib import import_module

import pytest

from bench.__main__ import WORDS
from bench.short_form import SHORT
from nagara.settings import REPOSITORY

GUIDE = (REPOSITORY / "bench" / "README.md").read_text()


@pytest.mark.parametrize("word", sorted(WORDS))
def test_a_word_begins_a_bench_that_the_guide_names(word: str) -> None:
    assert callable(import_module(WORDS[word]).main)
    assert f"bench {word}`" in GUIDE or f"bench {word} " in GUIDE


def test_the_short_form_runs_benches_there_are_and_each_takes_where_its_page_goes() -> None:
    assert set(SHORT) <= set(WORDS)
    for word, given in SHORT.items():
        source = (REPOSITORY / (WORDS[word].replace(".", "/") + ".py")).read_text()
        options = [option for option in given if option.startswith("--")]
        assert [option for option in (*options, "--results") if f'"{option}"' not in source] == []
