"""Points as a Mapbox Vector Tile (specification 2.1): written in columns, so that a thousand points cost a millisecond.

A feature is a handful of small numbers. They are laid out as the rows of one table of bytes, those not needed
are struck out of all rows at once, and what remains is the tile.
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
class Column:
    """A property: the values it takes, and which of them each feature has."""

    values: Sequence[str | int]
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
    tag_bytes, tag_used = _varints(np.column_stack(tags))
    move_bytes, move_used = _varints(np.column_stack((2 * x, 2 * y)))
    tag_length, move_length = tag_used.sum(axis=1), move_used.sum(axis=1) + 1
    count = len(x)

    def always(*numbers: int | Integers) -> npt.NDArray[np.uint8]:
        return np.column_stack([np.broadcast_to(np.asarray(n, np.uint8), count) for n in numbers])

    whole = 2 + tag_length + len(POINT) + 2 + move_length
    head = always(FEATURE, whole, TAGS, tag_length)
    middle = always(*POINT, GEOMETRY, move_length, MOVE_TO)
    table = np.hstack((head, tag_bytes, middle, move_bytes))
    used = np.hstack((np.ones(head.shape, bool), tag_used, np.ones(middle.shape, bool), move_used))
    written: bytes = table[used].tobytes()
    return written


def _varints(numbers: Integers) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Numbers as protocol buffers write them, three bytes each, and which of the three are needed."""
    low, middle, high = numbers & 0x7F, numbers >> 7 & 0x7F, numbers >> 14
    two, three = numbers > 0x7F, numbers > 0x3FFF
    parts = np.stack((low | two << 7, middle | three << 7, high), axis=2)
    used = np.stack((np.ones(numbers.shape, bool), two, three), axis=2)
    shape = (len(numbers), -1)
    return parts.astype(np.uint8).reshape(shape), used.reshape(shape)


def _values(values: Sequence[str | int]) -> bytes:
    """Values in order. Many texts of one length, as references are, are written in one go: what stands before each
    is the same."""
    texts = [value for value in values if isinstance(value, str)]
    lengths = set(map(len, texts))
    if len(texts) == len(values) and len(lengths) == 1 and "".join(texts).isascii():
        whole = len(_field(VALUE, _value(texts[0])))
        before = _field(VALUE, _value(texts[0]))[: whole - lengths.pop()].decode("latin-1")
        return (before + before.join(texts)).encode("latin-1")
    return b"".join(_field(VALUE, _value(value)) for value in values)


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
