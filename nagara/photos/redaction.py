"""Hides parts of a picture beyond recovery: each becomes a few cells of one colour. Pure.

A blur that leaves detail can be undone or matched against known faces. What is kept here is at most sixteen mean
colours a part, and the result is encoded anew, so that nothing of the part lies beside the pixels either.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

from PIL import Image

from nagara.errors import InvalidInput
from nagara.photos.checking import QUALITY, THUMBNAIL_EDGE, THUMBNAIL_QUALITY

CELLS = 4
"""Cells along each edge of a hidden part."""

MOST_BOXES = 60


class Box(NamedTuple):
    """A part of a picture: its left upper corner, width and height, as fractions of the picture's."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Redacted:
    """A picture with hidden parts, ready to be kept: JPEGs without metadata. ``sha256`` is that of ``picture``."""

    picture: bytes
    thumbnail: bytes
    sha256: bytes


def read_boxes(given: Iterable[Sequence[float]], field: str = "boxes") -> tuple[Box, ...]:
    """Boxes as somebody drew them, cut to the picture; raise ``InvalidInput`` for what is none."""
    boxes = []
    for number, values in enumerate(given):
        where = f"{field}.{number}"
        if number >= MOST_BOXES:
            raise InvalidInput("Too many boxes.", field=field, allowed=f"at most {MOST_BOXES}")
        if len(values) != 4 or not all(math.isfinite(value) for value in values):
            raise InvalidInput("A box has four numbers.", field=where, allowed="[x, y, width, height]")
        x, y, width, height = values
        left, top, right, bottom = max(0.0, x), max(0.0, y), min(1.0, x + width), min(1.0, y + height)
        if right <= left or bottom <= top:
            raise InvalidInput(
                "A box lies outside of the picture or has no area.",
                field=where,
                allowed="[x, y, width, height] as fractions of the picture, 0 to 1",
            )
        boxes.append(Box(left, top, right - left, bottom - top))
    return tuple(boxes)


def redact(picture: bytes, boxes: Iterable[Box]) -> Redacted:
    """The picture with the boxes hidden. ``picture`` is one that was kept, and so known to be whole."""
    with Image.open(BytesIO(picture), formats=("JPEG",)) as opened:
        pixels = opened.convert("RGB")
    for box in boxes:
        _hide(pixels, box)
    hidden = _jpeg(pixels, QUALITY)
    pixels.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE), Image.Resampling.LANCZOS)
    return Redacted(hidden, _jpeg(pixels, THUMBNAIL_QUALITY), hashlib.sha256(hidden).digest())


def _hide(pixels: Image.Image, box: Box) -> None:
    """Replace a part by its mean colours, outward to whole pixels."""
    width, height = pixels.size
    edges = (
        math.floor(box.x * width),
        math.floor(box.y * height),
        min(width, math.ceil((box.x + box.width) * width)),
        min(height, math.ceil((box.y + box.height) * height)),
    )
    part = pixels.crop(edges)
    cells = part.resize((min(CELLS, part.width), min(CELLS, part.height)), Image.Resampling.BOX)
    pixels.paste(cells.resize(part.size, Image.Resampling.NEAREST), edges)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    written = BytesIO()
    image.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()
