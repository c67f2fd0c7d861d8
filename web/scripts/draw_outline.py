"""Draw the outline of the network's part of the world, from Natural Earth 1:50m as the npm package world-atlas has it.

    npm pack world-atlas@2.0.2 && tar xf world-atlas-2.0.2.tgz
    python web/scripts/draw_outline.py package/countries-50m.json

Natural Earth is in the public domain. Borders are drawn once for both neighbours, so that they stay together when
they are simplified; every coordinate is a whole number of the picture's own units.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from shapely.geometry import LineString, Polygon, box
from shapely.ops import unary_union

TARGET = Path(__file__).parent.parent / "network" / "map" / "outline.json"
WEST, SOUTH, EAST, NORTH = 91.0, -12.0, 142.0, 29.0
UNITS_PER_DEGREE = 20
COARSE = 0.06
"""Degrees by which a line may move; a city's dot is larger."""

LEAST_AREA = 0.012
"""Islands smaller than this many square degrees are left out, except of a country that has nothing else."""

NUMBERS = {
    "096": "BN", "116": "KH", "360": "ID", "418": "LA", "458": "MY", "104": "MM", "608": "PH", "702": "SG",
    "764": "TH", "626": "TL", "704": "VN",
}  # fmt: skip
"""ISO 3166-1: the numbers of the file and the letters of the cities' files."""


def decoded(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """The arcs in degrees, simplified; their ends stay where they are."""
    (scale_x, scale_y), (move_x, move_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + move_x, y * scale_y + move_y))
        line = LineString(points).simplify(COARSE, preserve_topology=True) if len(points) > 1 else None
        arcs.append(list(line.coords) if line else points)
    return arcs


def ring(numbers: list[int], arcs: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """A ring of arcs; a number below zero names one taken backwards."""
    points: list[tuple[float, float]] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return points


def shape(geometry: dict[str, Any], arcs: list[list[tuple[float, float]]]) -> Any:
    """A country's area within the picture."""
    parts = geometry.get("arcs", [])
    polygons = parts if geometry["type"] == "MultiPolygon" else [parts]
    found = []
    for rings in polygons:
        drawn = [ring(numbers, arcs) for numbers in rings]
        if len(drawn[0]) >= 4:
            found.append(Polygon(drawn[0], [hole for hole in drawn[1:] if len(hole) >= 4]).buffer(0))
    return unary_union(found).intersection(box(WEST, SOUTH, EAST, NORTH))


def path(area: Any) -> str:
    """An area as the path of a picture, relative and in whole units."""
    polygons = [one for one in getattr(area, "geoms", [area]) if one.geom_type == "Polygon"]
    polygons.sort(key=lambda one: -one.area)
    kept = [one for index, one in enumerate(polygons) if one.area >= LEAST_AREA or index == 0]
    return "".join(ring_path(line) for one in kept for line in (one.exterior, *one.interiors))


def ring_path(line: Any) -> str:
    """One closed line."""
    units = [
        (round((x - WEST) * UNITS_PER_DEGREE), round((NORTH - y) * UNITS_PER_DEGREE)) for x, y in line.coords
    ]
    told = [units[0]]
    for point in units[1:-1]:
        if point != told[-1]:
            told.append(point)
    if len(told) < 3:
        return ""
    (x, y), steps = told[0], ""
    for nx, ny in told[1:]:
        steps += f"{' ' if steps and nx >= x else ''}{nx - x}{'' if ny < y else ' '}{ny - y}"
        x, y = nx, ny
    return f"M{told[0][0]} {told[0][1]}l{steps}z"


def main() -> None:
    """Write the outline."""
    topology = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    arcs = decoded(topology)
    members, others = {}, []
    for geometry in topology["objects"]["countries"]["geometries"]:
        if not geometry.get("arcs"):
            continue
        area = shape(geometry, arcs)
        if area.is_empty:
            continue
        letters = NUMBERS.get(str(geometry.get("id", "")).zfill(3))
        if letters:
            members[letters] = path(area)
        else:
            others.append(area)
    picture = {
        "west": WEST,
        "north": NORTH,
        "units_per_degree": UNITS_PER_DEGREE,
        "width": round((EAST - WEST) * UNITS_PER_DEGREE),
        "height": round((NORTH - SOUTH) * UNITS_PER_DEGREE),
        "members": dict(sorted(members.items())),
        "others": path(unary_union(others)),
    }
    TARGET.write_text(json.dumps(picture, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
