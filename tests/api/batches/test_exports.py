"""Lists taken out as files: whose they are, how long they last, and that no spreadsheet runs them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import psycopg
from starlette.testclient import TestClient

from city_config import City
from tests.api.batches.jobs import post, work
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH
from tests.helpers import file


def exported(staff: Staff, form: str, asked: dict[str, Any] | None = None) -> Any:
    job = post(staff, "/exports", {"filter": asked or {}, "format": form})
    assert job.status_code == 202, job.text
    id_ = job.json()["id"]
    assert staff.get(f"/exports/{id_}/file").status_code == 404, "not written yet"
    work("batches.export")
    done = staff.get(f"/exports/{id_}").json()
    assert done["state"] == "done", done
    answer = staff.get(f"/exports/{id_}/file")
    assert answer.status_code == 200
    return done, answer


FORMULAS = ["=1+1", "+855 12", "-2", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "＝1+1"]


def test_a_list_is_taken_out_as_csv_that_no_spreadsheet_runs(
    supervisor: Staff, client: TestClient, phnom_penh: City
) -> None:
    for text in FORMULAS:
        file(phnom_penh, description=text, contact={"email": "secret@example.org", "name": "Secret"})
    client.post(FILE, json=RUBBISH | {"description": "សំរាម, ច្រើន"})
    done, answer = exported(supervisor, "csv")
    assert done["total"] == done["done"] == len(FORMULAS) + 1
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    assert "ecret" not in answer.text
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    texts = {row["description"] for row in rows}
    assert texts == {"'" + text.replace("\t=", "\t'=") for text in FORMULAS} | {"សំរាម, ច្រើន"}
    assert all(float(row["lat"]) for row in rows)


def test_a_list_is_taken_out_as_sheet_and_as_features(supervisor: Staff, filed: list[str]) -> None:
    _, sheet = exported(supervisor, "xlsx", {"q": filed[0]})
    with zipfile.ZipFile(io.BytesIO(sheet.content)) as book:
        content = book.read("xl/worksheets/sheet1.xml").decode()
    assert filed[0] in content
    assert filed[1] not in content
    assert "<f>" not in content
    _, features = exported(supervisor, "geojson", {"view": "open"})
    collection = json.loads(features.content)
    assert {feature["id"] for feature in collection["features"]} == set(filed)
    assert collection["features"][0]["geometry"]["type"] == "Point"
    assert "contact" not in features.text


def test_files_expire_and_are_their_owners_alone(
    client: TestClient, supervisor: Staff, owner: psycopg.Connection[Any], filed: list[str]
) -> None:
    done, _ = exported(supervisor, "csv")
    path = f"/exports/{done['id']}"
    for name, role in (("second@kh-pnh", "supervisor"), ("supervisor@kh-rep", "supervisor")):
        staff = Staff(client, name, role)
        assert staff.get(path).status_code == staff.get(path + "/file").status_code == 404
    _, nothing = exported(Staff(client, "supervisor@kh-rep", "supervisor"), "csv")
    assert len(nothing.text.splitlines()) == 1, "another city's list is empty"
    assert Staff(client, "crew@kh-pnh", "crew").get(path).status_code == 403
    work("batches.forget")
    assert supervisor.get(path + "/file").status_code == 200
    owner.execute("update staff_job set expires_at = now() - interval '1 minute'")
    work("batches.forget")
    assert supervisor.get(path).json()["state"] == "expired"
    assert supervisor.get(path + "/file").status_code == 404


def test_whoever_lost_the_permission_gets_no_file(
    supervisor: Staff, owner: psycopg.Connection[Any], filed: list[str]
) -> None:
    id_ = post(supervisor, "/exports", {"format": "csv"}).json()["id"]
    owner.execute("update staff_account set active = false where username = 'supervisor'")
    work("batches.export")
    row = owner.execute("select state, failure from staff_job where id = %s", (id_,)).fetchone()
    assert row is not None
    assert row[0] == "failed"


def test_a_formula_is_text_wherever_a_spreadsheet_parts_cells(tmp_path: Path) -> None:
    from nagara.batches.tables import write_csv

    told = {
        "a;=cmd()": "a;'=cmd()",
        'a; "=cmd()': "a; \"'=cmd()",
        "a\t+1": "a\t'+1",
        "a\r\n @x": "a\r\n '@x",
        "=a;-1": "'=a;'-1",
        "a = b; c - d": "a = b; c - d",
    }
    write_csv(tmp_path / "out.csv", list("abcdef"), [list(told)])
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as out:
        [_, written] = csv.reader(out)
    assert written == list(told.values())
