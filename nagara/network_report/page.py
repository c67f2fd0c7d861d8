"""The report as one HTML page that needs nothing else: no script, no font, no address outside itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nagara.network_report import beside, sections, sections_compared
from nagara.network_report.style import STYLE
from nagara.network_report.words import period, text

Content = Mapping[str, Any]
Section = Callable[[Content], str]

SECTIONS: tuple[tuple[str, str, Section], ...] = (
    ("data", "What the figures rest on", sections.data),
    ("headline", "Headline figures", lambda content: sections.headline(content) + beside.section(content)),
    ("funnels", "Who differs by more than chance", sections_compared.funnels),
    ("districts", "Districts", sections_compared.districts),
    ("asked", "What cities are asked to look at", sections_compared.asked),
    ("course", "How issues close over time", sections.course),
    ("kinds", "The same kind of issue, city beside city", sections.codes),
    ("backlog", "What is still open", sections.backlog),
    ("reference", "The monitoring reference", sections.reference),
    ("methods", "Methods and limits", sections.methods),
    ("definitions", "Definitions", sections.definitions),
    ("provenance", "Where each figure comes from", sections.provenance),
)


STANDING = "<!-- standing and forms -->"
"""Where the served page says whether it is published, and in which other forms the report is."""

READING = (
    "A dot is an estimate and the line through it its 95% interval. Where two lines share much of their "
    "length, the data hardly tell the two cities apart.",
    "Requests that are still open count as lasting at least so long. Leaving hard ones open does not "
    "make a city look faster.",
    "Cities stand in order of name. There is no ranking and no overall score: both would hide more "
    "than they show.",
    "A simulated city is marked by the word, by a hollow dot and by a dashed line.",
    "Where there are too few to say anything reliable, no figure is shown, and the reason is.",
)

OF_EVERY_CITY = ("data", "provenance")
"""Sections that account for every city; the others leave out those without reports, which ``data`` names."""


def render(content: Content, digest: str) -> str:
    """The page of a report's content; equal content gives equal bytes."""
    number = len(content["cities"])
    heard = {**content, "cities": [city for city in content["cities"] if sections.was_heard_of(city)]}
    body = "".join(
        f'<section aria-labelledby="{key}"><h2 id="{key}">{index}. {text(title)}</h2>'
        f"{write(content if key in OF_EVERY_CITY else heard)}</section>"
        for index, (key, title, write) in enumerate(SECTIONS, 1)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(content['network'])}: how cities answer, {text(period(content['period']))}</title>"
        f"<style>{STYLE}</style></head><body><main>"
        f"<header><p>{text(content['network'])}</p><h1>How cities answer their residents</h1>"
        f'<p class="lead">{text(period(content["period"]))} &middot; {number} cities, in order of name</p></header>'
        f"{STANDING}{_opening(content)}{body}"
        f'<p class="note">Content digest <code>{text(digest)}</code>: the same snapshots and weights give '
        f"the same report, byte for byte.</p></main></body></html>\n"
    )


def _opening(content: Content) -> str:
    remarks = _list(content["remarks"])
    warning = f'<div class="box warn" role="note"><strong>Before you compare</strong>{remarks}</div>'
    links = "".join(f'<li><a href="#{key}">{text(title)}</a></li>' for key, title, _ in SECTIONS)
    reading = _list(READING)
    return (
        f"{warning if content['remarks'] else ''}"
        f'<div class="box"><strong>How to read this report</strong>{reading}</div>'
        f'<nav aria-label="Contents"><ol>{links}</ol></nav>'
    )


def _list(sentences: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{text(sentence)}</li>" for sentence in sentences) + "</ul>"
