"""Tiles as they were drawn last, so that none is drawn, named and packed again while what is in it stays the same.

What a tile shows was read a moment ago, every time. Only if that is word for word what it was drawn from before, under
the same rules, does the drawing still hold: nothing here can be older than the database.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from city_config import City
from nagara.exchange import Rows
from nagara.gis.mercator import Tile

MOST_BYTES = 16 << 20
"""Of all that a process keeps: a hundred tiles with a thousand points each."""

BYTES_BESIDE = 1_500
"""What Python needs to keep a tile besides its rows and drawing: an empty one takes no less."""

_Key = tuple[str, Tile]


@dataclass(frozen=True)
class Drawn:
    """A tile's bytes; empty where nothing lies in it."""

    content: bytes

    @cached_property
    def tag(self) -> str:
        """What an ``If-None-Match`` is held against."""
        return f'W/"{hashlib.sha256(self.content).hexdigest()[:24]}"'

    @cached_property
    def packed(self) -> bytes:
        """The same for whoever takes gzip."""
        return gzip.compress(self.content, 1, mtime=0)


@dataclass(frozen=True, slots=True)
class _Kept:
    city: City
    rows: Rows
    drawn: Drawn
    size: int


class DrawnTiles:
    """The tiles one process drew last, the one asked longest ago let go of first; for one thread."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()

    def drawn(self, city: City, tile: Tile, rows: Rows, draw: Callable[[City, Tile, Rows], bytes]) -> Drawn:
        """What ``draw`` makes of these rows, or made of them last time; it looks at nothing but what it is given.

        Points and squares of one tile are told apart by their rows, which have other columns.
        """
        key = city.id, tile
        kept = self._kept.get(key)
        if kept is not None and kept.city is city and kept.rows == rows:
            self._kept.move_to_end(key)
            return kept.drawn
        drawn = Drawn(draw(city, tile, rows))
        self._keep(key, _Kept(city, rows, drawn, BYTES_BESIDE + _size(rows) + 2 * len(drawn.content)))
        return drawn

    def _keep(self, key: _Key, kept: _Kept) -> None:
        if (before := self._kept.pop(key, None)) is not None:
            self._size -= before.size
        self._kept[key] = kept
        self._size += kept.size
        while self._size > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size


def _size(rows: Rows) -> int:
    return sum(len(field) for row in rows for field in row if isinstance(field, str | bytes))
