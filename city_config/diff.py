"""What a changed file means: which services, promises, rules, departments and districts are not as before.

Order in a file, comments and spelling of the same value mean nothing and are not told; the order of the
rules does mean something and is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import shapely
from pydantic import BaseModel
from shapely.geometry import shape

from city_config.configuration import Configuration
from city_config.schema import City, Network

KEYED: tuple[tuple[str, str, str], ...] = (
    ("departments", "code", "department"),
    ("contractors", "code", "contractor"),
    ("rounds", "code", "round"),
    ("landmarks", "code", "landmark"),
    ("services", "code", "service"),
    ("rules", "id", "rule"),
    ("ladder", "step", "ladder step"),
    ("ladders", "code", "ladder"),
    ("posts", "code", "post"),
    ("external_owners", "code", "external owner"),
    ("contact_lines", "phone", "contact line"),
)
"""Lists of a city: the field, what tells their parts apart, and how a change speaks of one."""

SHAPES = (("districts", "district"), ("areas", "area"), ("boundary", "boundary"))
APART = frozenset({"fingerprint", *(field for field, _, _ in KEYED), *(field for field, _ in SHAPES)})
SAME_OUTLINE = 1e-9
"""Share of its size by which an outline may differ from rounding alone."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as before. ``city`` is a city's id, or ``network``."""

    kind: Literal["added", "removed", "changed"]
    city: str
    part: str
    what: str
    detail: str = ""

    def __str__(self) -> str:
        told = f"{self.city}: {self.part} {self.what}".rstrip()
        return f"{told} {self.kind}" if self.kind != "changed" else f"{told}: {self.detail}"


def configuration_changes(old: Configuration, new: Configuration) -> list[Change]:
    """Everything that changed between two loads: cities, the network, the texts for residents."""
    found = [Change("removed", city, "city", "") for city in old.cities if city not in new.cities]
    found += [Change("added", city, "city", "") for city in new.cities if city not in old.cities]
    for city_id, city in new.cities.items():
        before = old.cities.get(city_id)
        if before is not None and (before.fingerprint != city.fingerprint or not city.fingerprint):
            found += city_changes(before, city)
    found += _network_changes(old.network, new.network)
    for language in sorted({*old.messages, *new.messages}):
        pair = old.messages.get(language), new.messages.get(language)
        found += _part_changes("network", "texts", language, *pair)
    return found


def city_changes(old: City, new: City) -> list[Change]:
    """What changed between two versions of one city, in the order of ``KEYED``, the rest first."""
    before, after = (_content(city, APART) for city in (old, new))
    found = [Change("changed", new.id, "city", "", detail) for detail in _details(before, after)]
    for field, key, part in KEYED:
        found += _listed_changes(new.id, part, _by(getattr(old, field), key), _by(getattr(new, field), key))
    found += _order_changes(old, new)
    for field, part in SHAPES:
        found += _shape_changes(new.id, part, getattr(old, field, None), getattr(new, field, None))
    return found


def _network_changes(old: Network, new: Network) -> Iterator[Change]:
    yield from _listed_changes("network", "code", old.codes_by_code, new.codes_by_code)
    yield from _listed_changes("network", "member", _by(old.members, "city"), _by(new.members, "city"))
    yield from _listed_changes(
        "network", "peer band", _by(old.peer_bands, "code"), _by(new.peer_bands, "code")
    )
    for field in ("roles", "emergencies"):
        before, after = (
            {_words(_content(part)): part for part in getattr(network, field)} for network in (old, new)
        )
        yield from (Change("removed", "network", field, words) for words in before if words not in after)
        yield from (Change("added", "network", field, words) for words in after if words not in before)


def _by(listed: Iterable[Any], key: str) -> dict[str, BaseModel]:
    return {str(getattr(part, key)): part for part in listed}


def _listed_changes(
    city: str, part: str, old: Mapping[str, BaseModel], new: Mapping[str, BaseModel]
) -> Iterator[Change]:
    for key in (*old, *(key for key in new if key not in old)):
        yield from _part_changes(city, part, key, old.get(key), new.get(key))


def _part_changes(
    city: str, part: str, key: str, old: BaseModel | None, new: BaseModel | None
) -> Iterator[Change]:
    if old is None or new is None:
        if old is not new:
            yield Change("added" if old is None else "removed", city, part, repr(key))
        return
    if old != new:
        for detail in _details(_content(old), _content(new)):
            yield Change("changed", city, _named(part, detail), repr(key), detail)


def _named(part: str, detail: str) -> str:
    """A service's promise is spoken of by itself: it is what residents were told."""
    return "promise of service" if part == "service" and detail.startswith("promise") else part


def _order_changes(old: City, new: City) -> Iterator[Change]:
    """Rules that both have, in another order: the first that matches decides, so order is meaning."""
    before = [rule.id for rule in old.rules if rule.id in new.rule_periods]
    after = [rule.id for rule in new.rules if rule.id in old.rule_periods]
    if before != after:
        first = next(n for n, (one, other) in enumerate(zip(before, after, strict=True)) if one != other)
        detail = f"{after[first]!r} now stands before {before[first]!r}"
        yield Change("changed", new.id, "order of rules", "", detail)


def _shape_changes(
    city: str, part: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Iterator[Change]:
    before, after = _features(old), _features(new)
    for code in (*before, *(code for code in after if code not in before)):
        if code not in after or code not in before:
            yield Change("removed" if code in before else "added", city, part, repr(code))
            continue
        was, now = before[code], after[code]
        for detail in _details(was["properties"], now["properties"]):
            yield Change("changed", city, part, repr(code), detail)
        share = _other_outline(was["geometry"], now["geometry"])
        if share > SAME_OUTLINE:
            yield Change("changed", city, part, repr(code), f"outline differs by {share:.1%} of its area")


def _features(shapes: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    return {f["properties"]["code"]: f for f in shapes["features"]} if shapes else {}


def _other_outline(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    if old == new:
        return 0.0
    was, now = (shapely.make_valid(shape(geometry)) for geometry in (old, new))
    return float(was.symmetric_difference(now).area / max(was.area, now.area))


def _content(part: BaseModel, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    return part.model_dump(mode="json", exclude_defaults=True, exclude=set(without))


def _details(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Each value that differs, by its path, with what it was and what it is."""
    if old == new:
        return
    old, new = _keyed(old), _keyed(new)
    if _branches(old) and _branches(new):
        for key in (*old, *(key for key in new if key not in old)):
            yield from _details(old.get(key), new.get(key), f"{path}.{key}" if path else key)
        return
    yield f"{path} {_words(old)} -> {_words(new)}".strip()


def _branches(value: Any) -> bool:
    """Whether a value is told part by part; a span of time is one value."""
    return isinstance(value, dict) and not _is_span(value)


def _is_span(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).endswith(("_hours", "_days"))


def _keyed(value: Any) -> Any:
    """A list of parts that have a code, by that code; anything else as it is."""
    if not isinstance(value, list) or not value or not all(isinstance(part, dict) for part in value):
        return value
    for key in ("code", "key", "date"):
        if all(key in part for part in value) and len({part[key] for part in value}) == len(value):
            return {str(part[key]): part for part in value}
    return value


def _words(value: Any) -> str:
    if value is None:
        return "(none)"
    if _is_span(value):
        ((unit, length),) = value.items()
        return f"{length:g} {unit.replace('_', ' ')}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return "[" + ", ".join(_words(inner) for inner in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
