"""Staff sign in with their city's identity provider: a real one, running on loopback."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from httpx import Response
from pydantic import SecretStr
from starlette.testclient import TestClient

from city_config import City
from city_config.policy import IdentityProvider, StaffAccess
from nagara import cities
from nagara.settings import settings
from tests.api.conftest import Staff
from tests.openid import identity_provider, know, sign_in_there

Owner = psycopg.Connection[Any]
SESSION = "/api/v1/staff/session"
START = "/api/v1/staff/oidc/kh-pnh/start"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The issuer of a provider that runs for this file."""
    with identity_provider() as running:
        yield running


Serve = Callable[..., City]


@pytest.fixture
def served(issuer: str, phnom_penh: City, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Serves Phnom Penh with the provider, and with what else is said of how staff sign in."""

    def serve(access: StaffAccess | None = None, **fields: Any) -> City:
        provider = IdentityProvider(
            **{
                "code": "city-login",
                "signs_in": "staff",
                "names": {"en": "City login", "km": "ចូលរបស់ទីក្រុង"},
                "issuer": issuer,
                "client_id": "nagara",
                "source": "a test",
                "confirmed": False,
            }
            | fields
        )
        changed = phnom_penh.model_copy(
            update={"identity_providers": (provider,), "staff_access": access or StaffAccess()}
        )
        known = cities.configuration()
        kept = cities._following.served
        assert kept is not None
        new = dataclasses.replace(known, cities={**known.cities, "kh-pnh": changed})
        monkeypatch.setattr(cities._following, "served", cities._Served(new, kept.stamps))
        secret = {"kh-pnh/city-login": SecretStr("a client secret")}
        monkeypatch.setattr(settings(), "oidc_secrets", secret)
        return changed

    return serve


def go(client: TestClient, subject: str) -> Response:
    """The way of a browser: to the provider, through its form and back."""
    client.cookies.clear()
    begun = client.get(START, follow_redirects=False)
    assert begun.status_code == 303, begun.text
    assert "SameSite=lax" in begun.headers["Set-Cookie"]
    back, _ = sign_in_there(begun.headers["location"], subject)
    answer: Response = client.get(back.replace(settings().public_url, ""), follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer


def who(client: TestClient) -> Any:
    """Who is signed in by cookie; None for nobody."""
    answer = client.get(SESSION)
    return answer.json()["account"]["username"] if answer.status_code == 200 else None


def add(client: TestClient, owner: Owner, name: str, email: str) -> None:
    """An account with an address, as an administrator makes it."""
    Staff(client, f"{name}@kh-pnh", "agent")
    owner.execute("update staff_account set email = %s where username = %s", (email, name))


def test_an_account_is_found_by_its_verified_address_and_then_by_subject(
    client: TestClient, owner: Owner, issuer: str, served: Serve
) -> None:
    served()
    offered = client.get("/api/v1/staff/sign-in-options", params={"city": "kh-pnh"}).json()
    assert [way["start_url"] for way in offered["oidc"]] == [f"{START}?provider=city-login"]
    add(client, owner, "dara", "Dara@example.org")
    know(issuer, "7", email="dara@example.org", email_verified=True, name="Dara")
    answer = go(client, "7")
    assert answer.headers["location"] == "/staff/"
    assert "SameSite=strict" in str(answer.headers.get_list("set-cookie"))
    assert who(client) == "dara@kh-pnh"
    [session] = [s for s in client.get("/api/v1/staff/sessions").json()["sessions"] if s["current"]]
    assert session["how"] == "single_sign_on"
    know(issuer, "7", email="new@example.org", email_verified=False)
    go(client, "7")
    assert who(client) == "dara@kh-pnh", "the subject is what counts from then on"
    know(issuer, "8", email="dara@example.org", email_verified=True)
    assert go(client, "8").headers["location"] == "/staff/?sign_in=sign_in_failed"
    assert who(client) is None, "the account is somebody else's there"


def test_nobody_comes_in_by_an_address_that_is_not_theirs(
    client: TestClient, owner: Owner, issuer: str, served: Serve
) -> None:
    served()
    add(client, owner, "sok", "sok@example.org")
    know(issuer, "20", email="sok@example.org", email_verified=False)
    know(issuer, "21", email="sok@example.org", email_verified="true")
    know(issuer, "22", email="unknown@example.org", email_verified=True)
    know(issuer, "23", email_verified=True)
    for subject in ("20", "21", "22", "23"):
        assert "sign_in=" in go(client, subject).headers["location"], subject
        assert who(client) is None
    add(client, owner, "twin", "sok@example.org")
    know(issuer, "24", email="sok@example.org", email_verified=True)
    go(client, "24")
    assert who(client) is None, "two accounts have the address"
    owner.execute("update staff_account set email = null where username = 'twin'")
    go(client, "24")
    assert who(client) == "sok@kh-pnh"
    owner.execute("update staff_account set active = false where username = 'sok'")
    assert who(client) is None
    go(client, "24")
    assert who(client) is None, "switched off"
    assert owner.execute("select count(*) from staff_account").fetchone() == (2,), "none was made silently"


def test_an_account_is_made_only_where_the_city_says_so(
    client: TestClient, owner: Owner, issuer: str, served: Serve
) -> None:
    access = StaffAccess(new_account_role="dispatcher", new_account_domains=("city.example",))
    served(access, scopes=("openid", "email", "profile"))
    know(issuer, "30", email="vanna@city.example", email_verified=True, name="Vanna")
    know(issuer, "31", email="vanna@elsewhere.example", email_verified=True)
    know(issuer, "32", email="vanna@city.example.elsewhere.example", email_verified=True)
    for subject in ("31", "32"):
        go(client, subject)
        assert who(client) is None
    go(client, "30")
    shown = client.get(SESSION).json()["account"]
    assert (shown["username"], shown["role"], shown["display_name"]) == (
        "vanna@kh-pnh",
        "dispatcher",
        "Vanna",
    )
    signed = client.post(SESSION, json={"username": "vanna@kh-pnh", "password": ""})
    assert signed.status_code == 401, "an account without a password has none to guess"
    told = owner.execute("select action from staff_audit where subject = 'vanna' order by at").fetchall()
    assert [row[0] for row in told] == ["account_added", "identity_linked", "signed_in", "sign_in_refused"]


def test_a_second_factor_is_the_providers_matter(
    client: TestClient, owner: Owner, issuer: str, served: Serve
) -> None:
    served(StaffAccess(second_factor_roles=("agent",)))
    add(client, owner, "rith", "rith@example.org")
    know(issuer, "40", email="rith@example.org", email_verified=True)
    go(client, "40")
    assert client.get(SESSION).json()["account"]["lacks"] is None


def test_a_username_may_be_what_the_provider_says(
    client: TestClient, owner: Owner, issuer: str, served: Serve
) -> None:
    served(username_claim="nickname", scopes=("openid", "profile"))
    add(client, owner, "bopha", "bopha@example.org")
    know(issuer, "50", nickname="Bopha")
    go(client, "50")
    assert who(client) == "bopha@kh-pnh"


def test_an_answer_nobody_asked_for_opens_nothing(
    client: TestClient, issuer: str, served: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served()
    client.cookies.clear()
    callback = "/api/v1/staff/oidc/kh-pnh/callback?code=x&state=y"
    stray = client.get(callback, follow_redirects=False)
    assert stray.headers["location"] == "/staff/?sign_in=sign_in_failed"
    begun = client.get(START, follow_redirects=False)
    back, _ = sign_in_there(begun.headers["location"], "7")
    elsewhere = back.replace(settings().public_url, "").replace("kh-pnh", "th-bkk")
    for name, value in client.cookies.items():
        client.cookies.set(name, value, path="/")
    assert "sign_in=" in client.get(elsewhere, follow_redirects=False).headers["location"], "another city's"
    assert who(client) is None
    assert client.get(f"{START}?provider=none", follow_redirects=False).status_code == 422
    assert client.get("/api/v1/staff/sign-in-options", params={"city": "th-bkk"}).json()["oidc"] == []
