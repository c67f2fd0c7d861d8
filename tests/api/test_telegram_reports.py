"""Residents report by the bot, in any order and language; the API is a double of Telegram's on loopback."""

from __future__ import annotations

import itertools
import json
import logging
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient
from typer.testing import CliRunner

from nagara import rate_limits
from nagara.cities import configuration
from nagara.cli.main import app
from nagara.database import time_told
from nagara.notifications import compose, deliver
from nagara.notifications.channels.telegram import webhook_secret
from nagara.notifications.forgetting import forget
from nagara.rate_counts import Limit
from nagara.rate_limits import LIMITS, RateLimiter
from nagara.settings import settings
from tests.api import riverside
from tests.api.conftest import Staff
from tests.helpers import Connection

UPDATES = "/api/v1/telegram/updates"
TOKEN = "12345:a-token-of-a-bot"
HERE = {"latitude": 11.5564, "longitude": 104.9282}


def jpeg(colour: str = "red") -> bytes:
    written = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "camera of a resident"
    Image.new("RGB", (320, 240), colour).save(written, "JPEG", exif=exif)
    return written.getvalue()


@dataclass
class Api:
    """What the bot asked for, the files that lie there, and whether it answers at all."""

    said: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    away: bool = False
    url: str = ""

    @property
    def last(self) -> dict[str, Any]:
        """The newest message of the bot."""
        return self.said[-1]

    def buttons(self) -> dict[str, str]:
        """Its buttons: what is read on them, and what they carry."""
        rows = self.last.get("reply_markup", {}).get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}


@pytest.fixture
def api(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The Bot API's double, which the settings name."""
    double = Api()

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def _give(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            method = self.path.removeprefix(f"/bot{TOKEN}/")
            if double.away:
                self._give(502, b"")
                return
            double.asked.append((method, content))
            if method == "sendMessage":
                double.said.append(content)
            result: Any = True
            if method == "getFile":
                result = {"file_id": content["file_id"], "file_path": f"photos/{content['file_id']}.jpg"}
            self._give(200, json.dumps({"ok": True, "result": result}).encode())

        def do_GET(self) -> None:
            name = self.path.removeprefix(f"/file/bot{TOKEN}/photos/").removesuffix(".jpg")
            content = double.files.get(name)
            self._give(200 if content is not None else 404, content or b"")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("NAGARA_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("NAGARA_TELEGRAM_BOT", "nagara_bot")
    monkeypatch.setenv("NAGARA_TELEGRAM_API", double.url)
    settings.cache_clear()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        monkeypatch.undo()
        settings.cache_clear()


class Resident:
    """Somebody with a chat."""

    def __init__(self, client: TestClient, api: Api, language: str = "en", chat: int = 4711) -> None:
        self.client, self.api, self.chat = client, api, chat
        self.person = {"id": chat, "language_code": language}
        self._numbers = itertools.count(chat * 1000)

    def update(self, **content: Any) -> dict[str, Any]:
        """A message of this chat."""
        chat = {"id": self.chat, "type": "private"}
        message = {"message_id": 1, "chat": chat, "from": self.person} | content
        return {"update_id": next(self._numbers), "message": message}

    def post(self, update: dict[str, Any]) -> int:
        """Send an update as Telegram does."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret()}
        return int(self.client.post(UPDATES, json=update, headers=headers).status_code)

    def send(self, **content: Any) -> str:
        """Write something; returns what the bot answers."""
        assert self.post(self.update(**content)) == 204
        return str(self.api.last["text"])

    def press(self, carried: str) -> str:
        """Press a button; returns what the bot answers."""
        assert self.post(self.pressing(carried)) == 204
        return str(self.api.last["text"])

    def pressing(self, carried: str) -> dict[str, Any]:
        """The update of a button."""
        message = self.update()["message"]
        query = {"id": "77", "from": self.person, "message": message, "data": carried}
        return {"update_id": next(self._numbers), "callback_query": query}

    def choose(self, text: str) -> str:
        """Press the button on which this is read."""
        [carried] = [data for label, data in self.api.buttons().items() if text in label]
        return self.press(carried)


def photo(*names: str) -> list[dict[str, Any]]:
    return [
        {"file_id": name, "width": 90 * size, "height": 60 * size, "file_size": 100}
        for size, name in enumerate(names, 1)
    ]


def finish(resident: Resident) -> str:
    """Answer whatever is asked until the summary stands; returns it."""
    for _ in range(12):
        text = str(resident.api.last["text"])
        buttons = resident.api.buttons()
        if any(data.startswith("send:") for data in buttons.values()):
            return text
        done = [data for data in buttons.values() if data.startswith("d:")]
        if done:
            resident.press(done[0])
        elif buttons:
            resident.press(next(iter(buttons.values())))
        else:
            resident.send(text="3")
    raise AssertionError(resident.api.last)


def test_a_report_in_any_order_is_filed_once_and_its_moves_are_told(
    client: TestClient, api: Api, supervisor: Staff, db: Connection, owner: Connection
) -> None:
    resident = Resident(client, api)
    api.files["large"] = jpeg()
    assert "/cancel" in resident.send(text="/start")
    assert api.last["reply_markup"]["keyboard"][0][0]["request_location"] is True
    assert "location" in resident.send(photo=photo("small", "large"), caption="the rubbish was not collected")
    assert resident.send(location=HERE) == "What is it about?"
    buttons = api.buttons()
    assert 2 <= len(buttons) <= 4
    assert all(len(data.encode()) <= 64 for data in buttons.values())
    city = configuration().cities["kh-pnh"]
    missed = city.services_by_code["waste_missed"]
    resident.choose(missed.names["en"])
    said = finish(resident)
    assert "the rubbish was not collected" in said
    assert "Photos: 1" in said
    assert owner.execute("select count(*) from request").fetchone() == (0,)

    update = resident.pressing(api.buttons()["Send"])
    assert [resident.post(update) for _ in range(3)] == [204] * 3, "each update is handled once"
    answer = str(api.last["text"])
    rows = owner.execute(
        "select reference, channel, service_code, language, description from request"
    ).fetchall()
    [(reference, channel, service, language, words)] = rows
    assert (channel, service, language, words) == (
        "telegram", "waste_missed", "en", "the rubbish was not collected",
    )  # fmt: skip
    assert reference in answer
    assert "?token=" in answer
    assert sum(reference in one["text"] for one in api.said) == 1
    token = answer.partition("?token=")[2].split(maxsplit=1)[0]
    shown = client.get(f"/api/v1/requests/{reference}", headers={"Nagara-Link": token}).json()
    assert len(shown["photos"]) == 1
    kept = client.get(shown["photos"][0]["url"], headers={"Nagara-Link": token}).content
    assert kept.startswith(b"\xff\xd8"), "re-encoded"
    assert b"camera of a resident" not in kept
    assert [content["file_id"] for method, content in api.asked if method == "getFile"] == ["large"]
    assert "answerCallbackQuery" in {method for method, _ in api.asked}

    before = len(api.said)
    supervisor.move(reference, "acknowledge")
    with db.transaction():
        compose(db)
    assert deliver(db, "telegram").sent == 1, "its filing was answered already"
    assert reference in api.said[before]["text"]
    assert reference in resident.send(text=f"/status {reference}")
    stranger = Resident(client, api, chat=99)
    assert "no report of yours" in stranger.send(text=f"/status {reference}")
    assert "no report of yours" in stranger.send(text=f"/stop {reference}")
    assert "not be told" in resident.send(text=f"/stop {reference}")
    assert owner.execute("select count(*) from subscription").fetchone() == (0,)


def test_what_telegram_repeats_after_our_answer_was_lost_is_answered_with_the_same(
    client: TestClient, api: Api, owner: Connection
) -> None:
    resident = Resident(client, api, "km")
    resident.send(location=HERE)
    resident.send(text="សំរាមមិនបានប្រមូល")
    resident.press(next(data for data in api.buttons().values() if data.startswith("s:")))
    finish(resident)
    send = next(data for data in api.buttons().values() if data.startswith("send:"))
    update = resident.pressing(send)
    api.away = True
    assert [resident.post(update) for _ in range(2)] == [503, 503]
    assert owner.execute("select count(*), max(language) from request").fetchone() == (1, "km")
    api.away = False
    before = len(api.said)
    assert [resident.post(update) for _ in range(2)] == [204, 204]
    [said] = api.said[before:]
    row = owner.execute("select reference from request").fetchone()
    assert row is not None
    assert row[0] in said["text"]
    assert "ភ្នំពេញ" in said["text"]
    resident.press(send)
    assert owner.execute("select count(*) from request").fetchone() == (1,), "an old button sends nothing"


def test_an_album_comes_as_updates_at_once_and_none_is_lost(
    client: TestClient, api: Api, owner: Connection
) -> None:
    resident = Resident(client, api)
    updates = [resident.update(photo=photo(f"p{number}")) for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(resident.post, updates)) == {204}
    api.files |= {"p0": jpeg("blue"), "p1": jpeg("green"), "p2": b"no picture", "p3": jpeg("navy")}
    resident.send(location=HERE)
    resident.choose(next(iter(api.buttons())))
    assert "Photos: 4" in finish(resident)
    assert resident.choose("Send").startswith("A photo could not be used")
    assert "Photos: 3" in api.last["text"]
    resident.choose("Send")
    assert owner.execute("select count(*) from photo where request_id is not null").fetchone() == (3,)


@pytest.fixture
def riverside_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A town that turns things away, served alone."""
    with pytest.MonkeyPatch.context() as patch, riverside.served(tmp_path_factory, patch):
        yield


def test_what_is_not_taken_and_what_is_missing_is_said_in_words(
    client: TestClient, api: Api, riverside_town: None, owner: Connection
) -> None:
    resident = Resident(client, api)
    outside = {"latitude": riverside.OUTSIDE["lat"], "longitude": riverside.OUTSIDE["lon"]}
    assert resident.send(location=outside).startswith("No city here")
    assert "Riverside, 60" in api.last["text"]
    west = {"latitude": riverside.WEST["lat"], "longitude": riverside.WEST["lon"]}
    assert resident.send(location=west).startswith("What is wrong there")
    assert resident.send(photo=photo("one")) == "What is it about?"
    assert not [label for label in api.buttons() if "Ferry" in label], "not offered any more"
    said = resident.choose("Power cut")
    assert said.startswith("The electricity company takes these.\nhttps://power.example.org/\n")
    assert said.endswith("What is it about?")

    resident.press("p:0")
    assert resident.choose("Flooding") == "Where is the water?"
    assert "In danger? Leave now and call.\n119" in resident.choose("Home")
    resident.press("p:0")
    resident.choose("Flooding")
    assert "Keep away from cables." in resident.send(text="street")
    assert "Discarded" in resident.choose("Discard")
    for pressed in ("s:nothing", "a:nothing", "send:other", "p:xx", "", "l:xx"):
        assert "/cancel" in resident.press(pressed)
    assert resident.send(text="/language") == "English"
    assert "/cancel" in resident.choose("ไทย")
    assert "ตำแหน่ง" in resident.send(text="ขยะ")
    assert owner.execute("select count(*) from request").fetchone() == (0,)


def test_a_chat_that_writes_too_much_is_told_once(
    client: TestClient, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "LIMITS", {**LIMITS, "update by chat": (Limit(3, 86_400),)})
    limiter: RateLimiter = client.app.state.resources.limiter  # type: ignore[attr-defined]
    secret = limiter._secret
    limiter._enabled, limiter._secret = True, uuid.uuid4().bytes
    try:
        resident, other = Resident(client, api), Resident(client, api, chat=5)
        for _ in range(8):
            resident.send(text="x")
        told = [one["text"] for one in api.said if one["text"].startswith("Too many messages")]
        assert 1 <= len(told) <= 2, "once a minute"
        assert len(api.said) == 3 + len(told)
        assert other.send(text="hello").startswith("Where is it?")
    finally:
        limiter._enabled, limiter._secret = False, secret


def test_the_owner_of_a_report_filed_elsewhere_is_told_in_a_chat(
    client: TestClient, api: Api, owner: Connection
) -> None:
    body = {"service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282}
    filed = client.post("/api/v1/cities/kh-pnh/requests", json=body).json()
    link = f"/api/v1/requests/{filed['reference']}/telegram"
    assert client.post(link, headers={"Nagara-Link": "guessed"}).status_code == 404
    url = client.post(link, headers={"Nagara-Link": filed["token"]}).json()["url"]
    code = url.partition("start=")[2]
    assert len(code) <= 64
    resident = Resident(client, api)
    assert "too old" in resident.send(text=f"/start {code[:-1]}x")
    assert filed["reference"] in resident.send(text=f"/start {code}")
    assert filed["reference"] in resident.send(text=f"/status {filed['reference']}")
    assert owner.execute("select channel, own from subscription").fetchall() == [("telegram", True)]


def test_telegram_is_told_where_updates_go(api: Api) -> None:
    told = CliRunner().invoke(app, ["bot"])
    assert told.exit_code == 0, told.output
    [(method, content)] = api.asked
    assert method == "setWebhook"
    assert content["url"] == f"{settings().public_url}{UPDATES}"
    assert content["secret_token"] == webhook_secret()
    assert content["url"] in told.output


def test_a_draft_is_sealed_goes_after_a_day_and_no_word_of_it_is_logged(
    client: TestClient, api: Api, db: Connection, owner: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    resident = Resident(client, api)
    resident.send(text="my neighbour Sokha")
    group = resident.update(text="in a group")
    group["message"]["chat"] = {"id": -5, "type": "group"}
    before = len(api.said)
    assert resident.post(group) == 204
    assert len(api.said) == before
    stored = owner.execute("select string_agg(concat(d), '') from telegram_draft d").fetchone()
    assert stored is not None
    assert not {word for word in ("Sokha", "4711") if word in stored[0]}
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("nagara"))
    assert "Sokha" not in logged
    assert TOKEN not in logged
    owner.execute("update telegram_draft set expires_at = now() - interval '1 second'")
    owner.execute("update telegram_update set handled_at = now() - interval '3 days'")
    owner.commit()
    assert "Sokha" not in resident.send(location=HERE)
    owner.execute("update telegram_draft set expires_at = now() - interval '1 second'")
    owner.commit()
    now = time_told(db)
    assert [forget(db, now) for _ in range(2)] == [2, 0]
    db.rollback()
