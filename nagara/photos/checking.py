"""Makes a picture safe to keep: told by its content, decoded within limits, upright, re-encoded. Pure.

Nothing of the original file reaches the result but its pixels: no metadata, no colour profile, no trailing
bytes. What the camera wrote about place and time is read before and handed back, not kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pi_heif
from PIL import Image, UnidentifiedImageError

from nagara.errors import DamagedPhoto, InvalidPhoto, NotAPhoto, PhotoTooLarge
from nagara.photos.origin import TRANSPOSED, Origin, orientation_of, origin_of

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
"""What phones take at most without asking for it; larger ones are mostly files made to fill the memory."""

LONGEST_EDGE = 2048
THUMBNAIL_EDGE = 320
QUALITY, THUMBNAIL_QUALITY = 85, 75
MAX_HEIF_IMAGES = 16
ACCEPTED = "JPEG, PNG, WebP, HEIC"
SHRINKABLE = ("RGB", "RGBA", "L", "LA", "CMYK")
"""Modes whose pixels can be averaged as they are; the rest become colours first, at twice the memory."""

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")

MARKUP = re.compile(rb"<script|<!doctype|<\?php|<iframe|<html[\s>]", re.IGNORECASE)
"""Long enough that compressed pixels hold one by chance in fewer than one of a million pictures."""

PDF, PDF_WITHIN = b"%PDF-", 1024
END_OF_ZIP, ZIP_WITHIN = b"PK\x05\x06", 65_557

pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready to be kept: two JPEGs without metadata, and what the original told of its origin.

    ``sha256`` is that of ``picture``. ``dhash`` is a difference hash of 64 bits, as the database's signed
    number: look-alike pictures differ in few bits.
    """

    picture: bytes
    thumbnail: bytes
    sha256: bytes
    width: int
    height: int
    dhash: int
    origin: Origin


def prepare(content: bytes, zone: dt.tzinfo) -> Prepared:
    """Check and re-encode a picture; raise a kind of ``InvalidPhoto`` that says what is wrong with it.

    ``zone``: where a camera's clock without offset is taken to be.
    """
    _check_outside(content)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            _check_header(opened)
            origin, orientation = origin_of(opened, zone), orientation_of(opened)
            opened.draft(None, (LONGEST_EDGE, LONGEST_EDGE))  # a JPEG is decoded no larger than needed
            opened.load()
            if opened.mode in SHRINKABLE and "transparency" not in opened.info:
                opened.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
            pixels = _in_colours(opened)
    except InvalidPhoto:
        raise
    except UnidentifiedImageError:
        raise _unidentified(content) from None
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except Exception as fault:
        # Decoders meet hostile files with many kinds of exception; each means that this is not a whole picture.
        raise DamagedPhoto(
            "The picture is damaged or incomplete; please send it again.", field="file", allowed=ACCEPTED
        ) from fault
    return _encoded(pixels, orientation, origin)


def _encoded(pixels: Image.Image, orientation: int, origin: Origin) -> Prepared:
    pixels.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
    if orientation in TRANSPOSED:
        pixels = pixels.transpose(TRANSPOSED[orientation])
    picture = _jpeg(pixels, QUALITY)
    width, height = pixels.size
    dhash = difference_hash(pixels)
    pixels.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE), Image.Resampling.LANCZOS)
    thumbnail = _jpeg(pixels, THUMBNAIL_QUALITY)
    return Prepared(picture, thumbnail, hashlib.sha256(picture).digest(), width, height, dhash, origin)


def difference_hash(image: Image.Image) -> int:
    """Sixty-four comparisons of neighbours in a 9 by 8 grey miniature, as a signed number of 64 bits."""
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX))
    bits = np.packbits(grey[:, 1:] > grey[:, :-1])
    return int.from_bytes(bits.tobytes(), signed=True)


def _check_outside(content: bytes) -> None:
    """Refuse what need not be decoded to be refused."""
    if not content:
        raise NotAPhoto("The file is empty.", field="file", allowed=ACCEPTED)
    if len(content) > MAX_BYTES:
        raise PhotoTooLarge(
            f"The picture has {len(content)} bytes.", field="file", allowed=f"at most {MAX_BYTES} bytes"
        )
    # Re-encoding would disarm these; whoever sends one is told all the same, since it is no camera's work.
    if (
        MARKUP.search(content)
        or PDF in content[:PDF_WITHIN]
        or content.rfind(END_OF_ZIP, max(0, len(content) - ZIP_WITHIN)) >= 0
    ):
        raise NotAPhoto("The file is something else besides a picture.", field="file", allowed=ACCEPTED)


def _check_header(image: Image.Image) -> None:
    """Refuse by the header alone, before a pixel is decoded."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    frames = getattr(image, "n_frames", 1)
    # Telephones put a second picture behind the first (MPO) and several into one HEIC; the first is meant.
    if frames > 1 and image.format not in ("MPO", "HEIF"):
        raise InvalidPhoto(
            f"The picture moves: it has {frames} frames.", field="file", allowed="a still picture"
        )
    if frames > MAX_HEIF_IMAGES:
        raise InvalidPhoto(
            f"The file holds {frames} pictures.", field="file", allowed=f"at most {MAX_HEIF_IMAGES}"
        )


def _in_colours(image: Image.Image) -> Image.Image:
    """A new RGB image of nothing but pixels; transparency becomes white, sixteen bits become eight."""
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    clean = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        clean.paste(layered, mask=layered.getchannel("A"))
    else:
        clean.paste(image.convert("RGB"))
    return clean


def _jpeg(image: Image.Image, quality: int) -> bytes:
    written = BytesIO()
    image.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()


def _unidentified(content: bytes) -> InvalidPhoto:
    """The beginning of an accepted format that does not open is a damaged picture, all else is none."""
    known = content.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF")) or content[4:8] == b"ftyp"
    if known and content[8:12] not in (b"WAVE", b"AVI "):
        return DamagedPhoto(
            "The picture is damaged or incomplete; please send it again.", field="file", allowed=ACCEPTED
        )
    return NotAPhoto("The file is not a picture of a kind we take.", field="file", allowed=ACCEPTED)


def _too_many_pixels() -> PhotoTooLarge:
    return PhotoTooLarge(
        "The picture has too many pixels.", field="file", allowed=f"at most {MAX_PIXELS} pixels"
    )
