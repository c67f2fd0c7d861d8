"""Personal data go when their time is over: nightly, in batches, by what each city's configuration says.

What is counted stays: the request with its service, place and times, and its events, which hold no word of a
resident. A tombstone says what went and when. Running it twice changes nothing, since it looks for what is still
there; a batch is one transaction, so that a killed worker leaves nothing half removed.

A city that sets no time keeps its data until residents erase them. Originals of what staff redacted go after
``publication.originals_days`` everywhere.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from city_config import City
from nagara.photos import keeping
from nagara.photos.storage import MediaStore

Connection = psycopg.Connection[Any]
Ids = list[uuid.UUID]
BATCH = 200

CHOSEN_FROM_LISTS = frozenset({"singlevaluelist", "multivaluelist"})
"""Answers to these are codes of the city's own; all others are a resident's words, numbers or times."""

WITH_CONTACT = """
select r.id from request r
 where r.city_id = %(city)s and r.closed_at < %(before)s
   and (exists (select from contact c where c.city_id = r.city_id and c.request_id = r.id)
     or exists (select from subscription s where s.city_id = r.city_id and s.request_id = r.id))
 order by r.closed_at limit %(most)s for update of r skip locked
"""
WITH_PHOTOS = """
select r.id from request r
 where r.city_id = %(city)s and r.closed_at < %(before)s
   and exists (select from photo p where p.city_id = r.city_id and p.request_id = r.id)
 order by r.closed_at limit %(most)s for update of r skip locked
"""
WITH_WORDS = """
select r.id from request r
 where r.city_id = %(city)s and r.closed_at < %(before)s
   and not exists (select from removal m
                    where m.city_id = r.city_id and m.request_id = r.id and m.what = 'words'
                      and m.removed_at >= r.closed_at)
   and (r.description <> '' or r.address is not null or r.answers <> '{}'
     or exists (select from resident_entry e
                 where e.city_id = r.city_id and e.request_id = r.id and e.words <> '')
     or exists (select from original_words o where o.city_id = r.city_id and o.request_id = r.id))
 order by r.closed_at limit %(most)s for update of r skip locked
"""
REMOVE_CONTACTS = (
    "delete from contact where city_id = %(city)s and request_id = any(%(ids)s)",
    "delete from notification where city_id = %(city)s and request_id = any(%(ids)s) and audience not like 'staff:%%'",
    "delete from subscription where city_id = %(city)s and request_id = any(%(ids)s)",
)
REMOVE_PHOTOS = """
delete from photo where city_id = %(city)s and request_id = any(%(ids)s)
returning city_id, sha256, redacted_sha256
"""
ANSWERS = "select id, service_code, answers from request where city_id = %(city)s and id = any(%(ids)s)"
REMOVE_WORDS = (
    "update request set description = '', address = null where city_id = %(city)s and id = any(%(ids)s)",
    "update resident_entry set words = '' where city_id = %(city)s and request_id = any(%(ids)s) and words <> ''",
    "delete from original_words where city_id = %(city)s and request_id = any(%(ids)s)",
)
KEEP_ANSWERS = "update request set answers = %s where city_id = %s and id = %s"
OLD_ORIGINAL_WORDS = """
delete from original_words where (city_id, request_id) in (
    select city_id, request_id from original_words
     where city_id = %(city)s and redacted_at < %(before)s limit %(most)s)
returning request_id
"""
OLD_ORIGINAL_PHOTOS = """
select id, request_id, sha256, redacted_sha256 from photo
 where city_id = %(city)s and redacted_sha256 is not null and redacted_at < %(before)s
   and request_id is not null
 order by redacted_at limit %(most)s for update skip locked
"""
KEEP_REDACTED_ONLY = """
update photo set sha256 = redacted_sha256, redacted_sha256 = null, found = '[]', boxes = '[]'
 where city_id = %(city)s and id = any(%(ids)s)
"""
TOMBSTONES = """
insert into removal (city_id, request_id, what, why, removed_at)
select %(city)s, id, %(what)s, 'retention', %(now)s from unnest(%(ids)s::uuid[]) as id
on conflict (city_id, request_id, what) do update set removed_at = excluded.removed_at
"""

Batch = Callable[[Connection, City, dict[str, Any]], Ids]


def sweep(
    connection: Connection,
    store: MediaStore,
    cities: Mapping[str, City],
    now: dt.datetime,
    go_on: Callable[[], bool] = lambda: True,
) -> dict[str, int]:
    """Remove everything whose time was over at ``now``; returns of how many requests what was removed.

    Commits after each batch, and stops between two once ``go_on`` says no: the next run takes up the rest.
    Raises ``MediaUnavailable`` where the store does not answer; that batch stays as it was.
    """
    done = {"contact": 0, "photos": 0, "words": 0, "originals": 0}
    for city in cities.values():
        for what, days, batch in _due(city, store):
            values = {"city": city.id, "before": now - dt.timedelta(days=days), "most": BATCH}
            while go_on():
                with connection.transaction():
                    ids = batch(connection, city, values)
                    connection.execute(
                        TOMBSTONES, {"city": city.id, "what": what, "now": now, "ids": _each_once(ids)}
                    )
                done[what] += len(set(ids))
                if len(ids) < BATCH:
                    break
    return done


def _due(city: City, store: MediaStore) -> Iterable[tuple[str, int, Batch]]:
    """What the city wants removed after how many days, and how."""
    times = city.retention
    if times is not None and times.contact_days is not None:
        yield "contact", times.contact_days, _remove_contacts
    if times is not None and times.photo_days is not None:
        yield "photos", times.photo_days, _photos_remover(store)
    if times is not None and times.description_days is not None:
        yield "words", times.description_days, _remove_words
    yield "originals", city.publication.originals_days, _remove_original_words
    yield "originals", city.publication.originals_days, _original_photos_remover(store)


def _remove_contacts(connection: Connection, city: City, values: dict[str, Any]) -> Ids:
    ids = _ids(connection, WITH_CONTACT, values)
    for statement in REMOVE_CONTACTS if ids else ():
        connection.execute(statement, {"city": city.id, "ids": ids})
    return ids


def _photos_remover(store: MediaStore) -> Batch:
    def remove(connection: Connection, city: City, values: dict[str, Any]) -> Ids:
        ids = _ids(connection, WITH_PHOTOS, values)
        if ids:
            gone = connection.execute(REMOVE_PHOTOS, {"city": city.id, "ids": ids}).fetchall()
            keeping.remove_unused(connection, store, gone)
        return ids

    return remove


def _remove_words(connection: Connection, city: City, values: dict[str, Any]) -> Ids:
    ids = _ids(connection, WITH_WORDS, values)
    if ids:
        named = {"city": city.id, "ids": ids}
        for id_, service_code, answers in connection.execute(ANSWERS, named).fetchall():
            kept = chosen_answers(city, service_code, answers)
            if kept != answers:
                connection.execute(KEEP_ANSWERS, (Jsonb(kept), city.id, id_))
        for statement in REMOVE_WORDS:
            connection.execute(statement, named)
    return ids


def chosen_answers(city: City, service_code: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Of a request's answers those that were chosen from the city's own lists, and are nobody's words."""
    service = city.services_by_code.get(service_code)
    lists = {q.code for q in service.questions if q.datatype in CHOSEN_FROM_LISTS} if service else set()
    return {code: value for code, value in answers.items() if code in lists}


def _remove_original_words(connection: Connection, city: City, values: dict[str, Any]) -> Ids:
    return [row[0] for row in connection.execute(OLD_ORIGINAL_WORDS, values).fetchall()]


def _original_photos_remover(store: MediaStore) -> Batch:
    def remove(connection: Connection, city: City, values: dict[str, Any]) -> Ids:
        """The redacted picture takes the place of the original, of which nothing stays."""
        rows = connection.execute(OLD_ORIGINAL_PHOTOS, values).fetchall()
        connection.execute(KEEP_REDACTED_ONLY, {"city": city.id, "ids": [row[0] for row in rows]})
        keeping.remove_unused(connection, store, [(city.id, row[2]) for row in rows])
        return [row[1] for row in rows]

    return remove


def _ids(connection: Connection, statement: str, values: dict[str, Any]) -> Ids:
    return [row[0] for row in connection.execute(statement, values).fetchall()]


def _each_once(ids: Ids) -> Ids:
    return sorted(set(ids))
