"""Pictures: what is taken comes out upright and bare, what is not is refused with a reason."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import struct
import threading
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PIL.ExifTags import IFD, Base

from nagara.errors import (
    DamagedPhoto,
    InvalidPhoto,
    MediaUnavailable,
    NotAPhoto,
    PhotosBusy,
    PhotoTooLarge,
)
from nagara.photos import checking, darkroom
from nagara.photos.checking import LONGEST_EDGE, MAX_BYTES, Prepared, prepare
from nagara.photos.darkroom import Darkroom
from nagara.photos.origin import Origin
from nagara.photos.storage import MediaStore, media_store, path_of
from nagara.settings import Settings

ZONE = ZoneInfo("Asia/Phnom_Penh")
HEIC = Path(__file__).parent / "pictures" / "turned.heic"
"""Grey, 96 by 64 with a red corner and a blue one, turned by its EXIF, with place and time; drawn for this test."""

SECRET = b"0812 345 678 taken by"


def drawn(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    """Grey, its left upper quarter red and its right lower one blue."""
    image = Image.new("RGB", size, (200, 200, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0] // 2 - 1, size[1] // 2 - 1), fill=(200, 30, 30))
    draw.rectangle((size[0] // 2, size[1] // 2, *size), fill=(30, 30, 200))
    return image if mode == "RGB" else image.convert(mode)


def noise(size: tuple[int, int] = (200, 150)) -> Image.Image:
    """Something that does not compress, so that a cut hits pixels."""
    return Image.effect_noise(size, 90).convert("RGB")


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def decoded(prepared: Prepared) -> Image.Image:
    return Image.open(BytesIO(prepared.picture))


def exif(orientation: int = 1, offset: str | None = "+07:00") -> Image.Exif:
    """What a telephone writes: which way is up, where, when, and who."""
    tags = Image.Exif()
    tags[Base.Orientation] = orientation
    tags[Base.Artist] = SECRET.decode()
    inner = tags.get_ifd(IFD.Exif)
    inner[Base.DateTimeOriginal] = "2026:03:05 08:15:30"
    inner[Base.UserComment] = SECRET
    if offset:
        inner[Base.OffsetTimeOriginal] = offset
    gps = tags.get_ifd(IFD.GPSInfo)
    gps[1], gps[2], gps[3], gps[4] = "N", (11.0, 33.0, 23.04), "E", (104.0, 55.0, 41.52)
    return tags


def corners(image: Image.Image) -> list[str]:
    """Red, grey or blue: left upper, right upper, left lower, right lower."""
    named = []
    for x, y in ((5, 5), (image.width - 5, 5), (5, image.height - 5), (image.width - 5, image.height - 5)):
        red, green, blue = image.convert("RGB").getpixel((x, y))  # type: ignore[misc]
        named.append("red" if red - green > 80 else "blue" if blue - green > 80 else "grey")
    return named


def markers(jpeg: bytes) -> list[int]:
    """The markers of a JPEG's segments before its pixels; asserts that nothing follows its end."""
    assert jpeg.startswith(b"\xff\xd8")
    assert jpeg.endswith(b"\xff\xd9")
    found, at = [], 2
    while True:
        marker = jpeg[at + 1]
        found.append(marker)
        if marker == 0xDA:
            return found
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size, of a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(drawn(), "JPEG", quality=90), id="JPEG"),
        pytest.param(encoded(drawn(), "JPEG", quality=90, progressive=True), id="progressive"),
        pytest.param(encoded(drawn(), "PNG"), id="PNG"),
        pytest.param(encoded(drawn(), "WEBP", quality=90), id="WebP"),
        pytest.param(encoded(drawn(mode="CMYK"), "JPEG", quality=90), id="CMYK"),
        pytest.param(encoded(drawn(mode="P"), "PNG"), id="palette"),
        pytest.param(encoded(drawn(mode="RGBA"), "PNG"), id="with alpha"),
    ],
)
def test_every_kind_comes_out_as_the_same_picture(content: bytes) -> None:
    prepared = prepare(content, ZONE)
    assert (prepared.width, prepared.height) == (96, 64) == decoded(prepared).size
    assert decoded(prepared).format == "JPEG"
    assert decoded(prepared).mode == "RGB"
    assert corners(decoded(prepared)) == ["red", "grey", "grey", "blue"]
    assert prepared.sha256 == hashlib.sha256(prepared.picture).digest()
    assert prepared.origin == Origin()


def test_a_telephones_heic_is_turned_and_read() -> None:
    prepared = prepare(HEIC.read_bytes(), ZONE)
    assert (prepared.width, prepared.height) == (64, 96)
    assert corners(decoded(prepared)) == ["grey", "red", "blue", "grey"]
    assert prepared.origin == Origin(11.5564, 104.9282, dt.datetime(2026, 3, 5, 1, 15, 30, tzinfo=dt.UTC))


def test_what_is_transparent_becomes_white() -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert decoded(prepare(encoded(image, "PNG"), ZONE)).getpixel((20, 20)) == (255, 255, 255)
    palette = Image.new("P", (40, 40), 0)
    assert decoded(prepare(encoded(palette, "PNG", transparency=0), ZONE)).getpixel((20, 20)) == (
        255,
        255,
        255,
    )


def test_sixteen_bits_keep_their_brightness() -> None:
    grey = Image.new("I;16", (40, 40), 0x8000)
    red, _, _ = decoded(prepare(encoded(grey, "PNG"), ZONE)).getpixel((20, 20))  # type: ignore[misc]
    assert 124 <= red <= 132


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_whichever_way_it_was_held_it_comes_out_upright(orientation: int, form: str) -> None:
    """The picture is laid down as the camera would, by the standard's words, and must come out as it was."""
    lay = {
        1: lambda i: i,
        2: lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: lambda i: i.rotate(180),
        4: lambda i: i.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: lambda i: i.rotate(90, expand=True).transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        6: lambda i: i.rotate(90, expand=True),
        7: lambda i: i.rotate(270, expand=True).transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        8: lambda i: i.rotate(270, expand=True),
    }
    content = encoded(lay[orientation](drawn()), form, exif=exif(orientation), quality=95)
    prepared = prepare(content, ZONE)
    assert (prepared.width, prepared.height) == (96, 64)
    assert corners(decoded(prepared)) == ["red", "grey", "grey", "blue"]
    with Image.open(BytesIO(prepared.thumbnail)) as thumbnail:
        assert corners(thumbnail) == ["red", "grey", "grey", "blue"]


def test_nothing_of_its_maker_is_left() -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    content = encoded(
        drawn(), "JPEG", exif=exif(6), comment=SECRET, xmp=xmp, icc_profile=b"\x00" * 128 + SECRET, dpi=(7, 7)
    )
    assert content.count(SECRET) >= 4
    prepared = prepare(content + b"and behind the end " + SECRET, ZONE)
    for jpeg in (prepared.picture, prepared.thumbnail):
        assert SECRET not in jpeg
        assert set(markers(jpeg)) <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}, "JFIF's own head, tables and pixels only"
    assert prepared.origin.lat == 11.5564


def test_the_place_and_time_are_read_before() -> None:
    at = dt.datetime(2026, 3, 5, 1, 15, 30, tzinfo=dt.UTC)
    for form in ("JPEG", "PNG", "WEBP"):
        assert prepare(encoded(drawn(), form, exif=exif()), ZONE).origin == Origin(11.5564, 104.9282, at)
    local = prepare(encoded(drawn(), exif=exif(offset=None)), ZONE).origin
    assert local.taken_at == at, "a camera's clock without offset is the city's"


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (104.0, 0.0, 0.0)},
        {1: "N", 2: (11.0, 0.0, 0.0)},
        {1: "X", 2: (11.0, 0.0, 0.0), 3: "E", 4: (104.0, 0.0, 0.0)},
        {2: (11.0, 0.0, 0.0), 4: (104.0, 0.0, 0.0)},
    ],
)
def test_a_place_that_is_none_is_not_offered(gps: dict[int, Any]) -> None:
    tags = Image.Exif()
    tags.get_ifd(IFD.GPSInfo).update(gps)
    tags.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "0000:00:00 00:00:00"
    assert prepare(encoded(drawn(), exif=tags), ZONE).origin == Origin()


def test_the_south_and_the_west_are_negative() -> None:
    tags = Image.Exif()
    tags.get_ifd(IFD.GPSInfo).update({1: "S", 2: (6.0, 10.0, 30.0), 3: "W", 4: (1.0, 0.0, 0.0)})
    origin = prepare(encoded(drawn(), exif=tags), ZONE).origin
    assert (origin.lat, origin.lon) == (-6.175, -1.0)


def test_damaged_metadata_do_not_cost_the_picture() -> None:
    content = encoded(drawn(), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" + bytes(range(256)))
    assert prepare(content, ZONE).origin == Origin()


def test_large_ones_are_made_smaller_and_small_ones_stay() -> None:
    prepared = prepare(encoded(drawn((5000, 2500))), ZONE)
    assert (prepared.width, prepared.height) == (LONGEST_EDGE, LONGEST_EDGE // 2)
    with Image.open(BytesIO(prepared.thumbnail)) as thumbnail:
        assert thumbnail.size == (320, 160)
    one = prepare(encoded(Image.new("RGB", (1, 1)), "PNG"), ZONE)
    assert (one.width, one.height) == (1, 1)
    line = prepare(encoded(Image.new("RGB", (30_000, 1)), "PNG"), ZONE)
    assert (line.width, line.height) == (LONGEST_EDGE, 1)


def test_look_alikes_have_nearly_the_same_hash() -> None:
    spots = np.random.default_rng(7).integers(0, 255, (2, 12, 16), dtype=np.uint8)
    one, another = (Image.fromarray(spot).resize((800, 600), Image.Resampling.BICUBIC) for spot in spots)
    original = prepare(encoded(one, quality=95), ZONE).dhash
    again = prepare(encoded(one.resize((500, 375)), quality=40), ZONE).dhash
    assert -(2**63) <= original < 2**63
    assert apart(original, again) <= 4
    assert apart(original, prepare(encoded(another), ZONE).dhash) > 16


def apart(one: int, other: int) -> int:
    return ((one ^ other) & (2**64 - 1)).bit_count()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIC"])
@pytest.mark.parametrize("eighths", range(8))
def test_what_was_cut_off_is_refused(form: str, eighths: int) -> None:
    content = HEIC.read_bytes() if form == "HEIC" else encoded(noise(), form)
    with pytest.raises((DamagedPhoto, NotAPhoto)):
        prepare(content[: len(content) * eighths // 8], ZONE)


@pytest.mark.parametrize(
    "tail", [b"<html><script>1</script>", b"<!DOCTYPE html>", b"<?php system('x');", b"<HTML lang=en>"]
)
def test_a_picture_that_is_a_page_too_is_refused(tail: bytes) -> None:
    picture = encoded(drawn())
    for content in (picture + tail, encoded(drawn(), comment=tail)):
        with pytest.raises(NotAPhoto, match="besides"):
            prepare(content, ZONE)


def test_a_picture_that_is_an_archive_or_a_document_too_is_refused() -> None:
    archive = b"PK\x03\x04" + b"\x00" * 60 + b"PK\x05\x06" + b"\x00" * 18
    for content in (encoded(drawn()) + archive, encoded(drawn(), comment=b"%PDF-1.7")):
        with pytest.raises(NotAPhoto, match="besides"):
            prepare(content, ZONE)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"#!/bin/sh\nid\n", b"MZ" + b"\x00" * 500,
        encoded(drawn(), "GIF"), encoded(drawn(), "BMP"), encoded(drawn(), "TIFF"), encoded(drawn(), "ICO"),
        encoded(drawn(), "PPM"), encoded(drawn(), "PDF"), b"%!PS-Adobe-3.0 EPSF-3.0\n", b"RIFF\x10\x00\x00\x00WAVEfmt ",
    ],
)  # fmt: skip
def test_other_kinds_of_file_are_refused(content: bytes) -> None:
    with pytest.raises(NotAPhoto):
        prepare(content, ZONE)


def test_a_bomb_is_refused_by_its_header_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(checking, "_in_colours", never)
    for width, height in ((60_000, 60_000), (10_000, 5_001), (2**31 - 1, 2**31 - 1)):
        with pytest.raises(InvalidPhoto) as refused:
            prepare(png_header(width, height), ZONE)
        assert not isinstance(refused.value, NotAPhoto)


def test_a_text_that_unfolds_is_refused() -> None:
    unfolding = zlib.compress(b"\x00" * 80_000_000, 9)
    data = b"Comment\x00\x00" + unfolding
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    content = encoded(drawn(), "PNG")
    with pytest.raises(DamagedPhoto):
        prepare(content[:33] + chunk + content[33:], ZONE)


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(PhotoTooLarge):
        prepare(encoded(drawn()) + b"\x00" * MAX_BYTES, ZONE)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_moves_is_refused(form: str) -> None:
    frames = [drawn(), drawn().rotate(180)]
    moving = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(InvalidPhoto, match="2 frames"):
        prepare(moving, ZONE)


def test_the_first_of_a_telephones_double_picture_is_taken() -> None:
    double = encoded(drawn(), "MPO", save_all=True, append_images=[drawn().rotate(180)])
    assert corners(decoded(prepare(double, ZONE))) == ["red", "grey", "grey", "blue"]


def test_bytes_turned_over_never_do_worse_than_a_refusal() -> None:
    """Every 37th byte of each kind, one at a time; what is taken is a whole picture all the same."""
    for content in (encoded(noise((40, 30)), form) for form in ("JPEG", "PNG", "WEBP")):
        for at in range(0, len(content), 37):
            damaged = bytearray(content)
            damaged[at] ^= 0xFF
            try:
                prepared = prepare(bytes(damaged), ZONE)
            except InvalidPhoto:
                continue
            decoded(prepared).load()


def run_with(store: MediaStore, what: Callable[[MediaStore], Any]) -> Any:
    return asyncio.run(what(store))


def test_a_folder_keeps_what_it_was_given_first(tmp_path: Path) -> None:
    store = media_store(Settings(media_url=f"file://{tmp_path}/kept"))
    digest = hashlib.sha256(b"a").digest()

    async def written(store: MediaStore) -> list[bytes]:
        await store.write("kh-pnh", digest, b"picture", b"small")
        await store.write("kh-pnh", digest, b"another", b"other")
        return [
            await store.read("kh-pnh", digest, "picture"),
            await store.read("kh-pnh", digest, "thumbnail"),
        ]

    assert run_with(store, written) == [b"picture", b"small"]
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    name = digest.hex()
    assert [str(path.relative_to(tmp_path / "kept")) for path in files] == [
        f"kh-pnh/{name[:2]}/{name}.jpg",
        f"kh-pnh/{name[:2]}/{name}.thumbnail.jpg",
    ]
    assert not any(path.stat().st_mode & 0o111 for path in files), "nothing in it can be run"
    store.remove("kh-pnh", digest)
    store.remove("kh-pnh", digest)
    with pytest.raises(MediaUnavailable):
        run_with(store, lambda store: store.read("kh-pnh", digest, "picture"))


@pytest.mark.parametrize("city", ["../etc", "kh-pnh/..", "", "/", "KH-PNH", "kh-pnh\x00"])
def test_no_path_leads_out_of_the_store(city: str) -> None:
    with pytest.raises(ValueError, match="no picture"):
        path_of(city, bytes(32), "picture")
    with pytest.raises(ValueError, match="no picture"):
        path_of("kh-pnh", b"../../etc/passwd", "picture")


def test_only_folders_and_buckets_are_stores() -> None:
    for url in ("https://example.org/", "memory:///", "file://relative", "/folder"):
        with pytest.raises(MediaUnavailable):
            media_store(Settings(media_url=url))


def test_a_full_darkroom_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gate = threading.Event()
    monkeypatch.setattr(darkroom, "prepare", lambda content, zone: gate.wait(60))
    room = Darkroom(media_store(Settings(media_url=f"file://{tmp_path}")))

    async def crowd() -> list[object]:
        waiting = [asyncio.ensure_future(room.develop(b"", ZONE)) for _ in range(16)]
        await asyncio.sleep(0)
        with pytest.raises(PhotosBusy):
            await room.develop(b"", ZONE)
        gate.set()
        return list(await asyncio.gather(*waiting))

    assert asyncio.run(crowd()) == [True] * 16
    room.close()
