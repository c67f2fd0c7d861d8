"""``python3 run.py bench scaling``: what 300 cities with 100 million requests a year need, from what was measured.

Nothing here is measured: ``bench/scaling_figures.py`` reads what benches found from their pages, and says what is
assumed. Whenever a page or an assumption has changed, run this: it writes the tables of docs/scaling.md anew.

Figures of a city are built anew once anything happened in it, so builds cost by cities, not by events. Of ``n`` events
between two builds, each as likely in one of ``c`` cities as in another, ``c (1 - exp(-n / c))`` cities are touched, as
is to be expected; fewer where some cities have more events than others.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.scaling_figures import (
    API_MIB,
    ASKED_ANEW,
    ASSUMED,
    BUSIEST,
    BUSY,
    CITIES_MEASURED,
    CORE_COST,
    CORES_OF_NEWS,
    COSTS,
    COUNTS,
    COUNTS_OF_ALL,
    DASHBOARDS,
    DISK_COST,
    EVENTS,
    FIGURES,
    FIGURES_OF_ALL,
    FILE,
    FIRST_BUILD,
    FLOODED,
    KEPT,
    LOOKED_AT,
    LOOKS,
    NEWS,
    NOTICE,
    NOTICES,
    OFFICIALS,
    PHOTO,
    PHOTO_KB,
    PHOTOS,
    READS,
    ROW_KIB,
    SHEETS,
    STAFF,
    STATUS,
    STEP,
    STEPS,
    TILE,
    TILES,
    TIMES,
    WORKER_MIB,
    Given,
)
from nagara.settings import Settings
from workers.following import IN_VAIN_S
from workers.schedule import SCHEDULE

PAGE = Path(__file__).resolve().parent.parent / "docs" / "scaling.md"
BEGIN, END = "<!-- reckoned by bench/scaling.py -->", "<!-- end of what is reckoned -->"

CITIES, REQUESTS_A_YEAR = 300, 100_000_000
A_YEAR = 365 * 86_400
MIB, GIB, TIB = 2**20, 2**30, 2**40

BETWEEN_BUILDS_S = SCHEDULE["refresh indicators"]["schedule"].total_seconds()
LONGER_S = (60, 300)

BUILDS = "builds of a city's figures"
BY_WORKERS = ("notices", "steps", BUILDS)
"""What workers do; the rest is what API processes do."""

POOLS_OF_API = 3
"""What an API process keeps: a pool for hot statements, one for sessions and one for the network's counts."""

POOL_SIZE, SMALL_POOL = Settings.model_fields["pool_size"].default, 2

OF_A_WORKER = 6
"""Connections of a worker process, whatever the pools' size: two that it keeps for its tasks, its book's, a session's,
and for what takes long a task's own with the one it reads a city by."""

BEST_CONNECTIONS = 32
"""Beyond about so many busy at once PostgreSQL does less, not more, on two cores."""


def build_of_a_city() -> float:
    """Seconds of a core if anything happened in a city: its build, on all cores there were, and its sheets."""
    return (NEWS.value * CORES_OF_NEWS + SHEETS.value) / CITIES_MEASURED


def of_all(measured: Given) -> float:
    """What takes so many milliseconds of the cities that were measured, of all there are to be."""
    return measured.value * CITIES / CITIES_MEASURED


@dataclass(frozen=True, slots=True)
class Load:
    """So much a second of everything: of so many cities each, so many reports a second in each of them."""

    name: str
    filed_in: tuple[tuple[float, float], ...]

    @property
    def filed(self) -> float:
        """Reports a second in all cities together."""
        return sum(cities * filed for cities, filed in self.filed_in)

    def touched(self, seconds: float) -> float:
        """Cities in which anything happens meanwhile, as is to be expected."""
        return sum(
            cities * (1 - math.exp(-filed * EVENTS.value * seconds)) for cities, filed in self.filed_in
        )

    def rates(self) -> dict[str, tuple[float, float]]:
        """What happens, how often a second, and how many milliseconds of a core one costs."""
        looks = CITIES * STAFF.value / LOOKS.value
        read = self.filed * READS.value
        dashboards, officials = (
            open_ / ASKED_ANEW.value for open_ in (CITIES * DASHBOARDS.value, OFFICIALS.value)
        )
        return {
            "reports filed": (self.filed, FILE.value),
            "photos": (self.filed * PHOTOS.value, PHOTO.value),
            "statuses read": (read, STATUS.value),
            "map tiles": (read * TILES.value, TILE.value),
            **{name: (looks * share / 100, cost.value) for name, (share, cost) in LOOKED_AT.items()},
            "dashboards of a city": (dashboards, COUNTS.value + FIGURES.value),
            "dashboards of all cities": (officials, of_all(COUNTS_OF_ALL) + of_all(FIGURES_OF_ALL)),
            "notices": (self.filed * NOTICES.value, NOTICE.value),
            "steps": (self.filed * STEPS.value, STEP.value),
            BUILDS: (self.touched(BETWEEN_BUILDS_S) / BETWEEN_BUILDS_S, build_of_a_city() * 1000),
        }

    def busy(self) -> dict[str, float]:
        """Cores that are busy with each of it."""
        return {name: rate * cost / 1000 for name, (rate, cost) in self.rates().items()}

    def cores(self) -> float:
        """Cores that are busy with all of it."""
        return sum(self.busy().values())


def loads() -> tuple[Load, ...]:
    """A year's mean, the busiest hour of a day, and that hour with some cities in flood."""
    mean = REQUESTS_A_YEAR / A_YEAR / CITIES
    busiest = REQUESTS_A_YEAR / 365 * BUSIEST.value / 3600 / CITIES
    calm = CITIES - FLOODED.value
    return (
        Load("a year's mean", ((CITIES, mean),)),
        Load("busiest hour", ((CITIES, busiest),)),
        Load(
            f"the same, {FLOODED.value:g} cities in flood",
            ((calm, busiest), (FLOODED.value, busiest * TIMES.value)),
        ),
    )


def reckoned() -> str:
    """All tables."""
    tables = (_givens(), _rates(), _storage(), _processes(), _builds(), _between_builds(), _cost())
    return "\n\n".join("\n".join(table) for table in tables)


def _givens() -> Iterator[str]:
    yield "| figure | | from |"
    yield "|---|--:|---|"
    for given in (*COSTS, *ASSUMED):
        yield f"| {given.what} | {given.value:g} {given.unit} | {given.source} |".replace("  ", " ")
    for name, (share, _) in LOOKED_AT.items():
        yield f"| of a hundred looks of staff: {name} | {share} | assumed |"


def _rates() -> Iterator[str]:
    columns = loads()
    yield from _heads("a second, and busy cores")
    for name in columns[0].rates():
        yield _row(name, (f"{one.rates()[name][0]:,.1f}: {one.busy()[name]:.2f} cores" for one in columns))
    yield _row("**together**", (f"**{load.cores():.1f} cores**" for load in columns))
    yield _row("most of them for", map(_most, columns))


def _most(load: Load) -> str:
    cores, name = max((cores, name) for name, cores in load.busy().items())
    return f"{name}: {cores / load.cores():.0%}"


def _heads(name: str) -> Iterator[str]:
    yield _row(name, (load.name for load in loads()))
    yield "|---|" + "--:|" * len(loads())


def _row(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


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
    done = sum(flood.busy()[name] for name in BY_WORKERS)
    served = flood.cores() - done
    api, workers = (max(4, round(cores / BUSY.value + 0.5)) for cores in (served, done))
    memory = (api * API_MIB.value + workers * WORKER_MIB.value) * MIB
    yield "| for the flood | |"
    yield "|---|--:|"
    yield f"| API processes at most, as if they did the database's work for them too; half busy | {api} |"
    yield f"| worker processes at most, likewise | {workers} |"
    yield f"| memory of them all | {_size(memory)} |"
    connections, few = (api * POOLS_OF_API * size + workers * OF_A_WORKER for size in (POOL_SIZE, SMALL_POOL))
    ways = f"{POOLS_OF_API} pools an API process, {OF_A_WORKER} a worker process"
    yield f"| connections to PostgreSQL at most: {ways} | {connections:,} |"
    yield f"| the same with `NAGARA_POOL_SIZE={SMALL_POOL}` | {few:,} |"
    yield f"| of these busy at once, as many as cores work for it | about {served + done:.0f} of {BEST_CONNECTIONS} |"
    yield f"| messages a second in the task queue: timers, however many cities | {_ticks():.1f} |"
    yield f"| the same of nudges at most, of all API processes together | {1 / IN_VAIN_S:,.0f} |"


def _ticks() -> float:
    """How often a second the timers of every few seconds ring."""
    gaps = (timer["schedule"] for timer in SCHEDULE.values())
    return sum(1 / gap.total_seconds() for gap in gaps if isinstance(gap, dt.timedelta))


def _builds() -> Iterator[str]:
    year = REQUESTS_A_YEAR / 1e6
    a_night = FIRST_BUILD.value * year * KEPT.value
    yield "| builds of the figures | |"
    yield "|---|--:|"
    yield f"| the first build of one year of all cities | {FIRST_BUILD.value * year / 60:,.0f} min |"
    yield f"| the nightly proof of all years kept, on two cores | {a_night / 3600:,.1f} h |"
    yield f"| the same on sixteen cores, a city a process | {a_night / 3600 / 8:,.1f} h |"
    yield f"| one touched city, with its sheets: seconds of a core | {build_of_a_city():.2f} s |"


def _between_builds() -> Iterator[str]:
    columns, gap, work = loads(), BETWEEN_BUILDS_S, build_of_a_city()
    touched = [load.touched(gap) for load in columns]
    yield from _heads("following what happens")
    events = (f"{load.filed * EVENTS.value * gap:,.0f}" for load in columns)
    yield _row(f"new events in the {gap:g} s between two builds, of all cities", events)
    yield _row(f"cities of {CITIES} touched by them", (f"{cities:.0f}" for cities in touched))
    yield _row("their builds and sheets, on one core", (f"{cities * work:.0f} s" for cities in touched))
    for every in (gap, *LONGER_S):
        busy = (f"{load.touched(every) * work / every:.1f}" for load in columns)
        yield _row(f"cores busy with that, every {every:g} s", busy)


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
