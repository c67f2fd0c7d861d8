"""The resident's side: file a request, and learn what became of it."""

from __future__ import annotations

from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Header, Response

from api.answers import json_answer
from api.dependencies import (
    ClientAddress,
    ClientSource,
    CurrentCity,
    FromProcess,
    LinkInAddress,
    LinkInHeader,
    Open,
    Resources,
)
from api.error_responses import documented
from api.hot import OpenRoute
from api.schemas import filing as filing_schemas
from api.schemas import status as status_schemas
from city_config import City
from nagara.database import another_went_first, connection_broke
from nagara.errors import DatabaseUnavailable, ReplayedWithOtherBody, TooManyRequests
from nagara.filing.desk import file_request, filed_before
from nagara.filing.handed_in import Filing, body_digest
from nagara.filing.intake import Filed
from nagara.ids import resident_token
from nagara.lifecycle import Status
from nagara.public.request_views import (
    find_city,
    named_assignee,
    named_department,
    named_district,
    named_service,
    promise_shown,
    public_status,
)
from nagara.rate_limits import READ, Admission, Source
from nagara.residents.contact_digests import digests_of
from nagara.settings import settings

router = APIRouter(prefix="/api/v1", tags=["residents"], dependencies=[Open], route_class=OpenRoute)


@router.post(
    "/cities/{city}/requests",
    status_code=201,
    response_model=filing_schemas.Filed,
    responses=documented(403, 404, 409, 413, 429)
    | {200: {"model": filing_schemas.Filed, "description": "Filed before under the same key"}},
    operation_id="file_request",
)
async def file(
    city: CurrentCity,
    body: filing_schemas.FilingBody,
    process: FromProcess,
    source: ClientSource,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, description="Chosen by the client; a retry with it is the same request"),
    ] = None,
) -> Response:
    """File a request. It is durable when this answers; the department and the promise are in the answer."""
    filing = filing_of(body, idempotency_key)
    digest = body_digest(filing) if filing.idempotency_key else None
    filed = await file_within_limits(process, city, filing, source, digest=digest)
    return json_answer(filed_answer(process, city, filed), 200 if filed.replayed else 201)


async def file_within_limits(
    process: Resources,
    city: City,
    filing: Filing,
    source: Source,
    what: str = "file",
    digest: bytes | None = None,
) -> Filed:
    """File as ``file_surely`` does; raise ``TooManyRequests``: one address, device or contact may file only so often.

    A repetition under an ``Idempotency-Key`` is no further report: it counts as reading, and where the limit is
    reached nevertheless, what stands already is returned instead of a refusal. ``what`` names the limit of the
    address; device and contact are held across all doors together. ``digest`` is that of the body, where it is known.
    """
    digests = digests_of(process.secret, city, filing.contact) if filing.contact else {}
    contact = next((digest for digest in digests.values() if digest), None)
    same = None
    if filing.idempotency_key is not None:
        digest = digest or body_digest(filing)
        same = f"{city.id} {digest.hex()} {filing.idempotency_key}"
    admission = process.limiter.admission(what, source, contact, same)
    try:
        return await file_surely(process, city, filing, digest, admission)
    except TooManyRequests as refusal:
        filed = None if READ in refusal.reached else await stands(process, city, filing)
        if filed is None:
            raise refusal from None
        return filed


async def stands(process: Resources, city: City, filing: Filing) -> Filed | None:
    """The same report as it was filed before, if it was."""
    try:
        return await filed_before(process.pool, city, filing)
    except ReplayedWithOtherBody:
        return None


async def file_surely(
    process: Resources,
    city: City,
    filing: Filing,
    digest: bytes | None = None,
    admission: Admission | None = None,
) -> Filed:
    """File, and once more if another went first, or the connection broke and a key makes the repetition harmless.

    Without a key the caller is told that nobody knows whether it was filed (``DatabaseUnavailable``).
    """
    try:
        return await file_request(process.pool, city, filing, process.secret, digest, admission)
    except psycopg.OperationalError as error:
        broke = connection_broke(error)
        if not broke and not another_went_first(error):
            raise
        await process.pool.check()
        if broke and filing.idempotency_key is None:
            raise DatabaseUnavailable(
                "The connection to the database broke, so it is not known whether this is filed. "
                "Sent with an Idempotency-Key, a report can be repeated without being filed twice."
            ) from error
        # who was counted once is not counted again
        return await file_request(process.pool, city, filing, process.secret, digest)


@router.get(
    "/requests/{reference}",
    response_model=status_schemas.PublicStatus,
    responses=documented(404, 429),
    operation_id="get_request_status",
)
async def status(
    reference: str,
    process: FromProcess,
    address: ClientAddress,
    token: LinkInAddress = None,
    nagara_link: LinkInHeader = None,
) -> Response:
    """What became of a request; who filed it is never shown."""
    await process.limiter.count("read", address)
    city, stored = find_city(reference)
    return json_answer(await public_status(process.pool, city, stored, nagara_link or token, process.secret))


def filing_of(
    body: filing_schemas.CheckBody,
    idempotency_key: str | None,
    *,
    channel: str = "web",
    actor_kind: str = "resident",
    actor: str | None = None,
) -> Filing:
    """What came in as the intake takes it; from residents themselves unless said otherwise."""
    return Filing(
        service_code=body.service_code,
        lat=body.lat,
        lon=body.lon,
        address=body.address,
        district=body.district,
        description=body.description,
        answers=body.answers,
        contact=body.contact.model_dump(exclude_none=True) if body.contact else {},
        observed_at=body.observed_at,
        language=body.language,
        confidential=body.confidential,
        media=body.media,
        same_as=body.same_as,
        channel=channel,
        actor_kind=actor_kind,
        actor=actor,
        idempotency_key=(idempotency_key or "").strip() or None,
    )


def filed_answer(process: Resources, city: City, filed: Filed) -> dict[str, Any]:
    """What the resident is told: the reference, who has it, why, and by when they answer."""
    times = filed.times
    token = resident_token(process.secret, city.id, filed.id, filed.link_generation)
    return {
        "reference": filed.reference,
        "token": token,
        "city": city.id,
        "status": Status.DUPLICATE.value if filed.joined else Status.RECEIVED.value,
        "status_url": f"/api/v1/requests/{filed.reference}",
        "page_url": f"{settings().public_url}/#/track/{filed.reference}?token={token}",
        "received_at": filed.received_at,
        "service": named_service(city, filed.service_code),
        "department": named_department(city, filed.department),
        "assignee": named_assignee(city, filed.assignee),
        "district": named_district(city, filed.district),
        "route": {"rule": filed.rule, "reason": filed.reason},
        "promise": promise_shown(times.acknowledge_by, times.respond_by, times.resolve_by, times.standard),
        "joined": filed.joined,
    }
