"""A report as plain rows: one figure a row, with a dictionary of the columns and metadata that programs read.

The rows hold the same numbers as the pages. Metadata are CSV on the Web (W3C, 2015) with DCAT and Dublin Core terms.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Content = Mapping[str, Any]
Row = tuple[Any, ...]

COLUMNS: tuple[tuple[str, str, str], ...] = (
    (
        "period",
        "string",
        "Months of the report, YYYY-MM or YYYY-MM..YYYY-MM; the period before for its figures",
    ),
    ("city", "string", "City id"),
    ("city_name", "string", "English name of the city"),
    ("simulated", "boolean", "Whether made-up requests are among those counted"),
    (
        "scope",
        "string",
        "headline, before (the period before), beside (first closings; declined ones counted as not kept), figure, "
        "code (one kind of issue), district, coverage",
    ),
    (
        "figure",
        "string",
        "Id of the figure's definition, or the name of a count or share of the data's coverage",
    ),
    ("code", "string", "Network code of the kind of issue; empty: all that compare"),
    ("district", "string", "District's code; empty: the whole city"),
    ("unit", "string", "hours, share (0 to 1), count or ratio"),
    ("value", "number", "The estimate; empty where withheld, or where a quantile was not reached"),
    ("low", "number", "Lower end of the 95 % interval"),
    ("high", "number", "Upper end of the 95 % interval"),
    ("n", "integer", "Of how many; empty for 1 to 9"),
    ("withheld", "string", "Why there is no value; 'none': no such request"),
    (
        "provisional",
        "boolean",
        "Whether the value may still move, because its issues were not followed long enough",
    ),
    ("snapshot", "string", "Snapshot the figure was computed from"),
)
"""Name, datatype of XML Schema, and meaning of each column."""

SHARES = frozenset(
    {
        "imported", "with_district", "inconsistent", "answered_by_closing", "lost_from_sight", "referred", "reopened",
        "other_code", "followed_30_days",
    }
)  # fmt: skip
COUNTS = ("reports", "issues", "duplicates", "own_findings", "months")
HEADLINE_UNITS = {"N13": "hours"}


def rows(content: Content, cities: Sequence[str] | None = None) -> Iterator[Row]:
    """Every published figure of a report (of some cities only, if given), in order of city and scope."""
    units = {line["id"]: line["unit"] for line in content["definitions"]}
    for city in content["cities"]:
        if cities is None or city["id"] in cities:
            yield from _of_city(content, city, units)


def _of_city(content: Content, city: Mapping[str, Any], units: Mapping[str, str]) -> Iterator[Row]:
    snapshot = city["snapshot"]["id"] if city["snapshot"] else ""

    def row(
        scope: str, name: str, unit: str, figure: Mapping[str, Any], code: str = "", district: str = ""
    ) -> Row:
        period = content.get("before", "") if scope == "before" else content["period"]
        return (
            period, city["id"], city["name"], city["simulated"], scope, name, code, district, unit, figure["value"],
            figure.get("low"), figure.get("high"), figure.get("n"), figure.get("withheld") or "",
            bool(figure.get("provisional")), snapshot,
        )  # fmt: skip

    for name in (*COUNTS, *sorted(SHARES)):
        unit = "share" if name in SHARES else "count"
        yield row("coverage", name, unit, {"value": city["coverage"][name]})
    for name, found in city.get("headline", {}).items():
        unit = HEADLINE_UNITS.get(name, "share")
        yield row("headline", name, unit, found["now"])
        if found["before"] is not None:
            yield row("before", name, unit, found["before"])
    for name, figure in city.get("beside", {}).items():
        yield row("beside", name, units.get(name, "share"), figure)
    for name, figure in city["figures"].items():
        yield row("figure", name, units.get(name, ""), figure)
    for code, figure in city["by_code"].items():
        yield row("code", "N3a.share", "share", figure, code)
    for found in city.get("districts", {}).get("rows", ()):
        yield row(
            "district", "N3b.rmst30" if "beside" in city else "N3a.rmst30", "hours", found, "", found["code"]
        )


def csv_of(content: Content) -> bytes:
    """The rows as CSV (RFC 4180, UTF-8, a head line)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([name for name, _, _ in COLUMNS])
    for row in rows(content):
        writer.writerow(["" if cell is None else _plain(cell) for cell in row])
    return text.getvalue().encode()


def _plain(cell: Any) -> Any:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@"):
        return "'" + cell  # a spreadsheet would take it for a formula
    return cell


def dictionary(content: Content) -> list[dict[str, str]]:
    """What the columns and the figures mean, for people."""
    columns = [
        {"kind": "column", "name": name, "type": kind, "meaning": means} for name, kind, means in COLUMNS
    ]
    figures = [
        {
            "kind": "figure",
            "name": line["id"],
            "type": line["unit"],
            "meaning": f"{line['name']}: {line['estimand']}. Of: {line['denominator']}. Interval: {line['interval']}.",
        }
        for line in content["definitions"]
    ]
    return columns + figures


def metadata(content: Content, report_id: str, digest: str, released_at: str | None) -> dict[str, Any]:
    """CSV on the Web: the table's columns and where they come from, with the other forms as DCAT distributions."""
    snapshots = [city["snapshot"]["id"] for city in content["cities"] if city["snapshot"]]
    media = {
        "pdf": "application/pdf",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "json": "application/json",
        "csv": "text/csv",
    }
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "@type": "Table",
        "url": f"{report_id}.csv",
        "dc:title": f"{content['network']}: how cities answer, {content['period']}",
        "dc:identifier": report_id,
        "dc:language": "en",
        "dc:publisher": content["network"],
        "dc:temporal": content["period"],
        "dc:issued": released_at,
        "dc:source": [f"urn:uuid:{snapshot}" for snapshot in snapshots],
        "dcat:version": content["method_version"],
        "dcat:keyword": ["service requests", "311", "cities", "responsiveness"],
        "dcat:distribution": [
            {"@type": "dcat:Distribution", "dcat:downloadURL": f"{report_id}.{form}", "dcat:mediaType": kind}
            for form, kind in media.items()
        ],
        "schema:sha256": digest,
        "dialect": {"header": True, "delimiter": ",", "encoding": "utf-8", "lineTerminators": ["\r\n"]},
        "tableSchema": {
            "columns": [
                {"name": name, "titles": name, "datatype": kind, "dc:description": means, "null": ""}
                for name, kind, means in COLUMNS
            ],
        },
    }
