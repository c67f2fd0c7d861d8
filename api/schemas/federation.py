"""Keys of cities that run their own Nagara, and what became of what they sent."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.common import Input


class Received(BaseModel):
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
