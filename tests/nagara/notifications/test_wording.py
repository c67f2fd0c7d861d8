"""What residents are told: in their language, on their clocks, with what staff wrote as text and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest

from city_config import City
from nagara.cities import city_of, configuration
from nagara.lifecycle import Move
from nagara.notifications import Composed, Delivered
from nagara.notifications.moments import written_moment
from tests.helpers import Connection, file
from tests.nagara.notifications.mails import RESIDENT, Sink, move, tell, text_of

KHMER_NOTE = "សូមអភ័យទោស ភ្លៀងខ្លាំង\u200bយើងនឹងមកម្ដងទៀតនៅថ្ងៃស្អែក"
THAI_NOTE = "ขออภัย ฝนตกหนัก เจ้าหน้าที่จะกลับมาพรุ่งนี้เช้า"


@pytest.mark.parametrize(
    ("city_id", "language", "note"),
    [
        ("kh-pnh", "km", KHMER_NOTE),
        ("th-bkk", "th", THAI_NOTE),
        ("kh-pnh", "en", "Heavy rain – we come back"),
    ],
)
def test_a_resident_is_told_in_their_own_language(
    db: Connection, sink: Sink, city_id: str, language: str, note: str
) -> None:
    city = city_of(city_id)
    request = file(city, language=language, contact={"email": RESIDENT, "name": "Sok Dara"})
    assert tell(db) == (Composed(1, 1, 0), Delivered(sent=1))
    move(city, request, Move.PAUSE, note=note)
    assert tell(db) == (Composed(1, 1, 0), Delivered(sent=1))

    filed, paused = sink.mails()

    texts = configuration().messages[language]
    service = next(s for s in city.services if not any(q.required for q in s.questions))
    assert filed["Subject"] == texts.notifications["filed"].subject.replace("{reference}", request.reference)
    assert filed["To"] == RESIDENT
    assert filed["Content-Language"] == language
    assert filed["Auto-Submitted"] == "auto-generated"
    assert filed["X-Envelope-To"] == RESIDENT
    assert city.name_in(service.names, language) in text_of(filed)
    assert f"https://reports.example.org/#/track/{request.reference}" in text_of(filed)
    assert note in text_of(paused)
    assert "{" not in text_of(filed) + text_of(paused)
    assert all(part not in text_of(filed) + text_of(paused) for part in (RESIDENT, "Sok Dara"))
    assert filed["Message-ID"] != paused["Message-ID"]
    for mail in (filed, paused):
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert not mail.defects
        page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert f'<html lang="{language}">' in page
        assert city.name_in(city.names, language) in page
        assert f'href="https://reports.example.org/#/track/{request.reference}' in page
    assert abs(filed["Date"].datetime - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


def test_the_promise_is_told_on_the_citys_clocks_and_only_called_so_if_it_is_one(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    references = {}
    for standard in ("published", "reference"):
        request = file(phnom_penh, language="en", contact={"email": RESIDENT})
        references[standard] = request.reference
        owner.execute(
            "update request set resolve_by = '2030-12-03T20:30:00Z', promise_standard = %s where id = %s",
            (standard, request.id),
        )
    tell(db)
    texts = [text_of(mail) for mail in sink.mails()]
    # which of two requests is told of first is left open
    promised, expected = (
        next(text for text in texts if references[standard] in text)
        for standard in ("published", "reference")
    )
    assert "Promised to be dealt with by Wednesday 4 December 2030, 03:30." in promised
    assert (
        "Expected to be dealt with by Wednesday 4 December 2030, 03:30; this is a guide, not a promise."
        in expected
    )


def test_a_promise_whose_time_has_passed_is_not_told_again(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    request = file(phnom_penh, language="en", contact={"email": RESIDENT})
    move(phnom_penh, request, Move.RESOLVE, reason="fixed")
    move(phnom_penh, request, Move.REOPEN, note="It broke again")
    owner.execute("update request set resolve_by = now() - interval '1 minute'")
    tell(db)
    reopened = text_of(sink.mails()[-1])
    assert "is open again" in reopened
    assert "dealt with by" not in reopened


@pytest.mark.parametrize(
    ("city_id", "language", "written"),
    [
        ("kh-pnh", "en", "Tuesday 24 November 2026, 10:00"),
        ("kh-pnh", "km", "អង្គារ ២៤ វិច្ឆិកា ២០២៦, ១០:០០"),
        ("th-bkk", "km", "អង្គារ 24 វិច្ឆិកា 2026, 10:00"),
        ("th-bkk", "th", "วันอังคารที่ 24 พฤศจิกายน 2569 10:00"),
        ("th-bkk", "my", "၂၀၂၆ နိုဝင်ဘာ ၂၄ အင်္ဂါ ၁၀:၀၀"),
        ("th-bkk", "zh-Hans", "2026年11月24日星期二 10:00"),
    ],
)
def test_times_are_written_as_the_reader_writes_them(city_id: str, language: str, written: str) -> None:
    at = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
    assert written_moment(city_of(city_id), language, at) == written


def test_a_calendar_the_city_chose_is_named_where_it_is_not_the_languages_own(phnom_penh: City) -> None:
    at = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
    for calendar, language, written in (
        ("buddhist", "en", "Tuesday 24 November BE 2569, 10:00"),
        ("gregory", "th", "วันอังคารที่ 24 พฤศจิกายน CE 2026 10:00"),
    ):
        display = phnom_penh.display.model_copy(update={"calendar": calendar})
        assert written_moment(phnom_penh.model_copy(update={"display": display}), language, at) == written


def test_an_unknown_language_falls_back_to_the_citys_own(
    db: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, language="fr", contact={"email": RESIDENT})
    tell(db)
    assert sink.mails()[0]["Content-Language"] == phnom_penh.languages[0]


def test_what_staff_write_is_text_and_nothing_else(db: Connection, sink: Sink, phnom_penh: City) -> None:
    note = "{reference.__class__} {promise} %s \\1 <b>\nBcc: other@example.org\n\n.\nQUIT"
    request = file(phnom_penh, language="en", contact={"email": RESIDENT})
    move(phnom_penh, request, Move.ASK, note=note)
    assert tell(db)[1] == Delivered(sent=2)
    asked = sink.mails()[1]
    assert note in text_of(asked)
    assert asked["Bcc"] is None
    assert asked["X-Envelope-To"] == RESIDENT
