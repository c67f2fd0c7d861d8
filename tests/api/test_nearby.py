"""Open reports near a place: the same problem or a look-alike picture, and never more than the public may see."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from io import BytesIO
from typing import Any, Protocol

import psycopg
import pytest
from PIL import Image
from starlette.testclient import TestClient

from nagara.places.finding import metres_between
from tests.api import riverside
from tests.api.riverside import API, CHECK, FILE, WEST

Owner = psycopg.Connection[Any]
METRE = 1 / 111_320
"""Degrees of latitude."""


class Town(Protocol):
    """Serves the town with further keys of its city.yaml."""

    def __call__(self, **more: Any) -> AbstractContextManager[None]:
        """While the block lasts."""


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town, to be served as a test wants it."""
    return lambda **more: riverside.served(tmp_path_factory, monkeypatch, **more)


@pytest.fixture
def plain(client: TestClient, town: Town) -> Iterator[None]:
    """The town as it is."""
    with town():
        yield


def north(metres: float) -> dict[str, Any]:
    """A place so many metres north of the usual one."""
    return {"lat": WEST["lat"] + metres * METRE, "lon": WEST["lon"]}


def filed(client: TestClient, service: str = "pothole", **fields: Any) -> str:
    """File at the usual place unless told; returns the reference."""
    answer = client.post(FILE, json={"service_code": service, **WEST, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def nearby(client: TestClient, service: str = "pothole", **fields: Any) -> list[dict[str, Any]]:
    """What a check finds near the usual place."""
    answer = client.post(CHECK, json={"service_code": service, **WEST, **fields})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["nearby"]
    return found


def references(found: list[dict[str, Any]]) -> list[str]:
    return [report["reference"] for report in found]


def scene(number: int, brightness: int = 0, quality: int = 90) -> bytes:
    """A picture of something; the same number is the same scene in another light."""
    chance = random.Random(number)
    tones = bytes(min(255, chance.randrange(20, 220) + brightness) for _ in range(9 * 8))
    picture = Image.frombytes("L", (9, 8), tones).resize((640, 480), Image.Resampling.BICUBIC).convert("RGB")
    written = BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()


def sent(client: TestClient, content: bytes) -> str:
    """Send a picture ahead; returns its id."""
    answer = client.post(f"{API}/media", files={"file": ("a.jpg", content)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.usefixtures("plain")
def test_the_same_problem_near_by_is_found_nearest_first(client: TestClient) -> None:
    far = filed(client, **north(80))
    here = filed(client, **north(30))
    filed(client, **north(130))
    filed(client, "addict")
    filed(client, district="01", lat=None, lon=None)
    assert (
        client.post(FILE, json={"service_code": "pothole", **WEST, "same_as": here}).json()["joined"] == here
    )
    found = nearby(client)
    assert references(found) == [here, far]
    assert [report["metres"] for report in found] == [pytest.approx(30, abs=1), pytest.approx(80, abs=1)]
    assert found[0] == {
        "reference": here,
        "service": {"code": "pothole", "names": {"en": "Pothole"}},
        "status": "received",
        "open": True,
        "metres": found[0]["metres"],
        "received_at": found[0]["received_at"],
        "alike": False,
        "others": 1,
        "thumbnail_url": None,
        "position": {"lat": round(north(30)["lat"], 6), "lon": WEST["lon"]},
    }


@pytest.mark.usefixtures("plain")
def test_a_service_may_look_farther_or_not_at_all(client: TestClient) -> None:
    lamp = filed(client, "light", **north(350))
    filed(client, "tree")
    assert references(nearby(client, "light")) == [lamp]
    assert nearby(client, "tree") == []
    assert nearby(client, lat=None, lon=None, district="01") == []


@pytest.mark.usefixtures("plain")
def test_a_look_alike_picture_finds_reports_of_other_services(client: TestClient) -> None:
    elsewhere = filed(client, "graffiti", media=[sent(client, scene(1))], **north(40))
    other = filed(client, "graffiti", media=[sent(client, scene(2))], **north(10))
    same = filed(client, **north(5))
    mine = sent(client, scene(1, brightness=25, quality=60))
    found = nearby(client, media=[mine])
    assert references(found) == [elsewhere, same], "look-alikes first"
    assert [report["alike"] for report in found] == [True, False]
    assert other not in references(found)
    wall = BytesIO()
    Image.new("RGB", (640, 480), "grey").save(wall, "JPEG")
    filed(client, "graffiti", media=[sent(client, wall.getvalue())])
    assert not any(report["alike"] for report in nearby(client, media=[sent(client, wall.getvalue())]))


@pytest.mark.usefixtures("plain")
def test_what_has_ended_or_joined_another_is_not_offered(client: TestClient, owner: Owner) -> None:
    here = filed(client)
    filed(client, same_as=here)
    assert references(nearby(client)) == [here]
    owner.execute("update request set closed_at = now(), status = 'resolved' where reference = %s", (here,))
    assert nearby(client) == []


def test_what_the_public_may_not_see_is_never_found(client: TestClient, town: Town, owner: Owner) -> None:
    """Confidential, private, moderated, hidden by staff, or waiting for the city's delay."""
    rule = {"private_services": ["addict"], "moderated_services": ["graffiti"], "photos": "all"}
    with town(publication=rule):
        filed(client, confidential=True)
        media = [sent(client, scene(3))]
        filed(client, "addict", media=media)
        filed(client, "graffiti", media=[sent(client, scene(3))])
        hidden = filed(client)
        owner.execute("update request set public = false where reference = %s", (hidden,))
        for service in ("pothole", "addict", "graffiti"):
            assert nearby(client, service, media=[sent(client, scene(3))]) == []
            assert (
                client.post(FILE, json={"service_code": service, **WEST, "same_as": hidden}).json()["joined"]
                is None
            )
        owner.execute("delete from event_outbox")
        released = filed(client, "graffiti", media=[sent(client, scene(3))])
        owner.execute("update request set public = true where reference = %s", (released,))
        assert references(nearby(client, "graffiti")) == [released]
    with town(publication={"delay_hours": 24}):
        assert references(nearby(client, "light")) == []
        filed(client, "light")
        assert nearby(client, "light") == []


def test_pictures_are_shown_only_where_the_public_sees_them(client: TestClient, town: Town) -> None:
    for rule, shown in (("all", True), ("released", False), ("none", False)):
        with town(publication={"photos": rule}):
            reference = filed(client, "light", media=[sent(client, scene(4))])
            found = next(r for r in nearby(client, "light") if r["reference"] == reference)
            assert (found["thumbnail_url"] is not None) == shown
            if shown:
                assert client.get(found["thumbnail_url"]).status_code == 200


def test_asking_around_tells_no_more_than_the_blurred_place(client: TestClient, town: Town) -> None:
    """Reports in one square of the grid are the same to whoever asks, from wherever they ask."""
    side = 200
    with town(publication={"blur_metres": side}):
        step = side * METRE
        corner = math.floor(WEST["lat"] / step) * step
        inside = [corner + step * share for share in (0.55, 0.9, 1.3)]
        placed = [filed(client, lat=lat, lon=WEST["lon"]) for lat in inside]
        seen = set()
        for metres in range(-400, 500, 40):
            around: dict[str, Any] = {"lat": corner + step + metres * METRE, "lon": WEST["lon"]}
            found = {report["reference"]: report for report in nearby(client, **around)}
            assert set(found) in (set(), set(placed)), "all of a square, or none"
            told = {(r["metres"], tuple(r["position"].values())) for r in found.values()}
            assert len(told) <= 1
            if found:
                seen.add(metres)
                position = found[placed[0]]["position"]
                off = metres_between(around["lat"], around["lon"], position["lat"], position["lon"])
                assert found[placed[0]]["metres"] == round(off)
        assert seen
        exact = [nearby(client, lat=lat, lon=WEST["lon"]) for lat in inside]
        assert all(set(references(found)) == set(placed) for found in exact), "what is truly near is found"
