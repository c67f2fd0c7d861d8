"""Where the wanted requests are, for the map beside the list: each one, or how many in each cell if they are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from nagara.database import Pool, read_in_city
from nagara.queue.conditions import LATE, conditions
from nagara.queue.filters import Worked

MOST_SINGLE = 2_000
MOST_CELLS = 2_000
LOOKED_AT = 100_000
CELLS_ACROSS = 40
"""Cells along the longer side of what is shown."""

ROWS: LiteralString = (
    "select r.reference, r.lat, r.lon, r.status, r.priority, r.network_code, r.version, " + LATE
)


@dataclass(frozen=True, slots=True)
class Positions:
    """``single`` requests, or ``cells`` with how many are in each and how many of those are late.

    ``complete`` is false where more are wanted than were looked at.
    """

    single: Sequence[Mapping[str, Any]]
    cells: Sequence[Mapping[str, Any]]
    complete: bool


async def positions(pool: Pool, city_id: str, worked: Worked) -> Positions:
    """The positions of what a filter wants; a request without a position is not among them."""
    where, values = conditions(city_id, worked)
    placed = " and ".join((*where, "r.lat is not null"))
    few: LiteralString = f"{ROWS} from request r where {placed} limit %(most)s"
    [rows] = await read_in_city(pool, city_id, (few, values | {"most": MOST_SINGLE + 1}), prepare=False)
    if len(rows) <= MOST_SINGLE:
        return Positions([_single(row) for row in rows], [], complete=True)
    cells: LiteralString = (
        f"with wanted as materialized (select r.lat, r.lon, {LATE} as late from request r "  # noqa: S608
        f"where {placed} limit %(looked_at)s), "
        "extent as (select greatest(max(lat) - min(lat), max(lon) - min(lon), 1e-6) / %(across)s as step "
        "from wanted) "
        "select round(avg(lat)::numeric, 6)::float8, round(avg(lon)::numeric, 6)::float8, count(*), "
        "count(*) filter (where late), sum(count(*)) over () "
        "from wanted, extent group by floor(lat / step), floor(lon / step) order by 3 desc limit %(most)s"
    )
    asked = values | {"looked_at": LOOKED_AT, "across": CELLS_ACROSS, "most": MOST_CELLS}
    [rows] = await read_in_city(pool, city_id, (cells, asked), prepare=False)
    found = [{"lat": lat, "lon": lon, "count": n, "late_count": late} for lat, lon, n, late, _ in rows]
    return Positions([], found, complete=not rows or rows[0][-1] < LOOKED_AT)


def _single(row: tuple[Any, ...]) -> dict[str, Any]:
    names = ("reference", "lat", "lon", "status", "priority", "network_code", "version", "late")
    return dict(zip(names, row, strict=True))
