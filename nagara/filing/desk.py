"""Where reports are handed in: a report is filed, once, and stands in the database when its caller hears of it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from city_config import City
from nagara.database import Pool
from nagara.errors import InvalidInput
from nagara.filing.alone import earlier_one, file_alone
from nagara.filing.handed_in import MAX_KEY, Filing, body_digest
from nagara.filing.intake import Filed
from nagara.filing.together import Together
from nagara.rate_limits import Admission

_together: WeakKeyDictionary[Pool, Together] = WeakKeyDictionary()


async def file_request(
    pool: Pool,
    city: City,
    filing: Filing,
    secret: bytes,
    digest: bytes | None = None,
    admission: Admission | None = None,
) -> Filed:
    """File a request durably, or return the one filed before under the same idempotency key.

    The time of receipt is the database's. Raises what ``decide`` raises, and ``ReplayedWithOtherBody``
    when the key was used with another body, ``ReportErased`` when what stood under it was erased since,
    ``ContactBlocked``, and ``PhotoNotUsable`` when a picture does not wait for a request; in all cases nothing
    is written. What ``same_as`` names is joined if it is open; otherwise the report is filed as any other, because
    nothing a resident sends may be lost. ``digest`` is that of the filing's body, where the caller reckoned it already.
    Whoever comes with an ``admission`` is held against limits before anything is asked of the database; where it is
    one too many, ``TooManyRequests`` is raised.
    """
    if digest is None and filing.idempotency_key:
        digest = body_digest(filing)
    if filing.idempotency_key and len(filing.idempotency_key) > MAX_KEY:
        raise InvalidInput(
            f"Idempotency-Key is longer than {MAX_KEY} characters.",
            field="Idempotency-Key",
            allowed=f"at most {MAX_KEY} characters",
        )
    if filing.media or filing.same_as is not None:
        if admission is not None:
            await admission.ask()
        return await file_alone(pool, city, filing, secret, digest)
    together = _together.get(pool)
    if together is None:
        together = _together[pool] = Together()
    filed = await together.file(pool, city, filing, secret, digest, admission)
    if filed is not None:
        return filed
    return await file_alone(pool, city, filing, secret, digest, not_written=True)


async def filed_before(pool: Pool, city: City, filing: Filing) -> Filed | None:
    """The request that stands under the filing's idempotency key; None without one. Writes nothing.

    Raises ``ReplayedWithOtherBody`` and ``ReportErased`` as filing does.
    """
    if filing.idempotency_key is None:
        return None
    async with pool.connection() as connection:
        return await earlier_one(connection, city, filing, body_digest(filing))


async def all_written(pool: Pool) -> None:
    """Return once everything that was handed in over a pool is written, or refused."""
    together = _together.get(pool)
    if together is not None:
        await together.all_written()
