"""Notices on a real database and a real mail server: who is told, in which words, and that nothing is lost."""

from __future__ import annotations

import datetime as dt
import re
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from city_config import City, Configuration
from nagara import accounts
from nagara.accounts import Account
from nagara.cities import city_of, configuration
from nagara.database import city_session, clock_connection
from nagara.escalation.climbing import sweep
from nagara.ids import resident_token, uuid7
from nagara.lifecycle import Move
from nagara.local.ports import free_port
from nagara.notifications import Composed, Delivered, compose, composing, deliver
from nagara.notifications.channels import Outgoing
from nagara.notifications.channels.email import domain_of, is_address, judge, mail_server, write_message
from nagara.notifications.claiming import LONGEST_PAUSE, pause
from nagara.notifications.moments import written_moment
from nagara.notifications.wording import Happening, Notice, for_resident
from nagara.permissions import Role
from nagara.sealing import seal, unseal
from nagara.settings import settings
from nagara.staff import actions as staff_actions
from nagara.staff.actions import Details
from tests.helpers import Connection, Known, age, file
from tests.waiting import PATIENCE_SECONDS, wait_until

RESIDENT = "sok.dara@example.org"
KHMER_NOTE = "សូមអភ័យទោស ភ្លៀងខ្លាំង\u200bយើងនឹងមកម្ដងទៀតនៅថ្ងៃស្អែក"
THAI_NOTE = "ขออภัย ฝนตกหนัก เจ้าหน้าที่จะกลับมาพรุ่งนี้เช้า"


class Sink:
    """The demo's mail server as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "nagara.local.mail_sink"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--folder", str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self.answers, "the mail sink answers")

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def mails(self) -> list[EmailMessage]:
        """What has arrived, in order of arrival."""
        files = sorted(self.folder.glob("*.eml"))
        return [message_from_bytes(f.read_bytes(), policy=policy.default) for f in files]


@contextmanager
def mail_goes_to(monkeypatch: pytest.MonkeyPatch, url: str | None) -> Iterator[None]:
    """The process's settings name this mail server."""
    if url is None:
        monkeypatch.delenv("NAGARA_SMTP_URL", raising=False)
    else:
        monkeypatch.setenv("NAGARA_SMTP_URL", url)
    monkeypatch.setenv("NAGARA_PUBLIC_URL", "https://reports.example.org/")
    settings.cache_clear()
    try:
        yield
    finally:
        monkeypatch.undo()
        settings.cache_clear()


@pytest.fixture
def sink(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A running mail sink, which the settings name."""
    sink = Sink(tmp_path / "mails")
    sink.start()
    try:
        with mail_goes_to(monkeypatch, f"smtp://127.0.0.1:{sink.port}"):
            yield sink
    finally:
        sink.stop()


def tell(db: Connection) -> tuple[Composed, Delivered]:
    """Compose and deliver, each as its task does."""
    with db.transaction():
        composed = compose(db)
    return composed, deliver(db)


def move(city: City, request: Known, move: Move, **details: Any) -> None:
    account = Account(city.id, "somebody", Role.SUPERVISOR, (), "Somebody")
    with city_session(city.id) as session:
        staff_actions.make_move(session, city, account, request.reference, move, Details(**details))


def staff(city: City, name: str, role: Role, email: str | None, department: str | None = None) -> None:
    with city_session(city.id) as session:
        accounts.add_account(
            session, city.id, name, "correct horse battery", role, email=email, department=department
        )


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def notices(owner: Connection) -> list[tuple[Any, ...]]:
    query = (
        "select audience, attempts, sent_at is not null, failed_at is not null, last_error from notification"
    )
    return owner.execute(query + " order by created_at, seq, audience").fetchall()


def time_passes(owner: Connection) -> None:
    """What was put back is due again."""
    owner.execute("update notification set next_attempt_at = now() where next_attempt_at is not null")


@pytest.mark.parametrize(
    ("city_id", "language", "note"),
    [
        ("kh-pnh", "km", KHMER_NOTE),
        ("th-bkk", "th", THAI_NOTE),
        ("kh-pnh", "en", "Heavy rain – we come back"),
    ],
)
def test_a_resident_is_told_in_their_own_language(
    db: Connection, sink: Sink, city_id: str, language: str, note: str
) -> None:
    city = city_of(city_id)
    request = file(city, language=language, contact={"email": RESIDENT, "name": "Sok Dara"})
    assert tell(db) == (Composed(1, 1, 0), Delivered(sent=1))
    move(city, request, Move.PAUSE, note=note)
    assert tell(db) == (Composed(1, 1, 0), Delivered(sent=1))

    filed, paused = sink.mails()

    texts = configuration().messages[language]
    service = next(s for s in city.services if not any(q.required for q in s.questions))
    assert filed["Subject"] == texts.notifications["filed"].subject.replace("{reference}", request.reference)
    assert filed["To"] == RESIDENT
    assert filed["Content-Language"] == language
    assert filed["Auto-Submitted"] == "auto-generated"
    assert filed["X-Envelope-To"] == RESIDENT
    assert city.name_in(service.names, language) in text_of(filed)
    assert f"https://reports.example.org/#/track/{request.reference}" in text_of(filed)
    assert note in text_of(paused)
    assert "{" not in text_of(filed) + text_of(paused)
    assert all(part not in text_of(filed) + text_of(paused) for part in (RESIDENT, "Sok Dara"))
    assert filed["Message-ID"] != paused["Message-ID"]
    for mail in (filed, paused):
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert not mail.defects
        page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert f'<html lang="{language}">' in page
        assert city.name_in(city.names, language) in page
        assert f'href="https://reports.example.org/#/track/{request.reference}' in page
    assert abs(filed["Date"].datetime - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


def test_the_promise_is_told_on_the_citys_clocks_and_only_called_so_if_it_is_one(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    for standard in ("published", "reference"):
        file(phnom_penh, language="en", contact={"email": RESIDENT})
        owner.execute(
            "update request set resolve_by = '2030-12-03T20:30:00Z', promise_standard = %s "
            "where resolve_by <> '2030-12-03T20:30:00Z'",
            (standard,),
        )
    tell(db)
    promised, expected = (text_of(mail) for mail in sink.mails())
    assert "Promised to be dealt with by Wednesday 4 December 2030, 03:30." in promised
    assert (
        "Expected to be dealt with by Wednesday 4 December 2030, 03:30; this is a guide, not a promise."
        in expected
    )


def test_a_promise_whose_time_has_passed_is_not_told_again(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    request = file(phnom_penh, language="en", contact={"email": RESIDENT})
    move(phnom_penh, request, Move.RESOLVE, reason="fixed")
    move(phnom_penh, request, Move.REOPEN, note="It broke again")
    owner.execute("update request set resolve_by = now() - interval '1 minute'")
    tell(db)
    reopened = text_of(sink.mails()[-1])
    assert "is open again" in reopened
    assert "dealt with by" not in reopened


@pytest.mark.parametrize(
    ("city_id", "language", "written"),
    [
        ("kh-pnh", "en", "Tuesday 24 November 2026, 10:00"),
        ("kh-pnh", "km", "អង្គារ ២៤ វិច្ឆិកា ២០២៦, ១០:០០"),
        ("th-bkk", "km", "អង្គារ 24 វិច្ឆិកា 2026, 10:00"),
        ("th-bkk", "th", "วันอังคารที่ 24 พฤศจิกายน 2569 10:00"),
        ("th-bkk", "my", "၂၀၂၆ နိုဝင်ဘာ ၂၄ အင်္ဂါ ၁၀:၀၀"),
        ("th-bkk", "zh-Hans", "2026年11月24日星期二 10:00"),
    ],
)
def test_times_are_written_as_the_reader_writes_them(city_id: str, language: str, written: str) -> None:
    at = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
    assert written_moment(city_of(city_id), language, at) == written


def test_a_calendar_the_city_chose_is_named_where_it_is_not_the_languages_own(phnom_penh: City) -> None:
    at = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
    for calendar, language, written in (
        ("buddhist", "en", "Tuesday 24 November BE 2569, 10:00"),
        ("gregory", "th", "วันอังคารที่ 24 พฤศจิกายน CE 2026 10:00"),
    ):
        display = phnom_penh.display.model_copy(update={"calendar": calendar})
        assert written_moment(phnom_penh.model_copy(update={"display": display}), language, at) == written


def token_in(mail: EmailMessage, reference: str) -> str | None:
    found = re.search(rf"/#/track/{reference}(?:\?token=(\S*))?", text_of(mail))
    assert found is not None
    return found.group(1)


def test_the_filers_mail_holds_the_private_link_and_the_database_does_not(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    request = file(phnom_penh, language="en", contact={"email": RESIDENT})
    right = [resident_token(settings().secret, phnom_penh.id, request.id, renewed) for renewed in (None, 1)]
    tell(db)
    owner.execute("update request set link_generation = 1")
    move(phnom_penh, request, Move.ASK, note="Which house?")
    tell(db)
    assert [token_in(mail, request.reference) for mail in sink.mails()] == right
    stored = owner.execute(
        "select string_agg(concat(n, subject, body, link), ' ') from notification n"
    ).fetchone()
    assert stored is not None
    assert request.reference in stored[0]
    assert all(token not in stored[0] for token in right)


def test_whoever_follows_and_staff_get_no_private_link_nor_does_anybody_of_an_erased_report(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    request = file(phnom_penh, language="en", contact={"email": RESIDENT})
    staff(phnom_penh, "head", Role.CITY_ADMIN, "head@example.org")
    for address, own in (("follower@example.org", False), ("further@example.org", True)):
        owner.execute(
            "insert into subscription (city_id, id, kind, request_id, channel, sealed, digest, language, own, "
            "created_at, confirmed_at) "
            "values (%s, %s, 'request', %s, 'email', %s, %s, 'en', %s, now(), now())",
            (
                phnom_penh.id, uuid7(), request.id, seal(settings().secret, phnom_penh.id, {"email": address}),
                sha256(address.encode()).digest(), own,
            ),
        )  # fmt: skip
    move(phnom_penh, request, Move.START)
    move(phnom_penh, request, Move.ESCALATE, note="Look at it")
    tell(db)
    holders = {mail["To"] for mail in sink.mails() if "token=" in text_of(mail)}
    assert {mail["To"] for mail in sink.mails()} == {
        RESIDENT, "follower@example.org", "further@example.org", "head@example.org",
    }  # fmt: skip
    assert holders == {RESIDENT}

    before = len(sink.mails())
    move(phnom_penh, request, Move.ASK, note="Which house?")
    owner.execute("update request set erased_at = now()")
    tell(db)
    assert len(sink.mails()) > before
    assert all(token_in(mail, request.reference) is None for mail in sink.mails()[before:])


def test_an_unknown_language_falls_back_to_the_citys_own(
    db: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, language="fr", contact={"email": RESIDENT})
    tell(db)
    assert sink.mails()[0]["Content-Language"] == phnom_penh.languages[0]


def test_nobody_is_told_where_there_is_no_address(db: Connection, sink: Sink, phnom_penh: City) -> None:
    file(phnom_penh)
    file(phnom_penh, contact={"phone": "012 345 678"})
    assert tell(db) == (Composed(2, 0, 0), Delivered())
    assert sink.mails() == []


def test_what_staff_write_is_text_and_nothing_else(db: Connection, sink: Sink, phnom_penh: City) -> None:
    note = "{reference.__class__} {promise} %s \\1 <b>\nBcc: other@example.org\n\n.\nQUIT"
    request = file(phnom_penh, language="en", contact={"email": RESIDENT})
    move(phnom_penh, request, Move.ASK, note=note)
    assert tell(db)[1] == Delivered(sent=2)
    asked = sink.mails()[1]
    assert note in text_of(asked)
    assert asked["Bcc"] is None
    assert asked["X-Envelope-To"] == RESIDENT


def test_an_escalation_tells_the_roles_its_rung_names_in_that_city_and_department(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    request = file(phnom_penh, contact={"email": RESIDENT})
    row = owner.execute("select department, resolve_by from request").fetchone()
    assert row is not None
    other = next(d.code for d in phnom_penh.departments if d.code != row[0])
    staff(phnom_penh, "told", Role.SUPERVISOR, "told@example.org")
    staff(phnom_penh, "own", Role.SUPERVISOR, "own@example.org", row[0])
    staff(phnom_penh, "elsewhere", Role.SUPERVISOR, "elsewhere@example.org", other)
    staff(phnom_penh, "agent", Role.AGENT, "agent@example.org")
    staff(phnom_penh, "unreachable", Role.SUPERVISOR, None)
    staff(city_of("th-bkk"), "abroad", Role.SUPERVISOR, "abroad@example.org")
    tell(db)
    sweep(db, now=row[1])

    assert tell(db) == (Composed(1, 5, 0), Delivered(sent=2)), "three find it in their inbox besides"

    _, *mails = sink.mails()
    assert sorted(mail["To"] for mail in mails) == ["own@example.org", "told@example.org"]
    text = text_of(mails[0])
    waste = next(ladder for ladder in phnom_penh.ladders if ladder.code == "waste")
    step = next(step for step in waste.steps if step.step == 2)
    assert step.because in text
    assert f"https://reports.example.org/staff/#/{request.reference}" in text
    assert mails[0]["Content-Language"] == phnom_penh.languages[0]


def test_a_rung_that_fell_due_before_the_request_was_known_here_tells_nobody(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    staff(phnom_penh, "head", Role.CITY_ADMIN, "head@example.org")
    age(owner, request, 24 * 365)
    assert sweep(db).escalated == 1
    assert tell(db) == (Composed(2, 0, 0), Delivered())


def test_an_escalation_by_hand_tells_the_citys_administrator(
    db: Connection, sink: Sink, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    staff(phnom_penh, "head", Role.CITY_ADMIN, "head@example.org")
    move(phnom_penh, request, Move.ESCALATE, note="The governor asked about it")
    tell(db)
    (mail,) = sink.mails()
    assert mail["To"] == "head@example.org"
    assert "The governor asked about it" in text_of(mail)


def test_imported_history_tells_nobody(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT}, actor_kind="import", actor="somewhere")
    assert tell(db) == (Composed(1, 0, 0), Delivered())
    assert owner.execute("select count(*) from event_outbox").fetchone() == (0,)


def test_composing_twice_keeps_one_notice(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    tell(db)
    assert tell(db) == (Composed(0, 0, 0), Delivered())
    # even if the pointer came back
    owner.execute("insert into event_outbox select city_id, request_id, seq from event")
    assert tell(db) == (Composed(1, 0, 0), Delivered())
    assert len(sink.mails()) == 1


def test_composing_that_is_undone_leaves_the_pointers(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    compose(db)
    db.rollback()
    assert owner.execute(
        "select (select count(*) from event_outbox), (select count(*) from notification)"
    ).fetchone() == (1, 0)


def test_one_event_of_which_nothing_can_be_made_keeps_no_other_waiting(
    db: Connection, owner: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [file(phnom_penh, contact={"email": RESIDENT}) for _ in range(5)]
    broken = min(requests, key=lambda one: one.id)

    def told(known: Configuration, happening: Happening, *more: Any, **how: Any) -> Notice | None:
        if happening.reference == broken.reference:
            raise KeyError(happening.reference)
        return for_resident(known, happening, *more, **how)

    monkeypatch.setattr(composing, "for_resident", told)
    for notices in (4, 0):
        with db.transaction():
            assert compose(db).notices == notices
    left = owner.execute("select request_id, look_again_at > now() from event_outbox").fetchall()
    assert left == [(broken.id, True)]
    monkeypatch.undo()
    owner.execute("update event_outbox set look_again_at = now()")
    with db.transaction():
        assert compose(db).notices == 1, "once it is mended the event is told"


def test_two_composers_and_two_deliverers_never_take_the_same(
    db: Connection, sink: Sink, phnom_penh: City
) -> None:
    for _ in range(4):
        file(phnom_penh, contact={"email": RESIDENT})
    with clock_connection() as other:
        assert compose(other, limit=3).notices == 3
        with db.transaction():
            assert compose(db).notices == 1
        other.commit()
        other.execute("select 1 from notification order by next_attempt_at limit 3 for update skip locked")
        assert deliver(db) == Delivered(sent=1)
        other.rollback()
    assert deliver(db) == Delivered(sent=3)
    assert len({mail["Message-ID"] for mail in sink.mails()}) == 4


def test_sent_again_after_a_crash_it_bears_the_same_message_id(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    tell(db)
    # as after a kill between sending and marking: the mark was never committed
    owner.execute("update notification set sent_at = null, attempts = 0, next_attempt_at = now()")
    assert deliver(db) == Delivered(sent=1)
    first, second = sink.mails()
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def test_while_the_mail_server_is_away_notices_wait_and_nothing_is_lost(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    sink.stop()
    for _ in range(3):
        file(phnom_penh, contact={"email": RESIDENT})

    composed, delivered = tell(db)

    assert composed.notices == 3
    assert (delivered.sent, delivered.put_back, delivered.trouble) == (0, 1, "ConnectionRefusedError")
    assert sorted(row[1] for row in notices(owner)) == [0, 0, 1], "one was tried, the others spared"
    assert owner.execute("select count(*) from notification where next_attempt_at > now()").fetchone() == (1,)
    sink.start()
    time_passes(owner)
    assert deliver(db) == Delivered(sent=3)
    assert len(sink.mails()) == 3
    assert all(row[2:] == (True, False, None) for row in notices(owner))


def test_a_delivery_ends_when_its_time_is_up_and_the_next_goes_on(
    db: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    with db.transaction():
        compose(db)
    assert deliver(db, within=dt.timedelta()) == Delivered()
    assert deliver(db, limit=0) == Delivered()
    assert deliver(db) == Delivered(sent=1)


def test_without_a_mail_server_notices_wait(
    db: Connection, owner: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_goes_to(monkeypatch, None):
        file(phnom_penh, contact={"email": RESIDENT})
        assert tell(db) == (Composed(1, 1, 0), Delivered())
    assert notices(owner) == [("resident", 0, False, False, None)]


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org\r\nBcc: c@d.org", "a@b.org\nc@d.org", "a@b.org, c@d.org", "a@b@c.org", "nobody", "@b.org",
        "a@", "a b@c.org", "<a@b.org>", "a@b.org\x00", "a@b.org\u2028c@d.org", "x" * 250 + "@b.org",
        "a;b@c.org", '"a"@b.org',
    ],
)  # fmt: skip
def test_addresses_that_could_say_more_than_an_address_are_refused(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City, address: str
) -> None:
    assert not is_address(address)
    if "\x00" not in address:  # the intake refuses that one itself
        file(phnom_penh, contact={"email": address})
        assert tell(db) == (Composed(1, 0, 1), Delivered())
    outgoing = Outgoing("a" * 40, {"email": address}, "en", "s", "b", dt.datetime.now(dt.UTC))
    with pytest.raises(ValueError, match="one plain mail address"):
        write_message("n@example.org", outgoing)
    assert sink.mails() == []


@pytest.mark.parametrize(
    "address", ["a@b.org", "o'neil+tag@sub.example.co.th", "ชื่อ@ตัวอย่าง.ไทย", "a@localhost"]
)
def test_ordinary_addresses_are_taken(address: str) -> None:
    assert is_address(address)


def test_recipients_are_kept_sealed(db: Connection, owner: Connection, phnom_penh: City) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    compose(db)
    db.commit()
    row = owner.execute("select sealed_recipient, subject || body from notification").fetchone()
    assert row is not None
    assert RESIDENT not in row[1]
    assert RESIDENT.encode() not in bytes(row[0])
    assert unseal(settings().secret, phnom_penh.id, bytes(row[0])) == {"email": RESIDENT}


class Moody:
    """A mail server that answers as told, at the stage told."""

    def __init__(self, stage: str, answer: str) -> None:
        self.stage, self.answer = stage, answer

    async def handle_MAIL(  # noqa: N802
        self, _s: SMTP, _n: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answer if self.stage == "MAIL" else "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _s: SMTP, _n: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.stage == "RCPT":
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _s: SMTP, _n: Session, _envelope: Envelope) -> str:  # noqa: N802
        return self.answer if self.stage == "DATA" else "250 OK"


@pytest.mark.parametrize(
    ("stage", "answer", "outcome", "error"),
    [
        ("RCPT", f"550 5.1.1 <{RESIDENT}>: unknown", "failed", "SMTPRecipientsRefused 550 5.1.1"),
        ("RCPT", f"450 4.2.1 <{RESIDENT}>: greylisted", "put back", "SMTPRecipientsRefused 450 4.2.1"),
        ("DATA", "554 5.6.0 not taken", "failed", "SMTPDataError 554 5.6.0"),
        ("DATA", "452 4.3.1 full", "put back", "SMTPDataError 452 4.3.1"),
        ("DATA", "421 4.3.2 going down", "stopped", "SMTPDataError 421 4.3.2"),
        ("MAIL", "550 5.7.1 who are you", "stopped", "SMTPSenderRefused 550 5.7.1"),
    ],
)
def test_what_a_refusal_means(
    db: Connection,
    owner: Connection,
    phnom_penh: City,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    answer: str,
    outcome: str,
    error: str,
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    file(phnom_penh, contact={"email": RESIDENT})
    controller = Controller(
        Moody(stage, answer), hostname="127.0.0.1", port=free_port(), ready_timeout=PATIENCE_SECONDS
    )
    controller.start()
    try:
        with mail_goes_to(monkeypatch, f"smtp://127.0.0.1:{controller.port}"):
            delivered = tell(db)[1]
    finally:
        controller.stop()

    expected = {
        "failed": Delivered(failed=2),
        "put back": Delivered(put_back=2),
        "stopped": Delivered(put_back=1, trouble=error),
    }
    assert delivered == expected[outcome]
    errors = [row[4] for row in notices(owner) if row[4]]
    assert set(errors) == {error}, "no address in it"
    due = owner.execute("select count(*) from notification where next_attempt_at is not null").fetchone()
    assert due == ((0,) if outcome == "failed" else (2,))


def test_after_five_days_of_trying_a_notice_is_given_up_and_kept(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    sink.stop()
    with db.transaction():
        compose(db)
    owner.execute("update notification set created_at = now() - interval '5 days 1 minute'")
    deliver(db)
    assert notices(owner) == [("resident", 1, False, True, "ConnectionRefusedError")]
    sink.start()
    time_passes(owner)
    assert deliver(db) == Delivered()


def test_a_recipient_that_does_not_open_waits_for_the_right_key(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    with db.transaction():
        compose(db)
    right = settings().secret_key.get_secret_value()
    for key, expected in (("x" * 40, Delivered(put_back=1)), (right, Delivered(sent=1))):
        monkeypatch.setenv("NAGARA_SECRET_KEY", key)
        settings.cache_clear()
        assert deliver(db) == expected
        time_passes(owner)


def test_pauses_grow_are_bounded_and_spread() -> None:
    for attempts in range(60):
        spread = {pause(attempts) for _ in range(20)}
        assert len(spread) > 1
        assert dt.timedelta() < min(spread) <= max(spread) <= LONGEST_PAUSE
    assert max(pause(0) for _ in range(50)) <= dt.timedelta(seconds=5)


def test_an_unexpected_reply_stops_the_batch_and_loses_nothing() -> None:
    for error in (smtplib.SMTPServerDisconnected("x"), TimeoutError(), smtplib.SMTPHeloError(501, b"no")):
        refusal = judge(error)
        assert (refusal.permanent, refusal.stops) == (False, True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:25", "smtp://", "smtp://user:secret@127.0.0.1:25"])
def test_a_mail_server_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="NAGARA_SMTP_URL"), mail_server(url, "nagara@localhost"):
        pass


@pytest.mark.parametrize(
    ("sender", "domain"), [("a@b.org", "b.org"), ("City <a@b.org>", "b.org"), ("nobody", "nobody")]
)
def test_domain_of_a_sender(sender: str, domain: str) -> None:
    assert domain_of(sender) == domain
