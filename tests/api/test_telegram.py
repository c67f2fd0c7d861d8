"""A chat is linked by a link of one use, and told as its owner chose; the API is a double of Telegram's on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from nagara.notifications import deliver
from nagara.notifications.channels import CHANNELS
from nagara.notifications.channels.telegram import BotAnswer, webhook_secret
from nagara.settings import settings
from tests.api.conftest import Staff
from tests.api.test_staff_accounts import send
from tests.api.test_staff_notices import CHOICES, filed, told
from tests.helpers import Connection
from tests.messages import Other, other_side

LINK, UPDATES = "/api/v1/staff/telegram", "/api/v1/telegram/updates"
TOKEN = "12345:a-token-of-a-bot"


@pytest.fixture
def bot(agent: Staff, monkeypatch: pytest.MonkeyPatch) -> Iterator[Other]:
    """The Bot API's double, which the settings name."""
    with other_side() as other:
        other.status, other.body = 200, b'{"ok": true}'
        monkeypatch.setenv("NAGARA_TELEGRAM_TOKEN", TOKEN)
        monkeypatch.setenv("NAGARA_TELEGRAM_BOT", "nagara_bot")
        monkeypatch.setenv("NAGARA_TELEGRAM_API", other.url)
        monkeypatch.delenv("NAGARA_OUTBOX_DIR", raising=False)  # the demo has a page in place of Telegram
        settings.cache_clear()
        yield other
    monkeypatch.undo()
    settings.cache_clear()


def started(staff: Staff, text: str, kind: str = "private", secret: str | None = None) -> int:
    update = {"update_id": 7, "message": {"message_id": 1, "chat": {"id": 4711, "type": kind}, "text": text}}
    headers = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret() if secret is None else secret}
    return int(staff.client.post(UPDATES, json=update, headers=headers).status_code)


def test_a_chat_is_linked_once_and_told_what_its_owner_chose(
    agent: Staff, supervisor: Staff, db: Connection, owner: Connection, bot: Other
) -> None:
    url = send(agent, "POST", LINK).json()["url"]
    assert url.startswith("https://t.me/nagara_bot?start=kh-pnh_")
    code = url.partition("start=")[2]
    assert len(code) <= 64
    assert started(agent, f"/start {code}", secret="guessed") == 401
    assert started(agent, f"/start {code}", kind="group") == 204
    for text in ("/start", "/start kh-pnh_" + "x" * 32, "hello", f"/start xx-zzz_{code[7:]}"):
        assert started(agent, text) == 204
    assert owner.execute("select count(*) from telegram_chat").fetchone() == (0,)
    assert [started(agent, f"/start {code}") for _ in range(2)] == [204, 204]
    assert agent.get("/notice-choices").json()["telegram_linked"] is True
    stored = owner.execute("select string_agg(concat(c), '') from telegram_chat c").fetchone()
    assert stored is not None
    assert "4711" not in stored[0], "sealed"
    send(agent, "PUT", CHOICES, {"channels": {"assigned": ["telegram"]}})
    reference = filed(agent.client)
    bot.calls.clear()
    supervisor.move(reference, "assign", assignee="agent")
    told(db)
    assert deliver(db, "telegram").sent == 2, "the greeting and the notice"
    greeting, notice = (json.loads(call.body) for call in bot.calls)
    assert greeting["text"].endswith("✓")
    assert (notice["chat_id"], reference in notice["text"]) == ("4711", True)
    assert bot.calls[0].path == f"/bot{TOKEN}/sendMessage"
    assert len({call.headers["idempotency-key"] for call in bot.calls}) == 2

    bot.status, bot.body = 403, b'{"ok": false, "description": "bot was blocked by the user"}'
    supervisor.move(filed(agent.client), "assign", assignee="agent")
    told(db)
    assert deliver(db, "telegram").failed == 1
    assert agent.get("/notice-choices").json()["telegram_linked"] is False, "who stopped the bot is forgotten"
    assert send(agent, "DELETE", LINK).status_code == 204


def test_what_the_api_answers_means(bot: Other) -> None:
    judged = {status: CHANNELS["telegram"].judge(BotAnswer(status, "7")) for status in (400, 401, 429, 502)}
    assert {status: (one.permanent, one.stops) for status, one in judged.items()} == {
        400: (True, False), 401: (False, True), 429: (False, True), 502: (False, True),
    }  # fmt: skip
    assert judged[429].wait is not None
    assert judged[429].wait.total_seconds() == 7


def test_without_a_bot_there_is_no_link(agent: Staff) -> None:
    answer = send(agent, "POST", LINK)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "telegram")
    assert CHANNELS["telegram"].ready() is False
