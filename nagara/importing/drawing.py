"""Numbers and references for many requests at once, drawn as ``nagara.ids`` draws them for one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from nagara.ids import ALPHABET, REFERENCE_LENGTH, check_character

DIGITS = 20
"""Hexadecimal digits that ``uuid7_text`` is given: the last ten bytes of the UUID."""

_LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_BODIES = np.uint64(len(ALPHABET) ** REFERENCE_LENGTH)
_POWERS = np.array([len(ALPHABET) ** place for place in range(REFERENCE_LENGTH)], dtype=np.uint64)
_VARIANT = {digit: "89ab"[number % 4] for number, digit in enumerate("0123456789abcdef")}
"""The digit of a UUID that names its layout (RFC 9562), for each that was drawn in its place."""


def drawn_digits(count: int) -> Iterator[str]:
    """So many random texts of ``DIGITS`` hexadecimal digits."""
    digits = os.urandom(count * DIGITS // 2).hex()
    return (digits[start : start + DIGITS] for start in range(0, len(digits), DIGITS))


def uuid7_text(milliseconds: int, digits: str) -> str:
    """``uuid7_at`` as text, of digits that were drawn before."""
    at = f"{milliseconds & 0xFFFFFFFFFFFF:012x}"
    return f"{at[:8]}-{at[8:]}-7{digits[1:4]}-{_VARIANT[digits[4]]}{digits[5:8]}-{digits[8:]}"


def new_references(prefix: str, count: int) -> list[str]:
    """So many random references; of 64 bits each, so that no letter is likelier than another by more than 10^-9."""
    drawn = np.frombuffer(os.urandom(8 * count), dtype=np.uint64) % _BODIES
    places = drawn[:, None] // _POWERS % np.uint64(len(ALPHABET))
    weights = np.arange(REFERENCE_LENGTH, dtype=np.uint64) + np.uint64(2 + len(prefix))
    of_prefix = np.uint64(ALPHABET.index(check_character(prefix)))
    checks = (places @ weights + of_prefix) % np.uint64(len(ALPHABET))
    letters = _LETTERS[np.column_stack([places, checks])].tobytes().decode()
    bodies = (
        letters[start : start + REFERENCE_LENGTH + 1]
        for start in range(0, len(letters), REFERENCE_LENGTH + 1)
    )
    return [f"{prefix}-{body[:-1]}-{body[-1]}" for body in bodies]
