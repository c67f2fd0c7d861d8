"""Texts residents receive: complete in every language, filled without surprises."""

from __future__ import annotations

from typing import get_args

import pytest

from city_config import Configuration
from city_config.texts import PLACEHOLDERS, ClosingReason, EventKind, StatusName
from tests.city_config.conftest import Folder

VALUES = {
    "reference": "PNH-7K3M9Q-X",
    "city": "Phnom Penh",
    "service": "Missed rubbish collection",
    "department": "Waste Division",
    "promise": "You will have an answer by 20 November.",
    "status_url": "https://example.org/r/PNH-7K3M9Q-X",
    "note": "The truck broke down.",
    "reason": "The place has been cleaned.",
}


@pytest.mark.parametrize("language", ["en", "km", "lo", "my", "th", "vi"])
def test_every_kind_reason_and_status_has_a_text(shipped: Configuration, language: str) -> None:
    texts = shipped.messages[language]

    assert set(texts.notifications) == set(get_args(EventKind))
    assert set(texts.closing_reasons) == set(get_args(ClosingReason))
    assert set(texts.statuses) == set(get_args(StatusName))
    assert texts.review == "pending"


@pytest.mark.parametrize("language", ["en", "km", "lo", "my", "th", "vi"])
def test_every_notification_names_the_request_and_where_to_follow_it(
    shipped: Configuration, language: str
) -> None:
    for kind, notification in shipped.messages[language].notifications.items():
        subject, body = notification.filled(VALUES)
        assert VALUES["reference"] in subject, kind
        assert "\n" not in subject
        assert VALUES["status_url"] in body, kind
        assert not any(f"{{{name}}}" in body for name in PLACEHOLDERS)


@pytest.mark.parametrize("language", ["en", "km", "lo", "my", "th", "vi"])
def test_closings_give_their_reason(shipped: Configuration, language: str) -> None:
    for kind in ("resolved", "declined"):
        _, body = shipped.messages[language].notifications[kind].filled(VALUES)
        assert VALUES["reason"] in body


def test_a_line_without_its_value_is_left_out(shipped: Configuration) -> None:
    notification = shipped.messages["en"].notifications["acknowledged"]

    _, body = notification.filled(VALUES | {"note": "", "promise": ""})

    assert body.startswith(
        'Waste Division has read your report about "Missed rubbish collection" and has taken it on.\n\nFollow'
    )


def test_what_staff_write_is_never_read_as_a_template(shipped: Configuration) -> None:
    note = "{reference} {0} {{x}} {reference.__class__} %s"

    _, body = shipped.messages["en"].notifications["resolved"].filled(VALUES | {"note": note})

    assert note in body


def test_a_subject_stays_on_one_line(shipped: Configuration) -> None:
    department = "Waste\r\nBcc: everybody@example.org"

    subject, _ = shipped.messages["en"].notifications["acknowledged"].filled({"department": department})

    assert "\n" not in subject
    assert "\r" not in subject


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (("km",), "km"),
        (("th-TH",), "th"),
        ((None, "th"), "th"),
        (("fr", "km"), "km"),
        (("fr",), "en"),
        ((), "en"),
    ],
)
def test_fallback_of_languages(shipped: Configuration, asked: tuple[str | None, ...], language: str) -> None:
    assert shipped.messages_for(*asked).language == language


def test_a_reason_without_a_text_is_refused(folder: Folder) -> None:
    folder.change("messages/th.yaml", "  fixed: ", "  mended: ")

    faults = folder.faults()

    assert any("closing_reasons.mended" in fault and "'fixed', 'cleaned'" in fault for fault in faults)


def test_a_missing_kind_is_refused(folder: Folder) -> None:
    text = folder.path("messages/en.yaml").read_text(encoding="utf-8")
    start = text.index("  withdrawn:\n    subject")
    withdrawn = text[start : text.index("\n\n", text.index("Details", start)) + 2]
    folder.change("messages/en.yaml", withdrawn, "")

    assert any("notifications: missing withdrawn" in fault for fault in folder.faults())
