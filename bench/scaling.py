"""``python3 run.py bench scaling``: what 300 cities with 100 million requests a year need, from what was measured.

Change a figure below when its bench says another one, and run this: it writes the tables of docs/scaling.md anew.
Nothing here is measured; each figure names the bench it was read from, and what is assumed is said to be so.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.following import IN_VAIN_S
from workers.schedule import SCHEDULE

PAGE = Path(__file__).resolve().parent.parent / "docs" / "scaling.md"
BEGIN, END = "<!-- reckoned by bench/scaling.py -->", "<!-- end of what is reckoned -->"

CITIES, REQUESTS_A_YEAR = 300, 100_000_000
A_YEAR = 365 * 86_400
MIB, GIB, TIB = 2**20, 2**30, 2**40


@dataclass(frozen=True, slots=True)
class Given:
    """A figure to reckon with; ``source``: the bench it was read from, or why it is assumed."""

    what: str
    value: float
    unit: str
    source: str


FILE = Given("a report filed", 1.2, "ms", "`bench --requests 300000`, API + database, 8 connections")
STATUS = Given("a public status", 0.66, "ms", "the same table")
PAGE_OF_QUEUE = Given("a page of the queue", 2.11, "ms", "the same table")
STEP = Given("a step climbed", 0.33, "ms", "the same table, escalation sweep: its own + database")
NOTICE = Given("a notice made and handed over", 2.0, "ms", "the bar of `python -m bench.notices`: 500 a core")
PHOTO = Given("a photo made safe, with its thumbnail", 45.0, "ms", "`prepare` on the photos of `bench flood`")
PHOTO_KB = Given("a photo and its thumbnail on disk", 480.0, "KB", "`bench flood`, photos of 2048 by 1536")
ROW_KIB = Given("a request on disk, with events and indexes", 3.8, "KiB", "`bench growth`, at its first size")
BUILD = Given(
    "first build of the figures, a million requests",
    5.3,
    "s",
    "`bench indicators`, 5,000,000 on two cores",
)
NEWS = Given("figures after 10,000 events", 1.84, "s", "the same, spread over 31 cities")
API_MIB = Given("an API process", 264.0, "MiB", "`bench growth`, most memory")
WORKER_MIB = Given("a worker process", 202.0, "MiB", "`bench growth`, most memory")
MEASURED = (
    FILE,
    STATUS,
    PAGE_OF_QUEUE,
    STEP,
    NOTICE,
    PHOTO,
    PHOTO_KB,
    ROW_KIB,
    BUILD,
    NEWS,
    API_MIB,
    WORKER_MIB,
)

BUSIEST = Given(
    "a day's share in its busiest hour",
    0.073,
    "",
    "Bangkok, 23,942 reports of December 2022 and January 2023",
)
FLOODED = Given("cities in flood at once", 30, "", "assumed: one river basin in ten cities")
TIMES = Given("their intake then", 50, "times", "the flood day of `bench flood`")
READS = Given("looks at a status, a request", 10, "", "assumed")
PHOTOS = Given("photos a request", 1, "", "assumed: every report has one")
NOTICES = Given("notices a request", 4, "", "assumed: resident three times, department once")
STEPS = Given("steps climbed a request", 0.2, "", "assumed: one in five is not answered in time")
STAFF = Given("staff at their screens, a city", 30, "", "assumed")
LOOKS = Given("seconds between pages of one of them", 20, "s", "assumed")
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
    PHOTOS,
    NOTICES,
    STEPS,
    STAFF,
    LOOKS,
    KEPT,
    BUSY,
    CORE_COST,
    DISK_COST,
)

SERVED = ("reports filed", "photos", "statuses read", "pages of queues")
"""What API processes do; the rest is the workers'."""

POOL_OF_API, POOL_OF_WORKER = 16, 4
"""Connections of a process: eight for hot statements and eight for sessions; its task's, its book's and two kept."""

BEST_CONNECTIONS = 32
"""Beyond about so many busy at once PostgreSQL does less, not more, on two cores."""


@dataclass(frozen=True, slots=True)
class Load:
    """So much a second of everything."""

    name: str
    filed: float

    def rates(self) -> dict[str, tuple[float, Given]]:
        """What happens, how often a second, and what one costs."""
        staff = CITIES * STAFF.value / LOOKS.value
        return {
            "reports filed": (self.filed, FILE),
            "photos": (self.filed * PHOTOS.value, PHOTO),
            "statuses read": (self.filed * READS.value, STATUS),
            "pages of queues": (staff, PAGE_OF_QUEUE),
            "notices": (self.filed * NOTICES.value, NOTICE),
            "steps": (self.filed * STEPS.value, STEP),
        }

    def cores(self) -> float:
        """Processors that are busy with it."""
        return sum(rate * cost.value / 1000 for rate, cost in self.rates().values())


def loads() -> tuple[Load, ...]:
    """A year's mean, the busiest hour of a day, and that hour with some cities in flood."""
    mean = REQUESTS_A_YEAR / A_YEAR
    busiest = REQUESTS_A_YEAR / 365 * BUSIEST.value / 3600
    calm = CITIES - FLOODED.value
    flood = busiest / CITIES * (calm + FLOODED.value * TIMES.value)
    return (
        Load("a year's mean", mean),
        Load("busiest hour", busiest),
        Load("the same, 30 cities in flood", flood),
    )


def reckoned() -> str:
    """All tables."""
    return "\n\n".join(
        ["\n".join(table) for table in (_givens(), _rates(), _storage(), _processes(), _builds(), _cost())]
    )


def _givens() -> Iterator[str]:
    yield "| figure | | from |"
    yield "|---|--:|---|"
    for given in (*MEASURED, *ASSUMED):
        yield f"| {given.what} | {given.value:g} {given.unit} | {given.source} |".replace("  ", " ")


def _rates() -> Iterator[str]:
    columns = loads()
    yield "| a second, and busy cores | " + " | ".join(load.name for load in columns) + " |"
    yield "|---|" + "--:|" * len(columns)
    for name in columns[0].rates():
        cells = (load.rates()[name] for load in columns)
        yield (
            f"| {name} | " + " | ".join(f"{r:,.1f}: {r * c.value / 1000:.2f} cores" for r, c in cells) + " |"
        )
    yield "| **together** | " + " | ".join(f"**{load.cores():.1f} cores**" for load in columns) + " |"


def _storage() -> Iterator[str]:
    yield "| storage | a city and year | all, a year | all, kept |"
    yield "|---|--:|--:|--:|"
    photos = PHOTO_KB.value * 1000 * PHOTOS.value
    for name, size in (("PostgreSQL", ROW_KIB.value * 1024), ("pictures", photos)):
        year = size * REQUESTS_A_YEAR
        cells = (_size(year / CITIES), _size(year), _size(year * KEPT.value))
        yield f"| {name} | {' | '.join(cells)} |"


def _processes() -> Iterator[str]:
    flood = loads()[-1]
    served = sum(flood.rates()[name][0] * flood.rates()[name][1].value for name in SERVED) / 1000
    done = flood.cores() - served
    api, workers = (max(4, round(cores / BUSY.value + 0.5)) for cores in (served, done))
    connections = api * POOL_OF_API + workers * POOL_OF_WORKER
    memory = (api * API_MIB.value + workers * WORKER_MIB.value) * MIB
    yield "| for the flood | |"
    yield "|---|--:|"
    yield f"| API processes, one a core, half busy | {api} |"
    yield f"| worker processes, likewise | {workers} |"
    yield f"| memory of them all | {_size(memory)} |"
    yield f"| connections to PostgreSQL at most, without a pooler | {connections} |"
    yield f"| of these busy at once, as many as cores work for it | about {served + done:.0f} of {BEST_CONNECTIONS} |"
    yield f"| messages a second in the task queue: timers, however many cities | {_ticks():.1f} |"
    yield f"| the same of nudges at most, of all API processes together | {1 / IN_VAIN_S:,.0f} |"


def _ticks() -> float:
    """How often a second the timers of every few seconds ring."""
    gaps = (timer["schedule"] for timer in SCHEDULE.values())
    return sum(1 / gap.total_seconds() for gap in gaps if isinstance(gap, dt.timedelta))


def _builds() -> Iterator[str]:
    year = REQUESTS_A_YEAR / 1e6
    a_night = BUILD.value * year * KEPT.value
    events = REQUESTS_A_YEAR * 4 / 365 / 86_400 * 30
    yield "| builds of the figures | |"
    yield "|---|--:|"
    yield f"| the first build of one year of all cities | {BUILD.value * year / 60:,.0f} min |"
    yield f"| the nightly proof of all years kept, on two cores | {a_night / 3600:,.1f} h |"
    yield f"| the same on sixteen cores, a city a process | {a_night / 3600 / 8:,.1f} h |"
    yield f"| new events in the half minute between two builds, of all cities | {events:,.0f} |"
    yield f"| their build | {NEWS.value * max(events, 1) / 10_000:.2f} s of 30 s |"


def _cost() -> Iterator[str]:
    cores = loads()[-1].cores() / BUSY.value
    standing = 2 * cores  # a second machine for each part
    disks = (
        (ROW_KIB.value * 1024 * 3 + PHOTO_KB.value * 1000 * PHOTOS.value) * REQUESTS_A_YEAR * KEPT.value / TIB
    )
    yield "| cost a year, reckoned with the assumed prices | USD |"
    yield "|---|--:|"
    cores_cost = standing * CORE_COST.value
    yield f"| {standing:,.0f} cores: those of the flood half busy, and as many standing by | {cores_cost:,.0f} |"
    yield f"| {disks:,.0f} TiB: pictures, the database with two replicas | {disks * DISK_COST.value:,.0f} |"
    total = cores_cost + disks * DISK_COST.value
    yield f"| together | {total:,.0f} |"
    yield f"| a city | {total / CITIES:,.0f} |"
    yield f"| a thousand requests | {total / REQUESTS_A_YEAR * 1000:.2f} |"


def _size(amount: float) -> str:
    for unit, name in ((TIB, "TiB"), (GIB, "GiB"), (MIB, "MiB")):
        if amount >= unit:
            return f"{amount / unit:,.1f} {name}"
    return f"{amount:,.0f} bytes"


def main(_arguments: Sequence[str]) -> int:
    """Write the tables into the page."""
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{reckoned()}\n\n{END}{after}")
    print(reckoned())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
