"""Pictures over HTTP: sent, taken by a report, shown to whoever may see them and to nobody else."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.photos.keeping import remove_unattached
from nagara.photos.storage import media_store
from nagara.settings import settings
from tests.api.conftest import Staff

Connection = psycopg.Connection[Any]
UPLOAD = "/api/v1/cities/kh-pnh/media"
FILE = "/api/v1/cities/kh-pnh/requests"
BODY: dict[str, Any] = {"service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282}


def picture(
    colour: str | tuple[int, int, int] = "red", size: tuple[int, int] = (640, 480), **options: Any
) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, colour).save(written, "JPEG", **options)
    return written.getvalue()


def send(client: TestClient, content: bytes, name: str = "a.jpg", city: str = "kh-pnh") -> httpx.Response:
    answer: httpx.Response = client.post(
        f"/api/v1/cities/{city}/media", files={"file": (name, content, "text/html")}
    )
    return answer


def sent(client: TestClient, content: bytes | None = None, city: str = "kh-pnh") -> str:
    answer = send(client, content or picture(), city=city)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def filed(client: TestClient, key: str | None = None, **fields: Any) -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post(FILE, json=BODY | fields, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def count(owner: Connection, what: str) -> int:
    row = owner.execute(f"select count(*) from {what}").fetchone()
    assert row is not None
    return int(row[0])


def files() -> list[Path]:
    return sorted(path for path in (settings().data / "media").rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def empty_folder(client: TestClient) -> None:
    for path in files():
        path.unlink()


@pytest.fixture
def all_shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let Phnom Penh show every picture."""
    publish(monkeypatch, photos="all")
    yield


def publish(monkeypatch: pytest.MonkeyPatch, **rule: Any) -> None:
    """Change the rule of publication the process knows for Phnom Penh."""
    city = configuration().cities["kh-pnh"]
    for name, value in rule.items():
        changed = {name: value}
        monkeypatch.setitem(city.publication.__dict__, name, changed[name])


def test_what_the_camera_knew_is_offered_and_not_kept(client: TestClient, owner: Connection) -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = 6
    tags.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2026:03:05 08:15:30"
    tags.get_ifd(IFD.GPSInfo).update({1: "N", 2: (11.0, 33.0, 23.04), 3: "E", 4: (104.0, 55.0, 41.52)})
    answer = send(client, picture(exif=tags))
    assert answer.status_code == 201
    told = answer.json()
    assert told["position"] == {"lat": 11.5564, "lon": 104.9282}
    assert told["taken_at"] == "2026-03-05T01:15:30Z", "a camera's clock is the city's"
    assert (told["width"], told["height"]) == (480, 640)
    assert told["bytes"] == max(path.stat().st_size for path in files())
    row = owner.execute("select row_to_json(photo)::text from photo").fetchone()
    assert row is not None
    assert "11.55" not in row[0]
    assert "104.92" not in row[0]
    assert not any(b"Exif" in path.read_bytes() for path in files())
    bare = send(client, picture()).json()
    assert (bare["position"], bare["taken_at"]) == (None, None)


def test_a_report_takes_its_pictures_in_their_order(
    client: TestClient, supervisor: Staff, owner: Connection, all_shown: None
) -> None:
    ids = [sent(client, picture(colour)) for colour in ("red", "green", "blue")]
    request = filed(client, media=[ids[2], ids[0]])
    shown = client.get(request["status_url"]).json()["photos"]
    assert [photo["id"] for photo in shown] == [ids[2], ids[0]]
    assert {photo["kind"] for photo in shown} == {"before"}
    assert [
        photo["id"] for photo in supervisor.get(f"/requests/{request['reference']}").json()["photos"]
    ] == [
        ids[2],
        ids[0],
    ]
    whole, small = client.get(shown[0]["url"]), client.get(shown[0]["thumbnail_url"])
    for answer, edge in ((whole, 640), (small, 320)):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert Image.open(BytesIO(answer.content)).width == edge
    again = client.get(shown[0]["url"], headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"/media/kh-pnh/{ids[1]}").status_code == 404, "it waits still"
    row = owner.execute("select data -> 'media' from event where kind = 'filed'").fetchone()
    assert row == ([ids[2], ids[0]],)


def test_a_repetition_gets_the_same_answer(client: TestClient, owner: Connection) -> None:
    ids = [sent(client), sent(client, picture("blue"))]
    first = filed(client, "k1", media=ids)
    assert filed(client, "k1", media=ids) == first
    other = client.post(FILE, json=BODY | {"media": ids[:1]}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "replayed_with_other_body")
    assert count(owner, "request") == 1
    assert count(owner, "photo where request_id is not null") == 2


def test_fifty_at_once_with_one_picture_are_one_request(client: TestClient, owner: Connection) -> None:
    ids = [sent(client)]
    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(lambda _: filed(client, "k1", media=ids)["reference"], range(50)))
    assert len(set(answers)) == 1
    with ThreadPoolExecutor(10) as crowd:
        other = [sent(client)]
        statuses = list(
            crowd.map(lambda n: client.post(FILE, json=BODY | {"media": other}).status_code, range(10))
        )
    assert sorted(statuses) == [201] + [422] * 9, "without a key each is a report of its own, and one has it"
    assert count(owner, "request") == 2


def test_pictures_that_do_not_wait_here_file_nothing(client: TestClient, owner: Connection) -> None:
    used = sent(client)
    filed(client, media=[used])
    fresh, foreign = sent(client), sent(client, city="th-bkk")
    for media in (
        [used],
        [fresh, used],
        [foreign],
        ["01900000-0000-7000-8000-000000000000"],
    ):
        answer = client.post(FILE, json=BODY | {"media": media})
        assert answer.status_code == 422, answer.text
        error = answer.json()["error"]
        assert (error["code"], error["field"]) == ("photo_not_usable", "media")
        assert media[-1] in error["message"]
        assert fresh not in error["message"]
    wrong: tuple[Any, ...] = ([fresh, fresh], [fresh] * 6, ["x"], ["../../etc/passwd"], "x")
    for named in wrong:
        assert client.post(FILE, json=BODY | {"media": named}).status_code == 422
    assert count(owner, "request") == 1
    filed(client, media=[fresh])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_photo"),
        (b"<html><script>alert(1)</script></html>", "not_a_photo"),
        (picture()[:1000], "damaged_photo"),
        (picture() + b"<script>alert(1)</script>", "not_a_photo"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "damaged_photo"),
        (b"GIF89a" + b"\x00" * 100, "not_a_photo"),
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_is_stored(
    client: TestClient, owner: Connection, content: bytes, code: str
) -> None:
    answer = send(client, content)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["field"] == "file"
    assert (files(), count(owner, "photo")) == ([], 0)


@pytest.mark.parametrize(
    "name",
    ["../../../etc/cron.d/x", "a.php", "a\x00.jpg", "C:\\windows\\a.exe", "a.svg", "/etc/passwd", "." * 300],
)
def test_a_files_name_means_nothing(client: TestClient, owner: Connection, name: str) -> None:
    before = {path for path in settings().data.rglob("*") if "media" not in path.parts}
    assert send(client, picture(), name).status_code == 201
    assert {path.suffix for path in files()} == {".jpg"}
    assert len(files()) == 2
    assert all(not path.stat().st_mode & 0o111 for path in files())
    assert {path for path in settings().data.rglob("*") if "media" not in path.parts} == before


@pytest.mark.parametrize(
    "path",
    [
        "/media/kh-pnh/..%2f..%2fetc%2fpasswd", "/media/..%2f/x", "/media/kh-pnh/x", "/media/xx-xx/x/thumbnail",
        "/media/kh-pnh/01900000-0000-7000-8000-000000000000", "/media/kh-pnh/%00",
    ],
)  # fmt: skip
def test_no_address_leads_out_of_the_store(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 422)


def test_a_form_that_is_none_is_refused(client: TestClient, owner: Connection) -> None:
    assert client.post(UPLOAD).status_code == 422
    assert client.post(UPLOAD, json={}).status_code == 422
    assert client.post(UPLOAD, data={"file": "text"}).status_code == 422
    assert client.post(UPLOAD, files={"other": picture()}).status_code == 422
    two = [("file", picture()), ("file", picture("blue"))]
    assert client.post(UPLOAD, files=two).status_code == 422
    broken = client.post(
        UPLOAD, content=b"--x\r\nbroken", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert broken.status_code == 422
    assert client.post("/api/v1/cities/xx-xxx/media", files={"file": picture()}).status_code == 404
    assert count(owner, "photo") == 0


def test_twelve_megabytes_are_the_end_and_elsewhere_one_is(client: TestClient, owner: Connection) -> None:
    large = os.urandom(11 * 1024 * 1024)
    assert send(client, large).status_code == 422, "read, and found to be no picture"
    assert send(client, large + large[: 2 * 1024 * 1024]).status_code == 413

    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        for _ in range(13):
            yield large[: 1024 * 1024]

    growing = client.post(
        UPLOAD, content=pieces(), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert growing.status_code == 413
    assert client.post(FILE, content=large[: 2 * 1024 * 1024]).status_code == 413
    assert client.get(UPLOAD).status_code == 405
    assert count(owner, "photo") == 0


def test_until_staff_release_it_only_the_link_and_staff_see_it(
    client: TestClient, supervisor: Staff, owner: Connection
) -> None:
    id_ = sent(client)
    request = filed(client, media=[id_])
    url = f"/media/kh-pnh/{id_}"
    assert client.get(request["status_url"]).json()["photos"] == []
    assert client.get(url).status_code == 404
    for wrong in ("x", "é", "", "0" * 40):
        assert client.get(url, params={"key": wrong, "until": 2**40}).status_code == 404
    assert client.get(url, params={"token": request["token"]}).status_code == 404, (
        "no address carries the link"
    )
    own = client.get(request["status_url"], headers={"Nagara-Link": request["token"]}).json()["photos"]
    assert request["token"] not in own[0]["url"] + own[0]["thumbnail_url"]
    seen = client.get(own[0]["thumbnail_url"])
    assert (seen.status_code, seen.headers["cache-control"]) == (200, "private, no-store")
    assert client.get(own[0]["url"].replace("until=", "until=1")).status_code == 404
    assert client.get(own[0]["url"].replace(id_, sent(client))).status_code == 404
    assert client.get(url, headers=supervisor.headers).status_code == 200
    foreign = Staff(client, "supervisor@th-bkk", "supervisor")
    assert client.get(url, headers=foreign.headers).status_code == 404
    official = Staff(client, "official@network", "official")
    assert client.get(url, headers=official.headers).status_code == 404

    release = f"/api/v1/staff/requests/{request['reference']}/media/{id_}"
    auditor = Staff(client, "auditor@kh-pnh", "auditor")
    assert client.put(release, json={"public": True}, headers=auditor.headers).status_code == 403
    assert client.put(release, json={"public": True}, headers=foreign.headers).status_code == 404
    for public, status in ((True, 200), (True, 200), (False, 404)):
        answer = client.put(release, json={"public": public}, headers=supervisor.headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["photos"][0]["released"] is public
        assert client.get(url).status_code == status
    rows = owner.execute("select data from event where kind = 'photo_released' order by seq").fetchall()
    assert [row[0]["public"] for row in rows] == [True, False], "the history says who released it, and when"


@pytest.mark.parametrize(
    ("rule", "confidential"),
    [
        ({}, True),
        ({"moderated": True}, False),
        ({"private_services": ("waste_missed",)}, False),
        ({"moderated_services": ("waste_missed",)}, False),
        ({"photos": "none"}, False),
    ],
)
def test_what_the_public_must_not_see_opens_with_the_link_alone(
    client: TestClient,
    owner: Connection,
    monkeypatch: pytest.MonkeyPatch,
    rule: dict[str, Any],
    confidential: bool,
) -> None:
    publish(monkeypatch, **({"photos": "all"} | rule))
    id_ = sent(client)
    request = filed(client, media=[id_], confidential=confidential)
    owner.execute("update photo set public = true")
    for kind in ("", "/thumbnail"):
        assert client.get(f"/media/kh-pnh/{id_}{kind}").status_code == 404
        assert (
            client.get(f"/media/kh-pnh/{id_}{kind}", headers={"Nagara-Link": request["token"]}).status_code
            == 200
        )
    open_ = client.get(request["status_url"])
    assert open_.status_code == 404 or open_.json()["photos"] == []


def test_another_city_does_not_know_it(client: TestClient, all_shown: None) -> None:
    id_ = sent(client)
    request = filed(client, media=[id_])
    assert client.get(f"/media/kh-pnh/{id_}").status_code == 200
    for headers in ({}, {"Nagara-Link": request["token"]}):
        assert client.get(f"/media/th-bkk/{id_}", headers=headers).status_code == 404


def test_staff_prove_what_was_done(
    client: TestClient, supervisor: Staff, owner: Connection, all_shown: None
) -> None:
    before, after = sent(client), sent(client, picture("green"))
    request = filed(client, media=[before])
    reference = request["reference"]
    for wrong in (before, "01900000-0000-7000-8000-000000000000"):
        refused = supervisor.move(reference, "acknowledge", media=[wrong])
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "photo_not_usable")
    assert client.get(request["status_url"]).json()["status"] == "received"
    assert supervisor.move(reference, "acknowledge").status_code == 200
    done = supervisor.move(reference, "resolve", reason="cleaned", media=[after])
    assert done.status_code == 200, done.text
    assert [(p["id"], p["kind"]) for p in done.json()["photos"]] == [(before, "before"), (after, "after")]
    assert done.json()["timeline"][-1]["data"]["media"] == [after]
    assert [p["kind"] for p in client.get(request["status_url"]).json()["photos"]] == ["before", "after"]


def test_what_no_report_took_within_a_day_is_removed_bytes_and_all(
    client: TestClient, owner: Connection
) -> None:
    red, shared, fresh = picture("red"), picture("green"), picture("blue")
    for content in (red, shared, fresh):
        sent(client, content)
    owner.execute("update photo set created_at = created_at - interval '25 hours'")
    kept = [sent(client, shared), sent(client, fresh)]
    filed(client, media=[kept[0]])
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        store = media_store(settings())
        assert remove_unattached(connection, store, now) == 3
        assert remove_unattached(connection, store, now) == 0
        assert len(files()) == 4, "the bytes that another row shares are kept"
        assert remove_unattached(connection, store, now + dt.timedelta(hours=24)) == 1
    assert len(files()) == 2
    assert count(owner, "photo") == 1


def test_a_picture_sent_while_its_like_is_removed_is_kept(client: TestClient, owner: Connection) -> None:
    sent(client)
    owner.execute("update photo set created_at = created_at - interval '25 hours'")
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)

        def removing() -> None:
            for _ in range(20):
                remove_unattached(connection, media_store(settings()), now)

        sweep = threading.Thread(target=removing)
        sweep.start()
        ids = [sent(client) for _ in range(10)]
        sweep.join()
    request = filed(client, media=ids[:5])
    own = client.get(request["status_url"], params={"token": request["token"]}).json()["photos"]
    assert [client.get(photo["url"]).status_code for photo in own] == [200] * 5
    assert len(files()) == 2
    assert count(owner, "photo") == 10


def test_another_city_neither_sees_nor_removes(client: TestClient, database_url: str) -> None:
    sent(client)
    with psycopg.connect(database_url, options="-c role=nagara_app") as connection:
        connection.execute("select set_config('nagara.city', 'th-bkk', true)")
        row = connection.execute("select count(*) from photo").fetchone()
        assert row == (0,)
        gone = connection.execute("delete from photo")
        assert gone.rowcount == 0, "residents erase their own; another city's is not there to be removed"
