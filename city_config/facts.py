"""Walks a city and finds what still has to be said about it: unconfirmed facts, missing translations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from city_config.configuration import KeyPath
from city_config.schema import City, Fact, Promise

NAME_FIELDS = frozenset({"names", "description", "hint", "emergency_notice", "notice"})
"""Fields that hold the same text in several languages."""

GEOJSON_FIELDS = frozenset({"districts", "areas", "boundary"})


def unconfirmed(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Facts that no officer of the city has confirmed, with their source.

    Reference promises are not among them: they are the network's, and claim nothing about the city. Nor is
    what the city's files do not say at all, for which Nagara's own default stands.
    """
    for path, part in parts(city):
        if not isinstance(part, Fact) or part.confirmed:
            continue
        if isinstance(part, Promise) and part.standard == "reference":
            continue
        if len(path) == 1 and path[0] not in city.model_fields_set:
            continue
        yield path, f"{_called(part, path)} is not confirmed; source: {part.source or 'none given'}"
    yield from _counted(city)
    for field in sorted(GEOJSON_FIELDS):
        shapes = getattr(city, field)
        if shapes and shapes.get("confirmed") is not True:
            note = shapes.get("note") or shapes.get("attribution") or "no note"
            yield (field,), f"{field} are not confirmed; {note}"


def _counted(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Districts that were not drawn, and residents of districts that nobody confirmed."""
    today = [code for code, dates in city.district_dates.items() if dates.valid_to is None]
    if city.districts_expected and city.districts_expected != len(today):
        yield ("districts_expected",), f"{len(today)} of {city.districts_expected} districts have an outline"
    own = [f["properties"] for f in city.districts["features"] if f["properties"].get("population")]
    guessed = [p["code"] for p in own if not city.population_by_district[p["code"]].confirmed]
    if guessed:
        yield ("districts",), f"population of {len(guessed)} districts is not confirmed"


def missing_translations(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Names that lack one of the city's languages."""
    for path, names in _all_names(city):
        missing = [tag for tag in city.languages if not str(names.get(tag, "")).strip()]
        if missing:
            shown = next((str(name) for name in names.values() if name), "")
            yield path, f"{shown!r} has no {', '.join(missing)}"


def _all_names(city: City) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    for path, part in parts(city):
        for field in NAME_FIELDS & type(part).model_fields.keys():
            names = getattr(part, field)
            if names:
                yield (*path, field), names
    for group, names in city.groups.items():
        yield ("groups", group), names
    for field, shapes in (("districts", city.district_names), ("areas", city.area_names)):
        for code, names in shapes.items():
            yield (field, code), names


def parts(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, BaseModel]]:
    """Every model inside a model, with its path."""
    if isinstance(value, BaseModel):
        yield path, value
        for field in type(value).model_fields:
            if not (isinstance(value, City) and field in GEOJSON_FIELDS):
                yield from parts(getattr(value, field), (*path, field))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from parts(inner, (*path, number))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from parts(inner, (*path, str(key)))


def _called(part: BaseModel, path: KeyPath) -> str:
    """How a finding speaks of a part: its kind, and its code where it has one."""
    kind = type(part).__name__.lower()
    code = getattr(part, "code", None) or getattr(part, "id", None)
    if code:
        return f"{kind} {code!r}"
    above = [str(key) for key in path if key not in (kind, "promise")]
    return f"{kind} of {'.'.join(above)}" if above else f"the city's {kind}"
