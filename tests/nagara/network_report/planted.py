"""The snapshots of thirty-one cities, planted: a report's content without a database, the same at every run."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np

from city_config import City, Configuration, load_configuration
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.life_table import LifeTable
from nagara.indicators.period import Period
from nagara.indicators.snapshots import Snapshot
from nagara.network_report import put_together
from nagara.network_report.comparing import period_before
from nagara.network_report.content import Gathered, Report
from nagara.settings import REPOSITORY

PERIOD = Period.parse("2026-01..2026-03")
MONTHS = [dt.date(2025, 10 + n, 1) for n in range(3)] + [dt.date(2026, 1 + n, 1) for n in range(3)]
CUT_OFF = dt.datetime(2026, 4, 11, 16, 59, tzinfo=dt.UTC)
CODES = (
    "waste_missed", "waste_overflow", "waste_dumping", "road_pothole", "street_light", "drain_blocked", "water_leak",
    "other",
)  # fmt: skip
SILENT = frozenset({"th-ryg", "vn-sgn", "id-smd"})
"""Cities without a snapshot, to be named as missing."""

PROMISING = frozenset({"id-jkt", "kh-pnh", "ph-mnl", "ph-dvo", "sg-sin", "th-bkk", "my-kul", "vn-han"})
"""Cities that publish what they promise; the others are watched against the reference."""

WAITING = frozenset({"mm-rgn", "my-kul", "sg-sin", "la-vte", "vn-han"})
FEW = "bn-bsb"
"""A city of which hardly anything may be said."""


@cache
def configuration() -> Configuration:
    return load_configuration(REPOSITORY / "city_config")


PRINTED = (
    "kh-pnh", "la-vte", "th-bkk", "mm-rgn", "sg-sin", "vn-han", "id-jkt", "my-kul", "ph-mnl", "ph-dvo", FEW, "th-ryg",
)  # fmt: skip
"""Cities that together are printed in every language, with one that is silent."""


@cache
def content() -> dict[str, Any]:
    """The content of the report of some cities, as it is kept."""
    whole = configuration()
    few = replace(whole, cities={city: whole.cities[city] for city in PRINTED})
    kept: dict[str, Any] = json.loads(json.dumps(asdict(planted(few, 0.25))))
    return kept


def planted(served: Configuration, scale: float = 1.0, frozen: Mapping[str, float] | None = None) -> Report:
    """The report of the cities served; ``scale``: how many requests, against what would be usual.

    ``frozen``: the mix of codes of the year.
    """
    before = period_before(PERIOD)
    snapshots, gathered = {}, {}
    for number, city in enumerate(served.cities.values()):
        heard = city.id not in SILENT
        snapshots[city.id] = snapshot(city.id, number) if heard else None
        cells = city_cells(city, number, scale) if heard else {}
        gathered[city.id] = Gathered.of(pooled(cells), PERIOD, before, cells)
    return put_together(served, PERIOD, snapshots, gathered, frozen)


def snapshot(city_id: str, number: int) -> Snapshot:
    digest = f"{number:02x}" * 32
    return Snapshot(
        UUID(int=(0x0192 << 112) | 7 << 76 | 2 << 62 | number),
        city_id, CUT_OFF, CUT_OFF, "2", (digest[:16],), "0.109", digest, 4000 + 977 * number,
    )  # fmt: skip


def pooled(cells: dict[CellKey, Cell]) -> dict[CellKey, Cell]:
    """The same without districts."""
    groups: dict[CellKey, list[Cell]] = {}
    for (month, code, _), cell in cells.items():
        groups.setdefault((month, code, ""), []).append(cell)
    return {key: Cell.merged(found) for key, found in groups.items()}


def city_cells(city: City, number: int, scale: float) -> dict[CellKey, Cell]:
    """Cells by month, code and district, of a size and speed that are the city's own."""
    random = np.random.default_rng(1000 + number)
    speed, size = 20.0 + 9.0 * (number * 7 % 13), (3.0 + 40.0 * (number * 5 % 11) / 10) * scale
    if city.id == FEW:
        size = 0.02
    districts = list(city.district_names)[:9] or [""]
    cells = {}
    for month in MONTHS:
        for place, district in enumerate(districts):
            for code in CODES:
                n = int(
                    random.poisson(size * 9 / len(districts) * (0.3 if code == "other" and number % 4 else 1))
                )
                if n:
                    hours = speed * (1 + 0.14 * place) * (0.8 if month.year == 2026 else 1)
                    cells[month, code, district] = cell(city.id, random, n, month, hours)
    return cells


def cell(city_id: str, random: np.random.Generator, n: int, month: dt.date, speed: float) -> Cell:
    """One cell of n issues."""
    followed = (CUT_OFF.date() - month).days * 24.0 - random.uniform(0, 700, n)
    lasting = random.lognormal(np.log(speed), 1.1, n)
    causes = random.choice([1, 2, 3], n, p=[0.86, 0.1, 0.04])
    hours, ended = np.minimum(lasting, followed), lasting <= followed
    causes = np.where(ended, causes, 0)
    answered = random.lognormal(np.log(speed / 4), 1.0, n)
    aged = followed[~ended]
    resolved, again = int((causes == 1).sum()), int(random.binomial(int((causes == 1).sum()), 0.07))
    due = int(ended.sum() * 0.9)
    met = int(random.binomial(due, max(0.45, min(0.95, 1.1 - speed / 300))))
    standard = "published" if city_id in PROMISING else "reference"
    return Cell(
        counts={
            "reports": n + n // 6, "duplicates": n // 6, "issues": n, "open": int((~ended).sum()),
            "simulated": n if city_id.startswith("kh") else 0, "imported": n if city_id == "th-bkk" else 0,
            "without_district": int(random.binomial(n, 0.15)) if city_id.startswith("my") else 0,
            "resolved_first": resolved, "reopened_in_30_days": again, "closed": int(ended.sum()),
            "closed_at_the_last": int(ended.sum() * 0.3) if city_id == "ph-mnl" else 0,
            "closed_at_once": int(ended.sum() * 0.12) if city_id in ("ph-mnl", "kh-pnh") else 0,
            "mostly_waited": int(ended.sum() * 0.3) if city_id in WAITING else 0,
            "said_fixed": resolved // 4, "said_not_fixed": resolved // (20 if city_id.startswith("th") else 60),
        },
        tables={
            "resolution": LifeTable.of(hours, causes),
            "sustained": LifeTable.of(hours, causes),
            "response": LifeTable.of(np.minimum(answered, followed), (answered <= followed).astype(int)),
            **({"backlog_age": LifeTable.of(aged, np.zeros(len(aged), int))} if len(aged) else {}),
        },
        promise={standard: {"met": met, "missed": due - met}},
        backlog_due={standard: {"dated": len(aged), "past": len(aged) // 2}},
        tallies={"family": {"1": n - n // 6, "2": n // 6}},
    )  # fmt: skip
