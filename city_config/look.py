"""How a city's pages look: its colour, which must carry white text, and its crest, which must be a harmless picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from pydantic import Field

from city_config.basics import Fact

LEAST_CONTRAST = 4.5
"""Of text on its ground, WCAG 2.2 success criterion 1.4.3."""

MOST_BYTES = 64 * 1024
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset(
    {"svg", "g", "defs", "title", "desc", "path", "circle", "ellipse", "rect", "line", "polygon", "polyline"}
    | {"linearGradient", "radialGradient", "stop", "clipPath"}
)
ATTRIBUTES = frozenset(
    {
        "viewBox",
        "width",
        "height",
        "d",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "points",
    }
    | {"fill", "fill-rule", "fill-opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"}
    | {
        "stroke-opacity",
        "stroke-miterlimit",
        "opacity",
        "transform",
        "id",
        "clip-path",
        "clip-rule",
        "offset",
    }
    | {"stop-color", "stop-opacity", "gradientUnits", "gradientTransform", "fx", "fy", "preserveAspectRatio"}
    | {"version", "role"}
)
KeyPath = tuple[str | int, ...]
INSIDE = re.compile(r"^\s*url\(#[\w.-]+\)\s*$")


class Look(Fact):
    """What makes the pages the city's own."""

    colour: str = Field(
        pattern=r"^#[0-9a-fA-F]{6}$",
        description="Ground of the header and of the main button; white text on it must reach 4.5:1",
    )
    crest: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9_-]*\.svg$",
        description="A drawing in the city's folder: shapes and plain colours, no scripts, styles, links or pictures",
    )


def contrast_with_white(colour: str) -> float:
    """Ratio of white to ``#rrggbb`` after WCAG 2.2: 1 (the same) to 21 (black)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def look_faults(look: Look | None, folder: Path) -> Iterator[tuple[KeyPath, str]]:
    """What is wrong with a city's look; the crest is read from its folder."""
    if look is None:
        return
    ratio = contrast_with_white(look.colour)
    if ratio < LEAST_CONTRAST:
        yield (
            ("look", "colour"),
            f"white text on {look.colour!r} has a contrast of {ratio:.2f}; allowed: {LEAST_CONTRAST} or more, "
            "so choose a darker one",
        )
    if look.crest is not None:
        try:
            read_crest(folder / look.crest)
        except ValueError as error:
            yield ("look", "crest"), str(error)


def read_crest(path: Path) -> bytes:
    """The drawing, once it holds nothing but shapes; ``ValueError`` says what else it holds.

    Refused rather than cleaned: what is served is byte for byte what the city put there.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise ValueError(f"there is no file {path.name!r} beside city.yaml") from None
    if len(content) > MOST_BYTES:
        raise ValueError(f"{path.name!r} has {len(content)} bytes; allowed: at most {MOST_BYTES}")
    if b"<!" in content.replace(b"<!--", b"") or b"<?xml-" in content:
        raise ValueError(f"{path.name!r} declares a document type or a style sheet; allowed: shapes alone")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without a document type there are no entities
    except ElementTree.ParseError as error:
        raise ValueError(f"{path.name!r} is no SVG drawing: {error}") from None
    if root.tag != f"{SVG}svg" or "viewBox" not in root.attrib:
        raise ValueError(f"{path.name!r} must begin with <svg xmlns=... viewBox=...>")
    for part in root.iter():
        _check(part, path.name)
    return content


def _check(part: ElementTree.Element, name: str) -> None:
    kind = str(part.tag).removeprefix(SVG)
    if kind not in ELEMENTS:
        raise ValueError(f"{name!r} holds <{kind}>; allowed: {', '.join(sorted(ELEMENTS))}")
    for attribute, value in part.attrib.items():
        if attribute not in ATTRIBUTES:
            raise ValueError(f"{name!r} holds {attribute}= on <{kind}>; allowed: shapes and plain colours")
        if "url(" in value.lower() and not INSIDE.match(value):
            raise ValueError(f"{name!r} refers to something outside itself: {value!r}")
