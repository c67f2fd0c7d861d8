"""Today's jobs of somebody on the street: all that is needed to work on them without a line.

Where each is, what was reported, small pictures, what may be done to it and what that needs - never who reported
it. The moves come with the statuses they start from and lead to, so that a phone can tell by itself what follows
a move that still waits there to be sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal, LiteralString

from city_config import City
from nagara.accounts import Account
from nagara.database import Pool, read_in_city
from nagara.field_work.evidence import PROVEN
from nagara.lifecycle import TRANSITIONS, Move, Status
from nagara.permissions import permission_for
from nagara.photos.keeping import shown
from nagara.public.publication import is_searched
from nagara.queue import pages
from nagara.queue.asked import AskedPage, end_of_day
from nagara.queue.filters import View
from nagara.queue.rows import NAMES, queue_line
from nagara.queue.search import work_out
from nagara.staff.actions import CLOSING_REASONS

Whose = Literal["mine", "department"]
Row = Mapping[str, Any]

MOST_JOBS = 100
MOST_PICTURES = 4
MOVES = (Move.START, Move.RESOLVE, Move.PAUSE, Move.RESUME, Move.ASK, Move.NOTE)
"""What is done on the street; everything else is done at a desk."""

PICTURES: LiteralString = """
select request_id, id, width, height, kind, public, searched from photo
 where city_id = %(city_id)s and request_id = any(%(ids)s) order by request_id, position
"""
PIECES: LiteralString = """
select request_id, number, title from job
 where city_id = %(city_id)s and request_id = any(%(ids)s) and state = 'open' order by request_id, number
"""
_PICTURE = ("request_id", "id", "width", "height", "kind", "public", "searched")


async def today(pool: Pool, city: City, account: Account, whose: Whose, now: dt.datetime) -> dict[str, Any]:
    """The jobs at a moment: all open ones given to whoever asks, or what is due today in their departments.

    What is due first comes first. Raises ``InvalidInput`` where somebody without a department asks for its jobs.
    """
    view = View.MINE if whose == "mine" else View.DEPARTMENT
    due = None if whose == "mine" else end_of_day(city, now)
    asked = AskedPage(view=view, due_before=due, limit=MOST_JOBS)
    page = await pages.page(pool, city.id, await work_out(pool, city.id, asked.meant(account, city, now)))
    rows = [dict(zip(NAMES, row, strict=True)) for row in page.rows]
    values = {"city_id": city.id, "ids": [row["id"] for row in rows]}
    pictures, pieces, done = await read_in_city(
        pool, city.id, (PICTURES, values), (PIECES, values), (PROVEN, values)
    )
    proven = {id_ for (id_,) in done}
    photos = [dict(zip(_PICTURE, photo, strict=True)) for photo in pictures]
    return {
        "at": now,
        "whose": whose,
        "more": page.next_cursor is not None,
        "moves": [_move(move) for move in MOVES if account.may(permission_for(move))],
        "jobs": [_job(city, account, row, photos, pieces, proven=row["id"] in proven) for row in rows],
    }


def _job(
    city: City,
    account: Account,
    row: Row,
    photos: Sequence[Row],
    pieces: Sequence[tuple[Any, ...]],
    *,
    proven: bool,
) -> dict[str, Any]:
    own = [photo for photo in photos if photo["request_id"] == row["id"]]
    service = city.services_by_code.get(row["service_code"])
    return queue_line(city, row) | {
        "mine": row["assignee"] in (account.username, account.sign_in_name),
        "yours_to_move": account.works_for(row["department"]),
        "evidence": bool(service and service.evidence and not proven),
        "photos": _thumbnails(city, own),
        "pieces": [{"number": number, "title": title} for id_, number, title in pieces if id_ == row["id"]],
    }


def _thumbnails(city: City, photos: Sequence[Row]) -> list[dict[str, Any]]:
    """The first pictures; one in which something has yet to be hidden stays out of phones."""
    seen = [photo for photo in photos if is_searched(city, photo["searched"])][:MOST_PICTURES]
    return [{name: photo[name] for name in ("id", "thumbnail_url", "kind")} for photo in shown(city, seen)]


def _move(move: Move) -> dict[str, Any]:
    step = TRANSITIONS[move]
    return {
        "move": move.value,
        "starts": [status.value for status in Status if status in step.start],
        "ends": step.end.value if step.end else None,
        "fields": [*step.needs, *step.may_have],
        "needs": list(step.needs),
        "reasons": list(CLOSING_REASONS.get(move, ())),
    }
