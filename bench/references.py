"""References of the benchmark's rows, reckoned from a number so that pgbench can draw one without a look-up.

The seven characters of the body are the digits 2 to 9: a number of seven digits in base 8, scattered over its
range. They are references like any other; only their order is known.
"""

from __future__ import annotations

from nagara.ids import ALPHABET, REFERENCE_LENGTH, check_character

BASE = 8
RANGE = BASE**REFERENCE_LENGTH
"""How many numbers there are, about two million a city."""

SCATTER = 1_234_567
"""Odd, so that numbers in a row become all numbers of the range, far apart."""

FIRST_WEIGHT = 5
"""The weight of the body's first character in the check; the prefix's three have 2, 3 and 4."""


def reference(prefix: str, number: int) -> str:
    """The reference of a number from 0 to ``RANGE`` - 1."""
    body = "".join(str(digit + 2) for digit in _digits(number))
    return f"{prefix}-{body}-{check_character(prefix + body)}"


def drawing_commands(prefix: str, count: int) -> str:
    """pgbench commands that draw one of the first ``count`` numbers and reckon its digits and check."""
    places = [f"d{place}" for place in range(REFERENCE_LENGTH)]
    lines = [
        f"\\set number random(0, {count - 1})",
        f"\\set scattered (:number * {SCATTER}) % {RANGE}",
    ]
    lines += [
        f"\\set {name} (:scattered / {BASE ** (REFERENCE_LENGTH - 1 - place)}) % {BASE}"
        for place, name in enumerate(places)
    ]
    digits = " + ".join(f":{n} * {10 ** (REFERENCE_LENGTH - 1 - place)}" for place, n in enumerate(places))
    weighted = " + ".join(f":{n} * {FIRST_WEIGHT + place}" for place, n in enumerate(places))
    # the check of a body of nothing but the alphabet's first character is what the prefix alone gives
    start = ALPHABET.index(check_character(prefix + ALPHABET[0] * REFERENCE_LENGTH))
    lines.append(f"\\set body {'2' * REFERENCE_LENGTH} + {digits}")
    lines.append(f"\\set check ({start} + {weighted}) % {len(ALPHABET)} + 1")
    return "\n".join(lines)


def drawn(prefix: str) -> str:
    """The SQL that spells the drawn reference out."""
    return f"'{prefix}-' || :body::text || '-' || substr('{ALPHABET}', :check::int, 1)"


def _digits(number: int) -> list[int]:
    scattered = number * SCATTER % RANGE
    return [scattered // BASE**place % BASE for place in reversed(range(REFERENCE_LENGTH))]
