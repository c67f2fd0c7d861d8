"""The forms of a kept report: the page, PDF, workbook, CSV, JSON, and each city's own pages in its languages.

Guarantee: the same content, language and standing give the same bytes; nothing of the clock is in them. Their date is
the latest cut-off of the snapshots they were made of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from nagara.errors import InvalidInput
from nagara.network_report import StoredReport
from nagara.network_report.flat import csv_of, dictionary, metadata
from nagara.network_report.page import STANDING
from nagara.network_report.printed import set_pdf
from nagara.network_report.printed.of_city import city_of_report, city_pages, summary_page
from nagara.network_report.printed.of_network import network_pages
from nagara.network_report.spreadsheet import DRAFT, xlsx_of
from nagara.network_report.texts import SOURCE, texts_in
from nagara.network_report.words import text

MEDIA: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json",
    "csv-metadata.json": "application/csvm+json",
}
OF_CITY: Mapping[str, str] = {"report": "city", "summary": "summary"}
"""Pages of one city, by the name in their address, and the template that sets them."""

KEPT = 48
"""Printed files kept in memory by each process; the same are asked for again and again."""


def forms(content: Mapping[str, Any], report_id: UUID | str) -> list[dict[str, str]]:
    """Every form there is, with its address: of the whole report, then of each city in its languages and English."""
    base = f"/api/v1/network/reports/{report_id}"
    listed = [
        {"name": name, "media_type": MEDIA[name], "url": base if name == "html" else f"{base}.{name}"}
        for name in MEDIA
    ]
    listed += [
        {
            "name": "pdf",
            "media_type": MEDIA["pdf"],
            "url": f"{base}.pdf?language={language}",
            "language": language,
        }
        for language in languages_of_report(content)[1:]
    ]
    for city in content["cities"]:
        for language in languages_of(city):
            listed += [
                {
                    "name": name,
                    "media_type": MEDIA["pdf"],
                    "url": f"{base}/cities/{city['id']}/{name}.pdf?language={language}",
                    "city": city["id"],
                    "language": language,
                }
                for name in OF_CITY
            ]
    return listed


def languages_of(city: Mapping[str, Any]) -> list[str]:
    """The languages a city's pages are printed in: its own, and English."""
    return list(dict.fromkeys([*city.get("languages", ()), SOURCE]))


def languages_of_report(content: Mapping[str, Any]) -> list[str]:
    """The languages the whole report is printed in: English, and those of its cities."""
    others = {language for city in content["cities"] for language in languages_of(city)}
    return [SOURCE, *sorted(others - {SOURCE})]


def made_at(content: Mapping[str, Any]) -> dt.datetime:
    """The date of everything printed: the latest cut-off, or the beginning of the period where there is none."""
    cut_offs = [
        dt.datetime.fromisoformat(c["snapshot"]["cut_off"]) for c in content["cities"] if c["snapshot"]
    ]
    return max(cut_offs, default=dt.datetime.fromisoformat(content["period"][:7] + "-01T00:00:00+00:00"))


def print_report(
    report: StoredReport, form: str, *, draft: bool, with_ranks: bool = False, language: str = SOURCE
) -> bytes:
    """One form of the whole report; raises ``InvalidInput`` where there is no such form.

    ``language``: of the PDF, one of the languages of its cities or English; the other forms are in English.
    """
    if form not in MEDIA:
        raise InvalidInput(f"A report has no form {form[:20]!r}.", field="form", allowed=list(MEDIA))
    if form == "html":
        return served_page(report, draft=draft).encode()
    if form == "json":
        return orjson.dumps(json_of(report), option=orjson.OPT_UTC_Z)
    if form == "csv":
        return csv_of(report.content)
    if form == "csv-metadata.json":
        return orjson.dumps(metadata(report.content, str(report.id), report.content_digest, None))
    if form == "xlsx":
        return xlsx_of(report.content, report.content_digest, made_at(report.content), draft=draft)
    allowed = languages_of_report(report.content)
    if language not in allowed:
        raise InvalidInput("The report is not printed in this language.", field="language", allowed=allowed)
    return _pdf(_Asked(report, draft), "network", "", language, with_ranks)


def print_city(report: StoredReport, name: str, city_id: str, language: str, *, draft: bool) -> bytes:
    """A city's report or its one-page summary as PDF, in one of its languages or English."""
    if name not in OF_CITY:
        raise InvalidInput(f"A city has no page {name[:20]!r}.", field="form", allowed=list(OF_CITY))
    allowed = languages_of(city_of_report(report.content, city_id))
    if language not in allowed:
        raise InvalidInput(
            f"The pages of {city_id} are not in this language.", field="language", allowed=allowed
        )
    return _pdf(_Asked(report, draft), OF_CITY[name], city_id, language, False)


class _Asked:
    """A report and its standing, held as one key: equal where the content and the standing are."""

    def __init__(self, report: StoredReport, draft: bool) -> None:
        self.content, self.digest, self.draft = report.content, report.content_digest, draft

    def __hash__(self) -> int:
        return hash((self.digest, self.draft))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and (self.digest, self.draft) == (other.digest, other.draft)


@lru_cache(maxsize=KEPT)
def _pdf(asked: _Asked, template: str, city_id: str, language: str, with_ranks: bool) -> bytes:
    content, digest, draft = asked.content, asked.digest, asked.draft
    if not content.get("report_version"):
        raise InvalidInput("This report was kept before reports were printed; build it anew.", field="report")
    if template == "network":
        pages = network_pages(content, digest, draft, with_ranks, language)
        return set_pdf("network", pages, made_at(content))
    texts = texts_in(language)
    if template == "summary":
        return set_pdf("summary", summary_page(content, city_id, texts, digest, draft), made_at(content))
    return set_pdf("city", city_pages(content, city_id, texts, digest, draft), made_at(content))


def json_of(report: StoredReport) -> dict[str, Any]:
    """The report for programs, with its data dictionary."""
    return {
        "id": str(report.id),
        "period": report.period,
        "created_at": report.created_at,
        "snapshot_ids": report.snapshot_ids,
        "content_digest": report.content_digest,
        "content": report.content,
        "dictionary": dictionary(report.content),
    }


def served_page(report: StoredReport, *, draft: bool) -> str:
    """The kept page with links to the other forms, and marked as a draft until it is published."""
    links = "".join(
        f'<li><a href="{report.id}.{name}">{said}</a></li>'
        for name, said in (("pdf", "PDF"), ("xlsx", "Spreadsheet"), ("csv", "CSV"), ("json", "JSON"))
    )
    cities = "".join(
        f'<li>{text(city["name"])}: <a href="{report.id}/cities/{city["id"]}/summary.pdf">one page</a>, '
        f'<a href="{report.id}/cities/{city["id"]}/report.pdf">report</a></li>'
        for city in report.content["cities"]
        if city["coverage"]["months"]
    )
    mark = f'<p class="draft">{DRAFT}</p>' if draft else ""
    shown = (
        f'{mark}<nav aria-label="Other forms"><strong>This report as</strong><ul class="forms">{links}</ul>'
        f"<details><summary>Pages of single cities, in English</summary><ul>{cities}</ul></details></nav>"
    )
    place = STANDING if STANDING in report.html else "<main>"  # pages kept before there were other forms
    return report.html.replace(place, place + shown, 1)
