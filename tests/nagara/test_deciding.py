"""What a filing meets before anything is written: notices that stop it, questions that depend on others, its day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from city_config.schema import City
from nagara.errors import InvalidInput, NotTakenHere, UnknownDistrict
from nagara.filing.handed_in import Filing, check_answers, something_to_read
from nagara.filing.intake import decide
from tests.nagara.small_cities import collection, feature, local, rectangle, service, small_city

DEPTH = {
    "code": "depth",
    "datatype": "singlevaluelist",
    "names": {"en": "How deep?"},
    "required": True,
    "choices": [{"key": key, "names": {"en": key}} for key in ("ankle", "deeper")],
}
IN_HOMES = {
    "code": "homes",
    "datatype": "string",
    "names": {"en": "How many homes?"},
    "required": True,
    "shown_when": {"depth": ["deeper"]},
}


def city(**fields: Any) -> City:
    return small_city(services=[service("flood", "waste_missed", questions=[DEPTH, IN_HOMES], **fields)])


def filed(made: City, day: str = "2026-03-04", **fields: Any) -> Any:
    values: dict[str, Any] = {"lat": 11.55, "lon": 104.9, "answers": {"depth": "ankle"}} | fields
    return decide(made, Filing("flood", **values), local(made, f"{day} 12:00"))


def test_a_question_is_only_required_where_it_is_shown() -> None:
    asked = city().services[0]
    check_answers(asked, {"depth": "ankle"})
    check_answers(asked, {"depth": "deeper", "homes": "3"})
    with pytest.raises(InvalidInput, match="'homes' must be answered"):
        check_answers(asked, {"depth": "deeper"})


def test_a_redirect_takes_no_report_and_says_where_to_go() -> None:
    made = city(redirect={"notice": {"en": "Call the waterworks.", "km": "សូមហៅរដ្ឋាករទឹក"}})
    with pytest.raises(NotTakenHere, match="Call the waterworks"):
        filed(made)


def test_a_notice_stops_a_report_on_its_answer_alone() -> None:
    made = city(stop_notices=[{"notice": {"en": "Leave now."}, "shown_when": {"depth": ["deeper"]}}])
    assert filed(made).route.owner == "works"
    with pytest.raises(NotTakenHere, match="Leave now"):
        filed(made, answers={"depth": "deeper", "homes": "3"})


def test_a_warning_stops_nothing() -> None:
    made = city(stop_notices=[{"notice": {"en": "Take care."}, "stops": False}])
    assert filed(made).route.owner == "works"


def test_a_notice_stops_on_its_days() -> None:
    week = {"notice": {"en": "Not this week."}, "valid_from": "2026-04-13", "valid_to": "2026-04-16"}
    made = city(stop_notices=[week])
    assert filed(made, "2026-04-12").route.owner == "works"
    with pytest.raises(NotTakenHere, match="Not this week"):
        filed(made, "2026-04-16")


def test_a_service_that_has_ended_takes_no_report() -> None:
    made = city(valid_to="2026-01-31")
    assert filed(made, "2026-01-31").route.owner == "works"
    with pytest.raises(NotTakenHere, match="does not take 'flood' on 2026-02-01"):
        filed(made, "2026-02-01")


def test_a_number_is_shown_only_once_it_is_confirmed() -> None:
    notice = {"notice": {"en": "Call."}, "phone": "118", "confirmed": False}
    assert city(stop_notices=[notice]).services[0].stop_notices[0].shown_phone is None
    confirmed = city(stop_notices=[notice | {"confirmed": True}])
    assert confirmed.services[0].stop_notices[0].shown_phone == "118"


def test_a_report_is_placed_in_the_district_of_its_day() -> None:
    old, new = (feature(code, rectangle(104.85, 11.5, 104.95, 11.6)) for code in ("old", "new"))
    old["properties"]["valid_to"], new["properties"]["valid_from"] = "2025-06-30", "2025-07-01"
    made = small_city(districts=collection(old, new))

    def place(day: str, **where: Any) -> str | None:
        filing = Filing("missed_collection", **where)
        return decide(made, filing, local(made, f"{day} 00:30")).place.district

    assert place("2025-06-30", lat=11.55, lon=104.9) == "old"
    assert place("2025-07-01", lat=11.55, lon=104.9) == "new"
    assert place("2025-07-01", district="new") == "new"
    with pytest.raises(UnknownDistrict) as refused:
        place("2025-07-01", district="old")
    assert refused.value.allowed == ["new"]
    assert local(made, "2025-07-01 00:30").astimezone(dt.UTC).day == 30  # it is the city's day that counts


@pytest.mark.parametrize("unseen", ["\u200b", " \t\u2060", "\u3164", "\u2800\ufe0f"])
def test_an_answer_of_which_nothing_is_seen_is_none(unseen: str) -> None:
    asked = city().services[0]
    with pytest.raises(InvalidInput, match="'homes' must be answered"):
        check_answers(asked, {"depth": "deeper", "homes": unseen})
    check_answers(asked, {"depth": "deeper", "homes": f"{unseen}3"})


@pytest.mark.parametrize("unseen", ["\x00", " \u200b\x00", " " * 5000])
def test_an_answer_that_cannot_be_kept_is_refused_though_nothing_is_seen_of_it(unseen: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_answers(city().services[0], {"depth": "ankle", "homes": unseen})
    assert refused.value.field == "answers.homes"


def test_every_script_and_sign_is_something_to_read() -> None:
    for text in ("ស្រីមុំ", "ทิ้ง", "រ\u200b", "\u200bမြို့", "?", "🚮", "3", "垃圾"):
        assert something_to_read(text), text
    for unseen in ("", " \n", "\u200b\u200c\u200d\u2060\ufeff", "\u00a0\u3000", "\u17b4\u17b5", "\U000e0020"):
        assert not something_to_read(unseen), ascii(unseen)
    assert not something_to_read(None)


@pytest.mark.parametrize("value", [20261121, 1.5, True, ["2026-11-21"], {"at": "2026-11-21"}, "yesterday"])
def test_a_time_is_answered_in_words_of_iso_8601(value: Any) -> None:
    when = {"code": "when", "datatype": "datetime", "names": {"en": "When?"}}
    asked = small_city(services=[service("flood", "waste_missed", questions=[when])]).services[0]
    check_answers(asked, {"when": "2026-11-21T08:00:00+07:00"})
    with pytest.raises(InvalidInput, match="not a date and time"):
        check_answers(asked, {"when": value})
