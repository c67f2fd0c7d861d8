"""What a city decides about silence: the ladders of its promises, the posts they tell, when those sleep, how long
a promise may pause.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from city_config.basics import Code, Fact, Names, Part, Priority, Sentence, Span, clock_minutes

Stage = Literal["acknowledge", "respond", "resolve"]
STAGES: tuple[Stage, ...] = ("acknowledge", "respond", "resolve")
"""The promises of a service, in the order in which they are kept."""

RoleTold = Literal["agent", "dispatcher", "supervisor", "city_admin"]
ROLES_TOLD: tuple[RoleTold, ...] = ("agent", "dispatcher", "supervisor", "city_admin")
CONTRACTOR, DEPARTMENT_HEAD = "contractor", "department_head"
NETWORK_POST = "network:"
"""Before the code of a post that stands in network.yaml."""

Told = Annotated[str, Field(pattern=r"^(network:)?[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


def _night(text: str) -> str:
    try:
        start, end = (clock_minutes(part) for part in text.split("-"))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time like '21:00-06:00' or '12:00-14:00'") from error
    if start in (end, 24 * 60):
        raise ValueError(f"{text!r} has no length")
    return text


class QuietHours(Part):
    """When somebody is not told, unless a matter of safety wakes them; local time of the city."""

    between: Annotated[str, AfterValidator(_night)] = Field(
        description="Every day between these times; one that ends before it begins ends on the next day"
    )
    on_days_off: bool = Field(
        default=False,
        description="True: days on which the city's calendar has no working hours are quiet from end to end",
    )


class Post(Fact):
    """Somebody a ladder can tell: an office of the city or of the network, whoever holds it."""

    code: Code = Field(description="Unique among the posts, and no role's name; what `tell` names")
    names: Names = Field(description="The office, by language")
    accounts: tuple[Code, ...] = Field(default=(), description="Usernames of the staff who hold it")
    email: str | None = Field(
        default=None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="Where it is written to"
    )
    phone: str | None = Field(
        default=None, pattern=r"^\+?[0-9][0-9 ()/-]{4,30}$", description="Where text messages reach it"
    )
    quiet_hours: QuietHours | None = Field(default=None, description="When it is not told; none: any time")
    may_be_woken: bool = Field(
        default=True, description="False: not even a step that wakes is told within the quiet hours"
    )


class LadderStep(Part):
    """A rung of a ladder: when it comes, whom it tells, what it changes and whether somebody must answer."""

    step: int = Field(ge=1, le=99, description="Counted from 1 upward")
    at_fraction: float | None = Field(default=None, gt=0, description="Of the time from receipt to due")
    after_due: Span | None = Field(default=None, description="Calendar time after the due time")
    tell: tuple[Told, ...] = Field(
        min_length=1,
        description="Who is told: roles (agent, dispatcher, supervisor, city_admin), department_head, "
        "contractor (who has the request), codes of posts, network:<code> for a post of network.yaml",
    )
    raise_priority_to: Priority | None = Field(
        default=None, description="At least this priority from then on"
    )
    hand_to: Code | None = Field(default=None, description="Department in whose queue it stands from then on")
    assign_to: Code | None = Field(
        default=None, description="Contractor that has it from then on, or post: the first of its accounts"
    )
    acknowledge_within: Span | None = Field(
        default=None,
        description="Calendar time, from when they are told, within which somebody acknowledges the escalation",
    )
    without_acknowledgement: Literal["climb", "tell_again"] = Field(
        default="climb",
        description="What happens without one: the next step comes at once, or those told are told again",
    )
    tell_again: int = Field(
        default=3, ge=1, le=20, description="How often they are told again before the next step comes"
    )
    wakes: bool | None = Field(
        default=None, description="True: told within quiet hours too; not said: as the ladder's safety"
    )
    because: Sentence = Field(description="A sentence those who are told can read")

    @model_validator(mode="after")
    def _one_time(self) -> LadderStep:
        if (self.at_fraction is None) == (self.after_due is None):
            raise ValueError(f"step {self.step}: give at_fraction or after_due, one of them")
        for name in ("after_due", "acknowledge_within"):
            span: Span | None = getattr(self, name)
            if span and (span.working_hours or span.working_days):
                raise ValueError(f"step {self.step}: {name} counts calendar time")
        if self.without_acknowledgement != "climb" and self.acknowledge_within is None:
            raise ValueError(f"step {self.step}: without_acknowledgement needs acknowledge_within")
        return self


class Ladder(Fact):
    """The ladder of one promise for some services; the first that fits a request is its ladder."""

    code: Code = Field(description="Unique among the ladders; stands in each event of it")
    promise: Stage = Field(
        default="resolve", description="The promise it watches; it ends when that promise is kept"
    )
    services: tuple[Code, ...] = Field(default=(), description="Codes of services; none: not asked")
    network_codes: tuple[Code, ...] = Field(default=(), description="Common codes; none: not asked")
    priorities: tuple[Priority, ...] = Field(
        default=(), description="Priorities the request has by now; none: not asked"
    )
    safety: bool = Field(
        default=False, description="True: life or limb is at stake; its steps wake whoever may be woken"
    )
    steps: tuple[LadderStep, ...] = Field(min_length=1, description="The rungs, the earliest first")


class Pauses(Fact):
    """For how long in all a request may pause in a status; then the clock of its promise runs on by itself.

    Working time is the owner's. The network's rules know the pause for a question to the resident, of five
    working days at most; the other two are choices.
    """

    waiting_reporter: Span = Field(
        default=Span(working_days=5), description="While a question to the resident is open"
    )
    on_hold: Span = Field(default=Span(working_days=10), description="While work waits for something named")
    referred: Span = Field(default=Span(working_days=30), description="While another body has to act")
