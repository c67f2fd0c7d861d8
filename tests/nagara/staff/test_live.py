"""News reach the screens of their city after the commit, and only those; who missed some is told to read again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis
from redis.asyncio import Redis

from city_config import City
from nagara.accounts import Account
from nagara.changing import finish, locked
from nagara.database import city_session
from nagara.errors import TooManyRequests
from nagara.event_log import Actor
from nagara.lifecycle import TRANSITIONS, Move
from nagara.permissions import Role
from nagara.settings import settings
from nagara.staff import live
from nagara.staff.presence import LASTS_S, Presence
from tests.helpers import Known, file

WITHIN_S = 20.0
HERE, ELSEWHERE = "kh-pnh", "kh-rep"


@pytest.fixture(autouse=True)
def nobody_else_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process may serve an API, which would tell of what is filed here, some time later."""
    monkeypatch.setattr(live, "_teller", None)


def heard(scene: Callable[[live.Hub], Awaitable[Any]]) -> Any:
    """Play a scene with a process's telling and hearing."""

    async def play() -> Any:
        async with asyncio.timeout(WITHIN_S), live.live(settings().redis_url) as hub:
            return await scene(hub)

    return asyncio.run(play())


def acknowledge(city: City, request: Known, *, fail: bool = False) -> None:
    """Change a request in a transaction of its own."""
    with city_session(city.id) as session:
        row = locked(session, city, request.reference)
        finish(
            session,
            city,
            row,
            TRANSITIONS[Move.ACKNOWLEDGE],
            Actor("staff", "dara@kh-pnh"),
            row.received_at,
            {},
        )
        if fail:
            raise RuntimeError("it does not come to stand")


async def told_of(request: Known, listener: live.Listener) -> list[live.News]:
    """What a screen hears of a request until it hears the end; it may be told to catch up at any time."""
    heard_of = []
    while (news := await listener.waiting.get())["kind"] != "end":
        if news["reference"] == request.reference:
            heard_of.append(news)
    return heard_of


def test_a_change_is_told_after_its_commit_to_its_city_alone(database_url: str, phnom_penh: City) -> None:
    request = file(phnom_penh)

    async def scene(hub: live.Hub) -> tuple[list[live.News], list[live.News]]:
        async with hub.listening(HERE, "a") as here, hub.listening(ELSEWHERE, "a") as elsewhere:
            await hub.subscribed()
            with pytest.raises(RuntimeError):
                await asyncio.to_thread(acknowledge, phnom_penh, request, fail=True)
            await asyncio.to_thread(acknowledge, phnom_penh, request)
            for city in (HERE, ELSEWHERE):
                live.tell(city, [{"kind": "end", "reference": None}])
            return await told_of(request, here), await told_of(request, elsewhere)

    (news,), elsewhere = heard(scene)
    assert elsewhere == []
    assert (news["kind"], news["reference"], news["version"]) == ("changed", request.reference, 2)
    assert (news["status"], news["by"]) == ("acknowledged", "dara@kh-pnh")
    assert set(news) == {"kind", "reference", "version", "status", "department", "by", "at"}, (
        "nothing personal"
    )


def test_a_process_without_a_loop_tells_at_once(database_url: str, phnom_penh: City) -> None:
    request = file(phnom_penh)

    async def scene(hub: live.Hub) -> live.News:
        async with hub.listening(HERE, "a") as listener:
            await hub.subscribed()
            mine, live._teller = live._teller, None
            try:
                await asyncio.to_thread(acknowledge, phnom_penh, request)
            finally:
                live._teller = mine
            while (news := await listener.waiting.get())["kind"] != "changed":
                pass
            return news

    assert heard(scene)["reference"] == request.reference


def test_an_interruption_is_followed_by_catching_up(services: object) -> None:
    async def scene(hub: live.Hub) -> list[str]:
        async with hub.listening(HERE, "a") as listener, Redis.from_url(settings().redis_url) as other:
            await hub.subscribed()
            live.tell(HERE, [{"kind": "before", "reference": None}])
            kinds = []
            while "before" not in kinds:
                kinds.append((await listener.waiting.get())["kind"])
            await other.client_kill_filter(_type="pubsub")
            return [(await listener.waiting.get())["kind"]]

    assert heard(scene) == ["catch_up"]


def test_a_screen_that_takes_nothing_is_told_to_read_again(services: object) -> None:
    listener_kinds = []

    async def scene(hub: live.Hub) -> None:
        async with hub.listening(HERE, "a") as listener:
            listener.give({"kind": "filed", "reference": str(n)} for n in range(live.MOST_WAITING + 1))
            while not listener.waiting.empty():
                listener_kinds.append(listener.waiting.get_nowait()["kind"])

    heard(scene)
    assert listener_kinds == ["catch_up", "filed"]


def test_one_person_has_only_so_many_screens(services: object) -> None:
    async def scene(hub: live.Hub) -> None:
        async with asyncio.TaskGroup():
            entered = [hub.listening(HERE, "a") for _ in range(live.MOST_OF_ONE)]
            for one in entered:
                await one.__aenter__()
            with pytest.raises(TooManyRequests):
                async with hub.listening(HERE, "a"):
                    pass
            async with hub.listening(HERE, "b"):
                pass
            for one in entered:
                await one.__aexit__(None, None, None)

    heard(scene)


def person(name: str, city_id: str = HERE) -> Account:
    return Account(city_id, name, Role.AGENT, (), name.title())


def test_people_on_one_request_see_each_other_until_they_go(services: object) -> None:
    async def scene(hub: live.Hub) -> None:
        async with Redis.from_url(settings().redis_url) as client:
            await client.flushall()
            seen = Presence(client)
            first = await seen.come(person("dara"), "PNH-1")
            assert first == [{"username": "dara", "display_name": "Dara"}]
            both = await seen.come(person("sophea"), "PNH-1")
            assert [one["username"] for one in both] == ["dara", "sophea"]
            assert await seen.come(person("dara"), "PNH-2") == first
            assert len(await seen.come(person("visal", ELSEWHERE), "PNH-1")) == 1, "another city's"
            assert [one["username"] for one in await seen.go(person("dara"), "PNH-1")] == ["sophea"]
            key = f"nagara:presence:{HERE}:PNH-1"
            assert 0 < await client.ttl(key) <= LASTS_S
            members: list[Any] = list(await client.zrange(key, 0, -1))
            await client.zadd(key, dict.fromkeys(members, 1.0))  # her screen said nothing for long
            assert await seen.come(person("dara"), "PNH-1") == first

    heard(scene)


def test_without_redis_work_goes_on(services: object, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> list[dict[str, str]]:
        client = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
        return await Presence(client).come(person("dara"), "PNH-1")

    assert asyncio.run(scene()) == []
    monkeypatch.setattr(live, "_client", lambda: redis.Redis.from_url("redis://127.0.0.1:1/0"))
    monkeypatch.setattr(live._Direct, "silent_until", 0.0)
    live.tell(HERE, [{"kind": "changed", "reference": None}])
    assert live._Direct.silent_until > 0
