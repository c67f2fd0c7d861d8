"""Tiles as they were drawn last, so that none is read, drawn, named and packed again while it stays the same.

The database is asked each time. Only if it says that nothing has changed in the tile since it was read, or if what it
reads anew is word for word what the tile was drawn from, under the same rules, does the drawing still hold: whatever
anybody did before somebody asks is shown to them.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from city_config import City
from nagara.exchange import Question, Rows
from nagara.gis.map_changes import Seen
from nagara.gis.mercator import Tile

MOST_BYTES = 16 << 20
"""Of all that a process keeps: a hundred tiles with a thousand points each."""

BYTES_BESIDE = 5_000
"""What Python needs to keep a tile besides its rows and drawing: an empty one takes no less."""

READ_ANEW_AFTER_S = 60.0
"""A tile is read after a minute though nothing is said to have changed: a request dated ahead, as by a server whose
clock was ahead of the next one's, comes to be seen by time alone, and nobody changes anything then."""

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


@dataclass(slots=True)
class Kept:
    """A drawing and what it was made of.

    ``seen``: in what it was found to hold last, where that can be asked about again. ``read_at``: when what it shows
    was asked for last, by ``time.monotonic``.
    """

    city: City
    rows: Rows
    drawn: Drawn
    size: int
    seen: Seen | None
    read_at: float
    _question: Question | None = None

    def question(self, ask: Callable[[Seen | None], Question]) -> Question:
        """What ``ask`` asks about what was seen last, unless it was read too long ago.

        One question for all who ask while nothing else is seen, so that they may be answered together.
        """
        if self.seen is not None and time.monotonic() - self.read_at >= READ_ANEW_AFTER_S:
            self.seen = self._question = None
        if self._question is None:
            self._question = ask(self.seen)
        return self._question

    def still_holds(self, seen: Seen | None) -> Drawn:
        """The drawing, of which was found that nothing in it had changed when that was seen."""
        if seen != self.seen:
            self.seen, self._question = seen, None
        return self.drawn


class DrawnTiles:
    """The tiles one process drew last, the one asked longest ago let go of first; for one thread."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._kept: OrderedDict[_Key, Kept] = OrderedDict()

    def kept(self, city: City, tile: Tile) -> Kept | None:
        """A tile as it was drawn last under the same rules, if it is still here."""
        key = city.id, tile
        kept = self._kept.get(key)
        if kept is None or kept.city is not city:
            return None
        self._kept.move_to_end(key)
        return kept

    def drawn(
        self,
        city: City,
        tile: Tile,
        rows: Rows,
        draw: Callable[[City, Tile, Rows], bytes],
        seen: Seen | None = None,
        asked_at: float = 0.0,
    ) -> Drawn:
        """What ``draw`` makes of these rows, or made of them last time; it looks at nothing but what it is given.

        ``seen``: no later than the rows. Points and squares of one tile are told apart by their rows, which have other
        columns.
        """
        kept = self.kept(city, tile)
        if kept is not None and kept.rows == rows:
            kept.read_at = asked_at
            return kept.still_holds(seen)
        drawn = Drawn(draw(city, tile, rows))
        size = BYTES_BESIDE + _size(rows) + 2 * len(drawn.content)
        self._keep((city.id, tile), Kept(city, rows, drawn, size, seen, asked_at))
        return drawn

    def _keep(self, key: _Key, kept: Kept) -> None:
        if (before := self._kept.pop(key, None)) is not None:
            self._size -= before.size
        self._kept[key] = kept
        self._size += kept.size
        while self._size > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size


def _size(rows: Rows) -> int:
    return sum(len(field) for row in rows for field in row if isinstance(field, str | bytes))
