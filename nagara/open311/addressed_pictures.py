"""Pictures that a report only names by their address: fetched at once, from public places alone, within bounds.

A report is never lost for a picture: what does not come in time, is too large or no picture is left out, and
whoever sent the report is told.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from starlette.concurrency import run_in_threadpool

from nagara.outgoing import AddressNotAllowed, Caller, NotReached

LARGEST_PICTURE = 6 * 1024 * 1024
AT_ONCE = 4
"""Fetched by this process at the same time; more wait, and give up with their report's patience."""

PATIENCE_SECONDS = 8.0
"""For all pictures of a report together: its sender waits."""

USER_AGENT = {"User-Agent": "Nagara-Open311/1", "Accept": "image/*"}
_turns = asyncio.Semaphore(AT_ONCE)


async def fetched(addresses: Sequence[str], *, loopback: bool) -> list[bytes | None]:
    """What lies at each address, in order; None for what did not come."""
    tasks = [asyncio.ensure_future(_one(address, loopback)) for address in addresses]
    if tasks:
        await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
    found = [task.result() if task.done() and not task.cancelled() else None for task in tasks]
    for task in tasks:
        task.cancel()
    return found


async def _one(address: str, loopback: bool) -> bytes | None:
    if address.startswith("data:"):
        return inside(address)
    async with _turns:
        return await run_in_threadpool(_fetch, address, loopback)


def inside(address: str) -> bytes | None:
    """What a ``data:`` address (RFC 2397) holds itself; None where that cannot be read."""
    head, comma, content = address.partition(",")
    try:
        if head.endswith(";base64"):
            return base64.b64decode(content, validate=True) or None
        return unquote_to_bytes(content) if comma and content else None
    except (binascii.Error, ValueError):
        return None


def _fetch(address: str, loopback: bool) -> bytes | None:
    with Caller(loopback=loopback) as caller:
        try:
            host = address.split("/")[2] if "://" in address else ""
            answer = caller.call("GET", address, {"Host": host} | USER_AGENT, b"", LARGEST_PICTURE)
        except (AddressNotAllowed, NotReached):
            return None
    whole = answer.status == 200 and 0 < len(answer.body) < LARGEST_PICTURE
    return answer.body if whole else None
