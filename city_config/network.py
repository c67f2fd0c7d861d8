"""What all cities share: the common codes they are compared on, and who is a member."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import Field

from city_config.basics import CityId, Code, Fact, Names, Part


class NetworkCode(Part):
    """One of the network's common codes: what cities are compared on."""

    code: Code
    names: Names
    service_class: Literal["clean", "fix", "act", "util", "health", "other"]
    comparability: Literal["A", "B", "C"] = Field(
        description="A: resolution times; B: first response and promise only; C: volume only"
    )
    reference_hours: float | None = Field(default=None, gt=0, description="Calendar hours")
    review: Literal["pending", "approved"] = "pending"


class Member(Fact):
    """A city of the network, since when and as what."""

    city: CityId = Field(description="Id of the city; it may have no folder yet")
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    names: Names | None = None
    status: Literal["pilot", "member", "candidate", "observer"]
    member_since: dt.date | None = None
    member_until: dt.date | None = None
    precision: Literal["day", "month", "year"] = Field(
        default="day", description="How exactly the sources give the dates; the rest is the period's first"
    )


class Network(Part):
    """What all cities share: the common codes and who is a member."""

    names: Names
    codes: tuple[NetworkCode, ...] = Field(min_length=1)
    members: tuple[Member, ...] = ()

    @cached_property
    def codes_by_code(self) -> Mapping[str, NetworkCode]:
        """The network's codes by code."""
        return {code.code: code for code in self.codes}
