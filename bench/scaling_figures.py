"""What the page about scaling reckons with: figures read from the pages of benches, and what is assumed.

Each figure names its page and line, the bar that stands for it, or says that it is assumed. Lines that are no longer
on their page raise ``NotOnThePage``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
OPERATIONS, GROWTH, FLOOD = "RESULTS.md", "RESULTS_GROWTH.md", "RESULTS_FLOOD.md"
INDICATORS = "RESULTS_INDICATORS.md"


class NotOnThePage(LookupError):
    """A page of a bench has no such line, or no number in it."""


@dataclass(frozen=True, slots=True)
class Given:
    """A figure to reckon with; ``source``: the page and line it was read from, or why it is assumed."""

    what: str
    value: float
    unit: str
    source: str


def operation(what: str, name: str, connections: int = 8) -> Given:
    """Milliseconds of processor time an operation: the API's, or the sweep's own, and the database's."""
    us = number_on(OPERATIONS, (name, str(connections)), "both us")
    source = f"`{name}`, {connections} connection{'s' if connections > 1 else ''}"
    return Given(what, us / 1000, "ms", f"{OPERATIONS}: {source}")


def grown(what: str, name: str, unit: str) -> Given:
    """The most of a line of ``bench growth``, whatever the size."""
    line = line_on(GROWTH, (name,))
    values = [_number(GROWTH, line, size) for size in line if NUMBER.fullmatch(size)]
    if not values:
        raise NotOnThePage(f"bench/{GROWTH} has no sizes above {name!r}")
    return Given(what, max(values), unit, f"{GROWTH}: `{name}`, the most of all sizes")


def built(what: str, line: str, unit: str, times: float = 1.0, *, behind: str = "", of: str = "") -> Given:
    """The first number of a line of ``bench indicators``, or the first behind some words in it, so many times.

    ``of``: what it was measured with.
    """
    found = line_on(INDICATORS, (line,)).get("found", "")
    number = NUMBER.search(found, found.index(behind) + len(behind)) if behind in found else None
    if number is None:
        raise NotOnThePage(f"bench/{INDICATORS} has no number behind {behind!r} in {line!r}")
    source = f"{INDICATORS}: `{line}`" + (f", {of}" if of else "")
    return Given(what, float(number[0].replace(",", "")) * times, unit, source)


def number_on(page: str, begins: tuple[str, ...], column: str) -> float:
    """The first number in a column of the line that begins so."""
    return _number(page, line_on(page, begins), column)


def line_on(page: str, begins: tuple[str, ...]) -> Mapping[str, str]:
    """The first line of a page's tables that begins with these cells, by the heads of its table."""
    for line in _lines((BENCH / page).read_text()):
        if tuple(line.values())[: len(begins)] == begins:
            return line
    raise NotOnThePage(f"bench/{page} has no line that begins with {' | '.join(begins)}")


def _number(page: str, line: Mapping[str, str], column: str) -> float:
    found = NUMBER.match(line.get(column, ""))
    if found is None:
        raise NotOnThePage(
            f"bench/{page} has no number in column {column!r} of {next(iter(line.values()))!r}"
        )
    return float(found[0].replace(",", ""))


def _lines(text: str) -> Iterator[dict[str, str]]:
    heads: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            heads = []
            continue
        cells = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        if not heads:
            heads = cells
        elif set("".join(cells)) - set("-:"):
            yield dict(zip(heads, cells, strict=False))


FILE = operation("a report filed", "file a report")
STATUS = operation("a public status", "public status", 32)
FIRST_PAGE = operation("the queue's first page", "queue, first page")
DEEP_PAGE = operation("a deep page", "queue, deep page")
FILTERED = operation("a page with filters", "queue, with filters")
CLOSED = operation("a page of closed ones", "queue, closed ones")
WORDS = operation("a page of common words", "queue, common words")
AREA = operation("a page of an area", "queue, an area")
OPENED = operation("a request opened", "queue, a request opened")
VIEWS = operation("figures of the queue's views", "queue, figures of the views")
TILE = operation("a tile of the map", "map, a box that changes all the time")
STEP = operation("a step climbed", "escalation sweep", 1)
COUNTS = operation("a city's counts by code and month", "dashboard, one city x code x month")
COUNTS_OF_ALL = operation("the same of all 31 cities", "dashboard, all cities x code x month", 2)
NOTICE = Given(
    "a notice made and handed over, at most", 2.0, "ms", "not measured here: the bar of `bench.notices`"
)
PHOTO = Given(
    "a photo made safe, with its thumbnail", 45.0, "ms", "timed once, on no page: `prepare` on such photos"
)
PHOTO_KB = Given(
    "a photo and its thumbnail on disk",
    number_on(FLOOD, ("a photo and its thumbnail on disk",), "found"),
    "KB",
    f"{FLOOD}, photos of 2048 by 1536",
)
ROW_KIB = grown(
    "a request on disk, with events and indexes", "database, a request with its events and indexes", "KiB"
)
FIRST_BUILD = built(
    "first build of the figures, a million requests",
    "full build: the whole log of every city",
    "s",
    1 / 5,
    of="5,000,000 on two cores",
)
NEWS = built(
    "builds of 31 cities after a few hundred events each",
    "build after 10,000 events in all 31 cities",
    "s",
    of="two cores",
)
SHEETS = built(
    "their sheets of the usual periods",
    "sheets of the usual periods of all cities, made after a build",
    "s",
    of="one core",
)
EACH_QUESTION = "each of them, p50 / p95"
FIGURES = built("a dashboard's figures of a city", EACH_QUESTION, "ms", behind="one city", of="one city")
FIGURES_OF_ALL = built(
    "the same of all 31 cities, for officials",
    EACH_QUESTION,
    "ms",
    behind="all cities for officials",
    of="all cities for officials",
)
API_MIB = grown("an API process", "API process, most memory", "MiB")
WORKER_MIB = grown("a worker process", "worker process, most memory", "MiB")
COSTS = (
    FILE,
    STATUS,
    FIRST_PAGE,
    DEEP_PAGE,
    FILTERED,
    CLOSED,
    WORDS,
    AREA,
    OPENED,
    VIEWS,
    TILE,
    STEP,
    COUNTS,
    COUNTS_OF_ALL,
    NOTICE,
    PHOTO,
    PHOTO_KB,
    ROW_KIB,
    FIRST_BUILD,
    NEWS,
    SHEETS,
    FIGURES,
    FIGURES_OF_ALL,
    API_MIB,
    WORKER_MIB,
)

CITIES_MEASURED, CORES_OF_NEWS = 31, 2
"""Of ``bench indicators`` and of the dashboards; its cores are all reckoned as busy."""

BUSIEST = Given(
    "a day's share in its busiest hour",
    0.073,
    "",
    "Bangkok, 23,942 reports of December 2022 and January 2023",
)
FLOODED = Given("cities in flood at once", 30, "", "assumed: one river basin in ten cities")
TIMES = Given("their intake then", 50, "times", "the flood day of `bench flood`")
READS = Given("looks at a status, a request", 10, "", "assumed")
TILES = Given(
    "map tiles, a look", 12, "", "assumed: a telephone's map, none of them kept by browser or proxy"
)
PHOTOS = Given("photos a request", 1, "", "assumed: every report has one")
EVENTS = Given("events a request", 4, "", "assumed; `bench indicators` lays three")
NOTICES = Given("notices a request", 4, "", "assumed: resident three times, department once")
STEPS = Given("steps climbed a request", 0.2, "", "assumed: one in five is not answered in time")
STAFF = Given("staff at their screens, a city", 30, "", "assumed")
LOOKS = Given("seconds between looks of one of them", 20, "s", "assumed")
DASHBOARDS = Given("dashboards open, a city", 3, "", "assumed: supervisors")
OFFICIALS = Given("dashboards of all cities open", 100, "", "assumed: officials of the network")
ASKED_ANEW = Given("seconds between two answers of a dashboard", 60, "s", "assumed")
KEPT = Given("years that are kept online", 5, "", "assumed; retention takes personal data out sooner")
BUSY = Given(
    "share of a core that is planned with", 0.5, "", "assumed: the other half is for the worst minute"
)
CORE_COST = Given(
    "a core with 4 GiB, a year", 150, "USD", "assumed: bought server over five years, with power"
)
DISK_COST = Given("a TiB on redundant disks, a year", 60, "USD", "assumed: three copies, over five years")
ASSUMED = (
    BUSIEST,
    FLOODED,
    TIMES,
    READS,
    TILES,
    PHOTOS,
    EVENTS,
    NOTICES,
    STEPS,
    STAFF,
    LOOKS,
    DASHBOARDS,
    OFFICIALS,
    ASKED_ANEW,
    KEPT,
    BUSY,
    CORE_COST,
    DISK_COST,
)

LOOKED_AT = {
    "requests opened": (30, OPENED),
    "first pages of the queue": (20, FIRST_PAGE),
    "deep pages": (5, DEEP_PAGE),
    "pages with filters": (15, FILTERED),
    "pages of closed ones": (5, CLOSED),
    "pages of words": (10, WORDS),
    "pages of an area": (5, AREA),
    "figures of the views": (10, VIEWS),
}
"""Of a hundred looks of staff so many are these: assumed."""
