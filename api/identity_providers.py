"""A city's identity provider as a way in: the browser is sent there with a ticket and comes back with who it is.

Staff and residents each have a door of this make. They differ in who is let in, which their routes decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from city_config import City
from city_config.policy import IdentityProvider
from nagara.accounts import openid
from nagara.errors import SignInFailed
from nagara.settings import settings


@dataclass(frozen=True)
class ProviderDoor:
    """What one door asks for and where it keeps the ticket; a ticket of another door opens nothing."""

    purpose: str
    address: str
    """Above a city's own addresses, such as ``/api/v1/staff/oidc``."""
    cookie: str

    async def send(self, city: City, chosen: IdentityProvider, secret: bytes) -> Response:
        """Send the browser to the provider, with a ticket in a cookie of this city's addresses alone."""
        begun = await run_in_threadpool(
            openid.begin,
            _known_as(city, chosen),
            self._back(city),
            secret,
            purpose=self.purpose,
            remembered={"city": city.id, "provider": chosen.code},
        )
        answer = RedirectResponse(begun.url, 303, {"Cache-Control": "no-store"})
        # Lax: the provider's page sends the browser back, and that first step must bring the ticket along.
        answer.set_cookie(
            self.cookie,
            begun.ticket,
            max_age=openid.TICKET_SECONDS,
            path=self._path(city),
            httponly=True,
            samesite="lax",
            secure=settings().public_url.startswith("https:"),
        )
        return answer

    def provider_of(self, city: City, ticket: str | None, secret: bytes) -> str | None:
        """The code of the provider that a ticket was made for; raises ``SignInFailed`` for one that is no good here."""
        remembered = openid.remembered_in(ticket, secret, purpose=self.purpose)
        if remembered.get("city") != city.id:
            raise SignInFailed("This sign-in was begun for another city. Begin again.")
        return remembered.get("provider")

    def identity(
        self,
        city: City,
        chosen: IdentityProvider,
        ticket: str | None,
        given: Mapping[str, str],
        secret: bytes,
        wanted: Sequence[str],
    ) -> openid.Identity:
        """Whom the provider vouches for, with the claims that are wanted; raises ``SignInFailed``."""
        return openid.finish(
            _known_as(city, chosen), ticket, given, secret, purpose=self.purpose, wanted=wanted
        )

    def forget(self, answer: Response, city: City) -> None:
        """Take the ticket out of the browser: it was for one sign-in."""
        answer.delete_cookie(self.cookie, path=self._path(city))

    def _path(self, city: City) -> str:
        return f"{self.address}/{city.id}"

    def _back(self, city: City) -> str:
        """Where the provider sends the browser back to; it has to be registered there."""
        return f"{settings().public_url.rstrip('/')}{self._path(city)}/callback"


def _known_as(city: City, chosen: IdentityProvider) -> openid.Provider:
    secret = settings().oidc_secrets.get(f"{city.id}/{chosen.code}")
    return openid.Provider(
        chosen.issuer, chosen.client_id, chosen.scopes, secret.get_secret_value() if secret else None
    )
