"""Mail servers that are away, refuse, or cannot be meant: what waits, what is given up, and what is said of it."""

from __future__ import annotations

import datetime as dt
import smtplib

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from city_config import City
from nagara.local.ports import free_port
from nagara.notifications import Composed, Delivered, compose, deliver
from nagara.notifications.channels.email import judge, mail_server
from nagara.notifications.claiming import LONGEST_PAUSE, pause
from tests.helpers import Connection, file
from tests.nagara.notifications.mails import RESIDENT, Sink, mail_goes_to, notices, tell, time_passes
from tests.waiting import PATIENCE_SECONDS


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


def test_without_a_mail_server_notices_wait(
    db: Connection, owner: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_goes_to(monkeypatch, None):
        file(phnom_penh, contact={"email": RESIDENT})
        assert tell(db) == (Composed(1, 1, 0), Delivered())
    assert notices(owner) == [("resident", 0, False, False, None)]


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
