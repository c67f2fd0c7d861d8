"""Texts people receive: notifications, closing reasons and names of statuses, one file a language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from city_config.basics import Code, LanguageTag, Part

EventKind = Literal[
    "filed",
    "acknowledged",
    "assigned",
    "started",
    "asked",
    "paused",
    "resumed",
    "referred",
    "resolved",
    "declined",
    "reopened",
    "duplicate_linked",
    "withdrawn",
]
"""The events a resident is told of."""

StaffEventKind = Literal["escalated", "assigned", "answered"]
"""The events staff are told of."""

OtherKind = Literal["followed", "alert", "digest", "reports", "work", "code"]
"""What followers are told, at once or once a day or week, staff of what is overdue, and codes that show whose a
contact is."""

Audience = Literal["resident", "staff"]
"""Whose notices a city may word."""

Wording = Literal["service", "city", "network"]
"""Whose words a notice is in: the city's for this service, the city's for all, or everybody's."""

PromiseKind = Literal["promised", "expected", "overdue"]
"""Whether the city stands behind a time, or it is only the network's reference, which binds nobody; and what is
said of a report whose promised time has passed."""

ClosingReason = Literal[
    "fixed",
    "cleaned",
    "removed",
    "not_found",
    "not_an_issue",
    "out_of_jurisdiction",
    "insufficient_information",
    "duplicate",
    "abuse",
    "answered",
    "no_answer",
]
"""Why a request was closed."""

StatusName = Literal[
    "received",
    "acknowledged",
    "assigned",
    "in_progress",
    "waiting_reporter",
    "on_hold",
    "referred",
    "resolved",
    "declined",
    "withdrawn",
    "duplicate",
]

ReviewerKind = Literal[
    "draft",
    "opened",
    "reminder",
    "commented",
    "answered",
    "answers_over",
    "endorsed",
    "submitted",
    "approved",
    "returned",
    "revised",
    "embargo_over",
    "published",
]
"""What those who review a network report are told of."""

BotText = Literal[
    "language_name",
    "welcome",
    "ask_place",
    "place_button",
    "ask_what",
    "ask_service",
    "other_service",
    "more",
    "done",
    "wrong_answer",
    "summary",
    "photos",
    "send",
    "cancel",
    "cancelled",
    "outside",
    "not_offered",
    "photo_refused",
    "too_many",
    "unknown_reference",
    "told_here",
    "not_told",
    "link_old",
    "too_fast",
    "try_again",
]
"""What the Telegram bot says of itself to residents; its buttons among them."""

PLACEHOLDERS = (
    "reference",
    "city",
    "service",
    "department",
    "promise",
    "status_url",
    "note",
    "reason",
    "status",
    "district",
    "count",
    "list",
    "code",
    "stop_url",
)
"""What a notification may speak of, written ``{reference}``; a brace itself is written twice."""


def _only_known_placeholders(text: str) -> str:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; a brace itself is written twice: {{{{ or }}}}") from error
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS or form or conversion:
            allowed = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
            raise ValueError(f"unknown placeholder {{{name}}}; allowed: {allowed}")
    return text


Template = Annotated[str, AfterValidator(_only_known_placeholders)]
"""A text with placeholders."""


def _names_the_time(text: str) -> str:
    if text.count("{time}") != 1 or re.search(r"[{}]", text.replace("{time}", "")):
        raise ValueError("must hold {time} once and no other brace")
    return text


PromiseSentence = Annotated[str, AfterValidator(_names_the_time)]
"""A sentence around ``{time}``, the local time by which the request is to be dealt with."""


def _fill(template: str, values: Mapping[str, str]) -> str:
    return template.format_map({name: values.get(name, "") for name in PLACEHOLDERS})


class Notification(Part):
    """An e-mail to one reader."""

    subject: Template = Field(description="One line; what stands in braces is filled in")
    body: Template = Field(description="The text; a line whose placeholder has no value is left out")

    def filled(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Subject (one line) and body with the placeholders replaced; what is not given becomes empty.

        Values are inserted as they are and never read as templates. Lines that only held a placeholder
        without a value are left out of the body.
        """
        subject = " ".join(_fill(self.subject, values).split())
        lines = []
        for template in self.body.splitlines():
            line = _fill(template, values)
            if line.strip() or not template.strip():
                lines.append(line)
        return subject, "\n".join(lines).strip() + "\n"


class OwnWording(Part):
    """What residents and staff are told in a city's own words."""

    notifications: Mapping[EventKind, Notification] = Field(
        default_factory=dict, description="What residents are told, by what happened"
    )
    for_staff: Mapping[StaffEventKind, Notification] = Field(
        default_factory=dict, description="What staff are told, by what happened"
    )

    def wording(self, audience: Audience) -> Mapping[str, Notification]:
        """What is worded for an audience, by what happened."""
        worded = self.notifications if audience == "resident" else self.for_staff
        return {str(kind): text for kind, text in worded.items()}


class ServiceTexts(OwnWording):
    """The wording of notices about some services; what is not here is said as for the others."""

    services: tuple[Code, ...] = Field(default=(), description="Codes of services; none: not asked")
    network_codes: tuple[Code, ...] = Field(default=(), description="Common codes; none: not asked")

    @model_validator(mode="after")
    def _of_something(self) -> ServiceTexts:
        if not (self.services or self.network_codes):
            raise ValueError("name services or network_codes")
        if not (self.notifications or self.for_staff):
            raise ValueError("nothing is worded: give notifications or for_staff")
        return self

    def holds_for(self, service: str, network_code: str | None) -> bool:
        """Whether a service is among those it words."""
        return (not self.services or service in self.services) and (
            not self.network_codes or network_code in self.network_codes
        )


class CityTexts(OwnWording):
    """A city's own wording in one language; what is not here is said as everywhere."""

    for_services: tuple[ServiceTexts, ...] = Field(
        default=(), description="Notices about some services; for each kind the first that fits holds"
    )

    def worded(
        self, audience: Audience, kind: str, service: str, network_code: str | None
    ) -> tuple[Notification, Wording] | None:
        """The city's words for a kind of notice about a service, and for what they are; None: it has none."""
        for one in self.for_services:
            if one.holds_for(service, network_code) and kind in one.wording(audience):
                return one.wording(audience)[kind], "service"
        found = self.wording(audience).get(kind)
        return (found, "city") if found is not None else None


class ReviewerTexts(Part):
    """What reviewers of network reports are told, as a sentence each, and what stands around it."""

    report: str = Field(description="How an edition is named, with {period} and {edition}")
    subject: str = Field(description="One line, with {report} and {sentence}")
    body: str = Field(
        description="With {sentence}, {remarks}, {status_url}; a line without its value is left out"
    )
    digest_subject: str = Field(description="With {count}")
    digest_body: str = Field(description="With {list} and {status_url}")
    sentences: Mapping[ReviewerKind, str] = Field(description="By what happened, with {until}")

    @model_validator(mode="after")
    def _complete(self) -> ReviewerTexts:
        missing = [name for name in get_args(ReviewerKind) if name not in self.sentences]
        if missing:
            raise ValueError(f"sentences: missing {', '.join(missing)}")
        allowed: Mapping[str, set[str]] = {
            "report": {"period", "edition"},
            "subject": {"report", "sentence"},
            "body": {"report", "sentence", "remarks", "status_url"},
            "digest_subject": {"count"},
            "digest_body": {"list", "status_url"},
        }
        texts = {name: str(getattr(self, name)) for name in allowed}
        texts |= {f"sentences.{kind}": text for kind, text in self.sentences.items()}
        for place, written in texts.items():
            known = allowed.get(place, {"until"})
            for _, name, form, conversion in Formatter().parse(written):
                if name is not None and (name not in known or form or conversion):
                    raise ValueError(
                        f"{place}: unknown placeholder {{{name}}}; allowed: {', '.join(sorted(known))}"
                    )
        return self


class Messages(Part):
    """All texts of one language. Every kind, reason, status and promise must be there."""

    language: LanguageTag
    review: Literal["pending", "approved"] = "pending"
    notifications: Mapping[EventKind, Notification]
    for_staff: Mapping[StaffEventKind, Notification]
    others: Mapping[OtherKind, Notification]
    promises: Mapping[PromiseKind, PromiseSentence]
    closing_reasons: Mapping[ClosingReason, str]
    statuses: Mapping[StatusName, str]
    bot: Mapping[BotText, Template]
    for_reviewers: ReviewerTexts | None = None
    """None: reviewers of this language are told in English."""

    def bot_says(self, what: BotText, **values: str) -> str:
        """A sentence of the bot with its placeholders replaced; values are never read as templates."""
        return _fill(self.bot[what], values)

    @model_validator(mode="after")
    def _complete(self) -> Messages:
        for field, wanted, given in (
            ("notifications", get_args(EventKind), self.notifications),
            ("for_staff", get_args(StaffEventKind), self.for_staff),
            ("others", get_args(OtherKind), self.others),
            ("promises", get_args(PromiseKind), self.promises),
            ("closing_reasons", get_args(ClosingReason), self.closing_reasons),
            ("statuses", get_args(StatusName), self.statuses),
            ("bot", get_args(BotText), self.bot),
        ):
            missing = [name for name in wanted if name not in given]
            if missing:
                raise ValueError(f"{field}: missing {', '.join(missing)}")
        return self
