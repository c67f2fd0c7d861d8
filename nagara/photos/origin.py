"""What a camera wrote into a picture: which way is up, where and when it was taken. Pure; trusts nothing."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base

TRANSPOSED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation (CIPA DC-008, 4.6.4); 1 is upright."""

LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4
WRITTEN = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")
OFFSET = re.compile(r"[+-]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picture says it was taken (degrees, WGS 84) and when (UTC); None where it does not say."""

    lat: float | None = None
    lon: float | None = None
    taken_at: dt.datetime | None = None


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    try:
        value = int(image.getexif().get(Base.Orientation, 1))
    except Exception:  # whatever is wrong with foreign metadata, the picture is still one
        return 1
    return value if value in TRANSPOSED else 1


def origin_of(image: Image.Image, zone: dt.tzinfo) -> Origin:
    """Position and time of a picture; a time without offset is taken as one in ``zone``."""
    try:
        exif = image.getexif()
        lat, lon = _position(exif.get_ifd(IFD.GPSInfo))
        return Origin(lat, lon, _taken_at(exif.get_ifd(IFD.Exif), zone))
    except Exception:  # as above
        return Origin()


def _position(tags: dict[int, Any]) -> tuple[float | None, float | None]:
    lat = _degrees(tags.get(LATITUDE), tags.get(LATITUDE_REF), "N", "S", 90)
    lon = _degrees(tags.get(LONGITUDE), tags.get(LONGITUDE_REF), "E", "W", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None, None  # cameras without a fix write zeros
    return lat, lon


def _degrees(parts: Any, side: Any, positive: str, negative: str, most: float) -> float | None:
    """Decimal degrees from degrees, minutes and seconds; None unless they are a place on Earth."""
    side = side.decode("ascii", "replace") if isinstance(side, bytes) else str(side)
    sign = {positive: 1, negative: -1}.get(side.strip("\x00 ").upper())
    if sign is None or not isinstance(parts, tuple) or not 1 <= len(parts) <= 3:
        return None
    try:
        values = [float(part) for part in parts]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    degrees: float = sum(value / 60.0**power for power, value in enumerate(values))
    if not all(math.isfinite(value) and value >= 0 for value in values) or degrees > most:
        return None
    return sign * round(degrees, 6)


def _taken_at(tags: dict[int, Any], zone: dt.tzinfo) -> dt.datetime | None:
    text = str(tags.get(Base.DateTimeOriginal, "")).strip("\x00 ")
    if not WRITTEN.fullmatch(text):
        return None
    try:
        at = dt.datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
        offset = str(tags.get(Base.OffsetTimeOriginal, "")).strip("\x00 ")
        if OFFSET.fullmatch(offset):
            at = dt.datetime.fromisoformat(at.strftime("%Y-%m-%dT%H:%M:%S") + offset)
        return at.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
