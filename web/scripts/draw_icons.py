"""Draw the icons of the installed page from shared/mark.svg with a Chromium; run again when the mark changes.

Icons are kept for a year by browsers, so a change of the drawing takes the next number in the names here, in
public/manifest.webmanifest and in resident/index.html. Needs the development dependencies (playwright) and a
Chromium: ``python web/scripts/draw_icons.py``.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

WEB = Path(__file__).resolve().parent.parent
GROUND = "#f6f2e9"
DRAWINGS = (
    ("mark-192.1.png", 192, 0.92, "transparent"),
    ("mark-512.1.png", 512, 0.92, "transparent"),
    ("mark-maskable-512.1.png", 512, 0.62, GROUND),
    ("mark-apple-180.1.png", 180, 0.78, GROUND),
)
"""Name, side in pixels, share of the side the mark takes (a mask may cut off the outer fifth), ground."""


def main() -> None:
    """Write every drawing to public/icons."""
    mark = (WEB / "shared" / "mark.svg").read_text()
    browser_path = os.environ.get("NAGARA_CHROMIUM") or shutil.which("chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=sandbox)
        for name, side, share, ground in DRAWINGS:
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(
                f"<style>body{{margin:0;height:100vh;display:grid;place-items:center;background:{ground}}}"
                f"svg{{width:{side * share}px;height:{side * share}px}}</style>{mark}"
            )
            page.screenshot(path=WEB / "public" / "icons" / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
