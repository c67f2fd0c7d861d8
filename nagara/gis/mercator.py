"""Squares of the web's map: numbered at each zoom from the north-western corner, in Web Mercator. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nagara.errors import InvalidInput
from nagara.queue.area import Box

DEEPEST = 22
NORTHERNMOST = 85.051_128_779_806_59
"""Degrees: where Web Mercator's square ends."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of the map."""

    z: int
    x: int
    y: int

    @property
    def box(self) -> Box:
        """West, south, east and north in degrees."""
        side = 2.0**self.z
        west, east = (column / side * 360 - 180 for column in (self.x, self.x + 1))
        north, south = (_latitude(row / side) for row in (self.y, self.y + 1))
        return Box(west, south, east, north)


def tile_at(z: int, x: int, y: int) -> Tile:
    """The tile of these numbers; raise ``InvalidInput`` where there is none."""
    if not 0 <= z <= DEEPEST:
        raise InvalidInput(f"There is no zoom {z}.", field="z", allowed=f"0 to {DEEPEST}")
    last = 2**z - 1
    for field, number in (("x", x), ("y", y)):
        if not 0 <= number <= last:
            raise InvalidInput(
                f"At zoom {z} there is no {field} {number}.", field=field, allowed=f"0 to {last}"
            )
    return Tile(z, x, y)


def tile_around(lat: float, lon: float, z: int) -> Tile:
    """The tile of a zoom in which a position lies."""
    x, y = on_the_square(np.array([lat]), np.array([lon]))
    return Tile(z, int(x[0] * 2**z), int(y[0] * 2**z))


def on_the_square(lats: Numbers, lons: Numbers) -> tuple[Numbers, Numbers]:
    """Positions as shares of the map's side, from the west and from the north; 0 to 1."""
    held = np.radians(np.clip(lats, -NORTHERNMOST, NORTHERNMOST))
    south = (1 - np.arcsinh(np.tan(held)) / math.pi) / 2
    return (lons + 180) / 360, south


def _latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))
