"""GeoReport v2: what may be filed, in which forms, with which key - and what is refused, leaving nothing."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import psycopg
import pytest
from PIL import Image
from starlette.testclient import TestClient

from api.routes.open311.filing import read_answers
from city_config.schema import Choice, City, Promise, Question, Service
from nagara.cities import configuration
from nagara.ids import secret_digest
from tests.api.conftest import Staff
from tests.api.open311 import HERE, OVERFLOW, V2, errors, filed, ids, key, listed, one, post, xml

NAMES = {
    "Thai": "สมชาย ใจดี",
    "Burmese": "မောင်မောင်",
    "Khmer": "ស្រីមុំ ចាន់",
    "Lao": "ສົມພອນ",
    "Vietnamese": "Nguyễn Thị Ngọc Ánh",
    "Jawi": "أحمد بن عبدالله",
}
TRASH = "\N{WASTEBASKET}"  # four bytes in UTF-8


def rows(owner: psycopg.Connection[Any]) -> int:
    row = owner.execute("select count(*) from request").fetchone()
    assert row is not None
    return int(row[0])


def question(code: str, datatype: Any, required: bool = False, choices: tuple[str, ...] = ()) -> Question:
    return Question(
        code=code,
        datatype=datatype,
        names={"en": code},
        required=required,
        choices=tuple(Choice(key=c, names={"en": c}) for c in choices),
    )


SURVEY = Service(
    code="survey",
    network_code="waste_overflow",
    names={"en": "Survey"},
    promise=Promise(),
    questions=(
        question("bins", "multivaluelist", True, ("org", "rec", "rest")),
        question("size", "singlevaluelist", False, ("s", "l")),
        question("count", "number"),
        question("since", "datetime"),
        question("where", "string"),
    ),
)


@pytest.fixture
def survey(monkeypatch: pytest.MonkeyPatch, phnom_penh: City) -> Service:
    """Phnom Penh with one more service, which asks a question of each kind."""
    content = phnom_penh.model_dump(exclude_defaults=True)
    content["services"] = (*content["services"], SURVEY.model_dump(exclude_defaults=True))
    content["fingerprint"] = (
        "with a survey"  # another content is another version, as when it is read from files
    )
    monkeypatch.setitem(configuration().cities, "kh-pnh", City.model_validate(content))
    return SURVEY


def test_a_report_is_filed_and_readable_at_once(client: TestClient) -> None:
    answer = post(client, key(), description="line one\r\nline two")
    assert answer.status_code == 200
    (made,) = answer.json()
    assert list(made) == ["service_request_id", "service_notice", "account_id"]
    assert made["account_id"] is None
    assert "ends 20" in made["service_notice"]
    shown = one(client, made["service_request_id"])
    assert ids(listed(client)) == [made["service_request_id"]]
    assert shown["description"] == "line one\r\nline two"
    assert (shown["lat"], shown["long"]) == (11.5696, 104.921)
    public = client.get(f"/api/v1/requests/{made['service_request_id']}").json()
    assert public["status"] == "received"


def test_the_answer_in_xml(client: TestClient) -> None:
    root = xml(post(client, key(), "xml"))
    assert root.tag == "service_requests"
    (made,) = root
    assert (made.tag, [child.tag for child in made]) == (
        "request",
        ["service_request_id", "service_notice", "account_id"],
    )
    assert made.findtext("account_id") == ""


@pytest.mark.parametrize("kept_in", ["body", "query"])
def test_key_and_jurisdiction_in_body_or_query(client: TestClient, kept_in: str) -> None:
    who = {"api_key": key(), **HERE}
    body, query = (OVERFLOW | who, {}) if kept_in == "body" else (OVERFLOW, who)
    assert client.post(f"{V2}/requests.json", data=body, params=query).status_code == 200


def test_the_body_wins_over_the_query(client: TestClient) -> None:
    wrong = {"api_key": "wrong", "jurisdiction_id": "th-bkk"}
    answer = client.post(f"{V2}/requests.json", data={"api_key": key(), **HERE, **OVERFLOW}, params=wrong)
    assert answer.status_code == 200


def test_every_wrong_key_is_403(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    ended = key()
    owner.execute(
        "update api_key set expires_at = clock_timestamp() - interval '1 hour' where key_digest = %s",
        (secret_digest(ended),),
    )
    wrong = (
        None,
        "",
        "kh-pnh.nothing",
        "\N{SNOWMAN}",
        key("th-bkk"),
        key(scope="read_queue"),
        ended,
    )
    for form in ("xml", "json"):
        for given in wrong:
            answer = post(client, given, form, service_code="nothing")
            assert answer.status_code == 403, given
            assert "api_key" in errors(answer)[0]
    assert rows(owner) == 0


def test_keys_on_reads_are_ignored(client: TestClient) -> None:
    assert client.get(f"{V2}/services.json", params=HERE | {"api_key": "wrong"}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"service_code": None}, 400, "service_code is missing"),
        ({"service_code": " "}, 400, "service_code is missing"),
        ({"service_code": "nothing"}, 404, "service_code"),
        ({"service_code": "nothing", "lat": "x"}, 404, "service_code"),
        ({"lat": None}, 400, "lat and long"),
        ({"long": ""}, 400, "lat and long"),
        ({"lat": None, "long": None}, 400, "Say where"),
        ({"lat": "north"}, 400, "not a number"),
        ({"lat": "nan"}, 400, "not a number"),
        ({"lat": "1_1"}, 400, "not a number"),
        ({"lat": "1e999"}, 400, "not a number"),
        ({"lat": "104.92", "long": "11.57"}, 400, "lat"),
        ({"lat": "51.5", "long": "0"}, 400, "outside"),
        ({"lat": "51.5", "long": "0", "address_string": "Street 51"}, 400, "outside"),
        ({"description": TRASH * 4001}, 400, "4000"),
        ({"description": "a\x00b"}, 400, "not text"),
        ({"address_string": "x" * 501}, 400, "address"),
        ({"email": "nobody"}, 400, "email"),
        ({"phone": "call me"}, 400, "phone"),
        ({"client_request_id": "x" * 201}, 400, "longer"),
    ],
)
def test_what_is_wrong_is_said_and_leaves_nothing(
    client: TestClient, owner: psycopg.Connection[Any], fields: dict[str, Any], status: int, said: str
) -> None:
    for form in ("xml", "json"):
        answer = post(client, key(), form, **fields)
        assert answer.status_code == status
        assert said in errors(answer)[0]
    assert rows(owner) == 0


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ({}, (None, None)),
        ({"address_string": "Street 51, Phsar Thmei"}, ("Street 51, Phsar Thmei", None)),
        ({"lat": None, "long": None, "address_string": "Street 51"}, ("Street 51", None)),
        ({"lat": None, "long": None, "address_id": "A-7"}, (None, "A-7")),
        ({"lat": None, "long": None, "address_string": "Street 51", "address_id": "7"}, ("Street 51", "7")),
    ],
)
def test_each_kind_of_location(client: TestClient, where: dict[str, Any], shown: tuple[Any, Any]) -> None:
    found = one(client, filed(client, key(), **where))
    assert (found["address"], found["address_id"]) == shown
    assert (found["lat"] is None) == ("lat" in where)


def test_four_thousand_characters_of_four_bytes(client: TestClient) -> None:
    reference = filed(client, key(), description=TRASH * 4000)
    assert one(client, reference)["description"] == TRASH * 4000


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("multipart", [False, True])
def test_every_script_comes_back(client: TestClient, supervisor: Staff, script: str, multipart: bool) -> None:
    text = NAMES[script]
    fields = {"api_key": key(), **HERE, **OVERFLOW, "description": text, "address_string": text}
    fields |= {"first_name": text, "last_name": text, "email": "resident@example.org", "phone": "+855 12"}
    files = {"nothing": ("", b"")} if multipart else None
    answer = client.post(f"{V2}/requests.json", data=fields, files=files)
    assert answer.status_code == 200, answer.text
    reference = answer.json()[0]["service_request_id"]
    shown = client.get(f"{V2}/requests/{reference}.json", params=HERE)
    assert (shown.json()[0]["description"], shown.json()[0]["address"]) == (text, text)
    assert "resident@example.org" not in shown.text
    (root,) = xml(client.get(f"{V2}/requests/{reference}.xml", params=HERE))
    assert (root.findtext("description"), root.findtext("address")) == (text, text)
    contact = supervisor.client.post(
        f"/api/v1/staff/requests/{reference}/contact", json={"why": "a call"}, headers=supervisor.headers
    ).json()
    assert contact == {"name": f"{text} {text}", "email": "resident@example.org", "phone": "+855 12"}


def test_raw_utf8_and_literal_brackets_in_the_body(client: TestClient, survey: Service) -> None:
    body = f"api_key={key()}&jurisdiction_id=kh-pnh&service_code=survey&lat=11.5696&long=104.921"
    body += f"&description={NAMES['Khmer']}&attribute[bins][]=org&attribute%5Bbins%5D%5B%5D=rec"
    kind = "application/x-www-form-urlencoded; charset=iso-8859-1"
    answer = client.post(f"{V2}/requests.json", content=body.encode(), headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    assert one(client, answer.json()[0]["service_request_id"])["description"] == NAMES["Khmer"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"service_code": "waste_overflow"}'),
        ("text/plain", b"x"),
        ("application/x-www-form-urlencoded", b"description=\xff"),
        ("application/x-www-form-urlencoded", b"description=%FF"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(1001))),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"x"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n',
        ),
    ],
)
def test_a_body_that_cannot_be_read_is_400(client: TestClient, kind: str, body: bytes) -> None:
    answer = client.post(f"{V2}/requests.json", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert errors(answer)


@pytest.mark.parametrize("name", ["attribute[bins][]", "attribute[bins]", "attribute[bins][0]"])
def test_answers_in_every_spelling(client: TestClient, survey: Service, supervisor: Staff, name: str) -> None:
    given = {
        name: ["org", "rec"],
        "attribute[count]": "3.50",
        "attribute[since]": "2026-01-02T03:04:05+07:00",
    }
    reference = filed(client, key(), service_code="survey", **given, **{"attribute[fixmystreet_id]": "9"})
    assert supervisor.get(f"/requests/{reference}").json()["answers"] == {
        "bins": ["org", "rec"],
        "count": "3.5",
        "since": "2026-01-01T20:04:05+00:00",
    }


def test_answers_with_numbers_in_their_names(client: TestClient, survey: Service, supervisor: Staff) -> None:
    given = {"attribute[bins][0]": "org", "attribute[bins][1]": "rest"}
    reference = filed(client, key(), service_code="survey", **given)
    assert supervisor.get(f"/requests/{reference}").json()["answers"] == {"bins": ["org", "rest"]}


def test_everything_wrong_with_the_answers_is_said_at_once(client: TestClient, survey: Service) -> None:
    wrong = {"attribute[size]": "xl", "attribute[count]": "many", "attribute[since]": "yesterday"}
    for form in ("xml", "json"):
        answer = post(client, key(), form, service_code="survey", **wrong)
        assert answer.status_code == 400
        said = errors(answer)
        assert [text.partition(":")[0] for text in said] == [
            "attribute[bins]",
            "attribute[size]",
            "attribute[count]",
            "attribute[since]",
        ]


def test_the_place_is_looked_at_before_the_answers(client: TestClient, survey: Service) -> None:
    answer = post(client, key(), service_code="survey", lat="51.5", long="0")
    assert "outside" in errors(answer)[0]


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"bins": ["org"]}, 0),
        ({"bins": ["org", "org"]}, 0),
        ({"bins": ["paper"]}, 1),
        ({"bins": ["org"], "size": ["s", "l"]}, 1),
        ({"bins": ["org"], "count": ["nan"]}, 1),
        ({"bins": ["org"], "since": ["2026-01-01T00:00:00"]}, 1),
        ({"bins": ["org"], "since": ["2026-02-30T00:00:00Z"]}, 1),
        ({"bins": ["org"], "where": ["x" * 4001]}, 1),
    ],
)
def test_answers_are_held_against_their_questions(given: dict[str, list[str]], faults: int) -> None:
    assert len(read_answers(SURVEY, given)[1]) == faults


@pytest.mark.parametrize("by", ["header", "field"])
def test_a_repetition_is_the_same_request(
    client: TestClient, owner: psycopg.Connection[Any], by: str
) -> None:
    fields = {"api_key": key(), **HERE, **OVERFLOW}
    headers = {"Idempotency-Key": "same"} if by == "header" else {}
    fields |= {"client_request_id": "same"} if by == "field" else {}
    first, second = (client.post(f"{V2}/requests.json", data=fields, headers=headers) for _ in range(2))
    assert first.status_code == 200
    assert first.content == second.content
    other = client.post(f"{V2}/requests.json", data=fields | {"description": "other"}, headers=headers)
    assert other.status_code == 400
    assert errors(other)
    assert rows(owner) == 1


def test_keys_of_repetition_are_each_systems_own(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    web = {"service_code": "waste_overflow", "lat": 11.5696, "lon": 104.921}
    path = "/api/v1/cities/kh-pnh/requests"
    assert client.post(path, json=web, headers={"Idempotency-Key": "same"}).status_code == 201
    filed(client, key(), client_request_id="same")
    assert rows(owner) == 2


def picture(colour: str = "red") -> bytes:
    written = BytesIO()
    Image.new("RGB", (320, 200), colour).save(written, "JPEG")
    return written.getvalue()


def test_pictures_are_kept_under_any_field_and_shown_once_released(
    client: TestClient, supervisor: Staff, owner: psycopg.Connection[Any]
) -> None:
    files = [
        ("media", ("a.jpg", picture("red"))),
        ("media[]", ("a.jpg", picture("green"))),
        ("photo1", ("../b.png", picture("blue"))),
    ]
    fields = {"api_key": key(), **HERE, **OVERFLOW, "client_request_id": "c-1"}
    first, again = (client.post(f"{V2}/requests.json", data=fields, files=files) for _ in range(2))
    assert first.status_code == 200, first.text
    assert again.json() == first.json(), "the same pictures are the same report, whatever ids they got"
    reference = first.json()[0]["service_request_id"]
    assert one(client, reference)["media_url"] is None, "the city shows what its staff released"

    photos = supervisor.get(f"/requests/{reference}").json()["photos"]
    assert len(photos) == 3
    for photo in photos[1:]:
        released = client.put(
            f"/api/v1/staff/requests/{reference}/media/{photo['id']}",
            json={"public": True},
            headers=supervisor.headers,
        )
        assert released.status_code == 200, released.text
    url = one(client, reference)["media_url"]
    assert url.startswith("http")
    assert url.endswith(photos[1]["url"]), "the first that is public"
    assert client.get(photos[1]["url"]).headers["content-type"] == "image/jpeg"
    assert client.get(photos[0]["url"]).status_code == 404
    extended = one(client, reference, extensions="true")["extended_attributes"]["photos"]
    assert [photo["media_url"].rsplit("/", 1)[1] for photo in extended] == [p["id"] for p in photos[1:]]


def test_what_is_no_picture_files_nothing(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    fields = {"api_key": key(), **HERE, **OVERFLOW}
    good, bad = ("media", ("a.jpg", picture())), ("photo1", ("b.jpg", b"\xff\xd8"))
    for files in ([good, bad], [good] * 6):
        refused = client.post(f"{V2}/requests.json", data=fields, files=files)
        assert refused.status_code == 400, refused.text
        assert "picture" in refused.json()[0]["description"]
    assert rows(owner) == 0
    assert owner.execute("select count(*) from photo").fetchone() == (0,)
    assert "fetched" not in post(client, key()).json()[0]["service_notice"]


def test_the_history_says_which_system_filed(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    filed(client, key(), device_id="d", account_id="a", locale="en")
    row = owner.execute(
        "select e.actor_kind, e.actor, r.channel, r.language from event e "
        "join request r on r.city_id = e.city_id and r.id = e.request_id"
    ).fetchone()
    assert row == ("api_key", "Partner app", "open311", "en")
