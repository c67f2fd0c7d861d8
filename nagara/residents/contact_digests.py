"""Finding people by their contact without keeping it readable: a keyed digest of its one normal form.

The contact itself is sealed and cannot be searched. Beside it stands an HMAC-SHA-256 of what it comes to once
writing habits are taken away, with a key of the city's own: equal contacts have equal digests within a city,
and none across cities. Who reads the database alone cannot try out addresses, for want of the key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

from city_config import City

Kind = Literal["email", "phone"]

CALLING_CODES: Mapping[str, str] = {
    "BN": "673",
    "ID": "62",
    "KH": "855",
    "LA": "856",
    "MM": "95",
    "MY": "60",
    "PH": "63",
    "SG": "65",
    "TH": "66",
    "TL": "670",
    "VN": "84",
}
"""ITU-T E.164 country codes; where a country is not here, national numbers keep their national form."""

SHORTEST_NUMBER, LONGEST_NUMBER = 6, 15
"""Digits of a telephone number with its country code (E.164, at most fifteen)."""


def normal_email(text: str) -> str:
    """An address as it is compared: composed, without case or outer blanks."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def normal_phone(text: str, country: str) -> str | None:
    """A number as it is called from abroad, ``+85512345678``; None if it cannot be one.

    A leading zero is the trunk prefix of the city's country; ``00`` stands for the plus sign.
    """
    written = unicodedata.normalize("NFKC", text).strip()
    if not re.fullmatch(r"\+?[0-9 ()./-]+", written):
        return None
    digits = re.sub(r"\D", "", written)
    code = CALLING_CODES.get(country)
    if written.startswith("+"):
        international = digits
    elif digits.startswith("00"):
        international = digits[2:]
    elif code and digits.startswith("0"):
        international = code + digits[1:]
    elif code and country == "SG" and len(digits) == 8:
        international = code + digits  # Singapore has no trunk prefix
    elif code and digits.startswith(code):
        international = digits
    else:
        international = (code or "") + digits
    if not SHORTEST_NUMBER <= len(international) <= LONGEST_NUMBER:
        return None
    return f"+{international}"


def contact_digest(secret: bytes, city: City, kind: Kind, text: str) -> bytes | None:
    """The digest of a contact, thirty-two bytes; None for what is none."""
    normal = normal_email(text) if kind == "email" else normal_phone(text, city.country)
    if not normal:
        return None
    return keyed_digest(secret, city.id, kind, normal)


def keyed_digest(secret: bytes, city_id: str, *parts: str) -> bytes:
    """HMAC-SHA-256 over parts that are kept apart; for one city and what the parts say it is for."""
    content = "\x1f".join(("digest", city_id, *parts))
    return hmac.new(secret, content.encode(), hashlib.sha256).digest()


def digests_of(secret: bytes, city: City, contact: Mapping[str, str]) -> dict[str, bytes | None]:
    """The digests that are kept beside a sealed contact, by column."""
    email, phone = contact.get("email"), contact.get("phone")
    return {
        "email_digest": contact_digest(secret, city, "email", email) if email else None,
        "phone_digest": contact_digest(secret, city, "phone", phone) if phone else None,
    }
