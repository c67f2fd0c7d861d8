"""Whose step it is hears of it, once: in their inbox, and by mail at once or within a digest."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.review.notices import Told, tell
from nagara.sealing import unseal
from nagara.settings import settings
from tests.api.test_report_review import (
    People,
    Person,
    act,
    built,
    done,
    embargo_is_over,
    figures,
    later,
    look,
    time_is_over,
    to_submitted,
)

Owner = psycopg.Connection[Any]
NOTICES = "/api/v1/network/review-notices"
CHOICE = f"{NOTICES}/choice"
SECRETARIAT = {"secretariat", "registrar", "chair", "shepherd"}
INSTITUTIONS = {"cambodia", "thailand", "admin@kh-pnh", "admin@th-bkk"}


@pytest.fixture
def people(client: TestClient, owner: Owner) -> People:
    """Everybody in office, and all but the approver with an address."""
    found = People(client)
    for username, office, country in (
        ("chair", "chair", "KH"),
        ("shepherd", "shepherd", "SG"),
        ("cambodia", "representative", "KH"),
        ("thailand", "representative", "TH"),
    ):
        assert found.appoint(username, office, country).status_code == 201
    owner.execute("update staff_account set email = username || '@example.org' where role <> 'approver'")
    return found


def told(ahead: dt.timedelta = dt.timedelta()) -> Told:
    """Tell whoever was not told yet, as if it were later."""
    with clock_connection() as connection:
        found = tell(connection, configuration(), time_told(connection) + ahead)
        connection.commit()
    return found


def until_morning(days: int) -> dt.timedelta:
    """To eight o'clock (UTC) so many days from now."""
    now = dt.datetime.now(dt.UTC)
    return now.replace(hour=8, minute=0, second=0, microsecond=0) + dt.timedelta(days=days) - now


def heard(owner: Owner, kind: str) -> set[str]:
    """Who was told of something; accounts of cities with their city."""
    rows = owner.execute(
        "select username, city_id from review_notice where kind = %s order by 1, 2", (kind,)
    ).fetchall()
    assert len(rows) == len(set(rows)), f"{kind} was told twice"
    return {name if city == "network" else f"{name}@{city}" for name, city in rows}


def mails(owner: Owner) -> list[tuple[str, str, dict[str, str]]]:
    """Where mails go, in which language, and what they say."""
    rows = owner.execute(
        "select city_id, audience, sealed_recipient, sealed_text, language from message order by created_at, id"
    ).fetchall()
    found = []
    for city_id, _, recipient, text, language in rows:
        opened, words = (unseal(settings().secret, city_id, bytes(one)) for one in (recipient, text))
        assert opened is not None
        assert words is not None
        found.append((opened["email"], language, words))
    return found


def get(who: Person, path: str = NOTICES, **query: Any) -> Any:
    return done(who.client.get(path, params=query, headers=who.headers))


def test_each_step_is_told_to_those_whose_it_is_and_to_nobody_twice(people: People, owner: Owner) -> None:
    figures({"kh-pnh": 20, "th-bkk": 20})
    review = built(people)
    assert told() == Told(2, 2), "the other officials, not who built it"
    assert heard(owner, "draft") == {"registrar", "chair"}
    done(act(people.official, review, "open", comments_until=later(14), embargo_until=later(30)))
    assert told() == Told(6, 6)
    assert heard(owner, "opened") == INSTITUTIONS | {"chair", "shepherd"}
    languages = {to: (language, words) for to, language, words in mails(owner) if "admin" in to}
    assert languages.keys() == {"admin@example.org"}
    by_city = dict(
        owner.execute("select city_id, language from review_notice where kind = 'opened'").fetchall()
    )
    assert (by_city["kh-pnh"], by_city["th-bkk"], by_city["network"]) == ("km", "th", "en")
    _, said = languages["admin@example.org"]
    assert f"/network/review/#/report/{review}" in said["body"]
    assert "2026-03" in said["subject"]

    said_by_city = {"city": "kh-pnh", "figure": "N1", "text": "A flood closed the office."}
    comment = done(act(people.phnom_penh, review, "comments", **said_by_city))["id"]
    assert told() == Told(3, 0), "officials find comments in their inbox, without a mail for each"
    assert heard(owner, "commented") == SECRETARIAT - {"shepherd"}
    done(act(people.official, review, "comments", answers=comment, text="It is marked."))
    assert told() == Told(1, 1)
    assert heard(owner, "answered") == {"admin@kh-pnh"}

    assert told(dt.timedelta(days=10)) == Told(0, 0)
    assert told(dt.timedelta(days=12)) == Told(3, 3), "those who said nothing yet are reminded"
    assert heard(owner, "reminder") == INSTITUTIONS - {"admin@kh-pnh"}
    assert told(dt.timedelta(days=15)) == Told(3, 3)
    assert heard(owner, "answers_over") == SECRETARIAT - {"shepherd"}
    time_is_over(owner, review)
    told()
    done(act(people.chair, review, "endorse"))
    done(act(people.chair, review, "submit", remarks="For approval."))
    assert told() == Told(4, 3), "the approver has no address, and an inbox"
    assert heard(owner, "endorsed") == SECRETARIAT - {"chair"}
    assert heard(owner, "submitted") == {"head"}
    done(act(people.head, review, "return", remarks="Show the districts."))
    assert told() == Told(4, 4)
    assert heard(owner, "returned") == SECRETARIAT
    assert "Show the districts." in mails(owner)[-1][2]["body"]

    done(act(people.official, review, "revise", remarks="They are shown."))
    to_submitted(people, owner, review)
    done(act(people.head, review, "approve"))
    told()
    assert heard(owner, "approved") == SECRETARIAT
    embargo_is_over(owner, review)
    told()
    assert heard(owner, "embargo_over") == SECRETARIAT - {"shepherd"}
    done(act(people.other, review, "publish"))
    assert told() == Told(8, 7)
    assert heard(owner, "published") == SECRETARIAT - {"registrar"} | INSTITUTIONS | {"head"}
    assert told(dt.timedelta(days=300)) == Told(0, 0)
    assert "A flood" not in str(mails(owner)), "what a city said is read where its part is shown"


def test_an_inbox_is_ones_own_and_mails_can_come_together(people: People, owner: Owner) -> None:
    done(people.client.put(CHOICE, json={"digest": "daily"}, headers=people.cambodia.headers))
    assert get(people.cambodia, CHOICE) == {"digest": "daily", "email": True}
    assert get(people.head, CHOICE) == {"digest": "none", "email": False}
    bad = people.client.put(CHOICE, json={"digest": "hourly"}, headers=people.cambodia.headers)
    assert bad.status_code == 422
    figures({"kh-pnh": 20})
    review = built(people)
    done(act(people.official, review, "open", comments_until=later(14)))
    done(act(people.shepherd, review, "send_back", remarks="Once more."))
    done(act(people.official, review, "revise", remarks="Done."))
    done(act(people.official, review, "open", comments_until=later(20)))
    told()
    to = "cambodia@example.org"
    assert to not in {mail[0] for mail in mails(owner)}
    page = get(people.cambodia)
    assert (page["unread"], [one["kind"] for one in page["items"]]) == (2, ["opened", "opened"])
    assert told(until_morning(1)).mails == 1
    (digest,) = [words for mail, _, words in mails(owner) if mail == to]
    assert digest["subject"] == "Network reports: 2 news"
    assert digest["body"].count("2026-03") == 2
    assert told(until_morning(2)).mails == 0, "what was told in a digest is not told again"

    left = people.client.post(f"{NOTICES}/read", json={"review": review}, headers=people.cambodia.headers)
    assert left.json() == {"unread": 0}
    assert get(people.cambodia, unread=True)["items"] == []
    assert get(people.phnom_penh)["unread"] == 2, "others' inboxes are theirs"
    assert [one["review"] for one in get(people.bangkok, limit=1)["items"]] == [review]
    assert people.client.get(NOTICES, headers=people.agent.headers).status_code == 403


def test_a_representative_of_two_countries_speaks_for_the_one_it_is_about(people: People) -> None:
    assert people.appoint("cambodia", "representative", "TH").status_code == 201
    figures({"kh-pnh": 20, "th-bkk": 20})
    review = built(people)
    done(act(people.official, review, "open", comments_until=later(14)))
    for city in ("kh-pnh", "th-bkk"):
        done(act(people.cambodia, review, "comments", city=city, figure="N1", text="We looked at it."))
    said = {row["city"]: row["speaks_for"] for row in done(look(people.official, review))["comments"]}
    assert said == {"kh-pnh": "KH", "th-bkk": "TH"}


def test_every_move_says_before_the_click_what_it_would_say_after_it(people: People) -> None:
    figures({"kh-pnh": 20})
    review = built(people)
    for who in (people.official, people.chair):
        for move in done(look(who, review))["next"]:
            given = {"comments_until": later(14)} if "comments_until" in move["needs"] else {}
            if move["refusal"] is None:
                assert (move["move"], given != {}) == ("open", True)
                continue
            answer = act(who, review, move["move"], **given)
            told_then = answer.json()["error"]
            if told_then["code"] == "not_permitted":
                continue  # the account's role is asked before the path
            assert (told_then["code"], told_then["message"]) == (
                move["refusal"]["code"],
                move["refusal"]["message"],
            )
