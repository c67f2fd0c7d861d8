"""Very many points as squares that say how many lie in them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nagara.gis.mercator import Numbers, Tile
from nagara.gis.vector_tile import EXTENT, Column, Integers, layer

LAYER = "cells"
SIDE = 32
"""Squares along a tile's side: a dozen pixels on the screen each."""


def squares(x: Numbers, y: Numbers, tile: Tile, side: int = SIDE) -> bytes:
    """The squares of one tile that hold anything, each a point amid what lies in it; nothing where none do.

    ``x`` and ``y`` are shares of the map's side; what lies beyond the tile is left out.
    """
    for found, content in all_squares(x, y, tile.z, side):
        if found == tile:
            return content
    return b""


def all_squares(x: Numbers, y: Numbers, z: int, side: int = SIDE) -> Iterator[tuple[Tile, bytes]]:
    """Every tile of a zoom that holds anything, in order of column and row."""
    if not len(x):
        return
    across = 2**z * side
    column, row = (np.clip((part * across).astype(np.int64), 0, across - 1) for part in (x, y))
    keys = ((column // side) * 2**z + row // side) * (side * side) + (column % side) * side + row % side
    square, of, count = np.unique(keys, return_inverse=True, return_counts=True)
    units = 2.0**z * EXTENT
    amid_x, amid_y = (np.bincount(of, weights=part * units) / count for part in (x, y))
    tiles = square // (side * side)
    starts = np.flatnonzero(np.diff(tiles, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(tiles)], strict=True):
        tile = Tile(z, *(int(number) for number in divmod(int(tiles[start]), 2**z)))
        at_x, at_y = amid_x[start:end] - tile.x * EXTENT, amid_y[start:end] - tile.y * EXTENT
        values, chosen = np.unique(count[start:end], return_inverse=True)
        columns = {"count": Column([int(value) for value in values], chosen.astype(np.int64))}
        yield tile, layer(LAYER, _units(at_x), _units(at_y), columns)


def _units(part: Numbers) -> Integers:
    return np.clip(np.floor(part), 0, EXTENT - 1).astype(np.int64)
