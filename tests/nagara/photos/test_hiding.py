"""Faces and plates are found as far as the documentation says, hidden beyond recovery, and shown to nobody before."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import psycopg
import pytest
from PIL import Image, ImageDraw, ImageFont

from city_config import City
from nagara.database import app_pool, clock_connection
from nagara.errors import UnknownPhoto
from nagara.photos import detecting, keeping
from nagara.photos.checking import prepare
from nagara.photos.detecting import find
from nagara.photos.hiding import hide_what_cities_want
from nagara.photos.keeping import Viewer
from nagara.photos.redaction import Box, redact
from nagara.photos.storage import media_store
from nagara.settings import settings
from tests.helpers import file

Connection = psycopg.Connection[Any]
SHIPPED = Path(matplotlib.get_data_path())
PORTRAIT = SHIPPED / "sample_data" / "grace_hopper.jpg"
"""A portrait in the public domain (United States Navy) that comes with a library for tests."""

FACE = Box(0.3, 0.2, 0.4, 0.35)
"""Where its face is, about."""


def street(width: int = 900, height: int = 700) -> Image.Image:
    """Something like a street: smooth patches and the noise of a small camera, always the same."""
    random = np.random.default_rng(7)
    patches = Image.fromarray(random.integers(40, 215, (9, 12, 3), dtype=np.uint8))
    smooth = np.asarray(patches.resize((width, height), Image.Resampling.BICUBIC)).astype(int)
    noisy = smooth + random.integers(-15, 15, (height, width, 1))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def with_face(height: int) -> tuple[bytes, Box]:
    """A street with a face of that many pixels, and where it is."""
    scene = street()
    with Image.open(PORTRAIT) as portrait:
        scale = height / (FACE.height * portrait.height)
        person = portrait.convert("RGB").resize((int(portrait.width * scale), int(portrait.height * scale)))
    left, top = 250, 60
    scene.paste(person, (left, top))
    place = Box(
        (left + FACE.x * person.width) / scene.width,
        (top + FACE.y * person.height) / scene.height,
        FACE.width * person.width / scene.width,
        FACE.height * person.height / scene.height,
    )
    return jpeg(scene), place


def with_plate(text: str, wide: int) -> tuple[bytes, Box]:
    """A street with a car's back and a plate of that many pixels."""
    scene, high = street(), int(wide * 0.23)
    drawing = ImageDraw.Draw(scene)
    drawing.rounded_rectangle((200, 200, 700, 600), 20, fill=(60, 70, 90))
    left, top = 450 - wide // 2, 460
    drawing.rectangle(
        (left, top, left + wide, top + high), fill=(245, 245, 245), outline=(10, 10, 10), width=2
    )
    font = ImageFont.truetype(SHIPPED / "fonts" / "ttf" / "DejaVuSans-Bold.ttf", int(high * 0.62))
    drawing.text((450, top + high / 2), text, font=font, fill=(10, 10, 10), anchor="mm")
    return jpeg(scene), Box(left / 900, top / 700, wide / 900, high / 700)


def jpeg(image: Image.Image) -> bytes:
    written = BytesIO()
    image.save(written, "JPEG", quality=88)
    return written.getvalue()


def covered(boxes: tuple[Box, ...], place: Box) -> bool:
    """Whether a box lies over the middle of a place and is no speck."""
    x, y = place.x + place.width / 2, place.y + place.height / 2
    return any(
        b.x <= x <= b.x + b.width
        and b.y <= y <= b.y + b.height
        and b.width * b.height > 0.3 * place.width * place.height
        for b in boxes
    )


def detail(picture: bytes, place: Box) -> float:
    """How much neighbours differ inside a place, in shades of grey, but for a few edges between cells."""
    with Image.open(BytesIO(picture)) as image:
        left, top = int((place.x + 0.1 * place.width) * 900), int((place.y + 0.1 * place.height) * 700)
        right, bottom = (
            int((place.x + 0.9 * place.width) * 900),
            int((place.y + 0.9 * place.height) * 700),
        )
        middle = np.asarray(image.convert("L").crop((left, top, right, bottom))).astype(int)
    return float(np.quantile(np.abs(np.diff(middle, axis=1)), 0.9))


@pytest.mark.parametrize("height", [240, 60])
def test_upright_faces_are_found(height: int) -> None:
    content, place = with_face(height)
    assert covered(find(content, ["faces"]), place)


@pytest.mark.parametrize(("text", "wide"), [("2A-1234", 300), ("51F-123.45", 160)])
def test_plates_are_found(text: str, wide: int) -> None:
    content, place = with_plate(text, wide)
    assert covered(find(content, ["plates"]), place)


def test_a_hidden_part_keeps_no_detail() -> None:
    content, place = with_face(240)
    hidden = redact(content, [place])
    with Image.open(BytesIO(hidden.picture)) as image:
        assert image.size == (900, 700)
        assert not image.getexif()
    assert detail(hidden.picture, place) <= 3 < detail(content, place)
    assert not covered(find(hidden.picture, ["faces"]), place)


@pytest.fixture
def hiding(phnom_penh: City) -> City:
    public = phnom_penh.publication.model_copy(update={"hide": ("faces",), "photos": "all"})
    return phnom_penh.model_copy(update={"publication": public})


def seen(city: City, photo: Any, viewer: Viewer) -> bytes | None:
    """The bytes somebody sees, or nothing."""

    async def looked() -> bytes | None:
        async with app_pool() as pool:
            try:
                found = await keeping.find(pool, city, photo, viewer, settings().secret)
            except UnknownPhoto:
                return None
            return await media_store(settings()).read(city.id, found.sha256, "picture")

    return asyncio.run(looked())


def kept(city: City, content: bytes) -> Any:
    async def keep() -> Any:
        async with app_pool() as pool:
            return await keeping.keep(pool, media_store(settings()), city, prepare(content, city.zone))

    return asyncio.run(keep())


def passed(city: City) -> Any:
    with clock_connection() as connection:
        return hide_what_cities_want(connection, media_store(settings()), {city.id: city}, 10)


def test_nobody_but_the_privileged_sees_a_picture_before_its_faces_are_hidden(
    hiding: City, db: Connection
) -> None:
    content, place = with_face(240)
    photo = kept(hiding, content)
    file(hiding, media=(photo,))
    privileged = Viewer(staff=True, privileged=True, username="dara@kh-pnh")
    assert seen(hiding, photo, keeping.ANYBODY) is None
    assert seen(hiding, photo, Viewer(staff=True)) is None
    original = seen(hiding, photo, privileged)
    assert original is not None

    assert passed(hiding) == (1, 1, 0)
    assert passed(hiding) == (0, 0, 0)
    hidden = seen(hiding, photo, keeping.ANYBODY)
    assert hidden is not None
    assert hidden == seen(hiding, photo, privileged) == seen(hiding, photo, Viewer(staff=True, original=True))
    assert hidden != original
    assert detail(hidden, place) <= 3
    assert seen(hiding, photo, privileged._replace(original=True)) == original


def test_a_picture_without_a_face_is_shown_as_it_is_once_it_was_looked_at(
    hiding: City, db: Connection
) -> None:
    photo = kept(hiding, jpeg(Image.new("RGB", (300, 200), "grey")))
    file(hiding, media=(photo,))
    assert seen(hiding, photo, keeping.ANYBODY) is None
    assert passed(hiding) == (1, 0, 0)
    assert seen(hiding, photo, keeping.ANYBODY) is not None
    both = hiding.publication.model_copy(update={"hide": ("faces", "plates")})
    wants_more = hiding.model_copy(update={"publication": both})
    assert seen(wants_more, photo, keeping.ANYBODY) is None, "plates were not looked for yet"
    assert passed(wants_more).searched == 1
    assert seen(wants_more, photo, keeping.ANYBODY) is not None


def test_without_the_extra_pictures_stay_unseen(
    hiding: City, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = kept(hiding, jpeg(Image.new("RGB", (300, 200), "blue")))
    file(hiding, media=(photo,))
    monkeypatch.setattr(detecting, "available", lambda: False)
    assert passed(hiding) == (0, 0, 0)
    assert seen(hiding, photo, keeping.ANYBODY) is None
