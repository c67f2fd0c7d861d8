"""A request goes to the system that owns it: once, whatever breaks; and staff see what could not go."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from nagara.external_owner import sending
from nagara.external_owner.forms import mark_of
from nagara.open311.client import Server
from nagara.photos.storage import media_store
from nagara.settings import settings
from tests.nagara.external_owner.back_end import JSON
from tests.nagara.external_owner.conftest import World
from tests.planting import plant

Configured = Callable[..., World]


class Killed(BaseException):
    """The process is gone."""


def test_a_request_is_sent_once_with_what_the_city_lets_go_along(configured: Configured) -> None:
    world = configured(always={"attribute[source]": "city"}, goes_along={"contact": "name"})
    contact = {"name": "Sok Dara", "email": "sok@example.org"}
    request = world.filed(contact=contact)
    other_service = world.filed(service_code="waste_overflow")
    assert [world.send() for _ in range(3)] == [{"sent": 1}, {}, {}]
    (given,) = world.other.posts
    centre = world.city.map.centre
    assert given["service_code"] == ["LAMP"]
    assert (float(given["lat"][0]), float(given["long"][0])) == (centre.lat, centre.lon)
    assert given["description"] == [f"Dark.\n\n{mark_of(request.reference)}"]
    assert given["api_key"] == ["their-key"]
    assert given["attribute[source]"] == ["city"]
    assert (given["first_name"], given["last_name"]) == (["Sok"], ["Dara"])
    assert "email" not in given
    link = world.link(request)
    assert (link["state"], link["their_id"], link["attempts"]) == ("sent", "001", 1)
    assert world.events(request) == [("sent_on", "system")]
    assert world.events(other_service) == []
    assert world.status(request) == "received", "being passed on is not being worked on"


@pytest.mark.parametrize(
    ("moods", "repeat", "knows_keys", "posts"),
    [
        (["silent"], "by_key", True, 2),
        (["silent"], "by_looking", False, 1),
        (["away"], "by_looking", False, 1),
        (["broken", "broken", "fine", "fine"], "by_looking", False, 1),
        (["silent", "away", "fine"], "by_looking", False, 1),
    ],
)
def test_an_answer_that_never_came_makes_no_second_request(
    configured: Configured, moods: list[str], repeat: str, knows_keys: bool, posts: int
) -> None:
    world = configured(repeat=repeat)
    world.other.next, world.other.knows_keys = moods, knows_keys
    request = world.filed()
    for _ in range(6):
        world.send()
        world.later()
    assert len(world.other.filed) == 1
    assert len(world.other.posts) == posts
    assert world.link(request)["their_id"] == "001"
    assert world.events(request) == [("sent_on", "system")]


def test_what_a_cut_list_does_not_show_at_once_makes_no_second_request(configured: Configured) -> None:
    """Their list ends after fifty and names no next page; what we look for came behind sixty others."""
    world = configured(repeat="by_looking")
    now = dt.datetime.now(dt.UTC)
    for number in range(60):
        id_, at = f"9{number:03}", now - dt.timedelta(minutes=50) + number * dt.timedelta(seconds=30)
        world.other.filed[id_] = {
            "service_request_id": id_,
            "status": "open",
            "service_code": "LAMP",
            "description": "Another's",
            "requested_datetime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        }
    world.other.cut, world.other.next = 50, ["silent"]
    request = world.filed()
    for _ in range(3):
        world.send()
        world.later()
    assert len(world.other.posts) == 1
    link = world.link(request)
    assert (link["state"], link["their_id"]) == ("sent", "061")


def test_a_number_longer_than_any_is_none_and_stops_nobody(configured: Configured) -> None:
    world = configured()
    endless = "".join(random.Random(5).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
    world.other.canned = (200, JSON, json.dumps([{"service_request_id": endless}]).encode())
    requests = [world.filed() for _ in range(2)]
    assert world.send() == {"sent": 2}
    assert [(world.link(one)["state"], world.link(one)["their_id"]) for one in requests] == [
        ("sent", None)
    ] * 2


def test_a_process_killed_between_the_answer_and_the_book_makes_no_second_request(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = configured(repeat="by_looking")
    request = world.filed()
    real = Server.post_request

    def killed(*args: Any, **more: Any) -> Any:
        real(*args, **more)
        raise Killed

    monkeypatch.setattr(Server, "post_request", killed)
    with pytest.raises(Killed):
        world.send()
    assert world.link(request)["begun_at"] is not None
    monkeypatch.setattr(Server, "post_request", real)
    assert world.send() == {}, "the lease holds"
    world.later()
    assert world.send() == {"sent": 1}
    assert len(world.other.posts) == len(world.other.filed) == 1
    assert world.events(request) == [("sent_on", "system")]


def test_staff_find_out_where_the_city_says_so(configured: Configured) -> None:
    world = configured(repeat="by_staff")
    world.other.next = ["silent"]
    request = world.filed()
    for _ in range(3):
        world.send()
        world.later()
    link = world.link(request)
    assert (link["state"], link["last_error"], len(world.other.posts)) == ("failed", "unclear", 1)


@pytest.mark.parametrize(
    ("fields", "filed", "because"),
    [
        ({}, {"confidential": True}, "confidential"),
        ({"services": {"road_pothole": "HOLE"}}, {}, "service_not_mapped"),
        ({"goes_along": {"address": False}}, {"address": "Road 3", "lat": None, "lon": None}, "no_place"),
        ({"key": "nobody"}, {}, "key_missing"),
    ],
)
def test_what_cannot_go_says_why(
    configured: Configured, fields: dict[str, Any], filed: dict[str, Any], because: str
) -> None:
    world = configured(**fields)
    request = world.filed(**filed)
    world.send()
    assert world.link(request)["last_error"] == because
    assert world.other.posts == []


def test_a_refusal_is_final_and_a_person_sends_again(configured: Configured) -> None:
    world = configured()
    world.other.next = ["no"]
    request = world.filed()
    assert world.send() == {"failed": 1}
    assert world.link(request)["last_error"] == "refused: 400: Unknown street"
    world.later()
    assert world.send() == {}


def test_a_token_is_exchanged_when_it_has_become_something(configured: Configured) -> None:
    world = configured()
    world.other.gives_tokens = True
    request = world.filed()
    assert world.send() == {"token": 1, "put back": 1}
    world.other.tokens["t-001"] = "001"
    world.later()
    assert world.send() == {"sent": 1}
    assert world.link(request)["their_id"] == "001"
    assert len(world.other.posts) == 1


def test_a_system_that_is_away_is_left_alone(configured: Configured) -> None:
    world = configured()
    world.other.next = ["away"] * 50
    requests = [world.filed() for _ in range(8)]
    world.send()
    tried = 50 - len(world.other.next)
    assert tried == 5, "after five failures the others wait"
    world.other.next = []
    for _ in range(4):
        world.later(7200)
        world.send()
    assert len(world.other.filed) == len(requests)
    assert {world.link(one)["state"] for one in requests} == {"sent"}


@pytest.mark.parametrize("wanted", ["multipart", "media_url", "none"])
def test_pictures_go_as_the_city_says_and_what_is_hidden_stays_hidden(
    configured: Configured, wanted: str
) -> None:
    world = configured(goes_along={"photos": wanted})
    request = world.filed()
    store = media_store(settings())
    original, hidden = (hashlib.sha256(one).digest() for one in (b"face", b"blurred"))
    store.write_now("kh-bat", original, b"face", b"t")
    store.write_now("kh-bat", hidden, b"blurred", b"t")
    plant(
        world.owner, "photo", "kh-bat", request_id=request.id, sha256=original, redacted_sha256=hidden,
        kind="before", public=True, position=1, redacted_at=dt.datetime.now(dt.UTC),
    )  # fmt: skip
    assert world.send() == {"sent": 1}
    (given,) = world.other.posts
    assert ("body" in given) == (wanted == "multipart")
    if wanted == "multipart":
        assert "blurred" in given["body"][0]
        assert "face" not in given["body"][0]
        assert 'name="client_request_id"' in given["body"][0]
    assert [url.startswith("http") for url in given.get("media_url", [])] == [True] * (wanted == "media_url")


def test_what_is_closed_or_elsewhere_before_it_went_is_not_sent(configured: Configured) -> None:
    world = configured(endpoint="http://127.0.0.1:9/v2")
    request = world.filed()
    world.send()
    world.owner.execute("update request set department = 'city-hall' where id = %s", (request.id,))
    world.later()
    assert world.send() == {"ended": 1}
    assert world.link(request)["last_error"] == "left"
    assert sending.GIVEN_UP_AFTER.days == 3
