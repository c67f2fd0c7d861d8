"""What stands on the printed pages of one city: the one-page summary and the city's report. Pure.

Everything is words and fractions of an axis when it leaves here; the templates only set it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nagara.errors import UnknownCity
from nagara.network_report import beside
from nagara.network_report.texts import SOURCE, Texts

Content = Mapping[str, Any]
City = Mapping[str, Any]
UNITS = {
    "N2b": "share", "N3b.std": "share", "N3a.std": "share", "N5b": "share", "N5": "share",
    "N7b.past_promise": "share", "N13": "hours",
}  # fmt: skip
"""Of every headline figure; those of first closings stand in reports of before."""

CURVE_DAYS = (1, 3, 7, 14, 30)
MOST_ASKED, MOST_NOTED, MOST_DISTRICTS = 4, 4, 40
LARGE_HOURS = 24.0
"""The shortest scale of an axis of hours."""

SUMMARY_WORDS = (
    "before_reading", "headline", "closing", "asked", "asked_note", "methods", "now", "earlier", "this_city",
    "this_city_before", "other_cities", "curve", "no_curve", "no_questions", "beside", "beside.about",
)  # fmt: skip
CITY_WORDS = (
    *SUMMARY_WORDS, "data", "kinds", "kind", "within", "count", "open", "ages", "districts", "district",
    "mean_open", "sources", "peers", "after", "still_open", "few",
)  # fmt: skip


def summary_page(content: Content, city_id: str, texts: Texts, digest: str, draft: bool) -> dict[str, Any]:
    """The data of the one-page summary of a city. Raises ``UnknownCity``."""
    city = city_of_report(content, city_id)
    page = frame(content, city, texts, digest, draft, "summary_title", SUMMARY_WORDS)
    heard = was_heard_of(city)
    return page | {
        "lead": lead(content, city, texts),
        "rows": rows_of(content, city, texts) if heard else [],
        "axis": axis(texts),
        "curve": curve_of(city, texts),
        "beside": beside.lines(city, texts, beside.ON_ONE_PAGE) if heard else [],
        "asked": asked(city, texts)[:MOST_ASKED],
        "notes": notes(city, texts)[:MOST_NOTED],
        "reading": [texts.say(f"read.{name}") for name in ("interval", "open", "closed", "no_ranking")],
    }


def city_pages(content: Content, city_id: str, texts: Texts, digest: str, draft: bool) -> dict[str, Any]:
    """The data of a city's report of two to four pages. Raises ``UnknownCity``."""
    city = city_of_report(content, city_id)
    page = frame(content, city, texts, digest, draft, "city_title", CITY_WORDS)
    heard = was_heard_of(city)
    reading = ("interval", "open", "closed", "no_ranking", "standard", "promise", "districts")
    return page | {
        "lead": lead(content, city, texts),
        "cover": cover(city, texts) if heard else [],
        "notes": notes(city, texts),
        "rows": rows_of(content, city, texts) if heard else [],
        "axis": axis(texts),
        "curve": curve_of(city, texts),
        "closing_rows": closing_rows(city, texts),
        "beside": beside.lines(city, texts) if heard else [],
        "kinds": kinds(content, city, texts),
        "ages": ages_of(city["backlog"], texts),
        "age_names": [texts.say(f"age.{number}") for number in range(4)],
        "backlog": backlog_lines(city, texts),
        "districts": districts(city, texts),
        "asked": asked(city, texts),
        "reading": [texts.say(f"read.{name}") for name in reading],
        "sources": sources(content, city, texts, digest),
    }


def frame(
    content: Content, city: City, texts: Texts, digest: str, draft: bool, kind: str, words: Iterable[str]
) -> dict[str, Any]:
    """What every page of a city has: its title and language, notices, and the line at the foot."""
    name, other = names(city, texts.language)
    made = city["snapshot"] or {"id": "–", "cut_off": "", "method_version": content["method_version"]}
    cut_off = texts.day(made["cut_off"]) if made["cut_off"] else "–"
    told = {
        "snapshot": made["id"],
        "cut_off": cut_off,
        "method": made["method_version"],
        "digest": digest[:16],
    }
    first, last = span(content["period"])
    notices = [texts.say("simulated")] if city["simulated"] else []
    return {
        "lang": texts.language.partition("-")[0],
        "region": "CN" if texts.language == "zh-Hans" else None,
        "title": f"{name}: {texts.say('question')} ({content['period']})",
        "description": texts.say(kind),
        "keywords": [city["id"], content["period"], digest],
        "network": content["network"],
        "kind": texts.say(kind),
        "city": name,
        "city-other": other,
        "question": texts.say("question"),
        "period": months(first, last, texts),
        "draft": texts.say("draft") if draft else None,
        "notices": notices + ([] if texts.approved else [texts.say("pending")]),
        "foot": texts.say("made_from", **told),
        "page": texts.words["page"],
        "words": {key: texts.say(key) for key in words},
    }


def city_of_report(content: Content, city_id: str) -> City:
    """A city's part of a report; raises ``UnknownCity`` naming those it has."""
    for city in content["cities"]:
        if city["id"] == city_id:
            found: City = city
            return found
    raise UnknownCity(
        f"The report has no city {city_id[:40]!r}.",
        field="city",
        allowed=[c["id"] for c in content["cities"]],
    )


def names(city: City, language: str) -> tuple[str, str | None]:
    """The city's name in a language, and beside it the English one, or its own where English is read."""
    own = city["names"].get(language, city["name"])
    other = city["local_name"] if language == SOURCE or own == city["name"] else city["name"]
    return own, other if other != own else None


def was_heard_of(city: City) -> bool:
    """Whether a city has reports in the period."""
    return bool(city["coverage"]["months"])


def span(period: str) -> tuple[str, str]:
    """First and last month as written."""
    first, _, last = period.partition("..")
    return first, last or first


def months(first: str, last: str, texts: Texts) -> str:
    """A period in words."""
    if first == last:
        return texts.month(first)
    return texts.say("range", low=texts.month(first), high=texts.month(last))


def lead(content: Content, city: City, texts: Texts) -> str:
    """How much the figures rest on, in a sentence."""
    cover = city["coverage"]
    first, last = (texts.month(month) for month in span(content["period"]))
    if not cover["reports"] or not cover["issues"]:
        return texts.say("lead_few", first=first, last=last)
    counts = {"reports": texts.number(cover["reports"]), "issues": texts.number(cover["issues"])}
    return texts.say("lead", first=first, last=last, **counts)


def rows_of(content: Content, city: City, texts: Texts) -> list[dict[str, Any]]:
    """The five headline figures: value, interval, the period before, and everybody else on the same axis."""
    return [_row(content, city, figure, texts) for figure in UNITS if figure in city["headline"]]


def _row(content: Content, city: City, figure: str, texts: Texts) -> dict[str, Any]:
    unit = UNITS[figure]
    now, before = city["headline"][figure]["now"], city["headline"][figure]["before"]
    shown = now["value"] is not None and not now["withheld"]
    return {
        "name": texts.say(f"figure.{figure}"),
        "about": texts.say(f"about.{figure}"),
        "standing": standing(content, city, figure, texts),
        "value": texts.bare(now["value"], unit) if shown else None,
        "interval": texts.say("range", low=texts.bare(now["low"], unit), high=texts.bare(now["high"], unit))
        if shown and now["low"] is not None and now["high"] is not None
        else "",
        "withheld": None if shown else texts.reason(now["withheld"] or "none"),
        "provisional": texts.say("provisional") if now["provisional"] else None,
        "before": texts.bare(before["value"], unit) if before and before["value"] is not None else "–",
        "peers": peers(content, city, figure, texts),
        "count": texts.count(now["n"]),
        "strip": strip(content, city, figure) if shown else None,
    }


def others(content: Content, city: City, figure: str) -> list[tuple[str | None, float]]:
    """The band and value of every other city that has a figure."""
    return [
        (other["band"], other["headline"][figure]["now"]["value"])
        for other in content["cities"]
        if other["id"] != city["id"] and other["headline"][figure]["now"]["value"] is not None
    ]


def peers(content: Content, city: City, figure: str, texts: Texts) -> str:
    """From where to where the figures of cities of a like size reach; a dash for fewer than three."""
    values = [value for band, value in others(content, city, figure) if band and band == city["band"]]
    if len(values) < 3:
        return "–"
    low, high = (texts.bare(value, UNITS[figure]) for value in (min(values), max(values)))
    return texts.say("range", low=low, high=high)


def strip(content: Content, city: City, figure: str) -> dict[str, Any]:
    """Positions on an axis from 0 to 100 %, or from 0 to the longest of all cities in whole days."""
    now, before = city["headline"][figure]["now"], city["headline"][figure]["before"]
    values = [value for _, value in others(content, city, figure)]
    top = 1.0
    if UNITS[figure] == "hours":
        top = -(-max([LARGE_HOURS, now["high"] or 0, now["value"], *values]) // 24) * 24
    return place(now, before, values, top, hollow=city["simulated"])


def place(
    now: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    values: Sequence[float],
    top: float,
    *,
    hollow: bool,
) -> dict[str, Any]:
    """A figure, the one before it, and other cities' as fractions of an axis from 0 to ``top``."""

    def at(value: float | None) -> float | None:
        return None if value is None else round(min(1.0, max(0.0, value / top)), 4)

    bounded = now["low"] is not None and now["high"] is not None
    return {
        "value": at(now["value"]),
        "low": at(now["low"]) if bounded else None,
        "high": at(now["high"]) if bounded else None,
        "before": at(before["value"]) if before else None,
        "others": [at(value) for value in values],
        "hollow": hollow,
    }


def axis(texts: Texts) -> list[tuple[float, str]]:
    """The marks of an axis of shares."""
    return [(at, texts.share(at)) for at in (0.0, 0.5, 1.0)]


def standing(content: Content, city: City, figure: str, texts: Texts) -> str | None:
    """Where a standardised figure lies, in words; the strongest only where chance and many looks do not explain it."""
    around = content.get("compared", {}).get(figure)
    verdict = around["verdicts"].get(city["id"]) if around else None
    if around is None or verdict is None:
        return None
    if verdict == "investigate" and not around["stands"].get(city["id"]):
        verdict = "watch"
    return texts.say(f"standing.{verdict}")


def curve_of(city: City, texts: Texts) -> dict[str, Any] | None:
    """The curve of issues still open, and in words what it shows."""
    points = [point for point in city["curve"] if len(point) == 4]
    if len(points) < 2:
        return None
    read = ", ".join(
        f"{texts.say('after_days', n=day)}: {texts.number(100 * point[1])}"
        for day in CURVE_DAYS
        if (point := _at(points, day))
    )
    return {"points": points, "alt": f"{texts.say('curve')} {read}."}


def _at(points: Sequence[Sequence[float]], day: float) -> Sequence[float] | None:
    return next((point for point in points if point[0] == day), None)


def closing_rows(city: City, texts: Texts) -> list[list[str]]:
    """Of 100 issues, how many were still open by day, with the limits."""
    points = [point for point in city["curve"] if len(point) == 4]
    rows = []
    for day in CURVE_DAYS:
        if point := _at(points, day):
            said, low, high = (texts.number(100 * value) for value in (point[1], point[2], point[3]))
            rows.append(
                [texts.say("after_days", n=day), texts.say("interval", value=said, low=low, high=high)]
            )
    return rows


def asked(city: City, texts: Texts) -> list[str]:
    """What the city is asked to look at."""
    return [texts.say(f"ask.{one['id']}", share=texts.share(one["share"])) for one in city["asked"]]


def notes(city: City, texts: Texts) -> list[str]:
    """What is wrong with the data, or that nothing is."""
    said = [
        texts.say(f"note.{one['id']}", share="" if one["share"] is None else texts.share(one["share"]))
        for one in city["notes"]
    ]
    if not city["snapshot"]:
        said = [texts.say("note.no_reports")]
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


def ages_of(counts: Sequence[int | None], texts: Texts) -> dict[str, Any] | None:
    """The bar of the open issues by age; a class of 1 to 9 is drawn as 5, so that it cannot be read back."""
    drawn = [5 if count is None else count for count in counts]
    total = sum(drawn)
    if total < 20:
        return None
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
    known = total if None not in counts else round(total, -1)
    return {"parts": parts, "said": texts.say("open_count", n=texts.number(known)), "few": None in counts}


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
    top = -(-max([LARGE_HOURS, *(row["high"] for row in shown)]) // 24) * 24
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
            "count": texts.count(row["n"]),
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
