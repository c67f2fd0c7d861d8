"""Somebody leaves or falls ill: their desk goes to somebody else."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from dataclasses import replace

from nagara.accounts import Account
from nagara.accounts.hands import demand_able
from nagara.batches import bulk
from nagara.cities import city_of
from nagara.database import Pool, city_session
from nagara.errors import InvalidInput
from nagara.lifecycle import Move
from nagara.queue.asked import AskedFilter
from nagara.staff.actions import Details


async def hand_over(
    pool: Pool, account: Account, giver: str, taker: str, asked: AskedFilter | None, note: str | None
) -> uuid.UUID:
    """Put down the job that assigns to ``taker`` what is assigned to ``giver``; returns its id.

    ``giver`` need not have an account any more. Raises ``InvalidInput`` unless ``taker`` has one that may work.
    """
    city = city_of(account.city_id)
    taker, giver = (name.strip().removesuffix(f"@{city.id}") for name in (taker, giver))
    if taker == giver:
        raise InvalidInput("That is the same person.", field="to")
    await asyncio.to_thread(_demand_able, city.id, taker)
    wanted = (asked or AskedFilter()).meant(account, city, dt.datetime.now(dt.UTC))
    wanted = replace(wanted, assignees=(giver, f"{giver}@{city.id}"))
    return await bulk.choose(pool, account, wanted, Move.ASSIGN, Details(assignee=taker, note=note))


def _demand_able(city_id: str, taker: str) -> None:
    with city_session(city_id) as session:
        demand_able(session, city_id, taker, "to", account=True)
