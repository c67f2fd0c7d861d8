"""What programs read regularly: requests as RSS 2.0 with GeoRSS, and collection days as iCalendar. Pure.

Feeds show what the public page shows: the city's delay, hiding and grid hold here too. A calendar holds the weeks
ahead one by one rather than as a rule that repeats: holidays and rounds that end are then right by themselves.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from feedgenerator.django.utils.feedgenerator import Rss201rev2Feed  # type: ignore[import-untyped]
from icalendar import Calendar, Event

from city_config import City, Configuration
from city_config.schema import CollectionRound
from city_config.texts import Messages
from nagara.places.rounds import Collection, collections_between
from nagara.public.publication import public_position, public_sql

MOST_ITEMS = 100
WEEKS_AHEAD = 5
GEORSS = "http://www.georss.org/georss"
NO_ROUNDS: Mapping[str, str] = {
    "en": "No collection days are known here yet. That does not mean that nobody collects.",
    "km": "មិនទាន់មានព័ត៌មានអំពីថ្ងៃប្រមូលសំរាមនៅទីនេះទេ។ នេះមិនមានន័យថាគ្មានអ្នកប្រមូលឡើយ។",
    "th": "ยังไม่มีข้อมูลวันเก็บขยะของที่นี่ ไม่ได้หมายความว่าไม่มีผู้เก็บ",
    "lo": "ຍັງບໍ່ມີຂໍ້ມູນວັນເກັບຂີ້ເຫຍື້ອຢູ່ທີ່ນີ້ ບໍ່ໄດ້ໝາຍຄວາມວ່າບໍ່ມີຜູ້ເກັບ.",
    "my": "ဤနေရာအတွက် အမှိုက်သိမ်းရက်များ မသိရသေးပါ။ သိမ်းဆည်းသူ မရှိဟု မဆိုလိုပါ။",
    "vi": "Chưa có thông tin về ngày thu gom ở đây. Điều đó không có nghĩa là không ai thu gom.",
    "id": "Belum ada informasi hari pengangkutan sampah di sini. Bukan berarti tidak ada yang mengangkut.",
    "ms": "Belum ada maklumat hari kutipan sampah di sini. Ini tidak bermakna tiada siapa mengutip.",
    "fil": "Wala pang impormasyon tungkol sa araw ng koleksyon dito. Hindi ibig sabihin na walang nangongolekta.",
    "ceb": "Wala pay kasayuran sa mga adlaw sa pagkolekta dinhi. Dili kini pasabot nga walay mangolekta.",
    "zh-Hans": "这里的收集日期尚不清楚，并不表示无人收集。",
    "ta": "இங்கு குப்பை சேகரிக்கும் நாட்கள் இன்னும் தெரியவில்லை. யாரும் சேகரிப்பதில்லை என்று பொருளல்ல.",
}

NEWEST: LiteralString = f"""
select r.reference, r.status, r.service_code, r.district, r.department, r.lat, r.lon, r.received_at,
       r.updated_at, r.closing_reason
  from request r
 where r.city_id = %(city_id)s and {public_sql()}
   and (%(district)s::text is null or r.district = %(district)s)
   and (cardinality(%(services)s::text[]) = 0 or r.service_code = any(%(services)s))
 order by r.received_at desc, r.id desc limit %(most)s
"""  # noqa: S608 - joined from constants


@dataclass(frozen=True, slots=True)
class Feed:
    """A finished feed: its bytes, the tag that changes with them, and when the newest thing in it happened."""

    content: bytes
    media_type: str
    etag: str
    modified: dt.datetime | None


class _GeoRss(Rss201rev2Feed):  # type: ignore[misc]
    """RSS 2.0 whose items say where they are (GeoRSS-Simple)."""

    def rss_attributes(self) -> dict[str, str]:
        """The namespaces."""
        named: dict[str, str] = super().rss_attributes()
        return named | {"xmlns:georss": GEORSS}

    def add_item_elements(self, handler: Any, item: Mapping[str, Any]) -> None:
        """An item, and its point."""
        super().add_item_elements(handler, item)
        if item.get("point"):
            handler.addQuickElement("georss:point", item["point"])


def requests_feed(
    configuration: Configuration,
    city: City,
    rows: Sequence[Sequence[Any]],
    public_url: str,
    own_url: str,
    *,
    language: str | None,
    district: str | None,
) -> Feed:
    """RSS of rows that ``NEWEST`` found."""
    messages = configuration.messages_for(language, *city.languages)
    spoken, base = messages.language, public_url.rstrip("/")
    name = city.name_in(city.names, spoken)
    where = city.name_in(city.district_names[district], spoken) if district else ""
    feed = _GeoRss(
        title=f"{name} – {where}" if where else name,
        link=f"{base}/#/follow/{city.id}",
        description=name,
        language=spoken,
        feed_url=own_url,
    )
    modified: dt.datetime | None = None
    for row in rows:
        reference, status, service, in_district, department, lat, lon, received, updated, reason = row
        feed.add_item(
            title=f"{_service(city, service, spoken)} – {_status(messages, status)}",
            link=f"{base}/#/track/{reference}",
            description=_sentence(city, messages, in_district, department, reason),
            unique_id=reference,
            unique_id_is_permalink=False,
            pubdate=received,
            updateddate=updated,
            categories=[_service(city, service, spoken)],
            point=_point(city, lat, lon),
        )
        modified = max(modified or updated, updated)
    # the time the feed was made is left out: the same requests are the same bytes, and one tag
    feed.latest_post_date = lambda: modified or dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    content = feed.writeString("utf-8").encode()
    return Feed(content, "application/rss+xml; charset=utf-8", _etag(content), modified)


def rounds_calendar(
    city: City, district: str | None, public_url: str, now: dt.datetime, *, language: str | None
) -> Feed:
    """The collections of the weeks ahead, of a district or the whole city. None known: a sentence says so."""
    wanted = (language or "", *city.languages)
    spoken = next((tag for tag in wanted if tag in NO_ROUNDS), "en")
    name = city.name_in(city.names, spoken)
    where = f" – {city.name_in(city.district_names[district], spoken)}" if district else ""
    calendar = Calendar()
    calendar.add("prodid", "-//Nagara//collection days//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{name}{where}")
    calendar.add("x-wr-timezone", city.timezone)
    calendar.add("refresh-interval", dt.timedelta(hours=12), parameters={"VALUE": "DURATION"})
    rounds = {r.code: r for r in city.rounds if district is None or district in r.districts}
    if not rounds:
        calendar.add("x-wr-caldesc", NO_ROUNDS[spoken])
    day = now.astimezone(city.zone).date()
    last = day + dt.timedelta(weeks=WEEKS_AHEAD)
    for collection in collections_between(city, list(rounds.values()), day, last):
        calendar.add_component(_event(city, rounds[collection.round], collection, public_url, spoken, day))
    content: bytes = calendar.to_ical()
    return Feed(content, "text/calendar; charset=utf-8", _etag(content), None)


def _event(
    city: City, of: CollectionRound, collection: Collection, public_url: str, language: str, day: dt.date
) -> Event:
    event = Event()
    opens, closes = (at.astimezone(city.zone) for at in (collection.opens, collection.closes))
    called = city.name_in(of.names, language) if of.names else of.code
    # the same collection has the same identity in every fetch
    key = f"{city.id}/{of.code}/{collection.opens.isoformat()}"
    event.add("uid", f"{uuid.uuid5(uuid.NAMESPACE_URL, key)}@nagara")
    event.add("dtstamp", dt.datetime.combine(day, dt.time(), dt.UTC))
    event.add("dtstart", opens.astimezone(dt.UTC))
    event.add("dtend", closes.astimezone(dt.UTC))
    event.add("summary", called)
    districts = [city.name_in(city.district_names[code], language) for code in of.districts]
    event.add("location", ", ".join([*of.streets, *districts]))
    event.add("categories", [of.waste])
    event.add("url", public_url.rstrip("/"))
    event.add("transp", "TRANSPARENT")
    return event


def _service(city: City, code: str, language: str) -> str:
    service = city.services_by_code.get(code)
    return city.name_in(service.names, language) if service else code


def _status(messages: Messages, status: str) -> str:
    return {str(name): text for name, text in messages.statuses.items()}.get(status, status)


def _sentence(
    city: City, messages: Messages, district: str | None, department: str, reason: str | None
) -> str:
    """Where, whose and why closed; nothing anybody wrote."""
    spoken = messages.language
    owner = city.departments_by_code.get(department)
    reasons = {str(code): text for code, text in messages.closing_reasons.items()}
    parts = (
        city.name_in(city.district_names.get(district or "", {"en": ""}), spoken),
        city.name_in(owner.names, spoken) if owner else "",
        reasons.get(reason or "", ""),
    )
    return " · ".join(part for part in parts if part)


def _point(city: City, lat: float | None, lon: float | None) -> str | None:
    position = public_position(city, lat, lon, own=False)
    return f"{position['lat']} {position['lon']}" if position else None


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
