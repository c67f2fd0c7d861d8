"""What routes ask for by type: the city, the person signed in, a transaction, the limits.

All but the transaction of a session are ``async``, though most wait for nothing: FastAPI would call a plain
function in another thread, which costs more than what it does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Header, Path, Query, Request
from sqlmodel import Session

from city_config import City
from nagara import accounts
from nagara.accounts import Account
from nagara.cities import city_of
from nagara.database import Pool, city_session
from nagara.errors import CrossSite, InvalidInput, NotSignedIn, UnknownCity
from nagara.gis.drawn_tiles import DrawnTiles
from nagara.ids import secret_city
from nagara.permissions import NETWORK, Permission
from nagara.photos.darkroom import Darkroom
from nagara.rate_limits import RateLimiter, Source
from nagara.settings import settings
from nagara.staff.live import Hub
from nagara.staff.presence import Presence

SESSION_COOKIE = "nagara_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Resources:
    """What the process holds open while it serves."""

    pool: Pool
    limiter: RateLimiter
    secret: bytes
    darkroom: Darkroom
    hub: Hub
    presence: Presence
    tiles: DrawnTiles


async def resources(request: Request) -> Resources:
    """The process's pool, limits and secret."""
    return cast(Resources, request.app.state.resources)


async def current_city(city: Annotated[str, Path(description="City id", examples=["kh-pnh"])]) -> City:
    """The city of the path; 404 where there is none."""
    return city_of(city)


async def session_token(request: Request) -> str:
    """The token of the caller: a bearer header, else the cookie the web's sign-in set.

    A cookie changes nothing at the word of another site's page (``CrossSite``).
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie:
        refuse_cross_site(request)
        return cookie
    raise NotSignedIn("Sign in first: send the token as 'Authorization: Bearer …'.")


async def current_staff(
    token: Annotated[str, Depends(session_token)], process: Annotated[Resources, Depends(resources)]
) -> Account:
    """Who is signed in; 401 where nobody is."""
    city_id = secret_city(token)
    if city_id is None:
        raise NotSignedIn("Sign in first; your session may have ended.")
    return await accounts.account_of_token(process.pool, city_id, token)


async def current_account(staff: Annotated[Account, Depends(current_staff)]) -> Account:
    """The person who is signed in, even where the sign-in still lacks something; for the own account only."""
    staff.demand_person()
    return staff


async def current_person(staff: Annotated[Account, Depends(current_account)]) -> Account:
    """The person who is signed in; a key is refused, and so is a sign-in that still lacks something."""
    staff.demand_complete()
    return staff


def refuse_cross_site(request: Request) -> None:
    """Raise ``CrossSite`` if a browser says that another site's page sends this and it would change something.

    Browsers say it with Sec-Fetch-Site, older ones with Origin (OWASP, CSRF prevention); the cookie is
    SameSite=Strict besides. Programs that say neither have no cookies that others could abuse.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        origin = request.headers.get("Origin")
        own = {request.headers.get("Host"), urlsplit(settings().public_url).netloc}
        foreign = origin is not None and urlsplit(origin).netloc not in own
    if foreign:
        raise CrossSite("This was sent by a page of another site; nothing was changed.", field="Origin")


def allowed(permission: Permission) -> Callable[..., Awaitable[Account]]:
    """A dependency that lets through who has the permission; the route's declaration of what it needs."""

    async def check(staff: Annotated[Account, Depends(current_staff)]) -> Account:
        staff.demand(permission)
        return staff

    check.permission = permission  # type: ignore[attr-defined]
    return check


def person_allowed(permission: Permission) -> Callable[..., Awaitable[Account]]:
    """The same, for people alone: what a key would leave behind under the name of all who share it."""

    async def check(staff: Annotated[Account, Depends(current_person)]) -> Account:
        staff.demand(permission)
        return staff

    check.permission = permission  # type: ignore[attr-defined]
    return check


async def public() -> None:
    """Declares that a route is open to anybody; every route says this or names a permission."""


def staff_session(staff: Annotated[Account, Depends(current_staff)]) -> Iterator[Session]:
    """One transaction that sees the staff member's city, committed before the answer leaves."""
    with city_session(staff.city_id) as session:
        yield session


def staff_city(staff: Account) -> City:
    """The city somebody works for; for network officials there is none."""
    if staff.city_id == NETWORK:
        raise UnknownCity("Network officials have no queue; see /api/v1/network.", field="city")
    return city_of(staff.city_id)


async def client_address(request: Request) -> str:
    """Where a call comes from, for the limits: the peer, or what a trusted proxy says of it."""
    return request.client.host if request.client else "unknown"


async def client_source(
    address: Annotated[str, Depends(client_address)],
    nagara_device: Annotated[
        str | None,
        Header(
            max_length=64,
            pattern=r"^[A-Za-z0-9_-]{8,64}$",
            description="A random number the client made once for itself; limits count by it too",
        ),
    ] = None,
) -> Source:
    """Where a call comes from, by address and by what the client calls itself."""
    return Source(address, nagara_device)


LinkInAddress = Annotated[
    str | None,
    Query(max_length=100, description="From the private link; the header keeps it out of addresses and logs"),
]
LinkInHeader = Annotated[
    str | None, Header(alias="Nagara-Link", max_length=100, description="From the private link")
]


async def link_token(token: LinkInAddress = None, nagara_link: LinkInHeader = None) -> str | None:
    """What somebody holds who came by a private link; None for anybody else."""
    return nagara_link or token


async def own_link_token(token: Annotated[str | None, Depends(link_token)]) -> str:
    """The same where nothing is done without it; raise ``InvalidInput``."""
    if token is None:
        raise InvalidInput(
            "Send what the private link holds.", field="token", allowed="the header Nagara-Link"
        )
    return token


LinkToken = Annotated[str | None, Depends(link_token)]
OwnLinkToken = Annotated[str, Depends(own_link_token)]
CurrentCity = Annotated[City, Depends(current_city)]
FromProcess = Annotated[Resources, Depends(resources)]
StaffSession = Annotated[Session, Depends(staff_session, scope="function")]
ClientAddress = Annotated[str, Depends(client_address)]
ClientSource = Annotated[Source, Depends(client_source)]
Viewer = Annotated[Account, Depends(allowed(Permission.VIEW_QUEUE))]
PersonViewer = Annotated[Account, Depends(person_allowed(Permission.VIEW_QUEUE))]
Reporter = Annotated[Account, Depends(allowed(Permission.PUBLISH_REPORT))]
Officer = Annotated[Account, Depends(person_allowed(Permission.GOVERN_NETWORK))]
Administrator = Annotated[Account, Depends(allowed(Permission.ADMINISTER))]
AuditReader = Annotated[Account, Depends(allowed(Permission.VIEW_AUDIT))]
SignedIn = Annotated[Account, Depends(current_person)]
SignedInAny = Annotated[Account, Depends(current_staff)]
OwnAccount = Annotated[Account, Depends(current_account)]
Token = Annotated[str, Depends(session_token)]
Open = Depends(public)
