"""A message of each kind in each channel and four scripts: written, handed over, and shown in the viewer."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.cities import configuration
from nagara.local.children import end_child, start_child
from nagara.local.http_sink import subscription_kept
from nagara.local.ports import LOOPBACK, accepts, free_port
from nagara.notifications.channels import CHANNELS, Outgoing
from nagara.notifications.channels.telegram import webhook_secret
from nagara.notifications.wording import (
    Happening,
    Notice,
    Standing,
    for_code,
    for_day,
    for_follower,
    for_reports,
    for_resident,
    for_staff,
    for_watcher,
    for_work,
)
from nagara.settings import settings
from tests.waiting import wait_until

URL = "https://city.example"
REFERENCE = "ABC-7K3M9QX-C"
NOW = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
SCRIPTS = {
    "kh-pnh": ("km", "KHMER"),
    "th-bkk": ("th", "THAI"),
    "mm-rgn": ("my", "MYANMAR"),
    "sg-sin": ("ta", "TAMIL"),
}
SHOWN_IN = ("email", "sms", "push", "telegram")
"""The channels that people read; what other systems are called with has no language."""

NOT_WORDS = re.compile(rf"https?://\S+|{REFERENCE}|\d+")


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The demo's other side of every channel, which the settings point to."""
    smtp, http = free_port(), free_port()
    folder = tmp_path / "outbox"
    command = [sys.executable, "-m", "nagara.local.mail_sink", "--port", str(smtp), "--http-port", str(http)]
    process = start_child([*command, "--folder", str(folder)], tmp_path / "log")
    monkeypatch.setenv("NAGARA_SMTP_URL", f"smtp://{LOOPBACK}:{smtp}")
    monkeypatch.setenv("NAGARA_SMS_URL", f"http://{LOOPBACK}:{http}/sms")
    monkeypatch.setenv("NAGARA_TELEGRAM_API", f"http://{LOOPBACK}:{http}")
    monkeypatch.setenv("NAGARA_TELEGRAM_TOKEN", "1:of-the-test")
    monkeypatch.setenv("NAGARA_OUTBOX_DIR", str(folder))
    settings.cache_clear()
    try:
        wait_until(lambda: accepts(smtp) and accepts(http), "the sink takes messages")
        yield folder
    finally:
        end_child(process, signal.SIGTERM, 10)
        monkeypatch.undo()
        settings.cache_clear()


def every_notice(city: City, language: str) -> dict[str, Notice]:
    """Each text there is for residents, followers, watchers and staff of a city, by what it is."""
    known = configuration()
    messages = known.messages_for(language)
    note, reason = next(iter(messages.closing_reasons.values())), str(next(iter(messages.closing_reasons)))
    service = city.services[0]
    place = {
        "reference": REFERENCE,
        "service_code": service.code,
        "district": next(iter(city.district_names)),
    }

    def happened(kind: str) -> Happening:
        data = {"note": note, "reason": reason}
        owner, due = city.departments[0].code, NOW + dt.timedelta(days=2)
        return Happening(city.id, kind, data, REFERENCE, service.code, owner, due, "reference", language, NOW)

    found: dict[str, Notice | None] = {}
    for kind in map(str, messages.notifications):
        found[f"resident {kind}"] = for_resident(known, happened(kind), URL)
        found[f"follower {kind}"] = for_follower(
            known, happened(kind), URL, status="resolved", language=language, stop_url=f"{URL}/stop"
        )
    if city.languages[0] == language:  # staff are told in the city's own
        found |= {f"staff {kind}": for_staff(known, happened(str(kind)), URL) for kind in messages.for_staff}
        found["staff work"] = for_work(known, city, [f"{REFERENCE}: {note}"], 1, URL)
    stop = {"language": language, "stop_url": f"{URL}/stop"}
    found["watcher"] = for_watcher(known, city, place, URL, **stop)
    found["day"] = for_day(known, city, [f"{REFERENCE}: {note}"], 1, URL, **stop)
    standing = [
        Standing(REFERENCE, service.code, "in_progress", NOW - dt.timedelta(days=2), None),
        Standing(REFERENCE, service.code, "resolved", None, "a-token"),
    ]
    found["reports"] = for_reports(known, city, standing, 2, URL, **stop)
    found["code"] = for_code(known, city, "123456", language=language, link=f"{URL}/confirm")
    return {name: notice for name, notice in found.items() if notice is not None}


def handed_over(city: City, notices: dict[str, Notice], folder: Path) -> dict[tuple[str, str], Notice]:
    """Send each notice over each channel; returns what was sent, by channel and key."""
    subscription = subscription_kept(folder)
    assert subscription is not None
    recipients = {
        "email": {"email": "resident@example.org"},
        "sms": {"phone": "+85512345678"},
        "telegram": {"chat": "42"},
        "push": {"endpoint": subscription["endpoint"], **subscription["keys"]},
    }
    sent: dict[tuple[str, str], Notice] = {}
    for channel in SHOWN_IN:
        with CHANNELS[channel].open() as conversation:
            for notice in notices.values():
                said, key = notice.for_channel(channel), os.urandom(20).hex()
                message = Outgoing(
                    key, recipients[channel], said.language, said.subject, said.body, NOW, said.link, said.topic,
                    city_id=city.id,
                )  # fmt: skip
                conversation.send(message)
                sent[channel, key] = said
    return sent


def share_in_script(text: str, script: str) -> float:
    """Which part of a text's letters and marks is of a script, its addresses and references aside."""
    letters = [c for c in NOT_WORDS.sub("", text) if unicodedata.category(c)[0] in "LM"]
    return sum(unicodedata.name(c, "").startswith(script) for c in letters) / max(len(letters), 1)


@pytest.mark.parametrize("city_id", SCRIPTS)
def test_each_kind_in_each_channel_is_shown_as_it_was_written(
    client: TestClient, outbox: Path, city_id: str
) -> None:
    language, script = SCRIPTS[city_id]
    city = configuration().cities[city_id]
    notices = every_notice(city, language)
    assert {notice.language for notice in notices.values()} == {language}
    assert len(notices) >= 20
    sent = handed_over(city, notices, outbox)

    answer = client.get("/dev/outbox", params={"limit": 5000})
    shown = {(m["channel"], re.sub(r"^<|@.*$", "", m["id"])): m for m in answer.json()["messages"]}
    page = client.get("/dev/outbox", params={"limit": 5000}, headers={"Accept": "text/html"}).text

    assert shown.keys() == sent.keys()
    for (channel, key), said in sent.items():
        message = shown[channel, key]
        where = f"{channel}: {said.subject or said.body}"
        inside = channel == "telegram"  # where a chat has no subject, it stands above the text
        assert message["subject"] == ("" if inside else said.subject), where
        assert message["text"].split() == ((said.subject if inside else "") + " " + said.body).split(), where
        assert said.body.strip(), where
        assert (channel == "sms") == (said.subject == ""), where
        text = f"{message['subject']} {message['text']}"
        assert not re.search(r"[{}]|None", text), where
        assert share_in_script(text, script) > 0.6, where
        if said.subject:
            assert said.subject.split()[-1] in page, where


def test_the_viewer_shows_what_the_bot_answers_with_its_buttons(client: TestClient, outbox: Path) -> None:
    message = {"message_id": 1, "chat": {"id": 42, "type": "private"}, "text": "/language"}
    answer = client.post(
        "/api/v1/telegram/updates",
        json={"update_id": 1, "message": message},
        headers={"X-Telegram-Bot-Api-Secret-Token": webhook_secret()},
    )
    assert answer.status_code == 204, answer.text
    [shown] = client.get("/dev/outbox", params={"channel": "telegram"}).json()["messages"]
    assert shown["to"] == "chat 42"
    assert "[ខ្មែរ]" in shown["text"]
