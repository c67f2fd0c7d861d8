"""A city that wants faces hidden is told where nothing is there to find them."""

from __future__ import annotations

import pytest

from city_config import check, checks
from city_config.policy import Publication
from tests.nagara.small_cities import configured, small_city


@pytest.mark.parametrize(
    ("hide", "installed", "told"), [(["faces"], False, 1), (["faces"], True, 0), ([], False, 0)]
)
def test_a_wish_that_cannot_be_met_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, hide: list[str], installed: bool, told: int
) -> None:
    monkeypatch.setattr(checks, "find_spec", lambda name: object() if installed else None)
    city = small_city(publication=Publication.model_validate({"hide": hide}))
    found = [f for f in check(configured([city])) if "no detector is installed" in f.message]
    assert [f.severity for f in found] == ["warning"] * told
    assert all("photos stay unpublished" in f.message for f in found)
