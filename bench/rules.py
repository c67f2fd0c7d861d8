"""What the rules cost with every city loaded: `python -m bench.rules`.

Prints decisions a second (place + route + promise of one request, one core, by processor time), the median
and the slowest percentile of single decisions, the time to load and to check all cities, and the memory of a
process that serves them. Needs no server.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import starmap
from pathlib import Path
from typing import TypeVar

import shapely
from shapely.geometry import shape

from city_config import City, Configuration, Service, check, load_configuration
from nagara.places.finding import index_for
from nagara.promises.deadlines import prepare_clocks, promise
from nagara.routing import route

T = TypeVar("T")
Request = tuple[City, Service, float, float, dt.datetime]

REPOSITORY = Path(__file__).resolve().parent.parent
TARGETS = {"decisions_per_second": 20_000, "load_and_check_seconds": 2.0, "memory_megabytes": 200.0}
"""What is asked for; the first is a least, the others are a most."""

SERVING = """
import datetime as dt, resource
import api.app
from nagara.cities import configuration, prepare
configuration()
prepare(dt.datetime.now(dt.UTC))
pages = int(open('/proc/self/statm').read().split()[1])
print(pages * resource.getpagesize() / 1e6)
"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=REPOSITORY / "city_config", help="The configuration")
    options.add_argument("--decisions", type=int, default=50_000, help="How many requests are decided")
    options.add_argument("--seed", type=int, default=1, help="Of the requests")
    options.add_argument("--json", action="store_true", help="Print JSON")
    wanted = options.parse_args()
    configuration, load_seconds = timed(lambda: load_configuration(wanted.folder))
    _, check_seconds = timed(lambda: check(configuration))
    found: dict[str, float] = {
        "cities": len(configuration.cities),
        "load_seconds": load_seconds,
        "check_seconds": check_seconds,
        "load_and_check_seconds": load_seconds + check_seconds,
        "memory_megabytes": serving_memory(wanted.folder),
    }
    found |= decisions(configuration, wanted.decisions, random.Random(wanted.seed))
    print(json.dumps(found, indent=1) if wanted.json else table(found))


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """A result and the processor seconds it took: other work on the machine does not count."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def serving_memory(folder: Path) -> float:
    """Resident megabytes of a process that has the API and every city ready to be asked."""
    environment = os.environ | {"NAGARA_CITY_CONFIG": str(folder), "NAGARA_DEMO": "1"}
    told = subprocess.run(
        [sys.executable, "-c", SERVING],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=REPOSITORY,
    )
    return float(told.stdout)


def decisions(configuration: Configuration, count: int, chance: random.Random) -> dict[str, float]:
    """Rate, median and slowest percentile of decisions about random requests in all cities.

    A process that has served as many other requests before: none of the measured positions was asked for.
    """
    now = dt.datetime.now(dt.UTC)
    for city in configuration.cities.values():
        index_for(city)
        prepare_clocks(city, now)
    earlier, timed_together, timed_singly = (made_up(configuration, count, now, chance) for _ in range(3))
    deque(starmap(decide, earlier), maxlen=0)
    _, whole = timed(lambda: deque(starmap(decide, timed_together), maxlen=0))
    single = sorted(nanoseconds(request) for request in timed_singly)
    return {
        "decisions_per_second": count / whole,
        "median_microseconds": single[count // 2] / 1000,
        "slowest_percentile_microseconds": single[count * 99 // 100] / 1000,
    }


def decide(city: City, service: Service, lat: float, lon: float, at: dt.datetime) -> None:
    """What intake asks the rules about one request."""
    place = index_for(city).locate(lat, lon, at.astimezone(city.zone).date())
    chosen = route(city, service, place, at, service.priority)
    promise(city, service, chosen.owner, at, service.priority)


def nanoseconds(request: Request) -> int:
    """How long one decision took by the clock on the wall."""
    start = time.perf_counter_ns()
    decide(*request)
    return time.perf_counter_ns() - start


def made_up(
    configuration: Configuration, count: int, now: dt.datetime, chance: random.Random
) -> list[Request]:
    """Requests anywhere in any city's districts, at any time of the coming month."""
    outlines = {
        city.id: [shapely.make_valid(shape(f["geometry"])) for f in city.districts["features"]]
        for city in configuration.cities.values()
    }
    found: list[Request] = []
    while len(found) < count:
        city = chance.choice(list(configuration.cities.values()))
        outline = chance.choice(outlines[city.id])
        west, south, east, north = outline.bounds
        lat, lon = chance.uniform(south, north), chance.uniform(west, east)
        if shapely.contains_xy(outline, lon, lat):
            at = now + dt.timedelta(minutes=chance.randrange(30 * 24 * 60))
            found.append((city, chance.choice(city.services), lat, lon, at))
    return found


def table(found: dict[str, float]) -> str:
    """One measure a line, with what is asked for."""
    lines = []
    for name, value in found.items():
        target = TARGETS.get(name)
        sign = "at least" if name == "decisions_per_second" else "at most"
        asked = f"   {sign} {target:,g}" if target else ""
        lines.append(f"{name.replace('_', ' '):34}{value:>12,.2f}{asked}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
