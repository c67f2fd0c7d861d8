"""A corpus of files that want something else than to be looked at: each leaves nothing, or nothing but pixels.

The files are made here, so that none lies in the repository. What is refused leaves no row and no byte and says
why; what is a picture besides being something else is kept without that.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from httpx import Response
from PIL import Image
from PIL.ExifTags import Base
from PIL.PngImagePlugin import PngInfo
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.settings import settings

Connection = psycopg.Connection[Any]
UPLOAD = "/api/v1/cities/kh-pnh/media"
PAYLOAD = b"PAYLOAD-7f3a-do-not-keep-me"
REFUSALS = {"not_a_photo", "damaged_photo", "photo_too_large", "invalid_photo"}


def plain(mode: str = "RGB", size: tuple[int, int] = (320, 240)) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert(mode)


def written(image: Image.Image, form: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def jpeg(**options: Any) -> bytes:
    return written(plain(), "JPEG", **options)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG, with its sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, data: bytes) -> bytes:
    """A PNG that says it is so large, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def archive(*, before: bytes = b"") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("../../escape.sh", PAYLOAD)
    return before + out.getvalue()


def moving(form: str) -> bytes:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    return written(frames[0], form, save_all=True, append_images=frames[1:], duration=50)


def with_exif(payload: bytes) -> bytes:
    exif = Image.Exif()
    exif[Base.ImageDescription] = payload.decode("latin-1")
    exif[Base.Software] = "<?php system($_GET[0]); ?>"[2:]
    exif[Base.XPComment] = payload
    return jpeg(exif=exif)


def with_text_chunk() -> bytes:
    info = PngInfo()
    info.add_text("Comment", PAYLOAD.decode(), zip=True)
    return written(plain(), "PNG", pnginfo=info)


def jpeg_with_comment() -> bytes:
    content = jpeg()
    return content[:2] + b"\xff\xfe" + struct.pack(">H", len(PAYLOAD) + 2) + PAYLOAD + content[2:]


def lying_jpeg() -> bytes:
    """A small JPEG whose header claims 60,000 by 60,000 pixels."""
    content = bytearray(jpeg())
    start = content.index(b"\xff\xc0")
    content[start + 5 : start + 9] = struct.pack(">HH", 60_000, 60_000)
    return bytes(content)


def half_random() -> bytes:
    content = bytearray(jpeg())
    noise = np.random.default_rng(3).bytes(len(content) // 2)
    return bytes(content[: len(content) // 2]) + noise


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="http://127.0.0.1/"/></svg>'

REFUSED: dict[str, Callable[[], bytes]] = {
    "nothing at all": lambda: b"",
    "one byte": lambda: b"\xff",
    "a JPEG cut after its header": lambda: jpeg()[:120],
    "a JPEG cut in the middle": lambda: jpeg()[: len(jpeg()) // 2],
    "a PNG cut in the middle": lambda: written(plain(), "PNG")[:-200],
    "a WebP cut in the middle": lambda: written(plain(), "WEBP")[:-40],
    "half a JPEG, half noise": half_random,
    "a PNG with a wrong sum": lambda: written(plain(), "PNG").replace(b"IDAT", b"IDAU", 1),
    "an SVG with a script": lambda: SVG,
    "an SVG after blanks and a declaration": lambda: b'  <?xml version="1.0"?>\n' + SVG,
    "an SVG behind a JPEG's first bytes": lambda: b"\xff\xd8\xff\xe0" + SVG,
    "a page": lambda: b"<!doctype html><script>alert(1)</script>",
    "a page behind a picture": lambda: jpeg() + b"<html><script>alert(1)</script></html>",
    "PHP behind a picture": lambda: jpeg() + b"<?php system('id'); ?>",
    "a page in a picture's comment": lambda: jpeg(comment=b"<script>alert(1)</script>"),
    "an archive": archive,
    "an archive behind a picture": lambda: archive(before=jpeg()),
    "a document behind a picture's first bytes": lambda: b"\xff\xd8\xff\n%PDF-1.7\n" + PAYLOAD,
    "a document": lambda: b"%PDF-1.7\n" + PAYLOAD,
    "a program for Linux": lambda: b"\x7fELF\x02\x01\x01" + bytes(200),
    "a program for Windows": lambda: b"MZ" + bytes(200),
    "a script": lambda: b"#!/bin/sh\nrm -rf /\n",
    "a moving GIF": lambda: moving("GIF"),
    "a still GIF": lambda: written(plain("L"), "GIF"),
    "a moving WebP": lambda: moving("WEBP"),
    "a moving PNG": lambda: moving("PNG"),
    "a TIFF": lambda: written(plain(), "TIFF"),
    "a BMP": lambda: written(plain(), "BMP"),
    "an icon": lambda: written(plain(size=(64, 64)), "ICO"),
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "a sound": lambda: b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40),
    "a film": lambda: b"\x00\x00\x00\x18ftypmp42" + bytes(200),
    "a bomb of zeros": lambda: png_of(30_000, 30_000, zlib.compress(bytes(10_000_000), 9)),
    "a PNG that claims to be larger than it can be": lambda: png_of(2**31 - 1, 2**31 - 1, zlib.compress(b"")),
    "a PNG without a pixel": lambda: png_of(0, 0, zlib.compress(b"")),
    "a JPEG that claims 60,000 by 60,000": lying_jpeg,
    "a very long stripe": lambda: written(Image.new("L", (60_001, 900)), "PNG"),
    "a text that unfolds": lambda: (
        written(plain(), "PNG")[:33]
        + chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(80_000_000), 9))
        + written(plain(), "PNG")[33:]
    ),
    "thirteen megabytes": lambda: jpeg() + bytes(13 * 1024 * 1024),
}

KEPT_WITHOUT: dict[str, Callable[[], bytes]] = {
    "EXIF": lambda: with_exif(PAYLOAD),
    "a JPEG's comment": jpeg_with_comment,
    "a PNG's text": with_text_chunk,
    "what follows a JPEG's end": lambda: jpeg() + PAYLOAD,
    "what follows a PNG's end": lambda: written(plain(), "PNG") + PAYLOAD,
    "a colour profile": lambda: jpeg(icc_profile=PAYLOAD * 4),
    "XMP": lambda: jpeg(xmp=PAYLOAD),
    "four inks": lambda: written(plain("CMYK"), "JPEG", comment=PAYLOAD),
    "sixteen bits": lambda: (
        written(Image.fromarray((np.arange(76_800).reshape(240, 320) % 65_536).astype(np.uint16)), "PNG")
        + PAYLOAD
    ),
    "a palette with see-through parts": lambda: (
        written(plain().quantize(16), "PNG", transparency=0) + PAYLOAD
    ),
    "one bit": lambda: written(plain("1"), "PNG") + PAYLOAD,
    "a WebP's metadata": lambda: written(plain(), "WEBP", xmp=PAYLOAD),
    "one pixel": lambda: written(Image.new("RGB", (1, 1)), "PNG") + PAYLOAD,
}


def send(client: TestClient, content: bytes, name: str = "a.jpg", kind: str = "image/jpeg") -> Response:
    answer: Response = client.post(UPLOAD, files={"file": (name, content, kind)})
    return answer


def files() -> list[Path]:
    return sorted(path for path in settings().data.rglob("*") if path.is_file())


def rows(owner: Connection) -> int:
    found = owner.execute("select count(*) from photo").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_leaves_nothing_and_says_why(
    client: TestClient, owner: Connection, name: str
) -> None:
    before = files()
    answer = send(client, REFUSED[name]())
    assert answer.status_code in (413, 422), (name, answer.status_code)
    error = answer.json()["error"]
    assert error["code"] in REFUSALS | {"body_too_large", "too_large"}, error
    assert error["message"]
    assert (rows(owner), files()) == (0, before), "neither in the table nor on disk"


@pytest.mark.parametrize("name", KEPT_WITHOUT)
def test_a_picture_is_kept_without_what_came_with_it(
    client: TestClient, owner: Connection, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    city = configuration().cities["kh-pnh"]
    monkeypatch.setitem(city.__dict__, "publication", city.publication.model_copy(update={"photos": "all"}))
    before = set(files())
    answer = send(client, KEPT_WITHOUT[name]())
    assert answer.status_code == 201, (name, answer.text)
    made = set(files()) - before
    assert {path.suffix for path in made} <= {".jpg"}
    for path in made:
        content = path.read_bytes()
        assert PAYLOAD not in content
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert not image.getexif()
            assert not {"icc_profile", "comment", "exif", "xmp"} & set(image.info)
    body = {"service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282, "media": [answer.json()["id"]]}
    assert client.post("/api/v1/cities/kh-pnh/requests", json=body).status_code == 201
    for kind in ("", "/thumbnail"):
        shown = client.get(f"/media/kh-pnh/{answer.json()['id']}{kind}")
        assert shown.status_code == 200
        assert PAYLOAD not in shown.content
        cannot_run(shown)


def cannot_run(answer: Response) -> None:
    """Whatever the bytes were, a browser may only draw them."""
    headers = answer.headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert headers["cross-origin-resource-policy"] == "same-site"


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/cron.d/nagara",
        "..\\..\\windows\\system32\\a.dll",
        "/etc/passwd",
        "a.jpg/../../b.php",
        "shell.php\x00.jpg",
        ".htaccess",
        "CON",
        "a" * 4000 + ".jpg",
        "\u202egpj.exe",
        "<img src=x onerror=alert(1)>.svg",
        "%2e%2e%2fa.jpg",
    ],
)
def test_a_files_name_leads_nowhere(client: TestClient, owner: Connection, name: str) -> None:
    before = set(files())
    answer = send(client, jpeg(quality=77), name, "application/x-php")
    made = set(files()) - before
    if answer.status_code == 201:
        media = (settings().data / "media").resolve()
        assert all(path.resolve().is_relative_to(media) for path in made)
        assert all(len(path.name.split(".")[0]) == 64 for path in made), "a hash and nothing that was sent"
        assert rows(owner) == 1
    else:
        assert answer.status_code in (400, 422)
        assert (made, rows(owner)) == (set(), 0)


def test_the_same_bytes_never_overwrite_what_is_there(client: TestClient) -> None:
    content = jpeg(quality=66)
    before = set(files())
    assert send(client, content).status_code == 201
    made = set(files()) - before
    stamps = {path: path.stat().st_mtime_ns for path in made}
    assert send(client, content).status_code == 201
    assert {path: path.stat().st_mtime_ns for path in made} == stamps


def test_bytes_turned_at_random_never_do_worse_than_a_refusal(client: TestClient, owner: Connection) -> None:
    random = np.random.default_rng(11)
    originals = [jpeg(), written(plain(), "PNG"), written(plain(), "WEBP")]
    for number in range(60):
        content = bytearray(originals[number % 3])
        for place in random.integers(0, len(content), 1 + number % 9):
            content[place] = random.integers(0, 256)
        answer = send(client, bytes(content))
        assert answer.status_code in (201, 422), answer.text
        if answer.status_code == 422:
            assert answer.json()["error"]["code"] in REFUSALS
    kept = {path for path in files() if "media" in path.parts}
    assert all(path.read_bytes().startswith(b"\xff\xd8\xff") for path in kept)
