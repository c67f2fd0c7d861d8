"""The built web pages, served from this process; a plain page says how to build them where they are missing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.edge import PAGE_POLICY
from nagara.cities import configuration
from nagara.settings import settings

PAGES = {
    "/": "resident",
    "/staff/": "staff",
    "/network/": "network",
    "/network/review/": "network/review",
    "/network/wall/": "network/wall",
    "/job/": "job",
}
ROOT_FILES = {
    "/service-worker.js": "text/javascript; charset=utf-8",
    "/job-worker.js": "text/javascript; charset=utf-8",
    "/staff-worker.js": "text/javascript; charset=utf-8",
    "/manifest.webmanifest": "application/manifest+json",
    "/staff.webmanifest": "application/manifest+json",
}
"""Files at fixed addresses; a browser asks for them again each time, or an old worker would serve old pages."""
PACKED = {"br": ".br", "gzip": ".gz"}
"""Compressions, the better first, with the ending of the file that the build wrote beside each text file."""

INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
"""What the build put into a document for its first screen; a script or style with an address has attributes."""

FALLBACK = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Nagara</title>
<h1>Nagara runs, its pages are not built</h1><p>Run <code>python3 run.py web</code> and reload.
The API is at <a href="/api/v1/cities">/api/v1/cities</a>,
its document at <a href="/openapi.json">/openapi.json</a>.</p>
</html>"""


def mount(app: FastAPI) -> None:
    """Serve the pages and their assets; hashed assets may be kept for a year, pages never."""
    folder = settings().web
    for address, name in PAGES.items():
        page = _page(folder / name / "index.html")
        app.add_api_route(address, page, methods=["GET", "HEAD"], include_in_schema=False)
    for address, media_type in ROOT_FILES.items():
        file = _root_file(folder / address[1:], media_type)
        app.add_api_route(address, file, methods=["GET", "HEAD"], include_in_schema=False)
    for name in ("assets", "icons"):
        if (folder / name).is_dir():
            app.mount(f"/{name}", _Kept(directory=folder / name))


class _Kept(StaticFiles):
    """Files whose names change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, compressed where the build did that and the browser can read it."""
        packing, ending = _packing(Path(str(self.directory)) / path, Headers(scope=scope))
        answer = await super().get_response(path + ending, scope)
        if answer.status_code in (200, 304):
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            answer.headers["Vary"] = "Accept-Encoding"
        if packing and answer.status_code == 200:
            answer.headers["Content-Encoding"] = packing
            answer.headers["Content-Type"] = guess_type(path)[0] or "application/octet-stream"
        return answer


def _packing(path: Path, asked: Headers) -> tuple[str | None, str]:
    """The best compression of a file that is there and can be read, with the file's further ending."""
    readable = {part.split(";")[0].strip() for part in asked.get("Accept-Encoding", "").split(",")}
    for packing, ending in PACKED.items():
        if packing in readable and path.with_name(path.name + ending).is_file():
            return packing, ending
    return None, ""


def _whole(path: Path, media_type: str, request: Request) -> Response:
    packing, ending = _packing(path, request.headers)
    inline = _inline(path, path.stat().st_mtime_ns) if media_type == "text/html" else {}
    headers = (
        _headers(inline) | {"Vary": "Accept-Encoding"} | ({"Content-Encoding": packing} if packing else {})
    )
    return FileResponse(path.with_name(path.name + ending), media_type=media_type, headers=headers)


def _page(path: Path) -> Callable[[Request], Response]:
    def page(request: Request) -> Response:
        if not path.is_file():
            return HTMLResponse(FALLBACK)
        return _whole(path, "text/html", request)

    return page


def _root_file(path: Path, media_type: str) -> Callable[[Request], Response]:
    def root_file(request: Request) -> Response:
        if not path.is_file():
            return Response(status_code=404)
        return _whole(path, media_type, request)

    return root_file


@lru_cache(maxsize=16)
def _inline(path: Path, changed_ns: int) -> dict[str, str]:
    """The scripts and the styles inside a document, as a content security policy names them; read once a build."""
    found: dict[str, list[str]] = {"script": [], "style": []}
    for kind, content in INLINE.findall(path.read_text(encoding="utf-8")):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        found[kind].append(f" 'sha256-{digest}'")
    return {kind: "".join(hashes) for kind, hashes in found.items()}


def _headers(inline: dict[str, str]) -> dict[str, str]:
    tiles = {city.map.tile_url for city in configuration().cities.values() if city.map.tile_url}
    hosts = " ".join(sorted("/".join(url.split("/")[:3]) for url in tiles))
    policy = PAGE_POLICY.format(tiles=hosts, scripts=inline.get("script", ""), styles=inline.get("style", ""))
    return {"Cache-Control": "no-cache", "Content-Security-Policy": policy.replace("  ", " ")}
