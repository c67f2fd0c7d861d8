"""Signing in with an identity provider: OpenID Connect Core 1.0, the authorization code flow with PKCE.

Two steps: ``begin`` gives the address to send the browser to and a sealed ticket for a cookie; ``finish`` takes
the ticket and what the provider sent the browser back with, and gives who it was. A ticket opens for ten minutes,
for one purpose and for one provider. Nothing here knows residents or staff.

Checked of an ID token: the signature by a key the provider publishes, the algorithm, ``iss``, ``aud``, ``azp``,
``exp``, ``iat``, ``nonce`` and, where it is there, ``at_hash``. State and nonce are bound to the browser by the
ticket; the code is bound to us by PKCE (RFC 7636) and to its issuer by ``iss`` in the answer (RFC 9207).
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core.util import create_half_hash  # type: ignore[import-untyped]
from cryptography.fernet import InvalidToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from nagara.errors import IdentityProviderUnavailable, SignInFailed
from nagara.sealing import box_for

TICKET_SECONDS = 600
"""How long somebody may take to sign in at the provider."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key pair. ``none`` and shared secrets are never taken."""

CLOCKS_DIFFER_BY = 60
"""Seconds by which the provider's clock may be wrong."""

KEPT_SECONDS = 600
"""How long a provider's description and keys are used before they are asked for again."""

TIMEOUT_SECONDS = 10.0
LARGEST_ANSWER = 1_000_000
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Provider:
    """Who vouches for people, and what we are to them. ``secret`` None: a public client, PKCE alone."""

    issuer: str
    client_id: str
    scopes: tuple[str, ...] = ("openid",)
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what to lay in its cookie until it comes back."""

    url: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who came back, as the provider says. ``subject`` is theirs within ``issuer`` and never changes."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Ticket:
    purpose: str
    issuer: str
    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    remembered: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Described:
    """A provider's endpoints and keys, and until when they are believed."""

    authorization: str
    token: str
    userinfo: str | None
    keys: KeySet
    jwks_uri: str
    until: float


_described: dict[str, _Described] = {}
_looking = threading.Lock()


def begin(
    provider: Provider,
    redirect_uri: str,
    secret: bytes,
    *,
    purpose: str,
    remembered: Mapping[str, str] | None = None,
) -> Begun:
    """Begin a sign-in that ends at ``redirect_uri``; asks the provider for its description.

    ``purpose`` keeps tickets of residents and staff apart; ``remembered`` comes back from ``remembered_in``.
    Raises ``IdentityProviderUnavailable``.
    """
    there = _describe(provider.issuer)
    ticket = _Ticket(
        purpose,
        provider.issuer,
        provider.client_id,
        redirect_uri,
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(48),
        dict(remembered or {}),
    )
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(dict.fromkeys(("openid", *provider.scopes))),
        "state": ticket.state,
        "nonce": ticket.nonce,
        "code_challenge": create_s256_code_challenge(ticket.verifier),
        "code_challenge_method": "S256",
    }
    joined = "&" if urlsplit(there.authorization).query else "?"
    sealed = box_for(secret, "openid").encrypt(json.dumps(asdict(ticket)).encode()).decode()
    return Begun(f"{there.authorization}{joined}{urlencode(asked)}", sealed)


def remembered_in(ticket: str | None, secret: bytes, *, purpose: str) -> Mapping[str, str]:
    """What was given to ``begin``; raise ``SignInFailed`` for a ticket that is missing, old or another's."""
    return _open(ticket, secret, purpose).remembered


def finish(
    provider: Provider,
    ticket: str | None,
    answer: Mapping[str, str],
    secret: bytes,
    *,
    purpose: str,
    wanted: Sequence[str] = (),
) -> Identity:
    """Who came back with ``answer`` (the query of the redirect), after every check.

    ``wanted`` names claims that are asked of the provider's userinfo where the ID token has not all of them.
    Raises ``SignInFailed`` saying what was wrong, or ``IdentityProviderUnavailable``.
    """
    begun = _open(ticket, secret, purpose)
    if (begun.issuer, begun.client_id) != (provider.issuer, provider.client_id):
        raise SignInFailed("This sign-in was begun with another provider. Begin again.")
    _check_answer(provider, begun, answer)
    there = _describe(provider.issuer)
    tokens = _exchange(provider, there, begun, answer["code"])
    claims = dict(_checked_claims(provider, begun, tokens))
    access = tokens.get("access_token")
    if there.userinfo and isinstance(access, str) and any(name not in claims for name in wanted):
        more = _get(there.userinfo, {"Authorization": f"Bearer {access}"})
        if more.get("sub") != claims["sub"]:
            raise SignInFailed("The identity provider spoke of two different people.")
        claims = more | claims
    return Identity(provider.issuer, str(claims["sub"]), claims)


def forget_descriptions() -> None:
    """Ask every provider anew for its endpoints and keys."""
    _described.clear()


def _open(ticket: str | None, secret: bytes, purpose: str) -> _Ticket:
    if not ticket:
        raise SignInFailed("This browser did not begin a sign-in, or it refused the cookie. Begin again.")
    try:
        content = json.loads(box_for(secret, "openid").decrypt(ticket, ttl=TICKET_SECONDS))
        opened = _Ticket(**content)
    except (InvalidToken, ValueError, TypeError) as error:
        raise SignInFailed("The sign-in took longer than ten minutes. Begin again.") from error
    if opened.purpose != purpose:
        raise SignInFailed("This sign-in was begun for something else. Begin again.")
    return opened


def _check_answer(provider: Provider, begun: _Ticket, answer: Mapping[str, str]) -> None:
    if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
        raise SignInFailed("The answer belongs to another sign-in. Begin again.", field="state")
    if answer.get("iss", provider.issuer) != provider.issuer:
        raise SignInFailed("The answer comes from another identity provider.", field="iss")
    if "error" in answer:
        refused = "".join(c for c in answer["error"][:60] if c.isalnum() or c in "_- ")
        raise SignInFailed(f"The identity provider did not sign you in: {refused}.", field="error")
    if not answer.get("code"):
        raise SignInFailed("The identity provider sent no code.", field="code")


def _exchange(provider: Provider, there: _Described, begun: _Ticket, code: str) -> Mapping[str, Any]:
    """The tokens for a code. With a secret we prove who we are (client_secret_basic), without PKCE does."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": begun.redirect_uri,
        "client_id": provider.client_id,
        "code_verifier": begun.verifier,
    }
    own = httpx.BasicAuth(provider.client_id, provider.secret) if provider.secret else None
    with _client() as client:
        request = client.build_request("POST", there.token, data=form)
        status, content = _ask(client, request, own)
    if status != httpx.codes.OK:
        raise SignInFailed("The identity provider did not accept its own code. Begin again.", field="code")
    return content


def _checked_claims(
    provider: Provider, begun: _Ticket, tokens: Mapping[str, Any], *, again: bool = True
) -> Mapping[str, Any]:
    """The ID token's claims after signature and contents were checked; unknown keys are looked for once."""
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise SignInFailed("The identity provider sent no ID token.")
    try:
        read = jwt.decode(token, _describe(provider.issuer).keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError) as error:
        if again:  # the provider may have changed its keys
            _described.pop(provider.issuer, None)
            return _checked_claims(provider, begun, tokens, again=False)
        raise SignInFailed("The identity provider's signature does not hold.") from error
    claims, now = read.claims, time.time()
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    faults = {
        "iss": claims.get("iss") != provider.issuer,
        "aud": provider.client_id not in audiences,
        "azp": claims.get("azp", provider.client_id) != provider.client_id
        or (len(audiences) > 1 and "azp" not in claims),
        "exp": not _is_number(claims.get("exp")) or claims["exp"] < now - CLOCKS_DIFFER_BY,
        "iat": not _is_number(claims.get("iat")) or claims["iat"] > now + CLOCKS_DIFFER_BY,
        "nonce": not hmac.compare_digest(str(claims.get("nonce", "")).encode(), begun.nonce.encode()),
        "sub": not isinstance(claims.get("sub"), str) or not claims["sub"],
        "at_hash": not _right_half_hash(claims.get("at_hash"), tokens, str(read.header.get("alg"))),
    }
    wrong = [name for name, fault in faults.items() if fault]
    if wrong:
        raise SignInFailed(f"The identity provider's token is not for this sign-in ({', '.join(wrong)}).")
    return claims


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _right_half_hash(stated: Any, tokens: Mapping[str, Any], algorithm: str) -> bool:
    """Whether ``at_hash``, where it is given, fits the access token."""
    if stated is None or algorithm == "EdDSA":
        return True
    expected: bytes = create_half_hash(str(tokens.get("access_token", "")), algorithm) or b""
    return hmac.compare_digest(str(stated).encode(), expected)


def _describe(issuer: str) -> _Described:
    """The provider's endpoints and keys, from discovery; kept for a while."""
    kept = _described.get(issuer)
    if kept is not None and kept.until > time.monotonic():
        return kept
    with _looking:
        kept = _described.get(issuer)
        if kept is not None and kept.until > time.monotonic():
            return kept
        content = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if content.get("issuer") != issuer:
            raise IdentityProviderUnavailable("The identity provider describes itself under another name.")
        try:
            jwks_uri = str(content["jwks_uri"])
            described = _Described(
                _safe(str(content["authorization_endpoint"])),
                _safe(str(content["token_endpoint"])),
                _safe(str(content["userinfo_endpoint"])) if content.get("userinfo_endpoint") else None,
                KeySet.import_key_set(_get(jwks_uri)),  # type: ignore[arg-type]
                jwks_uri,
                time.monotonic() + KEPT_SECONDS,
            )
        except (KeyError, ValueError, JoseError) as error:
            raise IdentityProviderUnavailable(
                "The identity provider's description is not complete."
            ) from error
        _described[issuer] = described
        return described


def _get(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    with _client() as client:
        status, content = _ask(client, client.build_request("GET", _safe(url), headers=dict(headers or {})))
    if status != httpx.codes.OK:
        raise IdentityProviderUnavailable(f"The identity provider answered {status}.")
    return content


def _ask(
    client: httpx.Client, request: httpx.Request, auth: httpx.Auth | None = None
) -> tuple[int, dict[str, Any]]:
    """Status and JSON of an answer that stays within its bounds."""
    try:
        answer = client.send(request, auth=auth, stream=True)
        try:
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise IdentityProviderUnavailable("The identity provider's answer is too long.")
        finally:
            answer.close()
        content = json.loads(body)
    except (httpx.HTTPError, ValueError) as error:
        raise IdentityProviderUnavailable("The identity provider does not answer as it should.") from error
    if not isinstance(content, dict):
        raise IdentityProviderUnavailable("The identity provider does not answer as it should.")
    return answer.status_code, content


def _client() -> httpx.Client:
    """A client that follows no redirect and heeds no proxy that the environment names."""
    return httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)


def _safe(url: str) -> str:
    """The address if secrets may go there: https, or this machine itself."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise IdentityProviderUnavailable("The identity provider must be reached by https.")
