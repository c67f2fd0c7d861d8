"""Roots over cities' histories, and proofs that a request is under one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.common import Input


class TimeCorrectionBody(Input):
    """When an event really happened."""

    occurred_at: Annotated[
        dt.datetime, Field(description="With an offset", examples=["2026-03-01T09:30:00Z"])
    ]
    reason: Annotated[str, Field(min_length=1, max_length=1000, description="For staff; kept for ever")]


class Corrected(BaseModel):
    """The number of the event that says so."""

    event: int


class Root(BaseModel):
    """A day's Merkle root over the heads of all requests' chains of a city."""

    city: str
    day: dt.date
    as_of: dt.datetime
    requests: int
    events: int
    tree: str = Field(description="Root of the tree (RFC 6962, SHA-256), in hexadecimal")
    previous: str | None = Field(description="Hash of the root before it")
    hash: str = Field(description="SHA-256 over a byte 0x02 and the canonical JSON of all other members")


class HeldRoot(Root):
    """A root as the network holds it."""

    received_at: dt.datetime
    way: str = Field(description="hosted, or federated: the city runs its own Nagara")


class HeldRoots(BaseModel):
    """Roots that the network holds, newest first."""

    roots: list[HeldRoot]


class Leaf(BaseModel):
    """What a root holds of one request."""

    request: UUID
    events: int
    head: str = Field(description="Hash of the last event that the root covers")
    position: int = Field(description="Place of the leaf in the tree")


class NetworkCopy(BaseModel):
    """The root as it was handed to the network."""

    hash: str
    received_at: dt.datetime


class Proof(BaseModel):
    """All that is needed to check, with no server, that a root holds a request's history."""

    version: int
    reference: str
    leaf: Leaf
    path: list[str] = Field(description="Siblings from the leaf up to the root of the tree")
    root: Root
    network: NetworkCopy | None
    chain: list[str] = Field(description="Hashes of the request's events as they stand now")
