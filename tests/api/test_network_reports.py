"""A report in all its forms at its addresses: for the public once it is published, before that for its reviewers."""

from __future__ import annotations

import csv
import io
import zipfile

from tests.api.test_report_review import (
    REPORTS,
    Owner,
    People,
    act,
    done,
    later,
    look,
    people,
    review,
    to_submitted,
)

FORMS = ("", ".pdf", ".pdf?language=km", ".xlsx", ".csv", ".csv-metadata.json", ".json")
OF_CITY = "/cities/kh-pnh/summary.pdf?language=km"
__all__ = ["people", "review"]


def test_every_form_follows_the_review(people: People, owner: Owner, review: str) -> None:
    client = people.client
    base = f"{REPORTS}/{done(look(people.official, review))['report_id']}"
    pages = [base + form for form in (*FORMS, OF_CITY)]
    for url in pages:
        assert client.get(url).status_code == 404, "a draft is not there for the public"
        assert client.get(url, headers=people.phnom_penh.headers).status_code == 404, "nor for cities"
        drafted = client.get(url, headers=people.official.headers)
        assert (drafted.status_code, drafted.headers["cache-control"]) == (200, "no-store"), url
    assert "not for publication" in client.get(base, headers=people.official.headers).text

    done(act(people.official, review, "open", comments_until=later(14), embargo_until=later(30)))
    seen = {url: client.get(url, headers=people.phnom_penh.headers).status_code for url in pages}
    assert [url for url, status in seen.items() if status == 200] == [base + OF_CITY], "their own pages alone"
    other = client.get(f"{base}/cities/th-bkk/summary.pdf", headers=people.phnom_penh.headers)
    assert other.status_code == 404
    assert client.get(base + OF_CITY, headers=people.agent.headers).status_code == 404


def test_a_published_report_is_everybodys_in_every_form(people: People, owner: Owner, review: str) -> None:
    client = people.client
    base = f"{REPORTS}/{done(look(people.official, review))['report_id']}"
    to_submitted(people, owner, review)
    done(act(people.head, review, "approve"))
    assert client.get(f"{base}.pdf").status_code == 404, "approved is not published"
    done(act(people.official, review, "publish"))
    answers = {form: client.get(base + form) for form in (*FORMS, OF_CITY)}
    assert {form: answer.status_code for form, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert answers[".pdf"].content.startswith(b"%PDF-1.7")
    assert (
        answers[OF_CITY].headers["content-disposition"] == 'inline; filename="kh-pnh-summary-2026-03-km.pdf"'
    )
    assert (
        'filename="network-report-2026-03-km.pdf"'
        in answers[".pdf?language=km"].headers["content-disposition"]
    )
    assert client.get(f"{base}.pdf?language=fr").status_code == 422
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(answers[".xlsx"].content)).namelist()
    table = list(csv.reader(io.StringIO(answers[".csv"].text)))
    described = answers[".csv-metadata.json"].json()
    assert table[0] == [column["name"] for column in described["tableSchema"]["columns"]]
    assert "csv-metadata.json" in answers[".csv"].headers["link"]
    assert answers[".json"].json()["dictionary"]
    assert "not for publication" not in answers[""].text
    assert f'{base.rsplit("/", 1)[1]}.pdf"' in answers[""].text
    wrong = client.get(f"{base}/cities/kh-pnh/summary.pdf?language=th")
    assert (wrong.status_code, wrong.json()["error"]["allowed"]) == (422, ["km", "en"])
    assert client.get(f"{base}/cities/xx-xxx/summary.pdf").status_code == 404
    assert client.get(f"{base}/cities/kh-pnh/secrets.pdf").status_code == 422
