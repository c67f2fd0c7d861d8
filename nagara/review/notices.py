"""Telling reviewers: into their inbox, and by mail at once or within a digest; each of them once, by key.

``tell`` composes in the caller's transaction whatever ``occasions`` finds untold. Mails are laid down as messages of
the notification rooms, which deliver them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, LiteralString

import psycopg
from babel import Locale

from city_config import Configuration
from city_config.texts import ReviewerTexts
from nagara.notifications.audiences import STAFF_PREFIX
from nagara.notifications.channels.email import is_address
from nagara.notifications.keeping import KEEP_MESSAGE, message_values
from nagara.notifications.moments import written_moment
from nagara.notifications.periods import period_began
from nagara.notifications.quiet import Quiet, quiet_span, told_from
from nagara.notifications.wording import Notice
from nagara.permissions import NETWORK, NETWORK_ROLES, Permission, Role, may
from nagara.review.occasions import CITY, ONLY_INBOX, Occasion, Reviewer, concerns, untold
from nagara.review.offices import BY_ROLE
from nagara.review.path import Office
from nagara.settings import settings

WORTH_FOR = dt.timedelta(days=3)
"""How long a mail is tried for; the inbox has it anyway."""

PAGE = "/network/review/#/"
CITY_ROLES = [
    role.value for role in Role if may(role, Permission.REVIEW_REPORT) and role not in NETWORK_ROLES
]

REVIEWERS: LiteralString = """
select a.city_id, a.username, a.role, a.email, coalesce(c.digest, 'none'), c.quiet_begins, c.quiet_ends, c.zone,
       array(select p.office || ':' || p.country from network_appointment p
              where p.city_id = a.city_id and p.username = a.username and p.valid_from <= %(now)s
                and p.valid_to > %(now)s and (p.ended_at is null or p.ended_at > %(now)s))
  from staff_account a
  left join staff_notice_choice c on c.city_id = a.city_id and c.username = a.username
 where a.active and (a.city_id = 'network' and a.role <> 'service' or a.role = any(%(roles)s))
 order by a.city_id, a.username
"""
MARK_TOLD: LiteralString = """
insert into review_told (city_id, review_id, occasion) values ('network', %s, %s) on conflict do nothing returning 1
"""
KEEP: LiteralString = """
insert into review_notice (city_id, username, review_id, occasion, kind, language, subject, body, created_at, mail)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning 1
"""
MAILED: LiteralString = """
update review_notice set mailed_at = %s where city_id = %s and username = %s and review_id = %s and occasion = %s
"""
DIGESTS: LiteralString = """
select n.city_id, n.username, n.review_id, n.occasion, n.language, n.subject, n.created_at, a.email,
       c.digest, c.zone, c.quiet_begins, c.quiet_ends
  from review_notice n
  join staff_account a on a.city_id = n.city_id and a.username = n.username
  left join staff_notice_choice c on c.city_id = n.city_id and c.username = n.username
 where n.mail = 'digest' and n.mailed_at is null and a.active and a.email is not null
 order by n.city_id, n.username, n.created_at, n.occasion for update of n skip locked
"""


@dataclass(frozen=True, slots=True)
class Told:
    """How many notices and mails were laid down."""

    notices: int
    mails: int


def tell(connection: psycopg.Connection[Any], known: Configuration, now: dt.datetime) -> Told:
    """Tell everybody of what nobody was told yet, and send the digests whose time has come. Does not commit.

    Safe to repeat and to run by several at once: an occasion is taken by its key, a notice has one of its own.
    """
    ahead = dt.timedelta(days=known.network.reports.remind_days_before)
    notices = mails = 0
    people: Sequence[Reviewer] | None = None
    for occasion in untold(connection, now, ahead):
        if connection.execute(MARK_TOLD, (occasion.review_id, occasion.name)).fetchone() is None:
            continue
        people = reviewers(connection, known, now) if people is None else people
        for reviewer in people:
            if concerns(occasion, reviewer):
                kept, mailed = _tell_one(connection, known, occasion, reviewer, now)
                notices, mails = notices + kept, mails + mailed
    return Told(notices, mails + _tell_digests(connection, known, now))


def reviewers(connection: psycopg.Connection[Any], known: Configuration, now: dt.datetime) -> list[Reviewer]:
    """Everybody who has a part in reviews, with the offices they hold at a time."""
    found = []
    for row in connection.execute(REVIEWERS, {"now": now, "roles": CITY_ROLES}).fetchall():
        city_id, username, role, email, digest, begins, ends, zone, appointed = row
        if city_id != NETWORK and city_id not in known.cities:
            continue
        quiet = quiet_span(begins, ends, zone) if zone else None
        audiences, names = _part_of(city_id, role, appointed)
        found.append(Reviewer(city_id, username, email, digest, quiet, audiences, names))
    return found


def _part_of(city_id: str, role: str, appointed: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Which audiences an account belongs to, and for whom it speaks."""
    if city_id != NETWORK:
        return frozenset({CITY}), frozenset({city_id})
    held = [(Office(office), country) for office, _, country in (one.partition(":") for one in appointed)]
    own = BY_ROLE.get(Role(role))
    audiences = {office for office, _ in held} | ({own} if own else set())
    countries = {country for office, country in held if office is Office.REPRESENTATIVE}
    speaks = countries | ({NETWORK} if Office.OFFICIAL in audiences else set())
    return frozenset(audiences), frozenset(speaks)


def _tell_one(
    connection: psycopg.Connection[Any],
    known: Configuration,
    occasion: Occasion,
    reviewer: Reviewer,
    now: dt.datetime,
) -> tuple[int, int]:
    """Lay one notice down, with its mail; returns how many of each."""
    notice = worded(known, occasion, reviewer.city_id)
    mail = "none"
    if reviewer.email and is_address(reviewer.email) and occasion.kind not in ONLY_INBOX:
        mail = "single" if reviewer.digest == "none" else "digest"
    key = (reviewer.city_id, reviewer.username, occasion.review_id, occasion.name)
    words = (occasion.kind.value, notice.language, notice.subject, notice.body)
    if connection.execute(KEEP, (*key, *words, now, mail)).fetchone() is None:
        return 0, 0
    if mail != "single" or reviewer.email is None:
        return 1, 0
    _mail(connection, reviewer.city_id, reviewer.username, reviewer.email, notice, now, reviewer.quiet)
    connection.execute(MAILED, (now, *key))
    return 1, 1


def worded(known: Configuration, occasion: Occasion, city_id: str) -> Notice:
    """What a reviewer of a city, or of the network, is told, in the first of its languages that has words."""
    language, texts = words_for(known, city_id)
    report = texts.report.format(period=occasion.period, edition=occasion.edition)
    until = _moment(known, city_id, language, occasion.until) if occasion.until else ""
    sentence = texts.sentences[occasion.kind.value].format(until=until)
    link = f"{settings().public_url.rstrip('/')}{PAGE}report/{occasion.review_id}"
    remarks = f"“{occasion.remarks}”" if occasion.remarks else ""
    subject = texts.subject.format(report=report, sentence=sentence)
    body = _filled(
        texts.body, {"report": report, "sentence": sentence, "remarks": remarks, "status_url": link}
    )
    return Notice(language, " ".join(subject.split()), body, link, f"review {occasion.review_id}")


def words_for(known: Configuration, city_id: str) -> tuple[str, ReviewerTexts]:
    """The words for reviewers in a city's first language that has some, else in English; with the language."""
    languages = known.cities[city_id].languages if city_id in known.cities else ()
    for tag in (*languages, "en"):
        messages = known.messages.get(tag)
        if messages is not None and messages.for_reviewers is not None:
            return messages.language, messages.for_reviewers
    raise KeyError("no words for reviewers, not even in English")


def _filled(template: str, values: Mapping[str, str]) -> str:
    """The text with its places filled; a line that held nothing but an empty place is left out."""
    lines = [(written, written.format_map(values)) for written in template.splitlines()]
    return "\n".join(line for written, line in lines if line.strip() or not written.strip()).strip() + "\n"


def _moment(known: Configuration, city_id: str, language: str, at: dt.datetime) -> str:
    """An instant on the city's clocks; the network's officials sit in many zones and read UTC."""
    city = known.cities.get(city_id)
    if city is not None:
        return written_moment(city, language, at)
    return f"{at.day} {Locale('en').months['format']['wide'][at.month]} {at.year}, {at:%H:%M} UTC"


def _tell_digests(connection: psycopg.Connection[Any], known: Configuration, now: dt.datetime) -> int:
    """One mail for everybody who wants digests and whose time has come, of what came before it."""
    mails = 0
    rows = connection.execute(DIGESTS).fetchall()
    for (city_id, username), own in groupby(rows, key=lambda row: (row[0], row[1])):
        waiting = list(own)
        email, digest, zone, begins, ends = waiting[0][7:]
        frequency = digest if digest in ("daily", "weekly") else "daily"
        began = period_began(frequency, zone or "UTC", now)
        due = [row for row in waiting if began is not None and row[6] < began]
        if not due or not is_address(email):
            continue
        for row in due:
            connection.execute(MAILED, (now, *row[:4]))
        quiet = quiet_span(begins, ends, zone) if zone else None
        notice = _joined(known, city_id, [row[5] for row in due])
        _mail(connection, city_id, username, email, notice, now, quiet)
        mails += 1
    return mails


def _joined(known: Configuration, city_id: str, subjects: Sequence[str]) -> Notice:
    language, texts = words_for(known, city_id)
    link = f"{settings().public_url.rstrip('/')}{PAGE}notices"
    lines = "\n".join(f"- {subject}" for subject in subjects)
    body = _filled(texts.digest_body, {"list": lines, "status_url": link})
    return Notice(language, texts.digest_subject.format(count=len(subjects)), body, link, "review digest")


def _mail(
    connection: psycopg.Connection[Any],
    city_id: str,
    username: str,
    email: str,
    notice: Notice,
    now: dt.datetime,
    quiet: Quiet | None,
) -> None:
    audience = f"{STAFF_PREFIX}{username}"
    after = told_from(quiet, now)
    values = message_values(city_id, audience, "email", {"email": email}, notice, WORTH_FOR, after, [quiet])
    connection.execute(KEEP_MESSAGE, values)
