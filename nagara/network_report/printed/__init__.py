"""PDF pages: what is on them is put together in Python, typst only sets it. Text goes in as data, never as source.

Guarantee: equal data give equal bytes. The files are PDF/A-2a and PDF/UA-1: tagged, with title, language and
alternative texts; a letter that no font of ours has is an error, never an empty box.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import orjson
import pylopdf_fonts_zh_cn
import typst

FOLDER = Path(__file__).parent
FONTS = FOLDER.parent / "fonts"
STANDARDS: list[Any] = ["a-2a", "ua-1"]
Template = Literal["network", "city", "summary"]
ONE_AT_A_TIME = threading.Lock()
"""Setting a page takes a processor; who asks for many waits for the one before."""


def set_pdf(template: Template, data: Mapping[str, Any], made_at: dt.datetime) -> bytes:
    """The PDF of a template's data; ``made_at`` is written into it as its date, to the second.

    Raises ``typst.TypstError`` where a text holds a letter that no font has.
    """
    with ONE_AT_A_TIME:
        made = typst.compile(
            _files(template),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"data": _text(data)},
            pdf_standards=STANDARDS,
            timestamp=int(made_at.timestamp()),
        )
    return bytes(made)


def draw_pages(template: Template, data: Mapping[str, Any], pixels_per_inch: float = 80) -> list[bytes]:
    """The same pages as PNG pictures, to be looked at."""
    files, inputs = _files(template), {"data": _text(data)}
    drawn = typst.compile(
        files,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        format="png",
        ppi=pixels_per_inch,
    )
    return [drawn] if isinstance(drawn, bytes) else list(drawn or ())


@cache
def _files(template: Template) -> dict[str, bytes]:
    return {
        "main.typ": (FOLDER / f"{template}.typ").read_bytes(),
        "base.typ": (FOLDER / "base.typ").read_bytes(),
    }


@cache
def _fonts() -> Any:
    """Our own fonts alone, read once: a page looks alike on every machine."""
    paths = [str(FONTS), str(Path(pylopdf_fonts_zh_cn.sans_path()).parent)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)


def _text(data: Mapping[str, Any]) -> str:
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
