"""What stands on the printed pages of one city: the one-page summary and the city's report. Pure.

Everything is words and fractions of an axis when it leaves here; the templates only set it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nagara.errors import UnknownCity
from nagara.network_report import beside
from nagara.network_report.printed.axes import axis
from nagara.network_report.printed.city_details import (
    ages_of,
    asked,
    backlog_lines,
    cover,
    districts,
    kinds,
    notes,
    sources,
)
from nagara.network_report.printed.city_figures import closing_rows, curve_of, rows_of
from nagara.network_report.texts import SOURCE, Texts

Content = Mapping[str, Any]
City = Mapping[str, Any]
MOST_ASKED, MOST_NOTED = 4, 4

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
        "ages": ages_of(city, texts),
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
        "words": {key: texts.say(key) for key in words}
        | ({"no_questions": texts.say("questions_held")} if city.get("asked_held") else {}),
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
