"""A report as a workbook: real numbers, frozen heads, a dictionary; equal content gives equal bytes."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter

from nagara.network_report import flat
from nagara.network_report.sections import LIMITS
from nagara.network_report.texts import SOURCE, none_asked, texts_in

Content = Mapping[str, Any]
WIDEST = 60
DRAFT = "Draft – not for publication"


def xlsx_of(content: Content, digest: str, made_at: dt.datetime, *, draft: bool) -> bytes:
    """The workbook of a report; ``made_at`` stands in it as its date."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties(
        {
            "title": f"{content['network']}: how cities answer, {content['period']}",
            "author": content["network"],
            "created": made_at.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0),
            "comments": f"Digest {digest}",
        }
    )
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "font_color": "#12475c", "text_wrap": True}),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#12475c"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "share": book.add_format({"num_format": "0.0%"}),
        "number": book.add_format({"num_format": "#,##0.0##"}),
        "count": book.add_format({"num_format": "#,##0"}),
    }
    _cover(book, formats, content, digest, draft)
    for name, head, lines in _sheets(content):
        _sheet(book, formats, name, head, lines)
    _text(book, formats, "methods", ["Methods and limits", *LIMITS])
    book.close()
    return buffer.getvalue()


def _cover(book: Any, formats: Mapping[str, Any], content: Content, digest: str, draft: bool) -> None:
    sheet = book.add_worksheet("cover")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, "How cities answer their residents", formats["title"])
    lines = [
        ("Network", content["network"]),
        ("Period", content["period"]),
        ("Period before", content.get("before", "")),
        ("Cities", str(len(content["cities"]))),
        ("Method version", content["method_version"]),
        ("Digest of the content", digest),
        *((("Standing", DRAFT),) if draft else ()),
        *(("Before you compare", remark) for remark in content["remarks"]),
        (
            "How to read",
            "Estimates stand with their 95% interval. Cities stand in order of name; nothing is ranked.",
        ),
        ("Small numbers", "Counts of 1 to 9 are left out; a figure without a value says why."),
    ]
    for number, (name, said) in enumerate(lines, 2):
        sheet.write_string(number, 0, name, formats["wrap"])
        sheet.write_string(number, 1, said, formats["wrap"])


def _sheets(content: Content) -> Iterable[tuple[str, Sequence[str], list[Sequence[Any]]]]:
    """Name, head and lines of each table."""
    columns = [name for name, _, _ in flat.COLUMNS]
    every = list(flat.rows(content))
    scope = columns.index("scope")
    yield "figures", columns, [row for row in every if row[scope] != "district"]
    head = [
        "city",
        "city_name",
        "district",
        "name",
        "residents",
        "n",
        "mean_hours",
        "low",
        "high",
        "withheld",
    ]
    yield "districts", head, [
        (
            city["id"], city["name"], row["code"], row["names"].get("en") or next(iter(row["names"].values())),
            row["population"], row["n"], row["value"], row["low"], row["high"], row["withheld"] or "",
        )
        for city in content["cities"]
        for row in city.get("districts", {}).get("rows", ())
    ]  # fmt: skip
    names = {city["id"]: city["name"] for city in content["cities"]}
    say = texts_in(SOURCE).say
    head = ["figure", "name", "city", "city_name", "n", "share", "target", "verdict"]
    yield "funnel", head, [
        (
            funnel["figure"], say(f"network.funnel.{funnel['figure']}"), point["city"], names[point["city"]],
            point["n"], point["value"], funnel["target"], point["verdict"],
        )
        for funnel in content.get("funnels", ())
        for point in funnel["points"]
    ]  # fmt: skip
    head = ["figure", "n", "low_95", "high_95", "low_998", "high_998"]
    yield (
        "funnel limits",
        head,
        [(funnel["figure"], *row) for funnel in content.get("funnels", ()) for row in funnel["limits"]],
    )
    yield (
        "questions",
        ["city", "city_name", "question", "share", "having", "of", "words"],
        [
            (city["id"], city["name"], one["id"], one["share"], one["having"], one["of"], one["words"])
            for city in content["cities"]
            for one in city.get("asked", ())
        ]
        or [("", "", "", None, None, None, say(none_asked(content["cities"])))],
    )
    yield (
        "dictionary",
        ["kind", "name", "type", "meaning"],
        [tuple(line.values()) for line in flat.dictionary(content)],
    )
    head = [
        "city",
        "city_name",
        "snapshot",
        "cut_off",
        "method_version",
        "holidays_version",
        "inputs_digest",
        "events",
    ]
    yield "sources", head, [
        (
            city["id"], city["name"], made["id"], made["cut_off"], made["method_version"], made["holidays_version"],
            made["inputs_digest"], made["events_seen"],
        )
        for city in content["cities"]
        if (made := city["snapshot"]) is not None
    ]  # fmt: skip


def _sheet(
    book: Any, formats: Mapping[str, Any], name: str, head: Sequence[str], lines: Sequence[Sequence[Any]]
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(head):
        sheet.write_string(0, column, title, formats["head"])
        longest = max(
            [len(title), *(len(str(line[column])) for line in lines[:300] if line[column] is not None)]
        )
        sheet.set_column(column, column, min(WIDEST, longest + 2))
    unit = head.index("unit") if "unit" in head else None
    for number, line in enumerate(lines, 1):
        for column, cell in enumerate(line):
            said = line[unit] if unit is not None else head[column]
            _write(sheet, formats, number, column, cell, str(said))
    if lines:
        sheet.autofilter(0, 0, len(lines), len(head) - 1)


def _write(sheet: Any, formats: Mapping[str, Any], row: int, column: int, cell: Any, unit: str) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int) and unit != "share":
        sheet.write_number(row, column, cell, formats["count"])
    elif isinstance(cell, int | float):
        shares = ("share", "target", "low_95", "high_95", "low_998", "high_998")
        whole = isinstance(cell, int) and cell > 1
        style = "count" if whole else "share" if unit in shares else "number"
        sheet.write_number(row, column, cell, formats[style])
    else:
        sheet.write_string(row, column, str(cell))


def _text(book: Any, formats: Mapping[str, Any], name: str, sentences: Sequence[str]) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 110)
    for number, sentence in enumerate(sentences):
        sheet.write_string(number, 0, sentence, formats["title" if number == 0 else "wrap"])
