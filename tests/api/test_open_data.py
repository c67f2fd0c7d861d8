"""Open data: the same rows in three forms, described and checked; and nothing personal in any of them."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import math
import tracemalloc
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.batches.files import Files, files
from nagara.cities import configuration
from nagara.errors import MediaUnavailable
from nagara.open_data import rows as reading
from nagara.open_data.dictionary import CSV, GEOJSON, PACKAGE, REQUEST_FIELDS
from nagara.open_data.publishing import drop_old, publish
from nagara.open_data.withdrawing import withdraw_hidden
from nagara.public.publication import METRES_PER_DEGREE
from nagara.settings import settings
from tests.api.conftest import Staff
from tests.api.foreign import elsewhere
from tests.api.test_public_list import BODY, LIST, rule
from tests.helpers import Connection, file, multiply

NAMES = [field.name for field in REQUEST_FIELDS]
STATUS = "/api/v1/requests"
NOW = dt.datetime(2026, 11, 21, 18, 30, tzinfo=dt.UTC)
DAY = "2026-11-22"
"""Of Phnom Penh, seven hours ahead."""

PARQUET = """
import duckdb, json, sys
database = duckdb.connect(":memory:")
database.execute("set timezone = 'UTC'")
found = database.execute("select * from read_parquet(?) order by reference", [sys.argv[1]])
names, types = zip(*((c[0], str(c[1])) for c in found.description))
print(json.dumps({"names": names, "types": types, "rows": found.fetchall()}, default=str))
"""


def made(db: Connection, city: City, now: dt.datetime = NOW) -> int | None:
    count = publish(db, files(settings()), city, now)
    db.commit()
    return count


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def fetched(client: TestClient, name: str, day: str = "latest") -> bytes:
    answer = client.get(f"/open-data/kh-pnh/{day}/{name}")
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


def test_three_forms_hold_the_same_rows_and_say_what_they_mean(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City, tmp_path: Path
) -> None:
    closed, *_ = multiply(owner, file(phnom_penh), 11)
    owner.execute(
        "update request set closed_at = received_at, closing_reason = 'fixed' where reference = %s", (closed,)
    )
    assert made(db, phnom_penh) == 12
    rows = table(fetched(client, "requests.csv"))
    assert (list(rows[0]), len(rows)) == (NAMES, 12)
    features = json.loads(fetched(client, "requests.geojson"))["features"]
    (tmp_path / "requests.parquet").write_bytes(fetched(client, "requests.parquet"))
    parquet = elsewhere(PARQUET, str(tmp_path / "requests.parquet"))
    assert parquet["names"] == NAMES
    kinds = {
        "string": "VARCHAR",
        "datetime": "TIMESTAMP WITH TIME ZONE",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
    }
    assert parquet["types"] == [kinds[field.kind] for field in REQUEST_FIELDS]
    by_reference = {row["reference"]: row for row in rows}
    for values in parquet["rows"]:
        row = by_reference[values[0]]
        for field, value in zip(REQUEST_FIELDS, values, strict=True):
            text = row[field.name]
            if field.kind == "datetime":
                assert moment(value) == moment(text)
            elif field.kind == "number":
                assert value == float(text)
            elif field.kind == "boolean":
                assert value is (text == "true")
            else:
                assert (value or "") == text
    for one in features:
        row = by_reference[one["id"]]
        assert one["geometry"]["coordinates"] == [float(row["lon"]), float(row["lat"])]
        assert one["properties"]["received_at"] == row["received_at"]
        assert row["received_at"].endswith(":00:00Z")
    package = json.loads(fetched(client, "datapackage.json"))
    assert package["licenses"] == [{"name": "CC-BY-4.0", "path": "https://spdx.org/licenses/CC-BY-4.0.html"}]
    assert (package["version"], package["count"], package["licence_confirmed_by_the_city"]) == (
        DAY,
        12,
        False,
    )
    for resource in package["resources"]:
        assert [field["name"] for field in resource["schema"]["fields"]] == NAMES
        assert all(field["description"] for field in resource["schema"]["fields"])
        content = fetched(client, resource["path"], DAY)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)


def test_places_are_on_the_grid_and_those_of_rare_requests_are_left_out(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = file(phnom_penh, lat=11.55641, lon=104.92823)
    multiply(owner, common, 9)
    rare = file(phnom_penh, service_code="street_light", lat=11.55641, lon=104.92823)
    odd, *_ = multiply(owner, rare, 8)
    file(phnom_penh, confidential=True)
    owner.execute("update request set district = 'Sok Dara''s garden' where reference = %s", (odd,))
    assert made(db, phnom_penh) == 19
    rows = table(fetched(client, "requests.csv"))
    few = [row for row in rows if row["service"] == "street_light"]
    many = [row for row in rows if row["service"] != "street_light"]
    assert {
        (row["place_withheld"], row["district"], row["district_name"], row["lat"], row["lon"]) for row in few
    } == {("true", "", "", "", "")}
    assert (len(few), len(many)) == (9, 10)
    for row in many:
        assert row["place_withheld"] == "false"
        assert row["district"]
        step = 100 / METRES_PER_DEGREE
        assert math.isclose(float(row["lat"]) / step, round(float(row["lat"]) / step), abs_tol=2e-3)
        assert abs(float(row["lat"]) - 11.55641) > 1e-5
    rule(monkeypatch, blur_metres=1000)
    assert made(db, configuration().cities["kh-pnh"], NOW + dt.timedelta(days=1)) == 19
    coarse = {row["lat"] for row in table(fetched(client, "requests.csv"))} - {""}
    assert all(
        math.isclose(float(lat) / step, round(float(lat) / step / 10) * 10, abs_tol=2e-2) for lat in coarse
    )


def test_what_is_hidden_later_leaves_every_version_the_next_night(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City, tmp_path: Path
) -> None:
    gone, *_ = multiply(owner, file(phnom_penh), 9)
    owner.execute("update request set received_at = %s", (NOW - dt.timedelta(days=3),))
    assert [made(db, phnom_penh, NOW - dt.timedelta(days=1)), made(db, phnom_penh)] == [10, 10]
    file(phnom_penh, confidential=True)
    kept = files(settings())
    assert withdraw_hidden(db, kept, phnom_penh) == 0, "what was in no file changes none"
    before = {name: fetched(client, name) for name in (CSV, GEOJSON, PACKAGE)}
    owner.execute("update request set public = false where reference = %s", (gone,))
    assert [withdraw_hidden(db, kept, phnom_penh) for _ in range(2)] == [2, 0]
    for day in ("2026-11-21", DAY):
        rows = table(fetched(client, CSV, day))
        assert {row["reference"] for row in rows} == {row["reference"] for row in table(before[CSV])} - {gone}
        assert {(row["place_withheld"], row["district"], row["lat"]) for row in rows} == {("true", "", "")}, (
            "nine of a kind are few"
        )
        assert [row["received_at"] for row in rows] == [row["received_at"] for row in table(before[CSV])][:9]
        assert gone not in fetched(client, GEOJSON, day).decode()
        (tmp_path / "requests.parquet").write_bytes(fetched(client, "requests.parquet", day))
        assert len(elsewhere(PARQUET, str(tmp_path / "requests.parquet"))["rows"]) == 9
        package = json.loads(fetched(client, PACKAGE, day))
        assert (package["count"], package["version"]) == (9, day)
        for resource in package["resources"]:
            content = fetched(client, resource["path"], day)
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    owner.execute("update request set public = false")
    assert withdraw_hidden(db, kept, phnom_penh) == 2
    assert client.get("/open-data/kh-pnh").json()["versions"] == []
    assert client.get(f"/open-data/kh-pnh/{DAY}/{CSV}").status_code == 404


@pytest.mark.parametrize("kept_before", [1, 4])
def test_a_withdrawal_that_broke_off_is_done_to_its_end_the_next_night(
    client: TestClient,
    db: Connection,
    owner: Connection,
    phnom_penh: City,
    monkeypatch: pytest.MonkeyPatch,
    kept_before: int,
) -> None:
    gone, *_ = multiply(owner, file(phnom_penh), 9)
    owner.execute(
        "update request set received_at = %s", (NOW + dt.timedelta(seconds=1),)
    )  # while it was read
    assert made(db, phnom_penh) == 10
    owner.execute("update request set public = false where reference = %s", (gone,))
    keep, left = Files.keep, iter(range(kept_before - 1))

    def broken_off(self: Files, path: str, content: Path) -> None:
        keep(self, path, content)
        if next(left, None) is None:
            raise MediaUnavailable("the night is over")

    with monkeypatch.context() as this_night:
        this_night.setattr(Files, "keep", broken_off)
        with pytest.raises(MediaUnavailable):
            withdraw_hidden(db, files(settings()), phnom_penh)
    db.rollback()
    assert [withdraw_hidden(db, files(settings()), phnom_penh) for _ in range(2)] == [1, 0]
    assert gone.encode() not in fetched(client, GEOJSON)
    [version] = client.get("/open-data/kh-pnh").json()["versions"]
    assert version["requests"] == 9
    for one in version["files"]:
        assert hashlib.sha256(fetched(client, one["name"])).hexdigest() == one["sha256"], one["name"]


def test_what_a_withdrawal_leaves_is_counted_without_what_has_no_place(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    """Ten lie in no district that is known; another, alone in its own, is shown without it and is none of theirs."""
    hidden, *_ = multiply(owner, file(phnom_penh), 9)
    owner.execute("update request set district = null")
    file(phnom_penh)
    owner.execute("update request set received_at = %s", (NOW - dt.timedelta(days=3),))
    assert made(db, phnom_penh) == 11
    assert [row["place_withheld"] for row in table(fetched(client, CSV))].count("true") == 1
    owner.execute("update request set public = false where reference = %s", (hidden,))
    assert withdraw_hidden(db, files(settings()), phnom_penh) == 1
    assert {(row["place_withheld"], row["lat"]) for row in table(fetched(client, CSV))} == {("true", "")}


def test_nothing_personal_is_in_any_file(
    client: TestClient, db: Connection, owner: Connection, supervisor: Staff, phnom_penh: City, tmp_path: Path
) -> None:
    """Words are planted in every field that takes any, by every way that leads there."""
    mark = "zebrafinch"
    body = BODY | {
        "description": f"{mark} words",
        "address": f"{mark} lane",
        "contact": {"name": f"{mark} Sok", "email": f"{mark}@example.org", "phone": "+85512345678"},
    }
    sent = [client.post(LIST, json=body | {"answers": {}}).json() for _ in range(10)]
    supervisor.move(sent[0]["reference"], "assign", assignee="crew-1", note=f"{mark} note")
    supervisor.move(sent[1]["reference"], "resolve", reason="cleaned", note=f"{mark} closing")
    link = {"Nagara-Link": sent[2]["token"]}
    added = client.post(
        f"{STATUS}/{sent[2]['reference']}/additions", json={"text": f"{mark} more"}, headers=link
    )
    assert added.status_code in (200, 201), added.text
    columns = owner.execute(
        "select column_name, data_type from information_schema.columns where table_name = 'request' and "
        "is_generated = 'NEVER' and data_type in ('text', 'jsonb')"
    ).fetchall()
    closed_lists = {
        "city_id", "reference", "status", "service_code", "network_code", "department", "priority", "channel", "rule",
        "promise_standard", "config_fingerprint", "closing_reason", "place_method", "language", "idempotency_key",
    }  # fmt: skip
    free = [(name, kind) for name, kind in columns if name not in closed_lists]
    known = {
        "description",
        "address",
        "answers",
        "assignee",
        "status_note",
        "source",
        "source_id",
        "district",
        "reason",
    }
    assert known <= {name for name, _ in free}
    for name, kind in free:
        value = f"'\"{mark}\"'::jsonb" if kind == "jsonb" else f"'{mark} {name} ' || id"
        owner.execute(f"update request set {name} = {value}")
    assert made(db, phnom_penh) == 10
    (tmp_path / "requests.parquet").write_bytes(fetched(client, "requests.parquet"))
    texts = {name: fetched(client, name).decode() for name in (CSV, GEOJSON, PACKAGE)}
    texts |= {
        "parquet": json.dumps(elsewhere(PARQUET, str(tmp_path / "requests.parquet"))),
        "page": client.get("/open-data?f=html").text,
        "features": client.get("/ogc/collections/requests/items").text,
    }
    for name, text in texts.items():
        assert sent[0]["reference"] in text or name in (PACKAGE, "page")
        for word in (mark, "Sok", "example.org", "12345678", "crew-1"):
            assert word not in text, (name, word)


def test_versions_are_listed_dropped_and_made_once_a_day(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    assert client.get("/open-data").json()["cities"] == []
    assert made(db, phnom_penh) is None, "where nothing is public, nothing is made"
    multiply(owner, file(phnom_penh), 2)
    days = [dt.datetime(2026, 8, 31, 18, tzinfo=dt.UTC), dt.datetime(2026, 9, 1, 18, tzinfo=dt.UTC), NOW]
    assert [made(db, phnom_penh, day) for day in days] == [3, 3, 3]
    first = fetched(client, "requests.csv", "2026-09-01")
    file(phnom_penh)
    assert made(db, phnom_penh, NOW + dt.timedelta(hours=2)) is None, "the day has its version"
    assert made(db, phnom_penh, NOW + dt.timedelta(days=1)) == 4
    listed = client.get("/open-data/kh-pnh").json()
    assert [one["day"] for one in listed["versions"]] == ["2026-11-23", DAY, "2026-09-02", "2026-09-01"]
    assert [field["name"] for field in listed["dictionary"]["fields"]] == NAMES
    later = dt.datetime(2026, 12, 24, tzinfo=dt.UTC)
    assert drop_old(db, files(settings()), phnom_penh, later) == 1
    assert client.get("/open-data/kh-pnh/2026-09-02/requests.csv").status_code == 404
    assert fetched(client, "requests.csv", "2026-09-01") == first, "a month's first day stays"
    assert drop_old(db, files(settings()), phnom_penh, later) == 0
    silent = phnom_penh.model_copy(
        update={"open_data": phnom_penh.open_data.model_copy(update={"publish": False})}
    )
    assert made(db, silent, NOW + dt.timedelta(days=9)) is None


def test_the_list_the_page_and_the_catalogue_lead_to_the_files(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    file(phnom_penh)
    made(db, phnom_penh)
    [entry] = client.get("/open-data").json()["cities"]
    assert (entry["city"], entry["day"], entry["requests"], entry["licence"]["confirmed"]) == (
        "kh-pnh",
        DAY,
        1,
        False,
    )
    catalogue = client.get("/open-data/catalog.jsonld")
    assert catalogue.headers["content-type"] == "application/ld+json"
    [dataset] = catalogue.json()["dcat:dataset"]
    sums = {
        one["dcat:downloadURL"]["@id"]: one["spdx:checksum"]["spdx:checksumValue"]["@value"]
        for one in dataset["dcat:distribution"]
    }
    page = client.get("/open-data", headers={"Accept": "text/html"}).text
    for one in entry["files"]:
        path = one["url"][one["url"].index("/open-data") :]
        answer = client.get(path)
        assert hashlib.sha256(answer.content).hexdigest() == one["sha256"] == sums[one["url"]]
        assert answer.headers["content-length"] == str(one["bytes"])
        assert answer.headers["content-disposition"] == f'attachment; filename="kh-pnh-{DAY}-{one["name"]}"'
        tag, whole = answer.headers["etag"], answer.content
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            assert client.get(path, headers={"If-None-Match": known}).status_code == 304
        for asked, first, after in (("0-3", 0, 4), ("4-", 4, len(whole)), ("-8", len(whole) - 8, len(whole))):
            part = client.get(path, headers={"Range": f"bytes={asked}", "If-Range": tag})
            assert (part.status_code, part.content) == (206, whole[first:after]), asked
            assert part.headers["content-range"] == f"bytes {first}-{after - 1}/{len(whole)}"
        for odd in ({"Range": "bytes=0-1,3-4"}, {"Range": "lines=1-2"}, {"Range": "bytes=9-2"}):
            assert client.get(path, headers=odd).content == whole
        assert client.get(path, headers={"Range": "bytes=0-3", "If-Range": '"old"'}).content == whole
        behind = client.get(path, headers={"Range": f"bytes={len(whole)}-"})
        assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(whole)}")
        head = client.head(path, headers={"Range": "bytes=0-3"})
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole))), "RFC 9110, 14.2"
        assert one["url"] in page
    of_city = client.get("/open-data/kh-pnh?f=html").text
    assert all(name in of_city for name in NAMES)
    for path in ("latest/other.csv", "latest/..%2Fx", "2020-01-01/requests.csv", "yesterday/requests.csv"):
        assert client.get(f"/open-data/kh-pnh/{path}").status_code == 404, path


def test_reading_takes_rows_a_few_at_a_time(
    db: Connection, phnom_penh: City, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five times the rows take no more memory: they come through a cursor of the server's."""
    monkeypatch.setattr(reading, "ROWS_AT_ONCE", 200)
    multiply(owner, file(phnom_penh), 3000)
    most = {}
    for wanted in (600, 3000):
        tracemalloc.start()
        for number, _ in enumerate(reading.rows_of(db, phnom_penh), 1):
            if number == wanted:
                break
        most[wanted] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        db.rollback()
    assert most[3000] < 1.3 * most[600], most
