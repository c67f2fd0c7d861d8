"""Who is told, and who gets the private link: nobody else, by no address, and sealed in the database."""

from __future__ import annotations

import re
from email.message import EmailMessage
from hashlib import sha256

import pytest

from city_config import City
from nagara.cities import city_of
from nagara.escalation.climbing import sweep
from nagara.ids import resident_token, uuid7
from nagara.lifecycle import Move
from nagara.notifications import Composed, Delivered, compose, deliver
from nagara.permissions import Role
from nagara.sealing import seal, unseal
from nagara.settings import settings
from tests.helpers import Connection, age, file
from tests.nagara.notifications.mails import RESIDENT, Sink, move, staff, tell, text_of, time_passes


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


def test_nobody_is_told_where_there_is_no_address(db: Connection, sink: Sink, phnom_penh: City) -> None:
    file(phnom_penh)
    file(phnom_penh, contact={"phone": "012 345 678"})
    assert tell(db) == (Composed(2, 0, 0), Delivered())
    assert sink.mails() == []


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


def test_recipients_are_kept_sealed(db: Connection, owner: Connection, phnom_penh: City) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    compose(db)
    db.commit()
    row = owner.execute("select sealed_recipient, subject || body from notification").fetchone()
    assert row is not None
    assert RESIDENT not in row[1]
    assert RESIDENT.encode() not in bytes(row[0])
    assert unseal(settings().secret, phnom_penh.id, bytes(row[0])) == {"email": RESIDENT}


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
