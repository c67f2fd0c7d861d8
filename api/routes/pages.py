"""The built web pages, served from this process; a plain page says how to build them where they are missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from api.edge import PAGE_POLICY
from nagara.cities import configuration
from nagara.settings import settings

PAGES = {"/": "resident", "/staff/": "staff", "/network/": "network", "/job/": "job"}
ROOT_FILES = {
    "/service-worker.js": "text/javascript; charset=utf-8",
    "/job-worker.js": "text/javascript; charset=utf-8",
    "/manifest.webmanifest": "application/manifest+json",
}
"""Files at fixed addresses; a browser asks for them again each time, or an old worker would serve old pages."""
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
            app.mount(f"/{name}", GZipMiddleware(_Kept(directory=folder / name), minimum_size=500))


class _Kept(StaticFiles):
    """Files whose names change with their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def _page(path: Path) -> Callable[[], Response]:
    def page() -> Response:
        if not path.is_file():
            return HTMLResponse(FALLBACK)
        return FileResponse(path, media_type="text/html", headers=_headers())

    return page


def _root_file(path: Path, media_type: str) -> Callable[[], Response]:
    def root_file() -> Response:
        if not path.is_file():
            return Response(status_code=404)
        return FileResponse(path, media_type=media_type, headers=_headers())

    return root_file


def _headers() -> dict[str, str]:
    tiles = {city.map.tile_url for city in configuration().cities.values() if city.map.tile_url}
    hosts = " ".join(sorted("/".join(url.split("/")[:3]) for url in tiles))
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": PAGE_POLICY.format(tiles=hosts).replace("  ", " "),
    }
