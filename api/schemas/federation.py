"""Keys of cities that run their own Nagara, and what became of what they sent."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.common import Input


class BundleReceived(BaseModel):
    """What a bundle brought."""

    city: str
    digest: str = Field(description="SHA-256 of the bundle's canonical bytes")
    snapshot: UUID
    rows: int
    roots: int = Field(description="Roots that the network did not hold yet")


class BundleSchema(BaseModel):
    """The JSON Schema of a signed bundle."""

    version: int
    json_schema: dict[str, Any]


class KeyBody(Input):
    """A city's key."""

    city: Annotated[str, Field(max_length=64, examples=["kh-pnh"])]
    public_key: Annotated[str, Field(max_length=64, description="Ed25519, base64url, 43 characters")]
    address: Annotated[
        str | None,
        Field(max_length=500, description="Where the city publishes its bundles, if it does not push them"),
    ] = None


class FederationKey(BaseModel):
    """A key that was registered."""

    id: str
    city: str
    public_key: str
    address: str | None
    registered_by: str
    registered_at: dt.datetime
    retired_by: str | None
    retired_at: dt.datetime | None


class FederationKeys(BaseModel):
    """Every key there is or was."""

    keys: list[FederationKey]


class ReceivedBundle(BaseModel):
    """A bundle that was merged."""

    city: str
    digest: str
    key: str
    made_at: dt.datetime
    received_at: dt.datetime
    snapshot: UUID


class RefusedBundle(BaseModel):
    """A bundle that a known key signed and that was refused."""

    city: str
    digest: str
    key: str
    at: dt.datetime
    code: str
    message: str


class Traffic(BaseModel):
    """What arrived, newest first."""

    received: list[ReceivedBundle]
    refused: list[RefusedBundle]


class LastBundle(BaseModel):
    """The newest bundle of a city that was merged."""

    made_at: dt.datetime
    received_at: dt.datetime
    digest: str
    whole: bool = Field(description="Whether its content is still kept")
    count: int = Field(description="Bundles that were merged so far")


class LastRefusal(BaseModel):
    """The newest bundle of the last 30 days that a known key signed and that was refused."""

    at: dt.datetime
    code: str
    message: str
    count: int = Field(description="Refusals of the last 30 days")


class LastRoot(BaseModel):
    """The newest root that the network holds of a city."""

    day: dt.date
    as_of: dt.datetime
    received_at: dt.datetime
    requests: int
    events: int
    hash: str
    way: str
    count: int
    late: int = Field(description="Roots that came more than two days after they were made")


class MemberState(BaseModel):
    """How the network stands with a city."""

    city: str
    country: str
    names: dict[str, str]
    way: Literal["hosted", "federated", "unused"]
    keys: int = Field(description="Keys that are valid now")
    figures_as_of: dt.datetime | None
    bundle: LastBundle | None
    refusal: LastRefusal | None
    root: LastRoot | None


class MemberStates(BaseModel):
    """Every configured city."""

    members: list[MemberState]
