"""Staff decide what the public sees; who filed a request is read with a reason, and the log says so."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import psycopg
import pytest
from httpx import Response
from PIL import Image
from starlette.testclient import TestClient

from nagara.cities import configuration
from tests.api.conftest import Staff

Connection = psycopg.Connection[Any]
FILE = "/api/v1/cities/kh-pnh/requests"
WORDS = "Mr Neighbour of house 12 throws his rubbish here."
CONTACT = {"name": "Resident One", "email": "one@example.org", "phone": "012 345 678"}
BODY: dict[str, Any] = {
    "service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282, "description": WORDS, "contact": CONTACT,
}  # fmt: skip
WHY = {"why": "Ask where exactly it lies"}


@pytest.fixture
def filed(client: TestClient) -> dict[str, Any]:
    return file(client)


def file(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(FILE, json=BODY | fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rule(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the city publish otherwise, for one test."""
    city = configuration().cities["kh-pnh"]
    monkeypatch.setitem(city.__dict__, "publication", city.publication.model_copy(update=changes))


def post(staff: Staff, path: str, body: Any) -> Response:
    answer: Response = staff.client.post(f"/api/v1/staff{path}", json=body, headers=staff.headers)
    return answer


def publish(staff: Staff, reference: str, **body: Any) -> Response:
    return post(staff, f"/requests/{reference}/publication", {"reason": "personal_data"} | body)


def picture() -> bytes:
    written = BytesIO()
    image = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    image.save(written, "JPEG", quality=95)
    return written.getvalue()


def sent(client: TestClient) -> str:
    answer = client.post("/api/v1/cities/kh-pnh/media", files={"file": ("a.jpg", picture(), "image/jpeg")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_contact_is_in_no_answer_and_each_read_is_logged(
    client: TestClient, agent: Staff, filed: dict[str, Any]
) -> None:
    reference = filed["reference"]
    shown = agent.get(f"/requests/{reference}")
    assert shown.json()["contact_known"] is True
    assert "example.org" not in shown.text
    assert "example.org" not in agent.get("/queue").text
    for why in ("", "  ", "x"):
        assert post(agent, f"/requests/{reference}/contact", {"why": why}).status_code == 422
    read = post(agent, f"/requests/{reference}/contact", WHY)
    assert (read.status_code, read.json()) == (200, CONTACT)
    assert read.headers["cache-control"] == "no-store"

    auditor = Staff(client, "auditor@kh-pnh", "auditor")
    assert post(auditor, f"/requests/{reference}/contact", WHY).status_code == 403
    [logged] = auditor.get("/contact-reads").json()["reads"]
    assert (logged["username"], logged["why"], logged["found"]) == ("agent@kh-pnh", WHY["why"], True)
    assert logged["reference"] == reference
    assert agent.get("/contact-reads").status_code == 403
    stranger = Staff(client, "agent@th-bkk", "agent")
    assert post(stranger, f"/requests/{reference}/contact", WHY).status_code == 404
    assert Staff(client, "auditor@th-bkk", "auditor").get("/contact-reads").json()["reads"] == []


def test_the_log_is_read_page_by_page_and_by_person(
    client: TestClient, agent: Staff, supervisor: Staff, filed: dict[str, Any]
) -> None:
    other = file(client, contact=None)["reference"]
    for staff, reference in ((agent, filed["reference"]), (supervisor, filed["reference"]), (agent, other)):
        assert post(staff, f"/requests/{reference}/contact", WHY).status_code == 200
    auditor = Staff(client, "auditor@kh-pnh", "auditor")
    first = auditor.get("/contact-reads", limit=2).json()
    assert [read["found"] for read in first["reads"]] == [False, True]
    rest = auditor.get("/contact-reads", limit=2, cursor=first["next_cursor"]).json()
    assert (len(rest["reads"]), rest["next_cursor"]) == (1, None)
    for name in ("agent@kh-pnh", "agent"):
        assert len(auditor.get("/contact-reads", username=name).json()["reads"]) == 2
    assert auditor.get("/contact-reads", username="agent@th-bkk").json()["reads"] == []
    assert len(auditor.get("/contact-reads", reference=other.lower()).json()["reads"]) == 1
    assert auditor.get("/contact-reads", cursor="nonsense").status_code == 422


def test_a_moderated_request_waits_until_it_is_released(
    client: TestClient, supervisor: Staff, filed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = filed["reference"]
    rule(monkeypatch, moderated=True)
    file(client, confidential=True)
    assert client.get(f"/api/v1/requests/{reference}").status_code == 404
    [waiting] = supervisor.get("/moderation").json()["requests"]
    assert (waiting["reference"], waiting["waits"], waiting["description"]) == (reference, True, WORDS)

    assert publish(supervisor, reference, public=True, reason="nothing_against_it").json()["public"] is True
    assert client.get(f"/api/v1/requests/{reference}").status_code == 200
    assert supervisor.get("/moderation").json()["requests"] == []
    assert publish(supervisor, reference, public=False).json()["public"] is False
    assert client.get(f"/api/v1/requests/{reference}").status_code == 404
    assert supervisor.get("/moderation").json()["requests"] == [], "what was hidden was decided"
    assert publish(supervisor, reference, public=None).json()["waits_for_release"] is True


def test_what_waits_comes_page_by_page(
    client: TestClient, supervisor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, moderated_services=("waste_missed",))
    wanted = [file(client)["reference"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = supervisor.get("/moderation", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [row["reference"] for row in page["requests"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == wanted
    for bad in ("x", "é", "YWJj"):
        assert supervisor.get("/moderation", cursor=bad).status_code == 422


def test_pictures_nobody_decided_about_wait_too(client: TestClient, supervisor: Staff) -> None:
    reference = file(client, media=[sent(client)])["reference"]
    [waiting] = supervisor.get("/moderation").json()["requests"]
    assert (waiting["reference"], waiting["waits"]) == (reference, False)
    photo = waiting["photos"][0]["id"]
    url = f"/api/v1/staff/requests/{reference}/media/{photo}"
    assert client.put(url, json={"public": False}, headers=supervisor.headers).status_code == 200
    assert supervisor.get("/moderation").json()["requests"] == []


def test_what_can_never_be_public_cannot_be_released(
    client: TestClient, supervisor: Staff, agent: Staff, filed: dict[str, Any]
) -> None:
    hidden = file(client, confidential=True)["reference"]
    refused = publish(supervisor, hidden, public=True)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "public")
    assert publish(agent, filed["reference"], public=True).status_code == 403
    assert publish(supervisor, filed["reference"], public=True, reason="because").status_code == 422
    nothing = publish(supervisor, filed["reference"])
    assert (nothing.status_code, nothing.json()["error"]["message"]) == (422, "Nothing was decided.")


def test_another_wording_takes_the_place_of_the_residents(
    client: TestClient,
    supervisor: Staff,
    owner: Connection,
    filed: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference, rewritten = filed["reference"], "Somebody throws rubbish here."
    assert publish(supervisor, reference, description=rewritten).json()["description"] == rewritten
    publish(supervisor, reference, description="Rubbish is thrown here.")
    rule(monkeypatch, show_description=True)
    for answer in (
        client.get(f"/api/v1/requests/{reference}"),
        supervisor.get("/queue"),
        supervisor.get(f"/requests/{reference}"),
    ):
        assert "Neighbour" not in answer.text
        assert "Rubbish is thrown here." in answer.text
    dispatcher = Staff(client, "dispatcher@kh-pnh", "dispatcher")
    assert post(dispatcher, f"/requests/{reference}/original", WHY).status_code == 403
    original = post(supervisor, f"/requests/{reference}/original", WHY).json()
    assert (original["description"], original["redacted_by"]) == (WORDS, "supervisor@kh-pnh")
    auditor = Staff(client, "auditor@kh-pnh", "auditor")
    assert [read["what"] for read in auditor.get("/contact-reads").json()["reads"]] == ["words"]
    logged = owner.execute("select string_agg(data::text, '') from event where kind = 'reworded'").fetchone()
    assert logged is not None
    assert "ubbish" not in logged[0], "no wording stands in a history that cannot be changed"
    sealed = owner.execute("select sealed from original_words").fetchone()
    assert sealed is not None
    assert b"Neighbour" not in bytes(sealed[0])


def test_parts_of_a_picture_are_covered_for_everybody_but_the_privileged(
    client: TestClient, supervisor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(monkeypatch, photos="all")
    id_ = sent(client)
    request = file(client, media=[id_])
    url, redaction = f"/media/kh-pnh/{id_}", f"/requests/{request['reference']}/media/{id_}/redaction"
    before = client.get(url).content
    answer = post(supervisor, redaction, {"boxes": [[0.25, 0.25, 0.5, 0.5]]})
    assert (answer.status_code, answer.json()["photos"][0]["redacted"]) == (200, True)
    assert answer.json()["photos"][0]["boxes"] == [[0.25, 0.25, 0.5, 0.5]]
    for who in ({}, {"token": request["token"]}, {"original": "true"}):
        after = client.get(url, params=who)
        assert after.status_code == 200
        assert _colours(after.content) <= 16 + 40 < _colours(before)
        assert after.content != before
    assert client.get(f"{url}/thumbnail").content != before
    dispatcher = Staff(client, "dispatcher@kh-pnh", "dispatcher")
    shown = client.get(url, params={"original": "true"}, headers=dispatcher.headers)
    assert shown.content == after.content, "asking for the original does not make anybody privileged"
    original = client.get(url, params={"original": "true"}, headers=supervisor.headers)
    assert (original.content, original.headers["cache-control"]) == (before, "private, no-store")
    assert client.get(url, headers=supervisor.headers).content == after.content
    auditor = Staff(client, "auditor@kh-pnh", "auditor")
    [read] = auditor.get("/contact-reads").json()["reads"]
    assert (read["what"], read["why"], read["found"]) == ("picture", "picture", True)
    assert (read["username"], read["reference"]) == ("supervisor@kh-pnh", request["reference"])

    again = post(supervisor, redaction, {"boxes": []})
    assert again.json()["photos"][0]["redacted"] is False
    assert client.get(url).content == before
    assert client.get(url, params={"original": "true"}, headers=supervisor.headers).content == before
    assert len(auditor.get("/contact-reads").json()["reads"]) == 1, (
        "where nothing is hidden, nothing was opened"
    )


def _colours(content: bytes) -> int:
    """How many shades of grey the middle of a picture has."""
    with Image.open(BytesIO(content)) as image:
        middle = image.convert("L").crop((110, 85, 290, 215))
        return len(set(middle.tobytes()))


@pytest.mark.parametrize(
    "boxes",
    [
        [[0.1, 0.1, 0.2]],
        [[2, 2, 1, 1]],
        [[0.1, 0.1, 0, 0.3]],
        [["a", 0, 1, 1]],
        [[0, 0, 0.1, 0.1]] * 61,
        [[1e999] * 4],
    ],
)
def test_boxes_that_are_none_are_refused(client: TestClient, supervisor: Staff, boxes: Any) -> None:
    id_ = sent(client)
    reference = file(client, media=[id_])["reference"]
    path = f"/api/v1/staff/requests/{reference}/media/{id_}/redaction"
    import json

    answer = client.post(
        path,
        content=json.dumps({"boxes": boxes}),
        headers=supervisor.headers | {"Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422), answer.text


def test_an_abused_contact_is_kept_from_filing_for_a_while(
    client: TestClient, agent: Staff, owner: Connection, filed: dict[str, Any]
) -> None:
    admin = Staff(client, "admin@kh-pnh", "city_admin")
    path, body = f"/requests/{filed['reference']}/block", {"days": 7, "reason": "abuse"}
    assert post(agent, path, body).status_code == 403
    assert post(admin, path, body | {"reason": "dislike"}).status_code == 422
    made = post(admin, path, body)
    assert made.status_code == 201, made.text
    assert len(made.json()["blocks"]) == 2
    for contact in ({"email": " ONE@example.org"}, {"phone": "+855 12 345678"}):
        refused = client.post(FILE, json=BODY | {"contact": contact})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "contact_blocked")
    assert client.post(FILE, json=BODY | {"contact": {"email": "two@example.org"}}).status_code == 201
    assert client.post(FILE, json=BODY | {"contact": None}).status_code == 201
    assert "one@example" not in str(owner.execute("select * from contact_block").fetchall())

    for block in admin.get("/blocks").json()["blocks"]:
        assert block["blocked_by"] == "admin@kh-pnh"
        gone = client.delete(f"/api/v1/staff/blocks/{block['id']}", headers=admin.headers)
        assert gone.status_code == 204
    assert client.post(FILE, json=BODY).status_code == 201
    assert all(block["lifted_by"] for block in admin.get("/blocks").json()["blocks"])
    unknown = client.delete(f"/api/v1/staff/blocks/{filed_id()}", headers=admin.headers)
    assert unknown.status_code == 404


def filed_id() -> str:
    from nagara.ids import uuid7

    return str(uuid7())
