"""Who joined a request is told how it ended: once, of their own report, in their own language."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

import pytest

from city_config import City
from nagara.accounts import Account
from nagara.database import city_session
from nagara.ids import resident_token
from nagara.lifecycle import Move
from nagara.notifications import compose
from nagara.notifications.audiences import (
    is_own_contact,
    joined_audience,
    read_management_key,
    unsubscribe_address,
)
from nagara.notifications.private_links import with_token
from nagara.permissions import Role
from nagara.sealing import unseal
from nagara.settings import settings
from nagara.staff.actions import Details, make_move
from tests.helpers import Connection, Known, file

FIRST, SECOND, THIRD = "first@example.org", "second@example.org", "third@example.org"


class Told(NamedTuple):
    """A notice as it was laid down."""

    address: str
    reference: str
    audience: str
    language: str
    body: str


def move(city: City, request: Known, what: Move, **details: Any) -> None:
    account = Account(city.id, "somebody", Role.SUPERVISOR, (), "Somebody")
    with city_session(city.id) as session:
        make_move(session, city, account, request.reference, what, Details(**details))


def told(db: Connection, city: City) -> list[Told]:
    """Compose what waits; returns the notices that came of it."""
    with db.transaction():
        seen = {row[0] for row in db.execute("select ctid::text from notification")}
        compose(db)
        rows = db.execute(
            "select n.ctid::text, n.sealed_recipient, r.reference, n.audience, n.language, n.body from notification n "
            "join request r on r.city_id = n.city_id and r.id = n.request_id order by r.received_at, r.id"
        ).fetchall()
    found = []
    for ctid, sealed, *rest in rows:
        if ctid not in seen:
            recipient = unseal(settings().secret, city.id, bytes(sealed))
            assert recipient is not None
            found.append(Told(recipient["email"], *rest))
    return found


@pytest.fixture
def joined(db: Connection, phnom_penh: City) -> tuple[Known, Known, Known]:
    """A report, and two that joined it; everybody was told that theirs came in."""
    first = file(phnom_penh, language="en", contact={"email": FIRST})
    second = file(phnom_penh, language="km", contact={"email": SECOND}, same_as=first.reference)
    third = file(phnom_penh, language="th", contact={"email": THIRD}, same_as=second.reference)
    assert [notice.address for notice in told(db, phnom_penh)] == [FIRST, SECOND, THIRD]
    return first, second, third


def test_each_is_told_of_their_own_report_in_their_own_language(
    db: Connection, phnom_penh: City, joined: tuple[Known, Known, Known]
) -> None:
    move(phnom_penh, joined[0], Move.START)
    assert [notice.address for notice in told(db, phnom_penh)] == [FIRST]
    move(phnom_penh, joined[0], Move.RESOLVE, reason="cleaned", note="Done this morning")
    notices = told(db, phnom_penh)
    assert [(n.address, n.reference, n.language) for n in notices] == [
        (FIRST, joined[0].reference, "en"),
        (SECOND, joined[1].reference, "km"),
        (THIRD, joined[2].reference, "th"),
    ]
    for notice in notices:
        assert notice.reference in notice.body
        assert "Done this morning" in notice.body
    assert told(db, phnom_penh) == []


def test_each_closing_is_told_again_and_each_address_once(db: Connection, phnom_penh: City) -> None:
    first = file(phnom_penh, contact={"email": FIRST})
    for address in (FIRST.upper(), SECOND, SECOND, None):
        file(phnom_penh, contact={"email": address} if address else {}, same_as=first.reference)
    told(db, phnom_penh)
    for _ in range(2):
        move(phnom_penh, first, Move.RESOLVE, reason="fixed")
        assert sorted(notice.address for notice in told(db, phnom_penh)) == [FIRST, SECOND]
        move(phnom_penh, first, Move.REOPEN, note="not yet")
        assert sorted(notice.address for notice in told(db, phnom_penh)) == [FIRST, SECOND]


def test_of_what_the_public_may_not_see_only_the_fact_is_told(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    hidden = file(phnom_penh, confidential=True)
    mine = file(phnom_penh, language="en", contact={"email": SECOND})
    move(phnom_penh, mine, Move.LINK_DUPLICATE, parent=hidden.reference)
    told(db, phnom_penh)
    move(phnom_penh, hidden, Move.DECLINE, reason="not_found", note="Mrs So-and-so was wrong")
    [notice] = told(db, phnom_penh)
    assert notice.address == SECOND
    assert "So-and-so" not in notice.body
    assert hidden.reference not in notice.body


@pytest.mark.parametrize("hidden", [True, False])
def test_the_report_it_was_joined_to_is_named_only_if_the_public_may_see_it(
    db: Connection, phnom_penh: City, hidden: bool
) -> None:
    other = file(phnom_penh, confidential=hidden)
    mine = file(phnom_penh, language="en", contact={"email": SECOND})
    told(db, phnom_penh)
    move(phnom_penh, mine, Move.LINK_DUPLICATE, parent=other.reference)
    [notice] = told(db, phnom_penh)
    assert "joined to the earlier one" in notice.body
    assert (other.reference in notice.body) is not hidden


def test_whoever_joined_is_sent_the_private_link_of_their_own_report(
    db: Connection, phnom_penh: City, joined: tuple[Known, Known, Known]
) -> None:
    move(phnom_penh, joined[0], Move.RESOLVE, reason="fixed")
    notices = told(db, phnom_penh)
    for notice, request in zip(notices, joined, strict=True):
        sent = (
            with_token(phnom_penh.id, request.id, notice.audience, {"body": notice.body}, None, stands=True)[
                "body"
            ]
            or ""
        )
        assert resident_token(settings().secret, phnom_penh.id, request.id) not in notice.body
        assert (
            f"{request.reference}?token={resident_token(settings().secret, phnom_penh.id, request.id)}"
            in sent
        )
    assert not is_own_contact(joined_audience(3, "a-further-way"))


def test_a_mail_program_ends_the_way_over_which_the_mail_came_and_no_other() -> None:
    way, request = uuid.uuid4(), uuid.uuid4()
    ended = []
    for audience in (joined_audience(3), joined_audience(3, str(way)), "post:network:committee"):
        address = unsubscribe_address("kh-pnh", audience, request)
        managed = read_management_key(address.split("/")[-2]) if address else None
        ended.append((managed.kind, managed.id) if managed else None)
    assert ended == [("c", request), ("f", way), None]


def test_whoever_was_taken_apart_again_is_not_told(
    db: Connection, phnom_penh: City, joined: tuple[Known, Known, Known]
) -> None:
    move(phnom_penh, joined[1], Move.REOPEN, note="another street")
    told(db, phnom_penh)
    move(phnom_penh, joined[0], Move.RESOLVE, reason="fixed")
    assert [notice.address for notice in told(db, phnom_penh)] == [FIRST, THIRD]


def test_while_somebody_erases_their_contact_the_others_are_told_and_they_are_not(
    db: Connection, owner: Connection, phnom_penh: City, joined: tuple[Known, Known, Known]
) -> None:
    """What was not told because of it is told by the next pass, and to nobody twice."""
    move(phnom_penh, joined[0], Move.RESOLVE, reason="fixed")
    with owner.transaction():
        owner.execute("select from request where reference = %s for update", (joined[1].reference,))
        assert [notice.address for notice in told(db, phnom_penh)] == [FIRST]
        owner.execute(
            "delete from contact where request_id = (select id from request where reference = %s)",
            (joined[1].reference,),
        )
    assert [notice.address for notice in told(db, phnom_penh)] == [THIRD]
    assert told(db, phnom_penh) == []
