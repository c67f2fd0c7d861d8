"""Back-ends of other bodies that own some of a city's requests: where they are and how their words are ours.

One file beside the city's own, ``external_owners.yaml``. Nothing in it is secret: keys stand in the setting
NAGARA_EXTERNAL_KEYS, under the city's id and the name given here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from city_config.basics import Code, Dated, Fact, Part
from city_config.texts import ClosingReason

ReachedStatus = Literal["received", "acknowledged", "assigned", "in_progress", "resolved", "declined"]
"""Where another system can bring a request. It cannot pause one: no word of theirs stops a promise's clock."""

ToldKind = Literal["added", "answered", "reopened", "withdrawn", "resolved", "declined", "left"]
"""What is told to them of what happens here: events, and that the request has another owner now."""


def endpoint_address(text: str) -> str:
    """The base address of a GeoReport server, https, without a slash at its end; else ``ValueError``.

    It may state a port of its own: whoever writes a city's file may, unlike a stranger, choose one.
    """
    parts = urlsplit(text)
    try:
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise ValueError(f"{text!r} has no port from 1 to 65535") from None
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{text!r} is no address; allowed: https://host/path, without /services.json")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError(f"{text!r} must begin with https")
    return text.rstrip("/")


def zone_name(name: str) -> str:
    """An IANA time zone; else ``ValueError``."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone; allowed: names like 'Asia/Bangkok'") from error
    return name


class TheirStatus(Part):
    """What a status of theirs means here; a reason where the request is closed by it."""

    status: ReachedStatus = Field(description="The status here; received: nothing happens")
    reason: ClosingReason | None = Field(default=None, description="Closing reason")

    @model_validator(mode="after")
    def _reason_fits(self) -> TheirStatus:
        closes = self.status in ("resolved", "declined")
        if closes and self.reason is None:
            raise ValueError(f"status {self.status!r} needs a closing reason")
        if not closes and self.reason is not None:
            raise ValueError(f"status {self.status!r} is not a closing; reason {self.reason!r} does not fit")
        return self


class TheirQuestion(Part):
    """A question of ours in their words."""

    code: str = Field(min_length=1, description="Their attribute's code")
    values: Mapping[str, str] = Field(
        default_factory=dict, description="Choices of ours to theirs; one that is not named is sent as it is"
    )


class GoesAlong(Part):
    """What of a request is sent to them besides place, time and service."""

    description: bool = Field(default=True, description="The resident's words, as staff left them")
    address: bool = Field(default=True, description="Where it is, in words")
    contact: Literal["none", "name", "all"] = Field(
        default="none", description="Who filed it: nothing, the name, or all the resident gave"
    )
    additions: bool = Field(default=False, description="True: what the resident says later goes along, too")
    confidential: bool = Field(
        default=False, description="True: requests filed in confidence are sent too; false: staff see to them"
    )
    photos: Literal["none", "media_url", "multipart"] = Field(
        default="none", description="Pictures: none, addresses of public ones, or the files themselves"
    )


class ExternalOwner(Fact, Dated):
    """Another system to which requests of a department or external body are sent on (GeoReport v2)."""

    code: Code = Field(description="Unique in the city; stands in the history of requests")
    department: Code = Field(description="The department or external body whose requests it gets")
    endpoint: Annotated[str, AfterValidator(endpoint_address)] = Field(
        description="Address to which /requests.json is appended; with a port, if it is not 443"
    )
    jurisdiction: str | None = Field(default=None, description="Their jurisdiction_id, where they need one")
    form: Literal["json", "xml"] = Field(default="json", description="Which form they answer in")
    key: Code | None = Field(
        default=None,
        description="Name of our api_key with them in NAGARA_EXTERNAL_KEYS; never the key itself",
    )
    pushed_by: str | None = Field(
        default=None,
        description="Label of the key of ours with which they send updates to us; none: they do not",
    )
    services: Mapping[Code, str] = Field(
        min_length=1, description="Our services to their service_code; requests of others wait for staff"
    )
    questions: Mapping[Code, TheirQuestion] = Field(
        default_factory=dict, description="Our questions to their attributes; others are not sent"
    )
    always: Mapping[str, str] = Field(
        default_factory=dict, description="Fields sent with every request, such as attribute[source]"
    )
    goes_along: GoesAlong = Field(default=GoesAlong(), description="What is sent of a request")
    repeat: Literal["by_key", "by_looking", "by_staff"] = Field(
        default="by_looking",
        description="When nobody knows whether a request arrived. by_key: it is sent again, they know our key "
        "(Idempotency-Key or client_request_id); by_looking: their list is searched for our reference first; "
        "by_staff: staff find out",
    )
    news: Literal["by_id", "one_by_one", "updated_after", "updates", "pushed", "none"] = Field(
        default="by_id",
        description="How we learn what they did: lists of ids, single requests, the list by updated_after, "
        "their servicerequestupdates, they send them, or not at all",
    )
    every_seconds: int = Field(default=60, ge=2, le=86_400, description="How often they are asked")
    statuses: Mapping[str, TheirStatus] = Field(
        default_factory=dict,
        description="Their status or detailed status, in lower case with underscores, to ours; "
        "words of the standard and of servicerequestupdates mean the usual where nothing else is said",
    )
    tells: Mapping[ToldKind, str] = Field(
        default_factory=dict,
        description="What happens here to the status that is told to them by servicerequestupdates; "
        "what is not named is not told",
    )
    time_zone: Annotated[str, AfterValidator(zone_name)] | None = Field(
        default=None, description="What their times mean that name no zone; none: such times are not taken"
    )

    @model_validator(mode="after")
    def _can_be_pushed(self) -> ExternalOwner:
        if self.news == "pushed" and not self.pushed_by:
            raise ValueError("news 'pushed' needs pushed_by: the label of the key they use")
        return self

    def meaning(self, status: str, detailed: str | None = None) -> TheirStatus | None:
        """What a status means here: what the city says of it, the finer one first, else the usual; None: nobody knows.

        A finer word for closed that nobody knows may be a refusal: it closes nothing by itself.
        """
        for known in (self.statuses, USUAL):
            for one in (detailed, status):
                if one is not None and one in known:
                    found = known[one]
                    guessed = known is USUAL and one is not detailed and detailed is not None
                    return None if guessed and found.reason is not None else found
        return None


def _usual() -> dict[str, TheirStatus]:
    nothing: ReachedStatus = "received"
    words: dict[ReachedStatus, tuple[str, ...]] = {
        nothing: ("open", "reopen", "for_triage", "planned", "internal_referral", "unchanged", "received"),
        "acknowledged": ("acknowledged", "investigating"),
        "assigned": ("assigned", "action_scheduled"),
        "in_progress": ("in_progress",),
    }
    found = {word: TheirStatus(status=status) for status, several in words.items() for word in several}
    # states of another Nagara in which it waits: nothing is known to be done, and nothing stops here
    found |= {word: TheirStatus(status=nothing) for word in ("waiting_reporter", "on_hold", "referred")}
    found |= {
        word: TheirStatus(status="resolved", reason="fixed") for word in ("closed", "fixed", "resolved")
    }
    found["no_further_action"] = TheirStatus(status="declined", reason="not_an_issue")
    found["not_councils_responsibility"] = TheirStatus(status="declined", reason="out_of_jurisdiction")
    return found


USUAL: Mapping[str, TheirStatus] = _usual()
"""What the words of the standard, of the update exchange and of another Nagara mean where a city says nothing else.

Duplicates, cancelled and declined requests have no usual meaning: somebody has to look.
"""
