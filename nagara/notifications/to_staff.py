"""Whom of the staff an event tells: roles, posts and the assignee; over which channels, as each of them chose."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from city_config import City, Configuration
from city_config.basics import clock_minutes
from city_config.ladder import Post
from nagara.event_log import EventKind
from nagara.notifications.audiences import POST_PREFIX, STAFF_PREFIX
from nagara.notifications.channels import CHANNELS
from nagara.notifications.channels.email import is_address
from nagara.notifications.keeping import Held, Kept
from nagara.notifications.quiet import MINUTES_A_DAY, Quiet, told_from
from nagara.notifications.wording import Happening, Notice, for_staff
from nagara.sealing import seal
from nagara.settings import settings

INBOX, EMAIL, SMS, TELEGRAM = "inbox", "email", "sms", "telegram"
BY_HAND_TELLS = ("city_admin",)
"""Whom an escalation by hand tells: a supervisor makes it, so that somebody higher looks."""

USUAL: Mapping[str, tuple[str, ...]] = {
    EventKind.ESCALATED: (INBOX, EMAIL),
    EventKind.ASSIGNED: (INBOX,),
    EventKind.ANSWERED: (INBOX,),
}
"""Over which channels staff are told of what, unless they chose otherwise."""

STAFF = """
select a.city_id, a.username, a.role,
       array(select d.department from staff_department d
              where d.city_id = a.city_id and d.username = a.username),
       a.email, c.channels, c.quiet_begins, c.quiet_ends, c.zone, coalesce(c.digest, 'none'), t.sealed_chat
  from staff_account a
  left join staff_notice_choice c on c.city_id = a.city_id and c.username = a.username
  left join telegram_chat t on t.city_id = a.city_id and t.username = a.username
 where a.active and a.role <> 'service' and a.city_id = any(%s)
 order by a.city_id, a.username
"""


@dataclass(frozen=True, slots=True)
class Colleague:
    """An account, and how it wants to be told."""

    username: str
    role: str
    departments: Sequence[str]
    email: str | None
    channels: Mapping[str, Sequence[str]] | None
    quiet: Quiet | None
    digest: str
    chat: bytes | None

    def channels_for(self, kind: str, *, urgent: bool) -> Sequence[str]:
        """Over which channels they are told of a kind; with a digest, single mails only of what may wake."""
        chosen = (self.channels or {}).get(kind, USUAL.get(kind, ()))
        return [one for one in chosen if one != EMAIL or urgent or self.digest == "none"]


class Told(Protocol):
    """An event as it is being told."""

    @property
    def request_id(self) -> uuid.UUID:
        """Whose event it is."""

    @property
    def seq(self) -> int:
        """Which event of it."""

    @property
    def actor(self) -> str | None:
        """Who did it."""

    @property
    def assignee(self) -> str | None:
        """Who works on the request."""

    @property
    def happening(self) -> Happening:
        """What happened."""

    @property
    def known_since(self) -> dt.datetime:
        """When the request came to Nagara."""


def tells_staff(told: Told) -> bool:
    """Whether any of the staff hears of an event."""
    return bool(_roles(told) or _posts(told) or _assignee(told))


def colleagues_of(
    connection: psycopg.Connection[Any], cities: Iterable[str]
) -> Mapping[str, Sequence[Colleague]]:
    """Everybody who works for these cities."""
    found: dict[str, list[Colleague]] = {}
    wanted = sorted(cities)
    for row in connection.execute(STAFF, (wanted,), prepare=True) if wanted else ():
        city_id, username, role, departments, email, channels, begins, ends, zone, digest, chat = row
        quiet = Quiet(begins, ends, zone) if begins is not None else None
        chat = bytes(chat) if chat is not None else None
        one = Colleague(username, role, departments, email, channels, quiet, digest, chat)
        found.setdefault(city_id, []).append(one)
    return found


def to_staff(known: Configuration, told: Told, staff: Sequence[Colleague]) -> Iterator[Kept]:
    """A notice for each of those whom an event tells, over each channel they chose; held while they rest."""
    notice = for_staff(known, told.happening, settings().public_url)
    if notice is None:
        return
    city = known.cities[told.happening.city_id]
    urgent = bool(told.happening.data.get("wakes"))
    held_until = _held_until(told)
    roles, posts, assignee = _roles(told), _posts(told), _assignee(told)
    for one in staff:
        concerned = not one.departments or told.happening.department in one.departments
        holds = [code for code in posts if one.username in _accounts(city, code)]
        by_role = one.role if one.role in roles and concerned else None
        if not (by_role or holds or one.username == assignee):
            continue
        names = [*holds, *([by_role] if by_role else [])]
        waits = [held_until[name] for name in names if name in held_until]
        # told in several ways, the first of them counts
        after = min(waits) if names and len(waits) == len(names) else None
        yield from _to_colleague(told, one, notice, after, urgent=urgent)
    yield from _to_posts(known, city, told, notice, posts, urgent=urgent)


def _to_colleague(
    told: Told, one: Colleague, notice: Notice, after: dt.datetime | None, *, urgent: bool
) -> Iterator[Kept]:
    if not urgent:
        own = told_from(one.quiet, told.happening.told_at)
        after = max((moment for moment in (after, own) if moment), default=None)
    quiet = None if urgent else one.quiet
    audience, secret, city_id = f"{STAFF_PREFIX}{one.username}", settings().secret, told.happening.city_id
    for channel in one.channels_for(told.happening.kind, urgent=urgent):
        if channel == INBOX:
            recipient = seal(secret, city_id, {"username": one.username})
            yield _kept(told, audience, INBOX, recipient, notice, None, held="inbox")
        elif channel == EMAIL and one.email and is_address(one.email):
            recipient = seal(secret, city_id, {"email": one.email})
            yield _kept(told, audience, EMAIL, recipient, notice, after, quiet=quiet)
        elif channel == TELEGRAM and one.chat is not None:
            yield _kept(told, audience, TELEGRAM, one.chat, notice, after, quiet=quiet)


def _to_posts(
    known: Configuration, city: City, told: Told, notice: Notice, posts: Sequence[str], *, urgent: bool
) -> Iterator[Kept]:
    """What is sent to an office itself, whoever holds it: to its address, and what may wake to its telephone too."""
    held_until, secret = _held_until(told), settings().secret
    for code in posts:
        post = _post(known, city, code)
        if post is None:
            continue
        after, audience = held_until.get(code), f"{POST_PREFIX}{code}"
        quiet = None if urgent and post.may_be_woken else _quiet_of(city, post)
        if post.email and is_address(post.email):
            recipient = seal(secret, city.id, {"email": post.email})
            yield _kept(told, audience, EMAIL, recipient, notice, after, quiet=quiet)
        if post.phone and (urgent or not post.email) and CHANNELS[SMS].ready():
            recipient = seal(secret, city.id, {"phone": post.phone})
            yield _kept(told, audience, SMS, recipient, notice, after, quiet=quiet)


def _kept(
    told: Told,
    audience: str,
    channel: str,
    recipient: bytes,
    notice: Notice,
    not_before: dt.datetime | None,
    held: Held = "",
    quiet: Quiet | None = None,
) -> Kept:
    city_id = told.happening.city_id
    said, climbs = notice.for_channel(channel), told.happening.kind == EventKind.ESCALATED
    return Kept(
        city_id,
        told.request_id,
        told.seq,
        audience,
        channel,
        recipient,
        said,
        held,
        not_before,
        1 if climbs else 0,
        quiet,
    )


def _roles(told: Told) -> Sequence[str]:
    """The roles an event tells. A rung that fell due before the request came to Nagara is history: nobody."""
    kind, data = told.happening.kind, told.happening.data
    if kind != EventKind.ESCALATED or _is_history(told):
        return ()
    by_hand = () if data.get("posts") else BY_HAND_TELLS
    return tuple(data.get("tell") or by_hand)


def _posts(told: Told) -> Sequence[str]:
    if told.happening.kind != EventKind.ESCALATED or _is_history(told):
        return ()
    return tuple(told.happening.data.get("posts") or ())


def _assignee(told: Told) -> str | None:
    """The one who works on it, told what others did; nobody is told what they did themselves."""
    kind, data = told.happening.kind, told.happening.data
    if kind == EventKind.ASSIGNED:
        whom = data.get("assignee")
    elif kind == EventKind.ANSWERED:
        whom = told.assignee
    elif kind == EventKind.ESCALATED and not _is_history(told):
        whom = ((data.get("changed") or {}).get("assignee") or (None, None))[1]  # a rung gave it to them
    else:
        return None
    doer = (told.actor or "").partition("@")[0]
    return str(whom) if whom and whom != doer else None


def _is_history(told: Told) -> bool:
    due_at = told.happening.data.get("due_at")
    return due_at is not None and dt.datetime.fromisoformat(due_at) < told.known_since


def _held_until(told: Told) -> dict[str, dt.datetime]:
    """Who of the roles and posts rests, and until when, as the ladder says."""
    held = told.happening.data.get("tell_from") or {}
    return {str(name): dt.datetime.fromisoformat(at) for name, at in held.items()}


def _post(known: Configuration, city: City, code: str) -> Any:
    if code.startswith("network:"):
        return known.network.posts_by_code.get(code.removeprefix("network:"))
    return city.posts_by_code.get(code)


def _quiet_of(city: City, post: Post) -> Quiet | None:
    """The nights of an office, on the city's clocks as everything that its ladder says."""
    if post.quiet_hours is None:
        return None
    begins, ends = (clock_minutes(part) for part in post.quiet_hours.between.split("-"))
    return Quiet(begins, ends % MINUTES_A_DAY, city.timezone)


def _accounts(city: City, code: str) -> Sequence[str]:
    post = city.posts_by_code.get(code)
    return post.accounts if post is not None else ()
