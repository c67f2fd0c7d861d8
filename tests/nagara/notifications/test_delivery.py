"""Delivery in batches: many at once, nothing twice but under its own key, destinations that rest, limits that hold."""

from __future__ import annotations

import datetime as dt
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from city_config import City
from nagara.ids import uuid7
from nagara.lifecycle import Move
from nagara.local.ports import free_port
from nagara.notifications import Delivered, circuits, compose, deliver
from nagara.notifications.channels import CHANNELS, Outgoing, Refusal
from nagara.notifications.channels.email import write_message
from nagara.notifications.claiming import Due, Outcome, message_key, settle
from nagara.permissions import Role
from nagara.residents.contact_digests import keyed_digest
from nagara.sealing import seal
from nagara.settings import settings
from tests.helpers import Connection, file, multiply
from tests.nagara.notifications.mails import move, staff
from tests.waiting import PATIENCE_SECONDS, wait_until

RESIDENT = "sok.dara@example.org"
MANY = 260
LAY_DOWN = """
insert into notification (city_id, request_id, seq, audience, channel, sealed_recipient, language, subject, body,
                          created_at, attempts, next_attempt_at)
select city_id, request_id, seq, 'resident', 'email', %s, 'en', 'A subject', 'A text', clock_timestamp(), 0,
       clock_timestamp() from event where kind = 'filed'
"""
DELIVERER = """
from nagara.database import clock_connection
from nagara.notifications import deliver
with clock_connection() as connection:
    print(deliver(connection).sent, flush=True)
"""


class Mailbox:
    """A mail server that counts what it takes, and refuses those it is told to."""

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()
        self.recipients: Counter[str] = Counter()
        self.refused: dict[str, str] = {}

    async def handle_RCPT(self, _s: Any, _n: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        self.recipients[address] += 1
        return self.refused.get(address.rpartition("@")[2], "250 OK")

    async def handle_DATA(self, _s: Any, _n: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.keys[str(mail["X-Nagara-Key"])] += 1
        return "250 OK"


@pytest.fixture
def mailbox(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), ready_timeout=PATIENCE_SECONDS)
    controller.start()
    monkeypatch.setenv("NAGARA_SMTP_URL", f"smtp://127.0.0.1:{controller.port}")
    settings.cache_clear()
    try:
        yield box
    finally:
        controller.stop()
        monkeypatch.undo()
        settings.cache_clear()


def lay_down(owner: Connection, city: City, how_many: int, address: str = RESIDENT) -> set[str]:
    """So many due notices of as many requests; their keys."""
    multiply(owner, file(city), how_many - 1)
    owner.execute(LAY_DOWN, (seal(settings().secret, city.id, {"email": address}),))
    rows = owner.execute("select city_id, request_id, seq, audience, channel from notification").fetchall()
    return {message_key(*row) for row in rows}


def counts(owner: Connection) -> tuple[int, int, int]:
    """Notices sent, failed, waiting."""
    row = owner.execute(
        "select count(sent_at), count(failed_at), count(next_attempt_at) from notification"
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def due_again(owner: Connection) -> None:
    owner.execute("update notification set next_attempt_at = now() where next_attempt_at is not null")
    owner.execute("update notice_destination set open_until = now() where open_until is not null")


def test_many_go_out_over_several_conversations_each_once(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City
) -> None:
    keys = lay_down(owner, phnom_penh, MANY)
    assert deliver(db, limit=10) == Delivered(sent=10)
    assert deliver(db) == Delivered(sent=MANY - 10)
    assert counts(owner) == (MANY, 0, 0)
    assert set(mailbox.keys) == keys
    assert set(mailbox.keys.values()) == {1}


def test_who_gives_way_already_sends_all_the_same(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: set[int] = set()

    def only_back(_which: int, _who: int, nice: int) -> None:
        wanted.add(nice)
        raise PermissionError

    monkeypatch.setattr("os.getpriority", lambda _which, _who: 15, raising=False)
    monkeypatch.setattr("os.setpriority", only_back, raising=False)
    lay_down(owner, phnom_penh, 20)
    assert deliver(db) == Delivered(sent=20)
    assert wanted <= {15}, "nobody asks to be put before others"
    assert bool(wanted) == (sys.platform == "linux")


def test_a_killed_deliverers_messages_are_sent_when_its_lease_ends_under_the_same_keys(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City
) -> None:
    keys = lay_down(owner, phnom_penh, MANY)
    process = subprocess.Popen([sys.executable, "-c", DELIVERER], stdout=subprocess.PIPE)
    wait_until(lambda: sum(mailbox.keys.values()) > 20, "it sends")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert counts(owner)[0] < MANY, "it was killed in the middle"
    taken = owner.execute(
        "select count(*) from notification where next_attempt_at > now() and attempts = 0"
    ).fetchone()
    assert taken is not None
    assert taken[0] > 0, "what it had in hand is nobody else's until the lease ends"
    deliver(db)
    due_again(owner)
    deliver(db)
    assert counts(owner) == (MANY, 0, 0)
    assert set(mailbox.keys) == keys, "each came"
    again = sum(mailbox.keys.values()) - MANY
    assert 0 <= again <= 200, (
        "no more than it had in hand came twice, and a receiver knows them by their keys"
    )


def test_a_message_that_fails_by_our_own_fault_waits_and_stops_no_other(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = lay_down(owner, phnom_penh, 20)
    first = owner.execute(
        "select city_id, request_id, seq, audience, channel from notification order by next_attempt_at, ctid"
    ).fetchone()
    assert first is not None
    broken = message_key(*first)

    def write(sender: str, outgoing: Outgoing) -> bytes:
        if outgoing.key == broken:
            raise KeyError(outgoing.recipient["email"])
        return write_message(sender, outgoing)

    monkeypatch.setattr("nagara.notifications.channels.email.write_message", write)
    assert deliver(db) == Delivered(sent=19, put_back=1)
    assert set(mailbox.keys) == keys - {broken}
    row = owner.execute(
        "select attempts, last_error, next_attempt_at > now() from notification where sent_at is null"
    ).fetchone()
    assert row == (1, "fault: KeyError", True), "it waits like any other, and its error names nobody"


def test_an_escalation_passes_what_a_mass_mailing_laid_down(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City
) -> None:
    lay_down(owner, phnom_penh, 30)
    owner.execute("update notification set next_attempt_at = now() - interval '1 minute'")
    staff(phnom_penh, "head", Role.CITY_ADMIN, "head@example.org")
    move(phnom_penh, file(phnom_penh), Move.ESCALATE, note="The governor asked about it")
    multiply(owner, file(phnom_penh), 20)
    with db.transaction():
        assert compose(db, limit=1).notices == 2, (
            "an escalation is composed before what was filed: inbox and mail"
        )
    assert deliver(db, limit=1) == Delivered(sent=1)
    assert set(mailbox.recipients) == {"head@example.org"}


def test_a_destination_that_fails_rests_and_is_tried_with_one_message(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City
) -> None:
    lay_down(owner, phnom_penh, 12, "somebody@full.example.org")
    mailbox.refused["full.example.org"] = "450 4.2.1 not now"
    assert deliver(db, limit=6) == Delivered(put_back=6)
    tried = mailbox.recipients.total()
    assert deliver(db) == Delivered(), "the others wait untried"
    assert mailbox.recipients.total() == tried
    row = owner.execute(
        "select city_id, channel, name, failures, last_error from notice_destination"
    ).fetchone()
    assert row == ("kh-pnh", "email", "full.example.org", 6, "SMTPRecipientsRefused 450 4.2.1")

    due_again(owner)
    assert deliver(db) == Delivered(put_back=1), "one is tried"
    mailbox.refused.clear()
    due_again(owner)
    assert deliver(db) == Delivered(sent=1), "and one again"
    owner.execute("update notification set next_attempt_at = now() where next_attempt_at is not null")
    assert deliver(db) == Delivered(sent=11), "it took it: the others follow"
    assert owner.execute("select failures, open_until from notice_destination").fetchone() == (0, None)


def test_rests_grow_are_bounded_and_spread() -> None:
    assert circuits.FIRST_REST * 0.75 <= circuits.rest(5) <= circuits.FIRST_REST
    assert circuits.rest(7) > circuits.FIRST_REST * 2
    assert all(circuits.rest(n) <= circuits.LONGEST_REST for n in range(5, 300, 7))
    assert len({circuits.rest(9) for _ in range(9)}) > 1


@pytest.mark.parametrize(
    ("limits", "sent"),
    [({"a_minute": 4}, 4), ({"a_day": 3}, 3), ({"a_minute_each": 2}, 2), ({"a_day_each": 1, "a_day": 9}, 1)],
)
def test_a_city_sends_no_more_than_its_limits(
    db: Connection,
    owner: Connection,
    mailbox: Mailbox,
    phnom_penh: City,
    monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, int],
    sent: int,
) -> None:
    monkeypatch.setenv("NAGARA_NOTICE_LIMITS", json.dumps({"email": limits}))
    settings.cache_clear()
    lay_down(owner, phnom_penh, 6)
    owner.execute("update notification set created_at = now() - interval '1 hour'")
    state = circuits._State()
    now, zone = dt.datetime(2026, 11, 22, 10, 30, 59, tzinfo=dt.UTC), phnom_penh.zone
    went = []
    for _ in range(6):
        until = state.full_until((limits.get("a_minute"), limits.get("a_day")), now, zone)
        went.append(until is None)
        if until is None:
            state.count()
        else:
            assert until > now
    assert sum(went) == min(limits.get("a_minute", 6), limits.get("a_day", 6))
    # the same by the database, at whatever second of a minute this runs: at most two minutes' worth
    delivered = deliver(db).sent
    assert sent <= delivered <= (2 * sent if "a_minute" in limits or "a_minute_each" in limits else sent)
    assert counts(owner) == (delivered, 0, 6 - delivered)
    later = owner.execute("select bool_and(next_attempt_at > now()) from notification where sent_at is null")
    assert later.fetchone() == (True,)


def test_an_outage_uses_up_no_limit(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAGARA_NOTICE_LIMITS", json.dumps({"email": {"a_day": 50}}))
    with monkeypatch.context() as away:
        away.setenv("NAGARA_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
        settings.cache_clear()
        lay_down(owner, phnom_penh, 20)
        for _ in range(4):
            assert deliver(db).put_back == 1
    settings.cache_clear()
    due_again(owner)
    assert deliver(db) == Delivered(sent=20), "none was put off to tomorrow"
    counted = owner.execute("select sum(in_day) from notice_destination where name <> ''").fetchone()
    assert counted == (20,)


def test_what_has_ended_is_not_sent_and_a_chat_linked_since_is_kept(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City
) -> None:
    secret = settings().secret
    sealed = seal(secret, phnom_penh.id, {"email": RESIDENT})
    owner.execute(
        "insert into message (city_id, id, audience, channel, sealed_recipient, sealed_text, language, created_at, "
        "expires_at, next_attempt_at) values (%s, gen_random_uuid(), 'code', 'email', %s, %s, 'en', "
        "now() - interval '1 hour', now() - interval '1 minute', now() - interval '1 hour')",
        (phnom_penh.id, sealed, sealed),
    )
    assert deliver(db) == Delivered()
    assert owner.execute("select last_error, next_attempt_at from message").fetchall() == [("too late", None)]

    staff(phnom_penh, "head", Role.CITY_ADMIN, None)
    owner.execute(
        "insert into telegram_chat values (%s, 'head', 'x', %s, now())",
        (phnom_penh.id, keyed_digest(secret, phnom_penh.id, "telegram", "2")),
    )
    now, gone = dt.datetime.now(dt.UTC), Refusal("HTTP 403", permanent=True, stops=False, gone=True)
    for chat, left in (("1", 1), ("2", 0)):
        recipient = seal(secret, phnom_penh.id, {"chat": chat})
        due = Due(
            "message", (phnom_penh.id, uuid7()), "telegram", "staff:head", recipient, None, {}, "en", now, now, 0, now
        )  # fmt: skip
        with db.transaction():
            settle(db, [Outcome(due, gone, dt.timedelta())])
        assert owner.execute("select count(*) from telegram_chat").fetchone() == (left,)


def test_each_channel_says_where_a_message_leads_without_naming_anybody(
    database_url: str, phnom_penh: City
) -> None:
    recipients = {
        "email": {"email": "Sok.Dara@Example.org"},
        "sms": {"phone": "+85512345678"},
        "push": {"endpoint": "https://push.example.org/send/secret"},
    }
    named = {channel: CHANNELS[channel].destination(one) for channel, one in recipients.items()}
    assert (named["email"], named["push"]) == ("example.org", "push.example.org")
    assert "12345678" not in named["sms"]
    now = dt.datetime.now(dt.UTC)
    unopenable = Due("message", ("kh-pnh", "x"), "email", "a", b"x", b"x", {}, "en", now, now, 0, now)
    assert circuits.destination_of(CHANNELS["email"], unopenable) == ("kh-pnh", "unknown")
    assert Outcome(unopenable, Refusal("x", permanent=False, stops=False), dt.timedelta()).refusal is not None


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("PNH-7K3M9QX-C៖ យើងបានទទួលរបាយការណ៍របស់អ្នក និងនឹងឆ្លើយតបឆាប់ៗនេះ", "សូមអរគុណ។\n\nបន្ទាត់ទីពីរ https://x.org/#/t?a=1&b=2"),
        ("သင့်တိုင်ကြားချက်ကို လက်ခံရရှိပါပြီ", "ကျေးဇူးတင်ပါသည်။\n.\n..\n"),
        ("உங்கள் புகார் பெறப்பட்டது 😀" * 4, "நன்றி\n\n<script>alert(1)</script> & \"quoted\""),
        ("Plain =?utf-8?b?eA==?= words", "x" * 3000),
        ("Injected\r\nBcc: other@example.org", "Plain\r\nlines\rand more"),
    ],
)  # fmt: skip
def test_a_mail_is_read_back_as_it_was_written(
    phnom_penh: City, database_url: str, subject: str, body: str
) -> None:
    outgoing = Outgoing(
        "a" * 40, {"email": RESIDENT}, "km", subject, body, dt.datetime.now(dt.UTC), city_id=phnom_penh.id
    )
    raw = write_message("ទីក្រុង <n@example.org>", outgoing)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    mail = message_from_bytes(raw, policy=policy.default)
    assert str(mail["Subject"]) == " ".join(subject.split())
    assert mail["Bcc"] is None
    assert mail["From"].addresses[0].addr_spec == "n@example.org"
    assert mail["From"].addresses[0].display_name == "ទីក្រុង"
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().splitlines() == body.splitlines()
    assert not mail.defects
    assert "<script>" not in page.get_content()
    colour = phnom_penh.look.colour if phnom_penh.look else "#0b5a6f"
    assert f"background:{colour}" in page.get_content()
    assert raw == write_message("ទីក្រុង <n@example.org>", outgoing), "the same at every attempt"


def test_composed_notices_are_delivered_from_the_outbox(
    db: Connection, mailbox: Mailbox, phnom_penh: City, tmp_path: Path
) -> None:
    for _ in range(12):
        file(phnom_penh, contact={"email": RESIDENT})
    with db.transaction():
        assert compose(db).notices == 12
    assert deliver(db) == Delivered(sent=12)
    assert mailbox.recipients == {RESIDENT: 12}
