"""What all cities share: the common codes they are compared on, who is a member, and who holds which role."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import Field

from city_config.basics import CityId, Code, Dated, Fact, Names, Part, Sentence
from city_config.ladder import Post

Precision = Literal["day", "month", "year"]
_PRECISION = "How exactly the sources give the dates; the rest is the period's first"


class NetworkCode(Part):
    """One of the network's common codes: what cities are compared on."""

    code: Code = Field(description="Unique; stays the same for ever")
    names: Names = Field(description="Label, by language")
    service_class: Literal["clean", "fix", "act", "util", "health", "other"] = Field(
        description="What resolved means: removed, repaired, acted upon, forwarded to a utility, health, other"
    )
    comparability: Literal["A", "B", "C"] = Field(
        description="A: resolution times; B: first response and promise only; C: volume only"
    )
    reference_hours: float | None = Field(default=None, gt=0, description="Calendar hours")
    review: Literal["pending", "approved"] = Field(
        default="pending", description="approved: somebody who speaks the languages has read the labels"
    )


class Member(Fact):
    """A city of the network, since when and as what."""

    city: CityId = Field(description="Id of the city; it may have no folder yet")
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="ISO 3166-1")
    names: Names | None = Field(default=None, description="For cities without a folder")
    status: Literal["pilot", "member", "candidate", "observer"] = Field(description="As what it belongs")
    member_since: dt.date | None = Field(default=None, description="First day")
    member_until: dt.date | None = Field(default=None, description="Last day; none: still")
    precision: Precision = Field(default="day", description=_PRECISION)


class Role(Fact, Dated):
    """An office of the network that a country holds for a time."""

    role: Literal["chair", "shepherd", "national_representative"] = Field(
        description="chair and shepherd: of the whole network; national_representative: of one country"
    )
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1")
    body: Names | None = Field(default=None, description="The ministry or office that exercises it")
    precision: Precision = Field(default="day", description=_PRECISION)


class PeerBand(Fact, Dated):
    """Cities that are fairly compared with each other."""

    code: Code = Field(description="Unique among the bands")
    names: Names = Field(description="Label, by language")
    cities: tuple[CityId, ...] = Field(min_length=1, description="Members of the network")
    because: Sentence = Field(description="What they have in common")


EmergencyKind = Literal[
    "flood", "storm", "earthquake", "epidemic", "drought", "fire", "haze", "unrest", "other"
]
"""What may be declared an emergency."""


class Emergency(Fact, Dated):
    """A flood, storm or the like that a city declared; figures of these days are told apart."""

    city: CityId = Field(description="The city that declared it")
    kind: EmergencyKind = Field(description="What happened")
    districts: tuple[Code, ...] = Field(default=(), description="Where; none: the whole city")
    declared_by: str = Field(description="Who declared it")


class AnnualMeeting(Fact):
    """The network's next annual meeting, before which a report of the year is drafted."""

    day: dt.date = Field(description="Its first day")
    precision: Precision = Field(default="day", description=_PRECISION)


class ReportSchedule(Part):
    """Which reports are drafted by themselves, and when reviewers are reminded."""

    monthly_day: int | None = Field(
        default=5, ge=1, le=28, description="Day (UTC) on which the month before is drafted; null: never"
    )
    annual_meeting: AnnualMeeting | None = Field(default=None, description="None: no report of the year")
    annual_days_before: int = Field(
        default=75, ge=14, le=366, description="Days before the meeting on which its report is drafted"
    )
    annual_months: int = Field(
        default=12, ge=1, le=36, description="Whole months that the meeting's report covers"
    )
    remind_days_before: int = Field(
        default=3,
        ge=1,
        le=30,
        description="Days before the end of the answers on which reviewers are reminded",
    )


class QuestionRules(Part):
    """How questions to a city about its figures reach others."""

    city_first_days: int = Field(
        default=14,
        ge=7,
        le=60,
        description="Days that what a city is asked is its own: every night's questions since they were first asked, "
        "a report's since it was opened, which cities can comment on so long at least",
    )

    @property
    def city_first(self) -> dt.timedelta:
        """The same as a length of time."""
        return dt.timedelta(days=self.city_first_days)


class FederationRules(Part):
    """What the network does with what cities that run their own Nagara send."""

    bundles_kept_days: int = Field(
        default=400,
        ge=30,
        description="Days after which a bundle's content goes; its proof stays, and so does the content of the "
        "newest of each city and of those that a report under review or published rests on",
    )


class Network(Part):
    """What all cities share: common codes, members, roles, peer bands and declared emergencies."""

    names: Names = Field(description="The network's name, by language")
    codes: tuple[NetworkCode, ...] = Field(min_length=1, description="What cities are compared on")
    members: tuple[Member, ...] = Field(default=(), description="Who belongs to it, with dates")
    roles: tuple[Role, ...] = Field(default=(), description="Who holds which office, with dates")
    peer_bands: tuple[PeerBand, ...] = Field(default=(), description="Who is compared with whom")
    emergencies: tuple[Emergency, ...] = Field(default=(), description="Declared by cities, with dates")
    reports: ReportSchedule = Field(default=ReportSchedule(), description="Drafts and reminders")
    questions: QuestionRules = Field(default=QuestionRules(), description="What cities are asked")
    federation: FederationRules = Field(default=FederationRules(), description="Bundles of cities elsewhere")
    posts: tuple[Post, ...] = Field(
        default=(),
        description="National committees and the like, which a city's ladder names as network:<code>",
    )

    @cached_property
    def codes_by_code(self) -> Mapping[str, NetworkCode]:
        """The network's codes by code."""
        return {code.code: code for code in self.codes}

    @cached_property
    def measures(self) -> str:
        """SHA-256 over what of the codes decides figures: other labels are the same measures."""
        told = [
            (code.code, code.service_class, code.comparability, code.reference_hours)
            for code in sorted(self.codes, key=lambda code: code.code)
        ]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @cached_property
    def posts_by_code(self) -> Mapping[str, Post]:
        """Posts of the network by code."""
        return {post.code: post for post in self.posts}

    def roles_on(self, day: dt.date) -> tuple[Role, ...]:
        """The offices held on a day."""
        return tuple(role for role in self.roles if role.holds_on(day))

    def bands_of(self, city_id: str, day: dt.date) -> tuple[PeerBand, ...]:
        """The peer bands a city belongs to on a day."""
        return tuple(band for band in self.peer_bands if city_id in band.cities and band.holds_on(day))

    def emergencies_of(self, city_id: str, day: dt.date) -> tuple[Emergency, ...]:
        """What a city had declared on one of its local days."""
        return tuple(e for e in self.emergencies if e.city == city_id and e.holds_on(day))
