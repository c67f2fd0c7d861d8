"""Points as a Mapbox Vector Tile (specification 2.1): written in columns, a thousand of them in half a millisecond.

A feature is a handful of small numbers. Each number gets as many bytes as the largest of its column needs - protocol
buffers allow a number to be written longer than it is -, so all features are rows of one width and leave in one piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EXTENT = 4096
"""Units along a tile's side."""

LARGEST = 1 << 21
"""Numbers below fit into three bytes; no list of values may be as long."""

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
LAYER, NAME, FEATURE, KEY, VALUE, SIDE, VERSION = (
    b"\x1a",
    b"\x0a",
    0x12,
    b"\x1a",
    b"\x22",
    b"\x28",
    b"\x78\x02",
)
TAGS, POINT, GEOMETRY, MOVE_TO = 0x12, (0x18, 0x01), 0x22, 0x09


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of one length, all of ASCII: a row of bytes each."""

    rows: Bytes

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Column:
    """A property: the values it takes, and which of them each feature has."""

    values: Sequence[str | int] | Texts
    chosen: Integers


def layer(name: str, x: Integers, y: Integers, columns: Mapping[str, Column]) -> bytes:
    """A layer of points within the tile, 0 to ``EXTENT``; every feature has every property.

    Raises ``ValueError`` for more values than three bytes can count.
    """
    tags: list[Integers] = []
    values = 0
    for number, column in enumerate(columns.values()):
        tags += [np.full(len(x), number, np.int64), column.chosen + values]
        values += len(column.values)
    if values >= LARGEST:
        raise ValueError(f"a layer holds fewer than {LARGEST} values")
    written = [_field(NAME, name.encode()), _features(x, y, tags)]
    written += [_field(KEY, key.encode()) for key in columns]
    written += [_values(column.values) for column in columns.values()]
    written += [SIDE + _varint(EXTENT), VERSION]
    return _field(LAYER, b"".join(written))


def _features(x: Integers, y: Integers, tags: Sequence[Integers]) -> bytes:
    """All features, each a point: a position is the way from the corner, zigzagged, so twice the number."""
    attributes = [column for numbers in tags for column in _varints(numbers)]
    moves = [column for numbers in (2 * x, 2 * y) for column in _varints(numbers)]
    attributes_length, moves_length = len(attributes), len(moves) + 1
    whole = 2 + attributes_length + len(POINT) + 2 + moves_length
    if whole > 0x7F:
        raise ValueError("a feature with so many properties is longer than its length can say")
    row: list[int | Integers] = [
        FEATURE,
        whole,
        TAGS,
        attributes_length,
        *attributes,
        *POINT,
        GEOMETRY,
        moves_length,
        MOVE_TO,
        *moves,
    ]
    table = np.empty((len(x), len(row)), np.uint8)
    for place, column in enumerate(row):
        table[:, place] = column
    return table.tobytes()


def _varints(numbers: Integers) -> list[Integers]:
    """Numbers as protocol buffers write them, all as long as the largest: their first bytes, then their second ones."""
    largest = int(numbers.max(initial=0))
    if largest <= 0x7F:
        return [numbers]
    if largest <= 0x3FFF:
        return [numbers & 0x7F | 0x80, numbers >> 7]
    return [numbers & 0x7F | 0x80, numbers >> 7 & 0x7F | 0x80, numbers >> 14]


def _values(values: Sequence[str | int] | Texts) -> bytes:
    """Values in order. What stands before texts of one length, as references are, is the same before each."""
    if not isinstance(values, Texts):
        return b"".join(_field(VALUE, _value(value)) for value in values)
    count, length = values.rows.shape
    before = np.frombuffer(_field(VALUE, _value("x" * length)), np.uint8)[: -length or None]
    written: bytes = np.hstack((np.broadcast_to(before, (count, len(before))), values.rows)).tobytes()
    return written


def _value(value: str | int) -> bytes:
    return b"\x28" + _varint(value) if isinstance(value, int) else _field(b"\x0a", value.encode())


def _field(key: bytes, content: bytes) -> bytes:
    return key + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
