"""Looks for faces and number plates with the cascades that come with OpenCV. Pure, and far from perfect.

The cascades (Viola and Jones; frontal faces, faces from the side, Russian number plates) were trained by
OpenCV's contributors. They find most large upright faces and few small, turned or half hidden ones; plates of
other countries are found by their likeness to those they know. What they miss stays visible, so a city that
depends on it lets staff release photos as well. OpenCV is an extra of the installation (``hiding``): without it
nothing is looked for, and photos of cities that want it stay unpublished.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from nagara.photos.redaction import Box

LONGEST_EDGE = 1024
"""Pixels to which a picture is shrunk before: the time grows with the area."""

MARGIN = 0.15
"""How much wider a hidden part is than what was found, on each side: hair, chin, the plate's frame."""


class Cascade(NamedTuple):
    """A trained detector, and how sure it must be; ``smallest``: edge in pixels of what it can find."""

    file: str
    neighbours: int
    smallest: tuple[int, int]
    mirrored: bool = False
    """True where it knows one side only, and the picture is looked at in the mirror as well."""
    turns: tuple[int, ...] = (0,)
    """Degrees by which the picture is turned before: upright faces are found up to some ten degrees off."""


CASCADES: dict[str, tuple[Cascade, ...]] = {
    "faces": (
        Cascade("haarcascade_frontalface_default.xml", 4, (24, 24)),
        Cascade("haarcascade_frontalface_alt2.xml", 3, (24, 24), turns=(-45, -25, 0, 25, 45)),
        Cascade("haarcascade_profileface.xml", 4, (24, 24), mirrored=True),
    ),
    "plates": (
        Cascade("haarcascade_russian_plate_number.xml", 3, (48, 16)),
        Cascade("haarcascade_license_plate_rus_16stages.xml", 3, (48, 16)),
    ),
}


def available() -> bool:
    """Whether OpenCV is installed."""
    return find_spec("cv2") is not None


def find(picture: bytes, wanted: Collection[str]) -> tuple[Box, ...]:
    """Faces and plates in a picture, widened by a margin, each as fractions of the picture."""
    import cv2  # noqa: PLC0415 - an extra, and slow to load; only workers look for anything
    import numpy as np  # noqa: PLC0415

    grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("a kept picture cannot be decoded")
    height, width = grey.shape
    shrink = min(1.0, LONGEST_EDGE / max(height, width))
    if shrink < 1.0:
        grey = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    grey = cv2.equalizeHist(grey)
    return tuple(_found(grey, wanted))


def _found(grey: Any, wanted: Collection[str]) -> Iterator[Box]:
    height, width = grey.shape
    for what in sorted(wanted):
        for cascade in CASCADES[what]:
            for mirrored in (False, True) if cascade.mirrored else (False,):
                for degrees in cascade.turns:
                    seen = _turned(grey[:, ::-1].copy() if mirrored else grey, degrees)
                    for x, y, w, h in _detector(cascade.file).detectMultiScale(
                        seen, 1.1, cascade.neighbours, minSize=cascade.smallest
                    ):
                        centre_x, centre_y = _turned_back(x + w / 2, y + h / 2, degrees, width, height)
                        left = (width - centre_x if mirrored else centre_x) - w / 2
                        yield _widened(left / width, (centre_y - h / 2) / height, w / width, h / height)


def _turned(grey: Any, degrees: int) -> Any:
    """The picture turned about its middle; its corners are cut off."""
    if degrees == 0:
        return grey
    import cv2  # noqa: PLC0415

    height, width = grey.shape
    return cv2.warpAffine(
        grey, cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), (width, height)
    )


def _turned_back(x: float, y: float, degrees: int, width: int, height: int) -> tuple[float, float]:
    """Where a point of the turned picture lies in the picture."""
    angle = math.radians(degrees)
    right, down = float(x) - width / 2, float(y) - height / 2
    return (
        width / 2 + right * math.cos(angle) - down * math.sin(angle),
        height / 2 + right * math.sin(angle) + down * math.cos(angle),
    )


def _widened(x: float, y: float, width: float, height: float) -> Box:
    left, top = max(0.0, float(x) - MARGIN * width), max(0.0, float(y) - MARGIN * height)
    right, bottom = min(1.0, float(x) + (1 + MARGIN) * width), min(1.0, float(y) + (1 + MARGIN) * height)
    return Box(*(round(value, 5) for value in (left, top, right - left, bottom - top)))


@lru_cache(maxsize=8)
def _detector(file: str) -> Any:
    import cv2  # noqa: PLC0415

    detector = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / file))
    if detector.empty():
        raise RuntimeError(f"OpenCV came without {file}")
    return detector
