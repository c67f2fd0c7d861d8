"""Writes the folder of a new city: the network's services, its country's calendar, one department that owns all.

What is written loads and passes the checks as it stands; every fact in it says that nobody confirmed it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import shapely
from pydantic import Field, TypeAdapter, ValidationError
from shapely.geometry import mapping, shape

from city_config.basics import Calendar, CityId, Code, LanguageTag, Names, Part, Priority, Span
from city_config.configuration import Configuration, ConfigurationError, Sources
from city_config.loader import load_city
from city_config.network import NetworkCode
from city_config.yaml_source import read_text, read_yaml, validated

STARTER = Path(__file__).parent / "starter"
"""Templates of the files, and what new cities begin with."""

DIGITS = 6
"""Decimals of a coordinate, about 0.1 m; a boundary file seldom knows more."""


class StarterCountry(Part):
    """What a new city of a country begins with."""

    languages: tuple[LanguageTag, ...] = Field(min_length=1, description="BCP-47; the first is the default")
    calendar: Calendar = Field(description="Customary hours and public holidays")


class StarterService(Part):
    """How a service of the network is shown and answered until the city says otherwise."""

    group: Code = Field(description="One of the groups")
    icon: str = Field(description="One sign")
    priority: Priority = Field(default="normal", description="Of a new request")
    acknowledge: Span | None = Field(default=None, description="Until somebody has looked at it")
    respond: Span | None = Field(default=None, description="Until there is a first real answer")


class Starter(Part):
    """What new cities begin with."""

    countries: Mapping[str, StarterCountry] = Field(description="By ISO 3166-1 code")
    groups: Mapping[Code, Names] = Field(description="Groups of services")
    services: Mapping[Code, StarterService] = Field(description="By the network's code")


@dataclass(frozen=True, slots=True)
class NewCity:
    """The least that must be known of a city; without languages those of its country."""

    id: str
    country: str
    names: Mapping[str, str]
    timezone: str
    languages: tuple[str, ...] = ()


def write_new_city(configuration: Configuration, wanted: NewCity, boundary: Path, into: Path) -> Path:
    """Write the city's folder under ``into`` and return it; nothing is left behind where anything is wrong.

    ``boundary`` is GeoJSON: one shape, or one for each district, with ``code`` and ``names`` or ``name`` in
    its properties where there are several. Raises ``ConfigurationError``, before any path is made from the
    id: one with a path in it would be written somewhere else.
    """
    _must_be_an_id(wanted.id)
    folder = into / wanted.id
    if folder.exists():
        raise ConfigurationError([f"{folder}: is there already; nothing was written"])
    source = read_yaml(STARTER / "starter.yaml")
    starter = validated(Starter, source.values, Sources((source,), source.path))
    if wanted.country not in starter.countries:
        known = ", ".join(starter.countries)
        raise ConfigurationError(
            [f"country: no calendar for {wanted.country!r} in {source.path}; there are {known}"]
        )
    shapes = read_boundary(boundary, wanted.names)
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".new-") as made:
        draft = Path(made) / wanted.id
        draft.mkdir()
        for name, content in _files(configuration, wanted, starter, shapes, boundary.name):
            (draft / name).write_text(content, encoding="utf-8")
        try:
            load_city(draft, configuration.network)
        except ConfigurationError as error:
            raise ConfigurationError(
                [fault.replace(str(draft), str(folder)) for fault in error.faults]
            ) from None
        shutil.move(draft, folder)
    return folder


def _must_be_an_id(text: str) -> None:
    """Raise ``ConfigurationError`` unless this may be a city's id, and so a folder's name."""
    try:
        TypeAdapter(CityId).validate_python(text)
    except ValidationError:
        raise ConfigurationError(
            [f"id: {text!r} is not a city's id; allowed: country and city in small letters, like kh-pnh"]
        ) from None


def read_boundary(path: Path, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The districts in a GeoJSON file: its polygons, each with a code and names; one shape is one district."""
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ConfigurationError([f"{path}:{error.lineno}: not JSON: {error.msg}"]) from error
    found = [f for f in _features(content) if isinstance(f, dict)]
    districts, faults = [], []
    for number, feature in enumerate(found, 1):
        geometry = feature.get("geometry")
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
            faults.append(f"{path}: feature {number}: geometry {kind!r}; allowed: Polygon, MultiPolygon")
            continue
        given = feature.get("properties") or {}
        own = given.get("names") or ({"en": given["name"]} if given.get("name") else None)
        code = str(given.get("code") or f"{number:02}")
        properties = {"code": code, "names": own or (dict(names) if len(found) == 1 else {"en": code})}
        try:
            rounded = _rounded(geometry)
        except (TypeError, ValueError, IndexError, shapely.errors.ShapelyError) as error:
            faults.append(f"{path}: feature {number}: {error}")
            continue
        districts.append({"type": "Feature", "properties": properties, "geometry": rounded})
    if not found:
        faults.append(f"{path}: no polygon in it; allowed: a GeoJSON FeatureCollection, Feature or geometry")
    if faults:
        raise ConfigurationError(faults)
    return districts


def _features(content: Any) -> Sequence[Any]:
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "FeatureCollection":
        features = content.get("features")
        return features if isinstance(features, list) else ()
    if kind == "Feature":
        return (content,)
    return ({"geometry": content},) if kind in ("Polygon", "MultiPolygon") else ()


def _rounded(geometry: Mapping[str, Any]) -> dict[str, Any]:
    """The geometry in two dimensions, without decimals nobody measured; mended where it crosses itself."""
    flat = shapely.force_2d(shape(geometry))
    west, south, east, north = flat.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError(
            f"reaches from {west}, {south} to {east}, {north}: not degrees of longitude, latitude"
        )
    whole = shapely.make_valid(shapely.set_precision(flat, 10**-DIGITS))
    parts = [part for part in shapely.get_parts(whole) if isinstance(part, shapely.Polygon)]
    parts += [
        p
        for part in shapely.get_parts(whole)
        for p in shapely.get_parts(part)
        if part.geom_type == "MultiPolygon"
    ]
    if not parts:
        raise ValueError("encloses nothing")
    made: dict[str, Any] = mapping(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts))
    return {"type": made["type"], "coordinates": made["coordinates"]}


def _files(
    configuration: Configuration,
    wanted: NewCity,
    starter: Starter,
    districts: list[dict[str, Any]],
    drawn_from: str,
) -> Iterator[tuple[str, str]]:
    languages = wanted.languages or starter.countries[wanted.country].languages
    codes = configuration.network.codes
    yield "city.yaml", _city_yaml(configuration, wanted, starter, districts, languages)
    yield "services.yaml", _services_yaml(codes, starter, languages)
    yield "routing.yaml", _filled("routing.yaml")
    yield "districts.geojson", _geojson("districts", districts, drawn_from)
    whole = shapely.union_all([shape(district["geometry"]) for district in districts])
    feature = {
        "type": "Feature",
        "properties": {"code": wanted.id, "names": dict(wanted.names)},
        "geometry": _rounded(mapping(whole)),
    }
    yield "boundary.geojson", _geojson("boundary", [feature], drawn_from)


def _filled(name: str, **values: object) -> str:
    """A file of the new city from its template."""
    return Template(read_text(STARTER / f"{name}.template")).substitute(values)


def _geojson(what: str, features: list[dict[str, Any]], drawn_from: str) -> str:
    """A feature a line, so that a change shows as the line of its district."""
    head = {"note": f"From {drawn_from}; write here who drew it and under which licence.", "confirmed": False}
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    opening = json.dumps({"type": "FeatureCollection", "name": what} | head, ensure_ascii=False)[:-1]
    return f'{opening}, "features": [\n{lines}\n]}}\n'


def _city_yaml(
    configuration: Configuration,
    wanted: NewCity,
    starter: Starter,
    districts: list[dict[str, Any]],
    languages: Sequence[str],
) -> str:
    outline = shapely.union_all([shape(district["geometry"]) for district in districts])
    centre = outline.representative_point()
    calendar = starter.countries[wanted.country].calendar
    return _filled(
        "city.yaml",
        id=wanted.id,
        country=wanted.country,
        prefix=_free_prefix(wanted, {city.reference_prefix for city in configuration.cities.values()}),
        names=_said(wanted.names),
        timezone=_said(wanted.timezone),
        languages=", ".join(languages),
        lat=round(centre.y, 5),
        lon=round(centre.x, 5),
        hours="\n".join(f"    {day}: {_said(list(windows))}" for day, windows in calendar.hours.items()),
        holidays=_said(calendar.holidays.model_dump(exclude_defaults=True) if calendar.holidays else None),
        source=_said(calendar.source),
    )


def _services_yaml(codes: Sequence[NetworkCode], starter: Starter, languages: Sequence[str]) -> str:
    used = {starter.services[c.code].group for c in codes if c.code in starter.services} | {"other"}
    groups = [f"  {g}: {_said(_in(n, languages))}" for g, n in starter.groups.items() if g in used]
    services = [_service_yaml(code, starter.services.get(code.code), languages) for code in codes]
    return _filled("services.yaml", groups="\n".join(groups), services="\n".join(services))


def _service_yaml(code: NetworkCode, known: StarterService | None, languages: Sequence[str]) -> str:
    known = known or StarterService(group="other", icon="•")
    promise: dict[str, Any] = {"standard": "reference"}
    for stage in ("acknowledge", "respond"):
        span: Span | None = getattr(known, stage)
        if span:
            promise[stage] = span.model_dump(exclude_none=True)
    if code.reference_hours:
        promise["resolve"] = {"calendar_hours": code.reference_hours}
    lines = [
        f"  - code: {code.code}",
        f"    network_code: {code.code}",
        f"    names: {_said(_in(code.names, languages))}",
        f"    group: {known.group}",
        f"    icon: {_said(known.icon)}",
        f"    promise: {_said(promise)}",
    ]
    if known.priority != "normal":
        lines.insert(-1, f"    priority: {known.priority}")
    return "\n".join(lines) + "\n"


def _in(names: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """Names in the city's languages where there are any, and in English beside them."""
    found = {tag: names.get(tag) or names.get(tag.split("-")[0]) for tag in (*languages, "en")}
    return {tag: name for tag, name in found.items() if name}


def _said(value: Any) -> str:
    """A value in YAML's flow form, on one line, in its own script."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_said(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_said, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    plain = isinstance(value, str) and value.isascii() and value.replace("_", "").isalpha() and len(value) > 3
    return value if plain else json.dumps(value, ensure_ascii=False)


def _free_prefix(wanted: NewCity, taken: set[str]) -> str:
    """Three letters that no other city's references begin with, from its id and name where they allow it."""
    name = "".join(c for c in wanted.names.get("en", "").upper() if "A" <= c <= "Z")
    own = "".join(c for c in wanted.id.split("-")[-1].upper() if "A" <= c <= "Z")
    letters = own + name + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    tried = (f"{a}{b}{c}" for a in letters for b in letters[1:] for c in letters[2:])
    return next(prefix for prefix in (own[:3], name[:3], *tried) if len(prefix) == 3 and prefix not in taken)
