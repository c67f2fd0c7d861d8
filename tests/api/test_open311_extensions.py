"""GeoReport's extensions: updates both ways, the sandbox, pages by place, pictures by address, bulk files."""

from __future__ import annotations

import base64
import csv
import datetime as dt
from io import StringIO
from typing import Any

import httpx
import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.database import time_told
from nagara.open311.sandbox import forget_trials
from nagara.open311.taking import KEPT, forget_taken
from tests.api.conftest import Staff
from tests.api.open311 import HERE, OVERFLOW, V2, errors, filed, ids, key, known, listed, one, post, xml
from tests.api.test_open311_filing import picture
from tests.helpers import age, multiply

Owner = psycopg.Connection[Any]
SANDBOX = "/open311/sandbox/v2"
STATED = {"status": "OPEN", "updated_datetime": "2026-11-01T08:00:00+07:00"}


def say(
    client: TestClient, api_key: str | None, reference: str, base: str = V2, **fields: str
) -> httpx.Response:
    """Post an update."""
    data = {"api_key": api_key or "", **HERE, "service_request_id": reference, **STATED, **fields}
    answer: httpx.Response = client.post(f"{base}/servicerequestupdates.json", data=data)
    return answer


def heard(client: TestClient, base: str = V2, **parameters: Any) -> list[dict[str, Any]]:
    """The updates there are."""
    answer = client.get(f"{base}/servicerequestupdates.json", params=HERE | parameters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_what_happens_is_told_by_request_and_time(
    client: TestClient, supervisor: Staff, owner: Owner
) -> None:
    mine = key()
    first, second = filed(client, mine), filed(client, mine)
    supervisor.move(first, "note", note="for staff alone")
    assert supervisor.move(first, "resolve", reason="cleaned", note="Two trucks came.").status_code == 200
    told = heard(client, locale="en")
    assert [(u["service_request_id"], u["status"]) for u in told] == [
        (second, "open"), (first, "open"), (first, "fixed"),
    ]  # fmt: skip
    assert told[-1]["description"] == "The place has been cleaned. – Two trucks came."
    assert told[-1]["external_status_code"] == "resolved"
    assert len({u["update_id"] for u in told}) == 3
    page = client.get(f"{V2}/servicerequestupdates.xml", params=HERE | {"page_size": "2", "api_key": mine})
    assert [u.findtext("service_request_id") for u in xml(page)] == [second, first]
    assert mine not in page.headers["link"]
    rest = client.get(httpx.URL(page.links["next"]["url"]).raw_path.decode())
    assert [u.findtext("status") for u in xml(rest)] == ["fixed"]
    assert heard(client, service_request_id=second)[0]["service_request_id"] == second
    for wrong in ({"start_date": "2026-01-01T00:00:00Z"}, {"after": "nonsense"}):
        answer = client.get(f"{V2}/servicerequestupdates.json", params=HERE | wrong)
        assert (answer.status_code, bool(errors(answer))) == (400, True)
    owner.execute("update request set confidential = true")
    assert heard(client) == heard(client, api_key=key("th-bkk")) == []
    assert len(heard(client, api_key=mine)) == 3, "who filed it is told all the same"


def test_who_filed_may_say_more_once_by_its_id(client: TestClient, supervisor: Staff, owner: Owner) -> None:
    mine = key()
    reference = filed(client, mine)
    for _ in range(2):
        answer = say(client, mine, reference, update_id="u-1", description="It is still there.")
        assert answer.json() == [{"update_id": "u-1", "account_id": None}], answer.text
    rows = owner.execute("select kind, words from resident_entry").fetchall()
    assert rows == [("addition", "It is still there.")]
    assert say(client, mine, reference, update_id="u-1", description="Other words").status_code == 400
    assert supervisor.move(reference, "resolve", reason="cleaned").status_code == 200
    again = say(client, mine, reference, update_id="u-2", status="reopen", description="Not at all.")
    assert again.status_code == 200, again.text
    assert one(client, reference)["status"] == "open"
    assert say(client, mine, reference, update_id="u-3", status="CANCELLED").status_code == 200
    assert one(client, reference)["status"] == "closed"


def test_others_have_nothing_to_say(client: TestClient, owner: Owner) -> None:
    mine = key()
    reference = filed(client, mine)
    for answer, status in (
        (say(client, None, reference, update_id="u"), 403),
        (say(client, "kh-pnh.key.wrong", reference, update_id="u"), 403),
        (say(client, mine, "PNH-2222222-2", update_id="u"), 404),
        (say(client, mine, reference), 400),
        (say(client, mine, reference, update_id="u", status="LOST"), 400),
        (say(client, mine, reference, update_id="u", updated_datetime="yesterday"), 400),
    ):
        assert (answer.status_code, bool(errors(answer))) == (status, True)
    assert owner.execute("select count(*) from georeport_update").fetchone() == (0,)


def test_ids_of_updates_are_forgotten_when_nobody_repeats_them_any_more(
    client: TestClient, owner: Owner, db: Owner
) -> None:
    mine = key()
    reference = filed(client, mine)
    for update_id in ("old", "new"):
        assert say(client, mine, reference, update_id=update_id, description=update_id).status_code == 200
    now = time_told(owner)
    owner.execute(
        "update georeport_update set taken_at = %s where update_id = 'old'",
        (now - KEPT - dt.timedelta(hours=1),),
    )
    assert [forget_taken(db, now), forget_taken(db, now)] == [1, 0]
    assert owner.execute("select update_id from georeport_update").fetchall() == [("new",)]


def test_the_sandbox_checks_alike_and_reaches_nobody(client: TestClient, owner: Owner) -> None:
    mine = key()
    fields = {"api_key": mine, **HERE, **OVERFLOW, "description": "A trial", "client_request_id": "t-1"}
    first, again = (client.post(f"{SANDBOX}/requests.json", data=fields) for _ in range(2))
    assert first.status_code == 200, first.text
    reference = first.json()[0]["service_request_id"]
    assert again.json()[0]["service_request_id"] == reference
    assert "nobody works on it" in first.json()[0]["service_notice"]
    assert client.post(f"{SANDBOX}/requests.json", data=fields | {"description": "x"}).status_code == 400
    assert client.post(f"{SANDBOX}/requests.xml", data=fields | {"api_key": "no"}).status_code == 403
    assert owner.execute("select count(*) from request").fetchone() == (0,)
    assert listed(client) == []
    (shown,) = client.get(f"{SANDBOX}/requests.json", params=HERE).json()
    assert (shown["service_request_id"], shown["description"]) == (reference, "A trial")
    assert client.get(f"{SANDBOX}/requests.json", params=HERE | {"status": "closed"}).json() == []
    assert client.get(f"{V2}/requests/{reference}.json", params=HERE).status_code == 404
    done = {"base": SANDBOX, "update_id": "u-1", "status": "FIXED", "description": "Done"}
    assert say(client, mine, reference, **done).status_code == 200
    (closed,) = client.get(f"{SANDBOX}/requests/{reference}.json", params=HERE).json()
    assert (closed["status"], closed["updated_datetime"]) == ("closed", "2026-11-01T01:00:00Z")
    assert [u["status"] for u in heard(client, SANDBOX, service_request_id=reference)] == ["open", "fixed"]


def test_the_sandbox_takes_an_update_once_as_the_real_server_does(client: TestClient) -> None:
    mine, other = key(), key(label="Another app")
    fields = {"api_key": mine, **HERE, **OVERFLOW}
    first, second = (
        client.post(f"{SANDBOX}/requests.json", data=fields | {"description": words}).json()[0][
            "service_request_id"
        ]
        for words in ("A trial", "Another")
    )
    done: dict[str, str] = {"base": SANDBOX, "update_id": "u-1", "status": "FIXED", "description": "Done"}
    assert say(client, mine, first.lower(), **done).status_code == 200, "ids are read in any case"
    assert say(client, mine, first, **done).status_code == 200
    assert [u["status"] for u in heard(client, SANDBOX, service_request_id=first)] == ["open", "fixed"]
    for reference, changed in ((first, {"description": "Not done"}), (second, {})):
        refused = say(client, mine, reference, **(done | changed))
        assert (refused.status_code, "already exists" in errors(refused)[0]) == (400, True)
    assert say(client, other, second, **done).status_code == 200, "ids are each system's own"


def test_trials_are_forgotten_when_their_days_are_over(client: TestClient, owner: Owner, db: Owner) -> None:
    """Whether or not anybody ever files another one."""
    fields = {"api_key": key(), **HERE, **OVERFLOW, "description": "A trial"}
    for _ in range(2):
        assert client.post(f"{SANDBOX}/requests.json", data=fields).status_code == 200
    kept = owner.execute("select reference from georeport_trial order by filed_at limit 1").fetchall()
    owner.execute(
        "update georeport_trial set expires_at = now() - interval '1 minute' where reference <> %s", kept[0]
    )
    assert [forget_trials(db, time_told(owner)) for _ in range(2)] == [1, 0]
    assert owner.execute("select reference from georeport_trial").fetchall() == kept


def test_pages_go_on_where_the_last_ended(
    client: TestClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    multiply(owner, known(owner, filed(client, key())), 4)
    page = client.get(f"{V2}/requests.json", params=HERE | {"page_size": "2"})
    later = filed(client, key())
    rest = client.get(httpx.URL(page.links["next"]["url"]).raw_path.decode())
    assert not set(ids(page.json())) & set(ids(rest.json()))
    assert ids(listed(client, page="2", page_size="1")) == ids(page.json())[:1], (
        "counted from what came since"
    )
    assert ids(listed(client, page_size="1")) == [later]
    assert ids(listed(client, page="2", page_size="1", bbox="104,11,105,12")) == ids(page.json())[:1]
    monkeypatch.setattr("nagara.open311.lists.MOST_PASSED", 3)
    assert len(listed(client, page="4", page_size="1")) == 1
    assert listed(client, page="9", page_size="1", status="closed") == [], "there are not so many"
    deep = client.get(f"{V2}/requests.json", params=HERE | {"page": "5", "page_size": "1"})
    assert (deep.status_code, "follow the Link" in errors(deep)[0]) == (400, True)
    for form in ("json", "xml"):
        answer = client.get(f"{V2}/requests.{form}", params=HERE | {"after": "nonsense"})
        assert (answer.status_code, len(errors(answer))) == (400, 1)
        assert errors(answer)[0].endswith("Possible: as in the Link header of a page.")


def test_who_counts_pages_is_told_of_how_many(
    client: TestClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    multiply(owner, known(owner, filed(client, key())), 4)

    def total(**asked: str) -> str | None:
        answer = client.get(f"{V2}/requests.json", params=HERE | {"page_size": "2"} | asked)
        assert answer.status_code == 200, answer.text
        found: str | None = answer.headers.get("x-total-count")
        return found

    assert [total(page=page) for page in ("1", "3", "9")] == ["5"] * 3
    assert total(page="1", status="closed") == "0"
    assert total() is None, "who follows the links counts nothing"
    assert total(page="1", bbox="104,11,105,12") is None
    assert total(page="1", updated_after="2026-11-01T00:00:00Z") is None
    monkeypatch.setattr("nagara.open311.lists.MOST_COUNTED", 4)
    assert total(page="1") is None, "they are too many to be counted for a page"


def test_pictures_come_by_address_and_are_missed_aloud(client: TestClient, supervisor: Staff) -> None:
    inside = "data:image/jpeg;base64," + base64.b64encode(picture()).decode()
    urls = [inside, "https://127.0.0.1:9/none.jpg", "http://10.0.0.1/a.jpg", "data:,no%20picture"]
    (made,) = post(client, key(), media_url=urls).json()
    assert "3 of the pictures" in made["service_notice"]
    assert len(supervisor.get(f"/requests/{made['service_request_id']}").json()["photos"]) == 1


def test_many_requests_come_as_one_file(client: TestClient, owner: Owner) -> None:
    reference = filed(client, key(), description="=1+1")
    multiply(owner, known(owner, reference), 1000)
    old = filed(client, key())
    age(owner, known(owner, old), hours=24 * 200)
    answer = client.get(f"{V2}/bulk/requests.csv", params=HERE)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert len({row["service_request_id"] for row in rows}) == 1001
    assert {row["description"] for row in rows} == {"'=1+1"}
    since = (dt.datetime.now(dt.UTC) - dt.timedelta(days=300)).isoformat(timespec="seconds")
    assert old in client.get(f"{V2}/bulk/requests.csv", params=HERE | {"start_date": since}).text
    for path, status in (("bulk/requests.json", 404), ("bulk/requests.csv", 400)):
        wrong = {"start_date": "2024-01-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}
        assert client.get(f"{V2}/{path}", params=HERE | wrong).status_code == status
