"""The built pages as they go over the line: compressed where the browser can read that, kept as long as allowed."""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.routes import pages
from nagara.settings import settings

SCRIPT = "console.log('nagara');\n" * 60


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of pages that are built like ours: texts with their compressed twins, a picture without."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "resident").mkdir()
    for path in (tmp_path / "assets" / "main-1.js", tmp_path / "resident" / "index.html"):
        path.write_text(SCRIPT)
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (tmp_path / "assets" / "pin-1.png").write_bytes(b"\x89PNG picture")
    monkeypatch.setattr(settings(), "web", tmp_path)
    app = FastAPI()
    pages.mount(app)
    return TestClient(app)


@pytest.mark.parametrize(("address", "kind"), [("/assets/main-1.js", "javascript"), ("/", "text/html")])
def test_a_text_goes_compressed_to_whom_can_read_it(built: TestClient, address: str, kind: str) -> None:
    packed = built.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(SCRIPT) / 4
    assert kind in packed.headers["Content-Type"]
    assert packed.text == SCRIPT
    plain = built.get(address, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.text == SCRIPT
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_a_picture_and_a_missing_file_are_what_they_are(built: TestClient) -> None:
    picture = built.get("/assets/pin-1.png", headers={"Accept-Encoding": "gzip"})
    assert picture.content == b"\x89PNG picture"
    assert "immutable" in picture.headers["Cache-Control"]
    assert built.get("/assets/gone-1.js").status_code == 404
    assert "no-cache" in built.get("/").headers["Cache-Control"]


def test_script_and_style_inside_a_document_are_allowed_by_their_hashes_alone(
    built: TestClient, tmp_path: Path
) -> None:
    script, style = "let a = 1;", "p { color: red }"
    document = f'<script>{script}</script><style>{style}</style><script src="/assets/main-1.js"></script>'
    (tmp_path / "resident" / "index.html").write_text(document)
    policy = built.get("/").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for name, content in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[name].split() == ["'self'", f"'sha256-{digest}'"]
    worker = tmp_path / "service-worker.js"
    worker.write_text(document)
    assert "sha256" not in built.get("/service-worker.js").headers["Content-Security-Policy"]
