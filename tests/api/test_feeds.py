"""Feeds of requests and collection days, as their readers see them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from xml.etree import ElementTree

import shapely
from icalendar import Calendar
from starlette.testclient import TestClient

from city_config import City
from city_config.schema import CollectionRound
from nagara.cities import city_of
from nagara.public.feeds import rounds_calendar
from tests.api.foreign import elsewhere
from tests.helpers import Connection, file

RSS = "/api/v1/feeds/kh-pnh/requests.rss"
POINT = "{http://www.georss.org/georss}point"


GDAL = """
import json, sys
import pyogrio
from pyogrio.raw import read
meta, _, geometry, columns = read(sys.argv[1])
info = pyogrio.read_info(sys.argv[1])
rows = [dict(zip(meta["fields"].tolist(), map(str, row))) for row in zip(*columns)]
print(json.dumps({"driver": info["driver"], "rows": rows, "geometry": [g.hex() for g in geometry]}))
"""


def titles(client: TestClient, **params: object) -> list[str]:
    answer = client.get(RSS, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    root = ElementTree.fromstring(answer.content)
    return [item.findtext("guid") or "" for item in root.iter("item")]


def test_the_newest_public_requests_and_no_others(
    client: TestClient, owner: Connection, phnom_penh: City
) -> None:
    public = [file(phnom_penh, language="km", description="My own <b>words</b>") for _ in range(2)]
    file(phnom_penh, confidential=True)
    hidden = file(phnom_penh)
    owner.execute("update request set public = false where reference = %s", (hidden.reference,))
    assert titles(client) == [known.reference for known in reversed(public)]
    answer = client.get(RSS, params={"language": "en"})
    root = ElementTree.fromstring(answer.content)
    item = root.find("channel/item")
    assert item is not None
    lat, lon = (item.findtext(POINT) or "").split()
    assert abs(float(lat) - phnom_penh.map.centre.lat) < 0.05
    assert abs(float(lon) - phnom_penh.map.centre.lon) < 0.05
    assert "words" not in answer.text
    assert f"/#/track/{public[1].reference}" in (item.findtext("link") or "")
    assert "Received" in (item.findtext("title") or "")


def test_gdal_reads_the_feed_as_georss(
    client: TestClient, owner: Connection, phnom_penh: City, tmp_path: Path
) -> None:
    """A reader that nobody here wrote finds each request, where the feed says it is and when."""
    known = [file(phnom_penh, lat=11.5564 + n / 1000, lon=104.9282) for n in range(2)]
    owner.execute("update request set received_at = '2026-10-01T08:00:00Z'")
    path = tmp_path / "requests.rss"
    path.write_bytes(client.get(RSS, params={"language": "en"}).content)
    read = elsewhere(GDAL, str(path))
    assert read["driver"] == "GeoRSS"
    assert {row["guid"] for row in read["rows"]} == {one.reference for one in known}
    for row, wkb in zip(read["rows"], read["geometry"], strict=True):
        assert row["title"]
        assert row["link"].endswith(f"/#/track/{row['guid']}")
        assert row["pubDate"].startswith("2026-10-01T08:00:00") or row["pubDate"].startswith("2026/10/01")
        point = shapely.from_wkb(bytes.fromhex(wkb))
        place = client.get(f"/api/v1/requests/{row['guid']}").json()["position"]
        assert (round(point.y, 6), round(point.x, 6)) == (place["lat"], place["lon"])


def test_filters_and_wrong_ones(client: TestClient, phnom_penh: City) -> None:
    districts = list(phnom_penh.district_names)[:2]
    one, other = (file(phnom_penh, district=code) for code in districts)
    assert titles(client, district=districts[0]) == [one.reference]
    assert titles(client, district=districts[1]) == [other.reference]
    code = client.get(f"/api/v1/requests/{one.reference}").json()["service"]["code"]
    assert len(titles(client, service=code)) == 2
    assert client.get(RSS, params={"district": "nowhere"}).status_code == 404
    assert client.get(RSS, params={"service": "nothing"}).status_code == 404
    assert client.get("/api/v1/feeds/nowhere/requests.rss").status_code == 404


def test_nothing_new_is_answered_with_304(client: TestClient, phnom_penh: City) -> None:
    file(phnom_penh)
    first = client.get(RSS)
    assert first.headers["cache-control"] == "public, max-age=300"
    assert first.headers["last-modified"].endswith("GMT")
    again = client.get(RSS, headers={"If-None-Match": f'W/"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    file(phnom_penh)
    assert client.get(RSS, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_a_city_without_rounds_says_so(client: TestClient) -> None:
    city = next(c for c in ("kh-bat", "la-vte", "th-bkk") if not city_of(c).rounds)
    answer = client.get(f"/api/v1/feeds/{city}/rounds.ics", params={"language": "en"})
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    assert "No collection days are known" in str(calendar["x-wr-caldesc"])
    assert calendar.walk("VEVENT") == []


def test_collection_days_of_the_weeks_ahead(phnom_penh: City) -> None:
    district, other = list(phnom_penh.district_names)[:2]
    evening = CollectionRound(
        code="evening",
        names={"en": "Evening round"},
        districts=(district,),
        weekdays=("mon", "thu"),
        windows=("20:00-02:00",),
        source="a test",
        confirmed=False,
    )
    city = phnom_penh.model_copy(update={"rounds": (evening,)})
    now = dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)  # a Sunday
    feed = rounds_calendar(city, district, "https://reports.example.org", now, language="en")
    events = Calendar.from_ical(feed.content).walk("VEVENT")
    starts = [event.decoded("dtstart") for event in events]
    assert len(starts) == 10
    assert starts[0] == dt.datetime(2026, 11, 23, 13, tzinfo=dt.UTC)
    assert events[0].decoded("dtend") - starts[0] == dt.timedelta(hours=6)
    assert str(events[0]["summary"]) == "Evening round"
    later = rounds_calendar(city, district, "https://reports.example.org", now, language="en")
    assert later.etag == feed.etag
    assert len({str(event["uid"]) for event in events}) == 10
    none = rounds_calendar(city, other, "https://reports.example.org", now, language="xx")
    assert Calendar.from_ical(none.content).walk("VEVENT") == []
