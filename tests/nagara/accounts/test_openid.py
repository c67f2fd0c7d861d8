"""Signing in with an identity provider, against one that really runs; and with one that lies."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from nagara.accounts import openid
from nagara.accounts.openid import Provider, begin, finish, forget_descriptions, remembered_in
from nagara.errors import IdentityProviderUnavailable, SignInFailed
from tests.openid import identity_provider, know, provider_of, sign_in_there

SECRET = b"a secret of thirty-two characters"
BACK = "https://reports.example.org/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with identity_provider() as running:
        yield running


def go(provider: Provider, subject: str, **finishing: Any) -> openid.Identity:
    begun = begin(provider, BACK, SECRET, purpose="test")
    _, answer = sign_in_there(begun.url, subject)
    return finish(provider, begun.ticket, answer, SECRET, purpose="test", **finishing)


def test_somebody_who_signs_in_there_is_known_here(issuer: str) -> None:
    know(issuer, "7", email="dara@example.org", email_verified=True, name="Dara")
    identity = go(provider_of(issuer), "7", wanted=("email", "phone_number"))
    assert (identity.issuer, identity.subject) == (issuer, "7")
    assert identity.claims["email"] == "dara@example.org"


def test_what_is_asked_for_is_what_the_standards_want(issuer: str) -> None:
    begun = begin(provider_of(issuer), BACK, SECRET, purpose="test", remembered={"city": "kh-pnh"})
    asked = {name: value for name, [value] in parse_qs(urlsplit(begun.url).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"].split()[0] == "openid"
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    assert not any(part in begun.ticket for part in (asked["state"], asked["nonce"], "kh-pnh")), "sealed"
    assert remembered_in(begun.ticket, SECRET, purpose="test") == {"city": "kh-pnh"}


def test_an_answer_that_belongs_elsewhere_is_refused(issuer: str) -> None:
    provider = provider_of(issuer)
    begun = begin(provider, BACK, SECRET, purpose="test")
    _, answer = sign_in_there(begun.url, "7")
    for ticket, changed, message in (
        (begun.ticket, {"state": "another"}, "another sign-in"),
        (begun.ticket, {"iss": "https://elsewhere.example"}, "another identity provider"),
        (begun.ticket, {"error": "access_denied"}, "access_denied"),
        (begun.ticket, {"code": ""}, "no code"),
        (None, {}, "did not begin"),
        ("no ticket", {}, "longer than ten minutes"),
        (begin(provider, BACK, SECRET, purpose="test").ticket, {}, "another sign-in"),
        (begin(provider, BACK, SECRET, purpose="other").ticket, {}, "something else"),
    ):
        with pytest.raises(SignInFailed, match=message):
            finish(provider, ticket, {**answer, **changed}, SECRET, purpose="test")
    with pytest.raises(SignInFailed, match="another provider"):
        elsewhere = dataclasses.replace(provider, client_id="somebody else")
        finish(elsewhere, begun.ticket, answer, SECRET, purpose="test")
    assert finish(provider, begun.ticket, answer, SECRET, purpose="test").subject == "7"
    with pytest.raises(SignInFailed, match="own code"):
        finish(provider, begun.ticket, answer, SECRET, purpose="test")


def test_a_ticket_grows_old(issuer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = begin(provider_of(issuer), BACK, SECRET, purpose="test")
    later = time.time() + openid.TICKET_SECONDS + 1
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: later)
    with pytest.raises(SignInFailed, match="ten minutes"):
        remembered_in(begun.ticket, SECRET, purpose="test")


def test_a_provider_that_is_away_or_in_the_clear_is_unavailable() -> None:
    forget_descriptions()
    for issuer in ("http://127.0.0.1:9", "http://identity.example.org", "ftp://127.0.0.1"):
        with pytest.raises(IdentityProviderUnavailable):
            begin(Provider(issuer, "nagara"), BACK, SECRET, purpose="test")


Change = Callable[[dict[str, Any], dict[str, Any]], None]


@contextmanager
def liar(change: Change) -> Iterator[str]:
    """A provider whose ID token's header and claims were changed by the test."""
    key = RSAKey.generate_key(2048, {"kid": "1"})

    class Answers(BaseHTTPRequestHandler):
        nonce = ""

        def log_message(self, *_: Any) -> None: ...

        def do_GET(self) -> None:
            own = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            if self.path == "/jwks":
                self._say({"keys": [key.as_dict(private=False)]})
            else:
                named = ("authorization_endpoint", "token_endpoint")
                self._say({"issuer": own, "jwks_uri": f"{own}/jwks"} | dict.fromkeys(named, f"{own}/x"))

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            own = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            header: dict[str, Any] = {"alg": "RS256", "kid": "1"}
            now = int(time.time())
            claims: dict[str, Any] = {"iss": own, "aud": "nagara", "sub": "7", "iat": now, "exp": now + 60}
            claims["nonce"] = form["code"]  # the test hands the nonce over as the code
            change(header, claims)
            if header["alg"] == "none":
                token = ".".join(("eyJhbGciOiJub25lIn0", "e30", ""))
            else:
                token = jwt.encode(header, claims, key, algorithms=["RS256"])
            self._say({"id_token": token, "access_token": "a", "token_type": "Bearer"})

        def _say(self, content: Mapping[str, Any]) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda _h, c: c.update(iss="https://elsewhere.example"), "iss"),
        (lambda _h, c: c.update(aud="somebody"), "aud"),
        (lambda _h, c: c.update(aud=["nagara", "somebody"]), "azp"),
        (lambda _h, c: c.update(azp="somebody"), "azp"),
        (lambda _h, c: c.update(exp=c["iat"] - 3600), "exp"),
        (lambda _h, c: c.pop("exp"), "exp"),
        (lambda _h, c: c.update(iat=c["iat"] + 3600), "iat"),
        (lambda _h, c: c.update(nonce="another"), "nonce"),
        (lambda _h, c: c.update(sub=""), "sub"),
        (lambda _h, c: c.update(at_hash="wrong"), "at_hash"),
        (lambda h, _c: h.update(alg="none"), "signature"),
        (lambda h, _c: h.update(kid="unknown"), "signature"),
    ],
)
def test_a_token_that_is_wrong_in_one_thing_is_refused(change: Change, complaint: str) -> None:
    with liar(change) as issuer:
        provider = Provider(issuer, "nagara")
        begun = begin(provider, BACK, SECRET, purpose="test")
        asked = dict(parse_qsl(urlsplit(begun.url).query))
        answer = {"state": asked["state"], "code": asked["nonce"]}
        with pytest.raises(SignInFailed, match=complaint):
            finish(provider, begun.ticket, answer, SECRET, purpose="test")


def test_the_same_token_left_as_it_is_is_taken() -> None:
    with liar(lambda _h, _c: None) as issuer:
        provider = Provider(issuer, "nagara")
        begun = begin(provider, BACK, SECRET, purpose="test")
        asked = dict(parse_qsl(urlsplit(begun.url).query))
        answer = {"state": asked["state"], "code": asked["nonce"]}
        assert finish(provider, begun.ticket, answer, SECRET, purpose="test").subject == "7"
