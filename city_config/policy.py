"""What a city decides about requests once they are in: what the public sees, what is kept, how staff sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from city_config.basics import Code, Fact, LanguageTag, Names, Part

Numerals = Literal["latn", "khmr", "laoo", "mymr", "thai", "tamldec"]
"""Decimal digits as Unicode names them: Latin, Khmer, Lao, Burmese, Thai, Tamil."""


class Publication(Part):
    """What the public may see of a request, and when."""

    moderated: bool = Field(
        default=False, description="True: staff release a request before the public sees it"
    )
    blur_metres: int = Field(
        default=0, ge=0, le=2000, description="Grid onto which public positions are rounded"
    )
    moderated_services: tuple[Code, ...] = Field(
        default=(), description="Services whose requests staff release even where moderated is false"
    )
    private_services: tuple[Code, ...] = Field(
        default=(), description="Services whose requests the public never sees"
    )
    photos: Literal["none", "released", "all"] = Field(
        default="released", description="Which photos the public sees: none, those staff released, all"
    )
    delay_hours: int = Field(
        default=0, ge=0, le=24 * 90, description="Hours from receipt until the public sees a request"
    )
    show_description: bool = Field(
        default=False, description="True: the public reads the resident's own words, as staff left them"
    )
    hide: tuple[Literal["faces", "plates"], ...] = Field(
        default=(),
        description="What a detector looks for and hides in photos before anybody but privileged staff sees them",
    )
    originals_days: int = Field(
        default=30, gt=0, description="Days for which words and photos are kept as they were before redaction"
    )


class OpenData(Fact):
    """What the city publishes as files every night, and under which licence."""

    publish: bool = Field(default=True, description="False: no files are made")
    licence: str = Field(
        default="CC-BY-4.0",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]{1,60}$",
        description="SPDX identifier of the licence",
    )
    licence_url: str | None = Field(
        default=None, pattern=r"^https?://", description="Its text; where not given, SPDX's page of it"
    )
    attribution: str | None = Field(
        default=None, max_length=300, description="Whom users name; where not given, the city"
    )
    keep_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days for which each day's files stay; those of a month's first stay",
    )

    @property
    def licence_address(self) -> str:
        """Where the licence's text is."""
        return self.licence_url or f"https://spdx.org/licenses/{self.licence}.html"


class Nearby(Part):
    """Which open reports a resident is shown before sending another about the same problem."""

    metres: int = Field(
        default=100, ge=0, le=2000, description="How far around the place they are looked for; 0: not at all"
    )
    alike_bits: int = Field(
        default=10,
        ge=0,
        le=20,
        description="In how many of the 64 bits of their hashes two pictures may differ and still look alike",
    )


class AfterClosing(Fact):
    """What a resident may do once a request was closed."""

    reopen_days: int = Field(
        default=14,
        ge=0,
        le=365,
        description="'Not fixed' opens a request again so many days after its closing; 0: never",
    )
    reopenings: int = Field(
        default=2, ge=0, le=20, description="How often the resident can open one request again"
    )


class Display(Fact):
    """How times are written for residents. What is not given follows the custom of the reader's language."""

    calendar: Literal["gregory", "buddhist"] | None = Field(default=None, description="How years are counted")
    numerals: Mapping[LanguageTag, Numerals] = Field(
        default_factory=dict, description="Digits, by language; the names are Unicode's"
    )


class Retention(Fact):
    """How long personal data stay after a request was closed; what is not given stays until it is erased."""

    contact_days: int | None = Field(
        default=None, gt=0, description="Names, addresses and numbers of residents"
    )
    photo_days: int | None = Field(default=None, gt=0, description="Photos")
    description_days: int | None = Field(default=None, gt=0, description="The resident's own words")


class Privacy(Fact):
    """What residents are told about their data before they hand any in."""

    notice: Names = Field(description="Who keeps what and why, by language")
    law: str | None = Field(default=None, description="The law it rests on")
    url: str | None = Field(default=None, pattern=r"^https?://", description="The full text")
    contact: str | None = Field(default=None, description="Whom to ask about one's data")


class ContactLine(Fact):
    """A telephone line shown beside the form; Nagara itself takes no emergencies."""

    kind: Literal["emergency", "municipal"] = Field(
        description="emergency: shown only once confirmed is true"
    )
    names: Names = Field(description="Who answers, by language")
    phone: str = Field(pattern=r"^[0-9+][0-9 ()/*#-]{1,30}$", description="As it is dialled")

    @property
    def shown(self) -> bool:
        """Whether residents may be shown it: an emergency number only where the city confirmed it."""
        return self.confirmed or self.kind == "municipal"


class IdentityProvider(Fact):
    """Somebody who vouches for people by OpenID Connect; our secret there is a setting, never in a file."""

    code: Code = Field(description="Within the city; NAGARA_OIDC_SECRETS names it as <city>/<code>")
    signs_in: Literal["residents", "staff"] = Field(description="Whom it vouches for")
    names: Names = Field(description="As it stands on the button, by language")
    issuer: str = Field(
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])", description="Its issuer, as it writes it"
    )
    client_id: str = Field(min_length=1, description="What it knows us as")
    scopes: tuple[str, ...] = Field(default=("openid", "email"), description="What is asked of it")
    contact_claim: str = Field(
        default="email", description="Residents: the claim with an e-mail address or a telephone number"
    )
    verified_claim: str | None = Field(
        default="email_verified",
        description="Residents: the claim that must be true before the contact counts; null: it always does",
    )
    username_claim: str = Field(default="email", description="Staff: the claim that says which account it is")


class StaffAccess(Part):
    """How the city's staff sign in, and for how long."""

    second_factor_roles: tuple[
        Literal["crew", "agent", "dispatcher", "supervisor", "auditor", "city_admin"], ...
    ] = Field(default=(), description="Roles that can do nothing before they have set up a second factor")
    idle_minutes: int = Field(
        default=120, ge=5, le=1440, description="A session that was not used for so long has ended"
    )
    session_hours: int = Field(default=12, ge=1, le=168, description="No session lasts longer, used or not")
    new_account_role: Literal["crew", "agent", "dispatcher", "supervisor", "auditor"] | None = Field(
        default=None,
        description="Role of an account made for somebody an identity provider vouches for; none: none is made",
    )
    new_account_domains: tuple[str, ...] = Field(
        default=(), description="Domains of e-mail addresses for which such accounts are made"
    )

    @model_validator(mode="after")
    def _not_for_everybody(self) -> StaffAccess:
        if (self.new_account_role is None) != (not self.new_account_domains):
            raise ValueError("give new_account_role and new_account_domains together, or neither")
        return self
