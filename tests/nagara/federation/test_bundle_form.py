"""The form of a bundle: every object closed, every list and number bounded, and no room for personal data."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from nagara.cities import configuration
from nagara.federation import bundle as form
from nagara.federation.bundle import Letter, canonical, schema
from nagara.federation.signing import sign
from nagara.indicators.life_table import hours_of
from tests.nagara.federation.conftest import Bundle


def parts(found: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a JSON Schema."""
    if isinstance(found, dict):
        yield found
        for inner in found.values():
            yield from parts(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from parts(inner)


def test_every_object_is_closed_every_list_and_number_bounded_and_every_text_a_code() -> None:
    published = schema()
    closed = [part for part in parts(published) if part.get("type") == "object"]
    assert len(closed) > 15
    assert all(part.get("additionalProperties") is False for part in closed)
    texts = [part for part in parts(published) if part.get("type") == "string"]
    assert len(texts) > 8
    for part in texts:
        assert "pattern" in part or "const" in part or "enum" in part, part
        pattern = part.get("pattern", "")
        assert not re.search(r"[ *+]|[^A-Za-z0-9_]\.[^0-9]", pattern.replace("\\.", "")), (
            f"{pattern} takes a sentence"
        )
    for part in parts(published):
        if part.get("type") == "array":
            assert "maxItems" in part
        if part.get("type") == "integer":
            assert "maximum" in part or "const" in part, part
        assert part.get("type") != "number"


PERSONAL = {
    "name": "Sok Dara",
    "email": "resident@example.org",
    "phone": "+85512345678",
    "description": "Nobody came on Monday",
    "lat": 11.5564,
    "reference": "PNH-7K3M9QX-C",
    "received_at": "2026-01-05T03:00:00.000000Z",
}


def test_personal_data_finds_no_place_in_a_bundle(bundles: list[Bundle], private: bytes) -> None:
    """Into every object of a real bundle, as a further member, as a name of a count, and in place of every text."""
    tried, taken = 0, []
    for field, value in PERSONAL.items():
        for changed, where in put_in(bundles[0], field, value):
            if field == "received_at" and where in ("made_at", "cut_off", "built_at", "as_of"):
                continue  # a time of the bundle itself
            tried += 1
            try:
                Letter.model_validate_json(canonical(sign(changed, private)))
                taken.append((where, field))
            except ValidationError:
                pass
    assert taken == []
    assert tried > 400


def put_in(bundle: Bundle, field: str, value: Any) -> Iterator[tuple[Bundle, str]]:
    """The bundle with something personal in each of its places, and where."""
    for place in places(bundle):
        for member in (field, str(value)):
            changed = copy.deepcopy(bundle)
            inner = at(changed, place)
            if isinstance(inner, dict):
                inner[member] = value
            else:
                inner.append(value)
            yield changed, str(place)
    for place in leaves(bundle):
        changed = copy.deepcopy(bundle)
        at(changed, place[:-1])[place[-1]] = value
        yield changed, str(place[-1])


Place = tuple[str | int, ...]


def places(found: Any, where: Place = ()) -> Any:
    """Every object and list, of a list its first."""
    if isinstance(found, dict):
        yield where
        for name, inner in found.items():
            yield from places(inner, (*where, name))
    elif isinstance(found, list):
        yield where
        if found:
            yield from places(found[0], (*where, 0))


def leaves(found: Any, where: Place = ()) -> Any:
    """Every value that holds no others, of a list its first."""
    if isinstance(found, dict):
        for name, inner in found.items():
            yield from leaves(inner, (*where, name))
    elif isinstance(found, list):
        if found:
            yield from leaves(found[0], (*where, 0))
    else:
        yield where


def at(found: Any, place: Place) -> Any:
    for part in place:
        found = found[part]
    return found


def test_the_bounds_are_those_of_life_tables_and_of_the_shipped_cities() -> None:
    assert hours_of([form.LAST_BIN]).size == 1
    with pytest.raises(IndexError):
        hours_of([form.LAST_BIN + 1])
    row = form.Row.__pydantic_validator__
    cell: dict[str, Any] = {"counts": {}, "tables": {}, "promise": {}, "backlog_due": {}, "tallies": {}}
    for city in configuration().cities.values():
        for district in [*city.district_names, "-"]:
            for code in [*configuration().network.codes_by_code, "other"]:
                row.validate_python({"month": "2026-01", "code": code, "district": district, "cell": cell})
