"""The path of a network report, walked by its roles; every short-cut refused, and what is published unchangeable."""

from __future__ import annotations

import datetime as dt
import html
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from httpx import Response
from starlette.testclient import TestClient

from nagara.accounts import people as people_of_city
from nagara.accounts import sessions
from nagara.cities import configuration
from nagara.database import city_session, clock_connection, time_told
from nagara.indicators.build import build_city
from nagara.network.errors import ReviewMoveNotAllowed
from nagara.network_report.printed.of_city import city_pages
from nagara.network_report.printed.of_network import network_pages
from nagara.network_report.texts import texts_in
from nagara.permissions import Role
from nagara.review.occasions import untold
from nagara.review.path import STEPS, Office, ReviewMove, ReviewStatus, step_from
from nagara.review.questions import without_questions
from tests.nagara.indicators.logged import log_request

REPORTS = "/api/v1/network/reports"
REVIEWS = f"{REPORTS}/reviews"
APPOINTMENTS = "/api/v1/network/appointments"
PERIOD = "2026-03"
MARCH = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC)
Owner = psycopg.Connection[Any]


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody signed in."""

    client: TestClient
    headers: dict[str, str]


class People:
    """Everybody who has a part in a review, signed in."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.official = self.of("secretariat@network", Role.OFFICIAL)
        self.other = self.of("registrar@network", Role.OFFICIAL)
        self.chair = self.of("chair@network", Role.OFFICIAL)
        self.shepherd = self.of("shepherd@network", Role.NATIONAL_REPRESENTATIVE)
        self.cambodia = self.of("cambodia@network", Role.NATIONAL_REPRESENTATIVE)
        self.thailand = self.of("thailand@network", Role.NATIONAL_REPRESENTATIVE)
        self.head = self.of("head@network", Role.APPROVER)
        self.phnom_penh = self.of("admin@kh-pnh", Role.CITY_ADMIN)
        self.bangkok = self.of("admin@th-bkk", Role.CITY_ADMIN)
        self.agent = self.of("agent@kh-pnh", Role.AGENT)

    def of(self, name: str, role: Role) -> Person:
        """Somebody with an account, signed in without a password, which would take its time."""
        username, city = name.split("@")
        with city_session(city) as session:
            row = people_of_city.new_account_row(session, city, username, role)
            session.add(row)
            session.flush()
            token = sessions.open_session(session, row, "password").token
        return Person(self.client, {"Authorization": f"Bearer {token}"})

    def appoint(self, username: str, office: str, country: str, **other: str) -> Response:
        """Give an office from yesterday for a year less a week."""
        now = dt.datetime.now(dt.UTC)
        body = {
            "username": username,
            "office": office,
            "country": country,
            "valid_from": (now - dt.timedelta(days=1)).isoformat(),
            "valid_to": (now + dt.timedelta(days=358)).isoformat(),
        }
        answer: Response = self.client.post(APPOINTMENTS, json=body | other, headers=self.other.headers)
        return answer


@pytest.fixture
def people(client: TestClient) -> People:
    """Chair, shepherd and two countries' representatives in office."""
    found = People(client)
    for username, office, country in (
        ("chair", "chair", "KH"),
        ("shepherd", "shepherd", "SG"),
        ("cambodia", "representative", "KH"),
        ("thailand", "representative", "TH"),
    ):
        made = found.appoint(username, office, country)
        assert made.status_code == 201, made.text
    return found


def figures(cities: dict[str, int]) -> None:
    """Requests of March and the figures made of them."""
    with clock_connection() as connection:
        for city_id, count in cities.items():
            for number in range(count):
                at = MARCH + dt.timedelta(hours=number)
                log_request(connection, city_id, at, [("resolved", 30.0, "staff")])
            build_city(connection, configuration(), city_id, time_told(connection))
        connection.commit()


@pytest.fixture
def review(people: People, database_url: str) -> str:
    """The id of a review that was just built."""
    figures({"kh-pnh": 30, "th-bkk": 25})
    return built(people)


def built(people: People) -> str:
    """Build the report of March; returns the id of its review."""
    answer = people.client.post(REPORTS, json={"period": PERIOD}, headers=people.official.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["review"])


def later(days: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).isoformat()


def act(who: Person, review: str, move: str, **body: Any) -> Response:
    """Make a move."""
    answer: Response = who.client.post(f"{REVIEWS}/{review}/{move}", json=body, headers=who.headers)
    return answer


def look(who: Person, review: str) -> Response:
    """Look at a review."""
    answer: Response = who.client.get(f"{REVIEWS}/{review}", headers=who.headers)
    return answer


def code(answer: Response) -> str:
    """What was refused."""
    return str(answer.json()["error"]["code"])


def done(answer: Response) -> Any:
    """What came of a move that was made."""
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def time_is_over(owner: Owner, review: str) -> None:
    """Let the time to answer have ended a minute ago."""
    owner.execute(
        "update report_review set comments_until = now() - interval '1 minute' where id = %s", (review,)
    )


def embargo_is_over(owner: Owner, review: str) -> None:
    """Let the embargo have ended a minute ago."""
    owner.execute(
        "update report_review set embargo_until = now() - interval '1 minute' where id = %s", (review,)
    )


def to_submitted(people: People, owner: Owner, review: str) -> None:
    """Walk from a draft to the head of government."""
    done(act(people.official, review, "open", comments_until=later(14)))
    time_is_over(owner, review)
    done(act(people.chair, review, "endorse"))
    done(act(people.chair, review, "submit"))


def test_the_whole_path_by_its_roles(people: People, owner: Owner, review: str) -> None:
    client = people.client
    report = done(look(people.official, review))["report_id"]
    assert client.get(REPORTS).json()["reports"] == [], "a draft is nobody's but its makers'"
    assert (
        client.get(f"{REPORTS}/{report}").status_code
        == client.get(f"{REPORTS}/{report}.json").status_code
        == 404
    )
    for who in (people.chair, people.cambodia, people.head, people.phnom_penh):
        if who is not people.chair:  # the chair is an official too
            assert code(look(who, review)) == "unknown_review", "it was not opened to them yet"
    done(act(people.official, review, "open", comments_until=later(14), embargo_until=later(30)))

    said = {"city": "kh-pnh", "figure": "N1", "text": "A flood closed the office for a week."}
    comment = done(act(people.phnom_penh, review, "comments", **said))["id"]
    done(act(people.cambodia, review, "comments", city="kh-pnh", figure="coverage", text="We agree."))
    assert code(act(people.chair, review, "endorse")) == "review_not_ready", "their time still runs"
    time_is_over(owner, review)
    assert code(act(people.phnom_penh, review, "comments", **said)) == "review_not_ready", (
        "their time is over"
    )
    assert code(act(people.chair, review, "endorse")) == "review_not_ready", "two comments have no answer"
    for one in done(look(people.official, review))["comments"]:
        done(act(people.official, review, "comments", answers=one["id"], text="It is marked now."))
    seen = done(look(people.phnom_penh, review))["comments"]
    assert [row["answers"] for row in seen if row["speaks_for"] == "network"].count(comment) == 1

    assert done(act(people.chair, review, "endorse"))["status"] == "committee_endorsed"
    assert code(look(people.head, review)) == "unknown_review", "it does not lie before them yet"
    done(act(people.chair, review, "submit", remarks="For approval."))
    done(act(people.head, review, "approve"))
    assert code(act(people.official, review, "publish")) == "under_embargo"
    assert client.get(REPORTS).json()["reports"] == []
    embargo_is_over(owner, review)
    assert done(act(people.official, review, "publish"))["moves"] == []

    (public,) = client.get(REPORTS).json()["reports"]
    assert (public["id"], public["edition"], public["corrects"]) == (report, 1, None)
    assert "Phnom Penh" in client.get(public["url"]).text
    trail = done(look(people.official, review))["steps"]
    assert [(step["move"], step["office"], step["actor"].split("@")[0]) for step in trail] == [
        ("build", "official", "secretariat"),
        ("open", "official", "secretariat"),
        ("endorse", "chair", "chair"),
        ("submit", "chair", "chair"),
        ("approve", "approver", "head"),
        ("publish", "official", "secretariat"),
    ]
    assert [step["number"] for step in trail] == [1, 2, 3, 4, 5, 6]


def test_nothing_published_can_change_and_a_correction_is_a_new_edition(
    people: People, owner: Owner, review: str
) -> None:
    client = people.client
    to_submitted(people, owner, review)
    done(act(people.head, review, "approve"))
    correction = {"report_id": done(look(people.official, review))["report_id"], "changes": "Nothing yet."}
    url = f"{REVIEWS}/corrections"
    assert code(client.post(url, json=correction, headers=people.official.headers)) == "invalid_input"
    done(act(people.official, review, "publish"))
    for statement in (
        "update report_review set status = 'draft'",
        "update report_review set changes = 'x'",
        "delete from report_review",
        "update report_release set edition = 2",
        "delete from report_release",
        "update report_review_step set remarks = 'x'",
        "update report_comment set text = 'x'",
        "delete from report_review_step",
        "update network_report set html = ''",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            owner.execute(statement)
    for move in ReviewMove:
        assert code(act(people.official, review, move.value)) in ("review_move_not_allowed", "not_permitted")
    first = client.get(REPORTS).json()["reports"][0]
    page = client.get(first["url"]).text

    assert code(client.post(url, json=correction, headers=people.official.headers)) == "already_there"
    figures({"kh-pnh": 5})
    made = client.post(REPORTS, json={"period": PERIOD}, headers=people.official.headers).json()
    assert made["review"] is None, "a published period is corrected on purpose, not by building"
    body = {"report_id": made["id"], "changes": "Five late reports of Phnom Penh."}
    assert code(client.post(url, json=body, headers=people.head.headers)) == "not_permitted"
    second = done(client.post(url, json=body, headers=people.official.headers))
    assert (second["edition"], second["corrects"]) == (2, review)
    to_submitted(people, owner, second["id"])
    done(act(people.head, second["id"], "approve"))
    done(act(people.official, second["id"], "publish"))
    newest, oldest = client.get(REPORTS).json()["reports"]
    assert (newest["edition"], newest["corrects"], newest["changes"]) == (2, first["id"], body["changes"])
    assert oldest == first
    assert client.get(first["url"]).text == page, "the first edition stays as it was"


def test_each_sees_its_own_part_and_no_other(people: People, owner: Owner, review: str) -> None:
    done(act(people.official, review, "open", comments_until=later(14)))
    done(act(people.bangkok, review, "comments", city="th-bkk", figure="N1", text="Traffy closed late."))

    def cities(who: Person) -> set[str]:
        return {city["id"] for city in done(look(who, review))["content"]["cities"]}

    served = configuration().cities
    assert cities(people.phnom_penh) == {"kh-pnh"}
    assert cities(people.cambodia) == {city.id for city in served.values() if city.country == "KH"}
    assert cities(people.thailand) == {city.id for city in served.values() if city.country == "TH"}
    for who in (people.official, people.chair, people.shepherd):
        assert cities(who) == set(served)
        page = who.client.get(f"{REVIEWS}/{review}/page", headers=who.headers)
        assert "Bangkok" in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for who in (people.phnom_penh, people.cambodia):
        shown = done(look(who, review))
        assert shown["comments"] == shown["steps"] == []
        assert "th-bkk" not in str(shown)
        assert "Bangkok" not in str(shown)
        assert code(who.client.get(f"{REVIEWS}/{review}/page", headers=who.headers)) == "unknown_review"
    assert len(done(look(people.thailand, review))["comments"]) == 1
    assert code(look(people.agent, review)) == "not_permitted"
    for who, body in (
        (people.phnom_penh, {"city": "th-bkk", "figure": "N1"}),
        (people.phnom_penh, {"figure": "N1"}),
        (people.cambodia, {"city": "th-bkk", "figure": "N1"}),
        (people.phnom_penh, {"city": "kh-pnh", "figure": "N99"}),
        (people.phnom_penh, {"city": "xx-yyy", "figure": "N1"}),
    ):
        answer = act(who, review, "comments", text="Ours is better.", **body)
        assert (answer.status_code, code(answer)) == (422, "invalid_input"), answer.text
        assert "th-bkk" not in str(answer.json()["error"]["allowed"])
    theirs = done(look(people.official, review))["comments"][0]["id"]
    assert code(act(people.phnom_penh, review, "comments", answers=theirs, text="No.")) == "unknown_comment"
    assert code(act(people.bangkok, review, "comments", answers=theirs, text="Well.")) == "invalid_input"
    done(act(people.shepherd, review, "comments", figure="all", text="Thank you."))


def give_cause_to_ask() -> None:
    """Closings at once, and many under 'other'."""
    with clock_connection() as connection:
        for number in range(30):
            at = MARCH + dt.timedelta(hours=number)
            log_request(connection, "kh-pnh", at, [("resolved", 0.02, "staff")])
            log_request(connection, "kh-pnh", at, code="other")
        build_city(connection, configuration(), "kh-pnh", time_told(connection))
        connection.commit()


def on_paper_nothing_is_asked(part: dict[str, Any]) -> None:
    """Neither in the whole report nor in a city's, and both say why."""
    for told_of in (network_pages(part, "", True), city_pages(part, "kh-pnh", texts_in("km"), "", True)):
        assert told_of["asked"] == []
    assert network_pages(part, "", True)["words"]["none-asked"].startswith("Questions are each city's own")
    noted = [" ".join(line) for line in network_pages(part, "", True)["noted"]]
    assert noted and all("Questions are each city's own" in line for line in noted)
    assert (
        texts_in("km").say("note.sound") not in city_pages(part, "kh-pnh", texts_in("km"), "", True)["notes"]
    )
    assert city_pages(part, "kh-pnh", texts_in("km"), "", True)["words"]["no_questions"] == texts_in(
        "km"
    ).say("questions_held")


def test_what_a_city_is_asked_is_its_own_until_its_time_to_answer_is_over(
    people: People, owner: Owner, database_url: str
) -> None:
    """Reviewers see a question together with what the city said to it, on every page and in every form."""
    give_cause_to_ask()
    review = built(people)
    words = ("within five minutes of receipt", "filed under 'other'")
    report = done(look(people.official, review))["report_id"]

    def asked(who: Person) -> tuple[list[str], bool]:
        """What is asked of the city's work and of its data: what says how young these are, everybody is told."""
        cities = done(look(who, review))["content"]["cities"]
        (own,) = (city for city in cities if city["id"] == "kh-pnh")
        ids = [one["id"] for one in (*own["asked"], *own["notes"])]
        assert len(own["notes"]) == len(own["questions"])
        return [id_ for id_ in ids if id_ != "provisional"], own.get("asked_held", False)

    def printed(who: Person) -> list[str]:
        addresses = (f"{REVIEWS}/{review}/page", f"{REPORTS}/{report}", f"{REPORTS}/{report}.json")
        return [who.client.get(address, headers=who.headers).text for address in addresses]

    def told() -> list[str]:
        with clock_connection() as connection:
            found = untold(connection, time_told(connection), dt.timedelta(days=3))
        return [one.kind.value for one in found if one.name.startswith("comment")]

    assert asked(people.official) == ([], True)
    done(act(people.official, review, "open", comments_until=later(14)))
    assert asked(people.phnom_penh) == (["closed_at_once", "other_code"], False)
    said = {
        "city": "kh-pnh",
        "figure": "asked.closed_at_once",
        "text": "A sensor of the trucks was tried out.",
    }
    for who in (people.official, people.chair, people.shepherd, people.cambodia):
        assert asked(who) == ([], True)
        for figure in (said["figure"], "asked.other_code"):
            refused = act(who, review, "comments", **{**said, "figure": figure})
            assert code(refused) == "invalid_input", "nobody can guess at it"
    held = printed(people.official)
    assert not any(one in html.unescape(form) for form in held for one in words)
    assert all("own until its time to answer" in form for form in held[:2])
    answer = done(act(people.phnom_penh, review, "comments", **said))["id"]
    assert [one["id"] for one in done(look(people.phnom_penh, review))["comments"]] == [answer]
    for who in (people.official, people.cambodia):
        shown = done(look(who, review))
        assert (shown["comments"], shown["unanswered"]) == ([], 0)
    assert code(act(people.official, review, "comments", answers=answer, text="Thanks.")) == "unknown_comment"
    assert told() == []

    time_is_over(owner, review)
    for who in (people.official, people.chair, people.cambodia):
        assert asked(who) == (["closed_at_once", "other_code"], False)
        assert [one["id"] for one in done(look(who, review))["comments"]] == [answer]
    assert told() == ["commented"]
    assert done(look(people.official, review))["unanswered"] == 1
    assert code(act(people.chair, review, "endorse")) == "review_not_ready", "it has no answer yet"
    done(act(people.official, review, "comments", answers=answer, text="Thank you."))
    assert done(look(people.official, review))["unanswered"] == 0
    assert all(one in html.unescape(form) for form in printed(people.official) for one in words)
    whole = json.loads(printed(people.official)[2])
    assert whole["content_digest"] != json.loads(held[2])["content_digest"], "it is another content"
    on_paper_nothing_is_asked(without_questions(whole["content"]))


def test_offices_begin_and_end_by_themselves_and_are_handed_over_by_date(
    people: People, owner: Owner, review: str
) -> None:
    assert code(people.appoint("registrar", "chair", "TH")) == "other_hands", "nobody appoints themselves"
    assert code(people.appoint("secretariat", "chair", "TH")) == "already_there", "one chair at a time"
    assert code(people.appoint("nobody", "chair", "TH")) == "unknown_account"
    assert code(people.appoint("secretariat", "king", "TH")) == "invalid_input"
    assert code(people.appoint("secretariat", "chair", "FR")) == "invalid_input"
    assert code(people.appoint("secretariat", "chair", "TH", valid_to=later(900))) == "invalid_input"
    assert code(people.appoint("secretariat", "chair", "TH", valid_to=later(-9))) == "invalid_input"
    next_year = {"valid_from": later(360), "valid_to": later(700)}
    assert people.appoint("secretariat", "chair", "TH", **next_year).status_code == 201
    done(act(people.official, review, "open", comments_until=later(14)))
    time_is_over(owner, review)
    assert code(act(people.official, review, "endorse")) == "not_appointed", "not before the office begins"
    for years, in_office in ((-2, False), (4, False), (-2, True)):
        owner.execute(
            "update network_appointment set valid_from = valid_from + make_interval(years => %(years)s), "
            "valid_to = valid_to + make_interval(years => %(years)s)",
            {"years": years},
        )
        assert (look(people.thailand, review).status_code == 200) is in_office
        if not in_office:
            assert code(act(people.chair, review, "endorse")) == "not_appointed", (
                "not after it, and not before"
            )
    found = people.client.get(APPOINTMENTS, headers=people.other.headers).json()["appointments"]
    held = next(one for one in found if one["username"] == "chair")
    ended = people.client.post(f"{APPOINTMENTS}/{held['id']}/end", headers=people.other.headers).json()
    assert (ended["ended_by"], ended["office"]) == ("registrar", "chair")
    assert code(act(people.chair, review, "endorse")) == "not_appointed"
    assert code(people.client.get(APPOINTMENTS, headers=people.head.headers)) == "not_permitted"


def test_the_same_hands_do_not_do_everything(people: People, owner: Owner, review: str) -> None:
    """The chair is an official as well: who opened a report does not endorse it."""
    done(act(people.chair, review, "open", comments_until=later(14)))
    time_is_over(owner, review)
    assert code(act(people.chair, review, "endorse")) == "other_hands"


def test_a_report_is_returned_worked_on_and_walks_again(people: People, owner: Owner, review: str) -> None:
    to_submitted(people, owner, review)
    assert code(act(people.head, review, "return")) == "invalid_input", "without remarks nobody knows why"
    done(act(people.head, review, "return", remarks="Show the districts."))
    figures({"kh-pnh": 3})
    again = people.client.post(REPORTS, json={"period": PERIOD}, headers=people.official.headers).json()
    assert again["review"] is None, "an edition is on its way"
    other = people.client.post(REPORTS, json={"period": "2026-04"}, headers=people.official.headers).json()
    wrong = act(people.official, review, "revise", remarks="Done.", report_id=other["id"])
    assert code(wrong) == "invalid_input", "of another period"
    revised = done(act(people.official, review, "revise", remarks="Done.", report_id=again["id"]))
    assert (revised["status"], revised["report_id"]) == ("draft", again["id"])
    done(act(people.official, review, "open", comments_until=later(14)))
    done(act(people.shepherd, review, "send_back", remarks="Once more."))
    trail = done(look(people.official, review))["steps"]
    assert [step["remarks"] for step in trail if step["remarks"]] == [
        "Show the districts.",
        "Done.",
        "Once more.",
    ]


def test_a_draft_that_is_built_again_takes_the_place_of_the_first(people: People, review: str) -> None:
    assert built(people) == review, "the same figures give the same report"
    figures({"kh-pnh": 3})
    assert built(people) == review
    moves = [step["move"] for step in done(look(people.official, review))["steps"]]
    assert moves == ["build", "rebuild"]


@pytest.mark.parametrize(
    ("move", "body"),
    [
        ("open", {}),
        ("open", {"comments_until": "2020-01-01T00:00:00Z"}),
        ("open", {"comments_until": "2999-01-01T00:00:00Z"}),
        ("open", {"comments_until": "soon"}),
        ("open", {"comments_until": "in a week", "nonsense": 1}),
    ],
)
def test_a_review_takes_as_long_as_its_cities_have_to_answer_and_has_an_end(
    people: People, review: str, move: str, body: dict[str, Any]
) -> None:
    answer = act(people.official, review, move, **body)
    assert (answer.status_code, code(answer)) == (422, "invalid_input")
    days = configuration().network.questions.city_first_days
    assert done(look(people.official, review))["city_first_days"] == days, "as the form tells it beforehand"
    answer = act(people.official, review, move, comments_until=later(days - 1))
    assert (answer.status_code, code(answer)) == (422, "invalid_input")
    done(act(people.official, review, move, comments_until=later(days)))


def test_an_embargo_can_be_put_off_and_not_lifted(people: People, owner: Owner, review: str) -> None:
    done(act(people.official, review, "open", comments_until=later(14), embargo_until=later(40)))
    time_is_over(owner, review)
    done(act(people.chair, review, "endorse"))
    done(act(people.chair, review, "submit"))
    assert code(act(people.head, review, "approve", embargo_until=later(30))) == "invalid_input"
    done(act(people.head, review, "approve", embargo_until=later(50)))
    assert code(act(people.official, review, "publish")) == "under_embargo"


def test_every_short_cut_is_refused(people: People, owner: Owner, review: str) -> None:
    """At each station, each move by each person: only what the table allows is done, and it is done by its office."""
    stations: list[tuple[str, Callable[[], Any]]] = [
        ("draft", lambda: act(people.official, review, "open", comments_until=later(14))),
        ("institution_review", lambda: act(people.chair, review, "endorse")),
        ("committee_endorsed", lambda: act(people.chair, review, "submit")),
        ("submitted", lambda: act(people.head, review, "approve")),
        ("approved", lambda: act(people.official, review, "publish")),
        ("published", lambda: None),
    ]
    tried = 0
    # of several who hold the same offices one stands for all
    each = (
        people.other,
        people.chair,
        people.shepherd,
        people.cambodia,
        people.head,
        people.phnom_penh,
        people.agent,
    )
    for status, go_on in stations:
        if status == "institution_review":
            time_is_over(owner, review)
        for move, who in itertools.product(ReviewMove, each):
            allowed = ReviewStatus(status) in STEPS[move].start
            held = offices_of(people, who)
            if allowed and held.intersection(STEPS[move].offices):
                continue
            answer = act(who, review, move.value, remarks="A short-cut.")
            assert answer.status_code in (403, 404, 409), (
                f"{status} {move}: {answer.status_code} {answer.text}"
            )
            tried += 1
        assert done(look(people.official, review))["status"] == status
        go_on()
    assert tried > 300
    assert done(look(people.official, review))["status"] == "published"
    assert code(act(people.official, review, "unheard_of")) == "unknown_review_move"


def offices_of(people: People, who: Person) -> set[Office]:
    """The offices that somebody holds in these tests."""
    held = {
        people.official: {Office.OFFICIAL},
        people.other: {Office.OFFICIAL},
        people.chair: {Office.OFFICIAL, Office.CHAIR},
        people.shepherd: {Office.SHEPHERD},
        people.cambodia: {Office.REPRESENTATIVE},
        people.thailand: {Office.REPRESENTATIVE},
        people.head: {Office.APPROVER},
    }
    return held.get(who, set())


def test_the_table_leads_from_a_draft_to_the_public_and_never_back() -> None:
    ends = {step.end for step in STEPS.values()}
    assert ends | {ReviewStatus.DRAFT} == set(ReviewStatus)
    assert set(STEPS) == set(ReviewMove)
    for move, status in itertools.product(ReviewMove, ReviewStatus):
        if status in STEPS[move].start:
            assert step_from(status, move) is STEPS[move]
        else:
            with pytest.raises(ReviewMoveNotAllowed) as refused:
                step_from(status, move)
            assert refused.value.allowed == [m.value for m in ReviewMove if status in STEPS[m].start]
    assert not any(ReviewStatus.PUBLISHED in step.start for step in STEPS.values())
    before = {ReviewStatus.PUBLISHED}
    assert {status for step in STEPS.values() if step.end in before for status in step.start} == {
        ReviewStatus.APPROVED
    }, "there is one way to the public"
