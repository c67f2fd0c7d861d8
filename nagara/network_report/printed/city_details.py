"""What a city's pages say beside its figures: data, kinds, backlog, districts, questions, sources. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nagara.network_report.ages import ENOUGH_OPEN, ages_drawn, open_in_all
from nagara.network_report.printed.axes import place, whole_days
from nagara.network_report.texts import SOURCE, Texts

Content = Mapping[str, Any]
City = Mapping[str, Any]
MOST_DISTRICTS = 40


def asked(city: City, texts: Texts) -> list[str]:
    """What the city is asked to look at."""
    return [texts.say(f"ask.{one['id']}", share=texts.share(one["share"])) for one in city["asked"]]


def notes(city: City, texts: Texts) -> list[str]:
    """What is wrong with the data, that nothing is, or that it is the city's to answer first."""
    said = [
        texts.say(
            f"note.{one['id']}",
            share="" if one["share"] is None else texts.share(one["share"]),
            what=", ".join(texts.say(f"untold.{code}") for code in one.get("untold", ())),
        )
        for one in city["notes"]
    ]
    if not city["snapshot"]:
        said = [texts.say("note.no_reports")]
    if city.get("asked_held"):
        return [*said, texts.say("questions_held")]
    return said or [texts.say("note.sound")]


def cover(city: City, texts: Texts) -> list[list[str]]:
    """How many reports there are, and how complete their records."""
    found = city["coverage"]
    rows = [
        [texts.say(f"data.{name}"), texts.count(found[name])] for name in ("reports", "issues", "duplicates")
    ]
    for name in ("with_district", "followed_30_days", "imported", "reopened"):
        share = found[name]
        rows.append([texts.say(f"data.{name}"), "–" if share is None else texts.share(share)])
    return rows


def kinds(content: Content, city: City, texts: Texts) -> list[dict[str, Any]]:
    """Each kind of issue against its reference time, in the order of the network's list."""
    rows = []
    for code in content["codes"]:
        figure = city["by_code"].get(code["code"])
        if figure is None or code["reference_hours"] is None:
            continue
        values = [
            other["by_code"][code["code"]]["value"]
            for other in content["cities"]
            if other["id"] != city["id"]
            and (other["by_code"].get(code["code"]) or {}).get("value") is not None
        ]
        shown = figure["value"] is not None
        rows.append(
            {
                "name": code.get("names", {}).get(texts.language, code["label"]),
                "within": texts.span(code["reference_hours"]),
                "said": texts.estimate(figure, "share"),
                "count": texts.count(figure["n"]),
                "strip": place(figure, None, values, 1.0, hollow=city["simulated"]) if shown else None,
            }
        )
    return rows


def ages_of(city: City, texts: Texts) -> dict[str, Any] | None:
    """The bar of the open issues by age; None with fewer than 20."""
    counts, total = city["backlog"], open_in_all(city)
    if total < ENOUGH_OPEN:
        return None
    drawn = ages_drawn(counts, total)
    parts = [
        {
            "width": round(number / total, 4),
            "shade": shade,
            "few": count is None,
            "said": texts.share(number / total) if count is not None and number / total > 0.08 else "",
        }
        for shade, (number, count) in enumerate(zip(drawn, counts, strict=True))
        if number
    ]
    return {
        "parts": parts,
        "total": total,
        "said": texts.say("open_count", n=texts.number(total)),
        "few": None in counts,
    }


def backlog_lines(city: City, texts: Texts) -> list[list[str]]:
    """The age of what is open, and the share past its time."""
    figures = city["figures"]
    units = {"N7b.median": "hours", "N7b.over30": "share", "N7b.over90": "share", "N7b.past_promise": "share"}
    return [
        [texts.say(f"figure.{key}"), texts.estimate(figures[key], unit)]
        for key, unit in units.items()
        if key in figures
    ]


def districts(city: City, texts: Texts) -> dict[str, Any]:
    """Mean days open by district on one axis, and how many districts have too few issues to show any."""
    rows = city["districts"].get("rows", [])
    shown = [row for row in rows if row["value"] is not None]
    top = whole_days([row["high"] for row in shown])
    listed = [
        {
            "name": row["names"].get(texts.language)
            or row["names"].get(SOURCE)
            or next(iter(row["names"].values())),
            "said": texts.say(
                "interval",
                value=texts.bare(row["value"], "hours"),
                low=texts.bare(row["low"], "hours"),
                high=texts.bare(row["high"], "hours"),
            ),
            "count": "–" if row["n"] is None else texts.count(row["n"]),
            "strip": place(row, None, [], top, hollow=city["simulated"]),
        }
        for row in shown[:MOST_DISTRICTS]
    ]
    left = len(rows) - len(listed)
    return {
        "rows": listed,
        "scale": texts.say("days", n=f"{top / 24:g}"),
        "left": texts.say("districts_left", n=left) if left else None,
    }


def sources(content: Content, city: City, texts: Texts, digest: str) -> list[list[str]]:
    """What the figures were computed from, so that they can be computed again."""
    made = city["snapshot"]
    if made is None:
        return []
    return [
        [texts.say("source.snapshot"), made["id"]],
        [texts.say("source.cut_off"), made["cut_off"][:16].replace("T", " ") + " UTC"],
        [texts.say("source.inputs"), made["inputs_digest"]],
        [texts.say("source.events"), texts.number(made["events_seen"])],
        [texts.say("source.versions"), f"{made['method_version']} / {made['holidays_version']}"],
        [texts.say("source.configuration"), ", ".join(made["config_fingerprints"])],
        [texts.say("source.report"), digest],
    ]
