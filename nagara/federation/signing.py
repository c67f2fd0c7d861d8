"""Ed25519 signatures (RFC 8032) over bundles. A signature is of the bundle's canonical bytes behind a fixed prefix,
so that it can be taken for a signature of nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from nagara.errors import InvalidInput
from nagara.federation.bundle import LETTER_FORMAT, VERSION, canonical
from nagara.network.errors import TamperedBundle

PREFIX = b"nagara-bundle-v1\x00"
KEY_BYTES = 32


def encode(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decode_key(text: str, field: str) -> bytes:
    """The 32 bytes of a key; raise ``InvalidInput`` for anything else."""
    try:
        content = base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
    except (ValueError, binascii.Error):
        content = b""
    if len(content) != KEY_BYTES:
        raise InvalidInput("It is not a key.", field=field, allowed="32 bytes in base64url, 43 characters")
    return content


def new_private_key() -> bytes:
    """A new private key."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key_of(private: bytes) -> bytes:
    """The public half of a private key."""
    key = Ed25519PrivateKey.from_private_bytes(private).public_key()
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(public: bytes) -> str:
    """The name of a key: the first half of the first half of its hash, long enough to tell keys apart."""
    return hashlib.sha256(public).hexdigest()[:16]


def digest_of(bundle: dict[str, Any]) -> bytes:
    """What tells bundles apart: the hash of their canonical bytes."""
    return hashlib.sha256(canonical(bundle)).digest()


def sign(bundle: dict[str, Any], private: bytes) -> dict[str, Any]:
    """The letter of a bundle."""
    signature = Ed25519PrivateKey.from_private_bytes(private).sign(PREFIX + canonical(bundle))
    return {
        "format": LETTER_FORMAT,
        "version": VERSION,
        "key": key_id(public_key_of(private)),
        "signature": encode(signature),
        "bundle": bundle,
    }


def signature_bytes(signature: str) -> bytes:
    """The 64 bytes of a signature as a letter writes it; ``ValueError`` for what is none."""
    return base64.urlsafe_b64decode(signature + "==")


def verify(bundle: dict[str, Any], signature: str, public: bytes) -> None:
    """Raise ``TamperedBundle`` unless the key signed exactly this bundle."""
    try:
        content = signature_bytes(signature)
        Ed25519PublicKey.from_public_bytes(public).verify(content, PREFIX + canonical(bundle))
    except (InvalidSignature, ValueError, binascii.Error):
        raise TamperedBundle(
            "The signature is not of this bundle: it was changed after it was signed, or another key signed it.",
            field="signature",
        ) from None
