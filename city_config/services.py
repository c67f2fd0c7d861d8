"""What residents may report: services with their questions, notices and promised times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from city_config.basics import (
    Answers,
    Code,
    Dated,
    Fact,
    Names,
    Part,
    Priority,
    Span,
    Waste,
    answers_hold,
)


class Stages(Part):
    """The three stages a department commits to. A stage that is not named is not promised."""

    acknowledge: Span | None = Field(default=None, description="Until somebody has looked at the request")
    respond: Span | None = Field(default=None, description="Until the resident has a first real answer")
    resolve: Span | None = Field(default=None, description="Until the problem is dealt with")


class Promise(Stages, Fact):
    """Times for one service.

    ``standard`` says what the times are: ``published`` by the city, ``internal`` to it, or only the
    network's monitoring ``reference``, of which a miss is never called a breach.
    """

    standard: Literal["published", "internal", "reference"] = Field(
        default="reference",
        description="published by the city, internal to it, or the network's reference, which binds nobody",
    )
    by_priority: Mapping[Priority, Stages] = Field(
        default_factory=dict, description="Other times for a priority; stages not named there stay the same"
    )

    def stages_for(self, priority: Priority) -> Stages:
        """The stages of a priority: its own where given, the service's for the rest."""
        own = self.by_priority.get(priority)
        if own is None:
            return self
        return Stages(
            acknowledge=own.acknowledge or self.acknowledge,
            respond=own.respond or self.respond,
            resolve=own.resolve or self.resolve,
        )


class Choice(Part):
    """One answer that may be chosen."""

    key: Code = Field(description="Stored and sent; stays the same in every language")
    names: Names = Field(description="What residents read, by language")


class Question(Part):
    """A question asked with a service; the datatypes are those of GeoReport v2."""

    code: Code = Field(description="Unique in its service")
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"] = Field(
        description="string: one line; text: several; the two lists need choices"
    )
    names: Names = Field(description="The question, by language")
    required: bool = Field(default=False, description="True: no report without it, wherever it is shown")
    choices: tuple[Choice, ...] = Field(default=(), description="What may be chosen, for the two lists")
    hint: Names | None = Field(default=None, description="A line of help under the question")
    shown_when: Answers = Field(
        default_factory=dict,
        description="Answers to earlier questions of this service on which it is asked; none: always",
    )

    def shown(self, answers: Mapping[str, object]) -> bool:
        """Whether it is asked after these answers."""
        return answers_hold(self.shown_when, answers)

    @model_validator(mode="after")
    def _choices_fit(self) -> Question:
        if self.datatype.endswith("valuelist") != bool(self.choices):
            raise ValueError(f"question {self.code!r}: {self.datatype} and choices do not fit")
        return self


class Redirect(Fact):
    """Where residents go instead: the service is listed, and no report about it is taken here."""

    notice: Names = Field(description="Who takes it and how to reach them, by language")
    url: str | None = Field(default=None, pattern=r"^https?://", description="Where to go")
    phone: str | None = Field(default=None, description="Whom to call")


class StopNotice(Fact, Dated):
    """Words that stop a report before it is sent: call the fire brigade, no collection in flood week."""

    notice: Names = Field(description="What residents read, by language")
    shown_when: Answers = Field(
        default_factory=dict, description="Answers on which it appears; none: always, before the form"
    )
    stops: bool = Field(default=True, description="False: only a warning, and the report may be sent")
    phone: str | None = Field(
        default=None, description="A number to call; shown to residents only once confirmed is true"
    )

    def appears(self, answers: Mapping[str, object], day: dt.date) -> bool:
        """Whether it is shown on a local day after these answers."""
        return self.holds_on(day) and answers_hold(self.shown_when, answers)

    @property
    def shown_phone(self) -> str | None:
        """The number, where an officer of the city confirmed it."""
        return self.phone if self.confirmed else None


class Service(Dated):
    """A category residents choose, in the city's own words, under one code of the network."""

    code: Code = Field(description="Unique in the city; stored with every request, never reused")
    network_code: Code = Field(description="The common code of network.yaml it counts under")
    names: Names = Field(description="What residents read, by language")
    description: Names | None = Field(default=None, description="A sentence that helps to choose")
    group: Code = Field(default="other", description="One of groups")
    icon: str = Field(default="•", max_length=4, description="One sign, an emoji for example")
    keywords: tuple[str, ...] = Field(default=(), description="Words residents may search by, any language")
    questions: tuple[Question, ...] = Field(default=(), description="Asked in this order")
    promise: Promise = Field(description="By when the city acts")
    evidence: bool = Field(
        default=False, description="True: it counts as resolved only with a picture of what was done"
    )
    priority: Priority = Field(default="normal", description="Of a new request")
    emergency_notice: Names | None = Field(
        default=None, description="Shown before the form: not for emergencies"
    )
    redirect: Redirect | None = Field(
        default=None, description="Given where another body takes these reports"
    )
    stop_notices: tuple[StopNotice, ...] = Field(
        default=(), description="Words that stop a report, always or on an answer"
    )
    asks_round: Waste | None = Field(
        default=None,
        description="A missed collection of this waste: the resident is told when the rounds come here",
    )
    nearby_metres: int | None = Field(
        default=None,
        ge=0,
        le=2000,
        description="Instead of the city's nearby.metres: a dark street is longer than a pothole",
    )

    def stopped_by(self, answers: Mapping[str, object], day: dt.date) -> Redirect | StopNotice | None:
        """What keeps a report with these answers from being taken on a local day; None where nothing does."""
        if self.redirect is not None:
            return self.redirect
        notices = (n for n in self.stop_notices if n.stops and n.appears(answers, day))
        return next(notices, None)
