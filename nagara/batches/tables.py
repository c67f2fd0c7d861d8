"""Rows as files of three kinds, written as they come, so that memory does not grow with them. Pure.

A cell that a spreadsheet would take for a formula is text here: what residents write must not run in the
spreadsheet of whoever opens it.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import xlsxwriter

from nagara.errors import InvalidInput

Row = Sequence[Any]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LATER_CELL = re.compile(r"([;\t\r\n][\" \u00a0]*)(?=[=+\-@＝＋－＠])")
"""Where a formula would begin for a spreadsheet that parts cells at ``;`` or a tab, as many countries' do."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads Khmer and Thai as Latin."""

MOST_SHEET_ROWS = 1_048_575
MOST_CELL = 32_767


def harmless(value: Any) -> Any:
    """The value, with an apostrophe before text that a spreadsheet would take for a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return "'" + value
    return value


def harmless_everywhere(value: Any) -> Any:
    """The harmless value, harmless also where a spreadsheet parts the cells at something else than a comma."""
    safe = harmless(value)
    return LATER_CELL.sub(r"\1'", safe) if isinstance(safe, str) else safe


def write_csv(file: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write RFC 4180 with a byte order mark; times are ISO 8601. Returns how many rows."""
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write(BYTE_ORDER_MARK)
        writer = csv.writer(out)
        writer.writerow(columns)
        written = 0
        for row in rows:
            writer.writerow([harmless_everywhere(_text(value)) for value in row])
            written += 1
    return written


def write_xlsx(file: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write a sheet row by row; text cells are text, whatever they begin with. Raises InvalidInput for too many."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(file), options) as book:
        sheet = book.add_worksheet("requests")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
        number = 0
        for number, row in enumerate(rows, 1):
            if number > MOST_SHEET_ROWS:
                raise InvalidInput(
                    f"A sheet holds at most {MOST_SHEET_ROWS} requests; take CSV.",
                    field="format",
                    allowed="csv",
                )
            for column, value in enumerate(row):
                _write_cell(sheet, number, column, _text(value))
    return number


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(harmless(value))[:MOST_CELL])


def write_geojson(file: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write a FeatureCollection (RFC 7946); a request without a position has no geometry."""
    with file.open("wb") as out:
        out.write(b'{"type":"FeatureCollection","features":[')
        number = 0
        for number, row in enumerate(rows, 1):
            out.write(b",\n" if number > 1 else b"\n")
            out.write(orjson.dumps(_feature(dict(zip(columns, row, strict=True))), option=orjson.OPT_UTC_Z))
        out.write(b"\n]}\n")
    return number


def _feature(values: dict[str, Any]) -> dict[str, Any]:
    lat, lon = values.pop("lat"), values.pop("lon")
    geometry = None if lat is None else {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "id": values["reference"], "geometry": geometry, "properties": values}


Writer = Callable[[Path, Sequence[str], Iterable[Row]], int]
WRITERS: Mapping[str, Writer] = {"csv": write_csv, "xlsx": write_xlsx, "geojson": write_geojson}


def told(rows: Iterable[Row], every: int, tell: Callable[[int], None]) -> Iterator[Row]:
    """The rows, telling every so often how many there were."""
    for number, row in enumerate(rows, 1):
        if number % every == 0:
            tell(number)
        yield row


def _text(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return orjson.dumps(value).decode() if value else None
    return value
