"""Identifiers: time-ordered UUIDs for rows, references people read out, secrets nobody can guess."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
import uuid
from itertools import count, product
from operator import mul

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXY"
"""Twenty-nine characters, a prime, without look-alikes: no 0/O, 1/I/L, U (reads as V), Z (reads as 2)."""

REFERENCE_LENGTH = 7


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    return uuid7_at(milliseconds)


def uuid7_at(milliseconds: int) -> uuid.UUID:
    """A UUID of version 7 that sorts at a stated time, for requests imported with their own times."""
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF000 << 64) | 0x7000 << 64
    value = value & ~(0xC000 << 48) | 0x8000 << 48
    return uuid.UUID(int=value)


def new_reference(prefix: str) -> str:
    """A reference such as ``PNH-7K3M9QX-C``: the city's letters, seven random ones, a check character.

    Seven characters of 29 give 1.7 x 10^10 references a city; the table's unique key decides a clash.
    """
    drawn = int.from_bytes(os.urandom(16))  # of 128 bits, so that no letter is likelier than another
    drawn, first = divmod(drawn, len(_THREE))
    drawn, second = divmod(drawn, len(_THREE))
    body = _THREE[first] + _THREE[second] + ALPHABET[drawn % len(ALPHABET)]
    return f"{prefix}-{body}-{check_character(prefix + body)}"


def check_character(text: str) -> str:
    """Weighted sum modulo 29, a prime: any one wrong character and any swap of two in the body changes it."""
    return ALPHABET[sum(map(mul, map(_VALUES.__getitem__, text), count(2))) % len(ALPHABET)]


def read_reference(text: str) -> str | None:
    """The reference as stored, from whatever case and spacing a person typed; None if it cannot be one."""
    letters = "".join(c for c in text.upper() if c.isalnum())
    if not (letters.isascii() and len(letters) == 3 + REFERENCE_LENGTH + 1):
        return None
    prefix, body, check = letters[:3], letters[3:-1], letters[-1]
    if any(c not in ALPHABET for c in body) or check_character(prefix + body) != check:
        return None
    return f"{prefix}-{body}-{check}"


class _Values(dict[str, int]):
    """Each character's place in the alphabet; letters of a prefix that are not in it count by their code."""

    def __missing__(self, character: str) -> int:
        return ord(character)


_VALUES = _Values(zip(ALPHABET, range(len(ALPHABET)), strict=True))
_THREE = tuple(map("".join, product(ALPHABET, repeat=3)))
"""All there are of three letters: a reference is drawn by them, seven single ones cost more than all the rest of it."""


def new_secret(city_id: str) -> str:
    """A token of 256 random bits that says whose it is: ``kh-pnh.q8...``."""
    return f"{city_id}.{secrets.token_urlsafe(32)}"


def secret_city(token: str) -> str | None:
    """The city a token claims to belong to; whether it is valid, only the database knows."""
    city_id, dot, rest = token.partition(".")
    return city_id if dot and rest else None


def secret_digest(token: str) -> bytes:
    """What is stored of a token: SHA-256, enough because the token itself is random."""
    return hashlib.sha256(token.encode()).digest()


def resident_token(
    secret_key: bytes, city_id: str, request_id: uuid.UUID, generation: int | None = None
) -> str:
    """The private link's token of one request, derived so that a repeated filing gets the same one.

    ``generation`` counts renewals, as the request's row does: with each, another token is the only right one.
    """
    renewed = f":{generation}" if generation else ""
    words = f"resident:{city_id}:{request_id}{renewed}"
    return hmac.new(secret_key, words.encode(), hashlib.sha256).hexdigest()[:40]
