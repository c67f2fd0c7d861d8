"""What goes in and out over HTTP, as the API document shows it. Input models are closed to unknown fields."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Names = dict[str, str]


class Input(BaseModel):
    """A body: unknown fields are refused rather than ignored, so that a typing error is seen."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ContactBody(Input):
    """How to reach the resident; kept apart and encrypted, never public."""

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str | None = Field(default=None, max_length=32, pattern=r"^[+0-9 ()./-]*$")


class FilingBody(Input):
    """A report. Where it is: ``lat`` and ``lon``, or a ``district``, or an ``address`` in words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "service_code": "waste_missed",
                    "lat": 11.5564,
                    "lon": 104.9282,
                    "description": "The truck has not come since Monday.",
                    "contact": {"email": "resident@example.org"},
                    "language": "km",
                }
            ]
        },
    )

    service_code: str = Field(max_length=64)
    lat: float | None = Field(default=None, description="WGS 84 degrees north")
    lon: float | None = Field(default=None, description="WGS 84 degrees east")
    address: str | None = Field(default=None, max_length=500)
    district: str | None = Field(default=None, max_length=64)
    description: str = Field(default="", max_length=4000, description="At most 4,000 characters")
    answers: dict[str, Any] = Field(default_factory=dict, description="To the service's questions, by code")
    contact: ContactBody | None = None
    observed_at: dt.datetime | None = Field(default=None, description="The device's clock, with zone")
    language: str | None = Field(
        default=None, max_length=35, description="BCP-47, for messages to the resident"
    )
    confidential: bool = Field(default=False, description="Shown to nobody but staff and the private link")
    media: tuple[uuid.UUID, ...] = Field(
        default=(), max_length=5, description="Pictures sent before, by the ids they were given"
    )


class SignInBody(Input):
    """Sign-in name (``name@city``) and password."""

    username: str = Field(max_length=200, examples=["agent@kh-pnh"])
    password: str = Field(max_length=1000)
    totp: str | None = Field(
        default=None, max_length=16, description="Not asked for yet: accounts have one factor"
    )


class MoveBody(Input):
    """What comes with a move; which fields it needs, the request's ``moves`` say."""

    note: str | None = Field(default=None, max_length=4000)
    assignee: str | None = Field(default=None, max_length=500)
    department: str | None = Field(default=None, max_length=64)
    reason: str | None = Field(default=None, max_length=64)
    service_code: str | None = Field(default=None, max_length=64)
    parent: str | None = Field(default=None, max_length=40)
    priority: str | None = Field(default=None, max_length=16)
    media: tuple[uuid.UUID, ...] = Field(
        default=(), max_length=5, description="Pictures of what was done, by the ids they were given"
    )
    version: int | None = Field(
        default=None, ge=1, description="The version last seen; 409 if it changed since"
    )


class ReleaseBody(Input):
    """Whether the public may see a picture, as far as the city's rule leaves it to staff."""

    public: bool


class Named(BaseModel):
    """Something with a code and names by language."""

    code: str
    names: Names


class Position(BaseModel):
    """WGS 84 degrees."""

    lat: float
    lon: float


class About(BaseModel):
    """This installation."""

    name: str
    demo: bool
    network: Names


class City(BaseModel):
    """A city."""

    id: str
    country: str
    names: Names
    languages: list[str]
    timezone: str
    centre: Position
    zoom: int
    tile_url: str | None
    attribution: str
    population: int | None


class Cities(BaseModel):
    """All cities."""

    cities: list[City]


class PromiseSpans(BaseModel):
    """What is promised for a service: each stage one of calendar_hours, calendar_days, working_hours, working_days."""

    acknowledge: dict[str, float] | None
    respond: dict[str, float] | None
    resolve: dict[str, float] | None
    standard: Literal["published", "internal", "reference"]


class Choice(BaseModel):
    """A possible answer."""

    key: str
    names: Names


class Question(BaseModel):
    """A question asked with a service."""

    code: str
    datatype: str
    names: Names
    required: bool
    hint: Names | None
    choices: list[Choice]


class Service(BaseModel):
    """What can be reported."""

    code: str
    network_code: str
    names: Names
    description: Names | None
    group: str
    icon: str
    keywords: list[str]
    questions: list[Question]
    promise: PromiseSpans
    emergency_notice: Names | None


class Services(BaseModel):
    """A city's services."""

    city: str
    groups: dict[str, Names]
    services: list[Service]


class Department(Named):
    """An owner of requests."""

    kind: Literal["department", "external"]


class Departments(BaseModel):
    """A city's departments."""

    city: str
    departments: list[Department]


class FeatureCollection(BaseModel):
    """GeoJSON (RFC 7946); further members say source and licence."""

    model_config = ConfigDict(extra="allow")

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class NearestCity(BaseModel):
    """The city to ask instead."""

    id: str
    names: Names
    kilometres: float


class Place(BaseModel):
    """Where a position lies."""

    inside: bool
    district: Named | None
    zones: list[str]
    nearest_city: NearestCity | None = None


class Promise(BaseModel):
    """By when the department answers; ``reference`` is a yardstick, not a promise the city published."""

    acknowledge_by: dt.datetime | None
    respond_by: dt.datetime | None
    resolve_by: dt.datetime | None
    standard: Literal["published", "internal", "reference"]


class Route(BaseModel):
    """Which rule sent it where it is, and why."""

    rule: str
    reason: str


class Filed(BaseModel):
    """A request that stands: what the resident needs to find it again."""

    reference: str
    token: str
    city: str
    status: str
    status_url: str
    page_url: str
    received_at: dt.datetime
    service: Named
    department: Named
    assignee: Named | None
    district: Named | None
    route: Route
    promise: Promise


class KeptPhoto(BaseModel):
    """A picture that waits for its report, and what the camera wrote, which is not kept."""

    id: uuid.UUID
    position: Position | None
    taken_at: dt.datetime | None
    width: int
    height: int
    bytes: int


class PhotoShown(BaseModel):
    """A picture of a request: ``before`` shows the problem, ``after`` what was done."""

    id: uuid.UUID
    url: str
    thumbnail_url: str
    width: int
    height: int
    kind: Literal["before", "after"]
    public: bool = Field(description="True where anybody may see it")


class StaffPhoto(PhotoShown):
    """A picture, for staff."""

    released: bool = Field(description="True where staff released it; the city's rule decides as well")


class PublicEvent(BaseModel):
    """Something that happened, for the public."""

    kind: str
    at: dt.datetime
    status: str | None
    note: str | None
    reason: str | None


class PublicStatus(BaseModel):
    """What became of a request."""

    reference: str
    city: str
    status: str
    open: bool
    service: Named
    district: Named | None
    department: Named
    assignee: Named | None
    position: Position | None
    description: str | None
    address: str | None
    route_reason: str
    received_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    closing_reason: str | None
    note: str | None
    duplicate_of: str | None
    promise: Promise
    photos: list[PhotoShown]
    timeline: list[PublicEvent]


class AccountShown(BaseModel):
    """Who is signed in."""

    username: str
    city: str
    role: str
    department: str | None
    display_name: str
    permissions: list[str]


class Session(BaseModel):
    """A session; the token is shown this once."""

    token: str
    expires_at: dt.datetime
    account: AccountShown


class SessionShown(BaseModel):
    """The present session."""

    account: AccountShown


class QueueRow(BaseModel):
    """A request in the queue."""

    reference: str
    city: str
    status: str
    service: Named
    network_code: str
    district: Named | None
    department: Named
    assignee: str | None
    assignee_names: Names | None
    priority: str
    received_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    next_due_at: dt.datetime | None
    promise: Promise
    late: bool
    escalation_level: int
    lat: float | None
    lon: float | None
    address: str | None
    description: str
    channel: str
    version: int


class QueueCounts(BaseModel):
    """How much of what is open."""

    open: int
    overdue: int
    due_today: int
    unassigned: int
    escalated: int


class Queue(BaseModel):
    """A page of the queue; ``counts`` only where asked for."""

    requests: list[QueueRow]
    next_cursor: str | None
    counts: QueueCounts | None = None


class StaffEvent(BaseModel):
    """Something that happened, for staff."""

    seq: int
    kind: str
    at: dt.datetime
    recorded_at: dt.datetime
    actor: str | None
    actor_kind: str
    from_status: str | None
    to_status: str | None
    note: str | None
    data: dict[str, Any]


class PossibleMove(BaseModel):
    """A move, whether it is allowed now, and why not."""

    move: str
    allowed: bool
    why_not: str | None
    why: str
    fields: list[str]
    needs: list[str]
    reasons: list[str]


class StaffRequest(QueueRow):
    """A request with everything staff may see."""

    answers: dict[str, Any]
    language: str | None
    observed_at: dt.datetime | None
    confidential: bool
    route: Route
    config_fingerprint: str
    closing_reason: str | None
    duplicate_of: str | None
    contact: dict[str, str] | None
    photos: list[StaffPhoto]
    timeline: list[StaffEvent]
    moves: list[PossibleMove]


class FigureShown(BaseModel):
    """A figure with its 95 % limits, of how many, or the reason why it is withheld."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    events: int | None
    withheld: str | None
    provisional: bool
    note: str | None


class CurvePoint(BaseModel):
    """The share still open so many hours after receipt, with its 95 % band and how many are followed there."""

    hours: float
    open: float | None
    low: float | None
    high: float | None
    n: int


class Snapshot(BaseModel):
    """What a city's figures were computed from."""

    id: str
    cut_off: dt.datetime
    method_version: str
    config_fingerprints: list[str]
    holidays_version: str
    inputs_digest: str
    events_seen: int


class CityFigures(BaseModel):
    """One city's figures by the ids of their definitions."""

    city: str
    names: Names
    simulated: bool = Field(description="True where made-up requests are among those counted")
    snapshot: Snapshot
    figures: dict[str, FigureShown]
    survival: list[CurvePoint]


class Indicators(BaseModel):
    """Cities side by side, in order of their English names: not a ranking."""

    period: str
    code: str
    district: str | None
    method_version: str
    simulated: list[str]
    cities: list[CityFigures]
    without_figures: list[str]


class Definition(BaseModel):
    """What a figure is."""

    id: str
    name: str
    unit: str
    estimand: str
    denominator: str
    interval: str
    source: str
    minimum_n: int
    comparability: str


class Code(Named):
    """One of the network's common codes; A: times are compared, B: answers and promises, C: counts only."""

    service_class: str
    comparability: Literal["A", "B", "C"]
    reference_hours: float | None


class Definitions(BaseModel):
    """Every figure's definition, and the codes."""

    definitions: list[Definition]
    codes: list[Code]


class ReportShown(BaseModel):
    """A network report."""

    id: str
    period: str
    created_at: dt.datetime
    content_digest: str
    url: str


class ReportContent(BaseModel):
    """A report for programs; the digest covers its content, the snapshots say what it was made of."""

    id: str
    period: str
    created_at: dt.datetime
    snapshot_ids: dict[str, str]
    content_digest: str
    content: dict[str, Any]


class Reports(BaseModel):
    """The reports there are, newest first."""

    reports: list[ReportShown]
