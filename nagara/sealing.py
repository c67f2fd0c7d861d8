"""Contact data is kept encrypted: who reads the database alone reads no resident's address."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=64)
def _box(secret: bytes, city_id: str) -> Fernet:
    """A city's own key, derived from the secret: one city's sealed data does not open with another's."""
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=f"nagara contact {city_id}".encode()).derive(secret)
    return Fernet(base64.urlsafe_b64encode(derived))


@lru_cache(maxsize=16)
def box_for(secret: bytes, purpose: str) -> Fernet:
    """A key of its own for what is sealed for a purpose rather than for a city: cookies, tickets."""
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=f"nagara sealed for {purpose}".encode()).derive(
        secret
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(secret: bytes, city_id: str, values: Mapping[str, str]) -> bytes:
    """Encrypt and authenticate (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _box(secret, city_id).encrypt(json.dumps(dict(values), ensure_ascii=False).encode())


def unseal(secret: bytes, city_id: str, sealed: bytes) -> dict[str, str] | None:
    """What was sealed; None where the secret has changed since and it cannot be opened."""
    try:
        content: dict[str, str] = json.loads(_box(secret, city_id).decrypt(sealed))
    except InvalidToken:
        return None
    return content
