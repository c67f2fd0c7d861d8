"""A real identity provider on loopback, and a browser's way through it, for tests of signing in."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from nagara.accounts.openid import Provider, forget_descriptions


@contextlib.contextmanager
def identity_provider(require_nonce: bool = True) -> Iterator[str]:
    """An OpenID Connect provider that runs while the block does; yields its issuer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oidc_provider_mock import run_server_in_thread  # type: ignore[import-untyped]

        with run_server_in_thread(require_nonce=require_nonce) as server:
            forget_descriptions()
            yield f"http://localhost:{server.server_port}"
            forget_descriptions()


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """The issuer of a running provider; import this name into a conftest or test file to use it."""
    with identity_provider() as running:
        yield running


def know(issuer: str, subject: str, **claims: Any) -> None:
    """Make the provider know somebody with these claims."""
    answer = httpx.put(f"{issuer}/users/{subject}", json=claims, trust_env=False)
    assert answer.is_success, answer.text


def sign_in_there(address: str, subject: str) -> tuple[str, Mapping[str, str]]:
    """What a browser does at the provider: sign in as ``subject``; where it is sent back to, and with what."""
    answer = httpx.post(address, data={"sub": subject}, follow_redirects=False, trust_env=False)
    assert answer.status_code in (302, 303), answer.text
    back = answer.headers["location"]
    return back, dict(parse_qsl(urlsplit(back).query))


def provider_of(issuer: str, **fields: Any) -> Provider:
    """Us, as a client the provider knows."""
    return Provider(issuer, "nagara", ("openid", "email", "profile", "phone"), "a client secret", **fields)
