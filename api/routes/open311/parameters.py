"""Reads what came in, by the standard's rules: UTF-8 whatever was declared, empty is absent, lists either way.

Every refusal here is an ``InvalidInput``, ``NotFound`` or ``NotPermitted`` that names the parameter.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from api.routes.open311.forms import Form
from city_config import City, Service
from nagara.cities import configuration
from nagara.errors import InvalidInput, NotFound, UnknownCity, UnknownService

MOST_FIELDS = 1000
W3C = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
WHOLE = re.compile(r"\d{1,9}", re.ASCII)
INDEXED = re.compile(r"attribute\[([^\[\]]+)\](\[\d*\])?")


@dataclass(frozen=True, slots=True)
class Given:
    """Parameters by name, each with its values in order; ``media``: the files that came with them."""

    values: Mapping[str, Sequence[str]]
    media: tuple[bytes, ...] = ()
    also: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Where ``shared`` looks next: the query of a POST."""

    def one(self, name: str) -> str | None:
        """The first value that is not empty, trimmed."""
        return next((text for value in self.values.get(name, ()) if (text := value.strip())), None)

    def shared(self, name: str) -> str | None:
        """The same, looked for in the query where the body has none."""
        return self.one(name) or Given(self.also).one(name)

    def text(self, name: str) -> str | None:
        """The first value as it came, line breaks and all; None if it is blank."""
        return next((value for value in self.values.get(name, ()) if value.strip()), None)

    def listed(self, name: str) -> list[str]:
        """Every value, whether separated by commas or given repeatedly; without repetitions."""
        parts = (part.strip() for value in self.values.get(name, ()) for part in value.split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def all(self, name: str) -> list[str]:
        """Every value that is not empty, trimmed, as it came: commas belong to it."""
        return [text for value in self.values.get(name, ()) if (text := value.strip())]

    def attributes(self) -> dict[str, list[str]]:
        """Answers by question, from ``attribute[x]``, ``attribute[x][]`` and ``attribute[x][0]`` alike."""
        found: dict[str, list[str]] = {}
        for name, values in self.values.items():
            match = INDEXED.fullmatch(name.strip())
            if match:
                found.setdefault(match[1].strip(), []).extend(value for value in values if value.strip())
        return {code: values for code, values in found.items() if values}


def of_query(request: Request) -> Given:
    """The query string."""
    return Given(_grouped(_pairs(request.scope["query_string"], "query string")))


async def of_body(request: Request) -> Given:
    """The form in the body, urlencoded or multipart, and the query beside it."""
    query = of_query(request).values
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == b"multipart/form-data":
        pairs, media = await _multipart(request, options.get(b"boundary", b""))
        return Given(_grouped(pairs), media, query)
    body = await request.body()
    if kind not in (b"", b"application/x-www-form-urlencoded") and body:
        raise InvalidInput("Send a form: application/x-www-form-urlencoded or multipart/form-data.")
    return Given(_grouped(_pairs(body, "body")), (), query)


def _pairs(raw: bytes, where: str) -> list[tuple[str, str]]:
    try:
        text = raw.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise InvalidInput(f"The {where} is not UTF-8.") from None
    except ValueError:
        raise InvalidInput(f"The {where} has more than {MOST_FIELDS} fields.") from None


async def _multipart(request: Request, boundary: bytes) -> tuple[list[tuple[str, str]], tuple[bytes, ...]]:
    """Fields, and files whatever their fields are called.

    Read as Latin-1, which keeps every byte, to be decoded strictly here.
    """
    declared = f'multipart/form-data; charset=iso-8859-1; boundary="{boundary.decode("latin-1")}"'
    parser = MultiPartParser(Headers({"content-type": declared}), request.stream(), max_fields=MOST_FIELDS)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InvalidInput(f"The multipart body cannot be read: {error.message}") from None
    pairs, media = [], []
    try:
        for name, value in form.multi_items():
            if isinstance(value, str):
                pairs.append((_utf8(name), _utf8(value)))
            elif value.size:
                media.append(await value.read())
    finally:
        await form.close()
    return pairs, tuple(media)


def _utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("The body is not UTF-8.") from None


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name.strip(), []).append(value)
    return found


def asked_form(suffix: str) -> Form:
    """The form of a suffix; raise ``NotFound`` for any other."""
    match suffix.strip():
        case "xml":
            return "xml"
        case "json":
            return "json"
    raise NotFound(f"There is no form {suffix[:20]!r}; ask for .xml or .json.")


def jurisdiction(given: Given) -> City:
    """The city a call is about. One endpoint serves several, so each call must say which."""
    asked = given.shared("jurisdiction_id")
    known = configuration().cities
    if asked is None:
        raise InvalidInput(f"jurisdiction_id is missing; it is one of: {', '.join(known)}.")
    if asked not in known:
        raise UnknownCity(f"jurisdiction_id {asked[:40]!r} is not known; it is one of: {', '.join(known)}.")
    return known[asked]


def service_named(city: City, code: str) -> Service:
    """The service of a code; raise ``UnknownService``."""
    found = city.services_by_code.get(code)
    if found is None:
        raise UnknownService(f"service_code {code[:80]!r} is not known in {city.id}.")
    return found


def chosen_language(request: Request, given: Given, city: City) -> str | None:
    """The city's language nearest to what ``locale`` or ``langcode`` asks for, else ``Accept-Language``; or None."""
    spoken = {tag.lower(): tag for tag in (*city.languages, "en")}
    asked = given.shared("locale") or given.shared("langcode")
    for tag in _wanted_languages(asked, request.headers.get("accept-language", "")):
        found = spoken.get(tag.lower()) or spoken.get(tag.lower().split("-")[0])
        if found:
            return found
    return None


def _wanted_languages(locale: str | None, header: str) -> list[str]:
    if locale is not None:
        locale = locale.replace("_", "-")
        return [locale] if LANGUAGE.fullmatch(locale) else []
    weighed = []
    for position, part in enumerate(header[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        quality = float(weight) if NUMBER.fullmatch(weight) else 1.0
        if LANGUAGE.fullmatch(tag.strip()) and quality > 0:
            weighed.append((-quality, position, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]


def instant(given: Given, name: str) -> dt.datetime | None:
    """A date and time with zone; a blank where the plus sign was lost in the query is taken for it."""
    text = given.one(name)
    if text is None:
        return None
    at = read_instant(text)
    if at is None:
        raise InvalidInput(
            f"{name} {text[:40]!r} is not a date and time with zone like 2026-01-31T08:00:00Z.", field=name
        )
    return at


def read_instant(text: str) -> dt.datetime | None:
    """The instant of W3C's profile of ISO 8601, in UTC; None if it is not one."""
    text = text.strip()
    text = re.sub(r" (?=\d\d:\d\d$)", "+", text)
    if not W3C.fullmatch(text):
        return None
    try:
        return dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def decimal(given: Given, name: str) -> float | None:
    """A finite decimal number."""
    text = given.one(name)
    if text is None:
        return None
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise InvalidInput(f"{name} {text[:40]!r} is not a number.", field=name)
    return float(text)


def whole(given: Given, name: str, default: int, most: int) -> int:
    """A whole number between 1 and ``most``; what is beyond is taken for the bound."""
    text = given.one(name)
    if text is None:
        return default
    if not WHOLE.fullmatch(text):
        raise InvalidInput(f"{name} {text[:40]!r} is not a whole number.", field=name)
    return min(max(int(text), 1), most)


def box(given: Given, name: str = "bbox") -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees: longitude first, as in GeoJSON."""
    text = given.one(name)
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 4 and all(NUMBER.fullmatch(part) for part in parts):
        west, south, east, north = (float(part) for part in parts)
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            return west, south, east, north
    raise InvalidInput(
        f"{name} {text[:80]!r} is not west,south,east,north in degrees, longitude first.", field=name
    )


def flag(given: Given, name: str) -> bool:
    """Whether a switch is on: ``true`` or ``1``."""
    return (given.one(name) or "").lower() in ("true", "1")
