"""The rows of trust between cities and their network: roots, keys, bundles, offices, and the review of reports.

``city_id`` leads every key. Rows that belong to the network as a whole stand under ``network``. What was handed
over, said or published is never changed: the database refuses it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


def _hash(*, nullable: bool = False) -> Any:
    return Column(LargeBinary, nullable=nullable)


class TrustLeaf(SQLModel, table=True):
    """The head of one request's chain as a day's root holds it; a row only for days on which it had moved.

    ``position`` is the leaf's place in the tree, given once and never moved.
    """

    __tablename__ = "trust_leaf"

    city_id: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    day: dt.date = Field(primary_key=True)
    request_id: uuid.UUID
    seq: int
    hash: bytes = Field(sa_column=_hash())


class TrustRoot(SQLModel, table=True):
    """A day's Merkle root over the heads of all chains of a city, chained to the root before it."""

    __tablename__ = "trust_root"

    city_id: str = Field(primary_key=True)
    day: dt.date = Field(primary_key=True)
    as_of: dt.datetime = Field(sa_column=instant(nullable=False))
    requests: int = Field(sa_column=Column(BigInteger, nullable=False))
    events: int = Field(sa_column=Column(BigInteger, nullable=False))
    tree_hash: bytes = Field(sa_column=_hash())
    previous_hash: bytes | None = Field(default=None, sa_column=_hash(nullable=True))
    hash: bytes = Field(sa_column=_hash())
    subtrees: bytes = Field(sa_column=_hash())


class NetworkRoot(SQLModel, table=True):
    """The network's own copy of a city's root, written by the network's role alone."""

    __tablename__ = "network_root"

    city_id: str = Field(primary_key=True)
    day: dt.date = Field(primary_key=True)
    as_of: dt.datetime = Field(sa_column=instant(nullable=False))
    requests: int = Field(sa_column=Column(BigInteger, nullable=False))
    events: int = Field(sa_column=Column(BigInteger, nullable=False))
    tree_hash: bytes = Field(sa_column=_hash())
    previous_hash: bytes | None = Field(default=None, sa_column=_hash(nullable=True))
    hash: bytes = Field(sa_column=_hash())
    received_at: dt.datetime = Field(sa_column=instant(nullable=False))
    way: str


class FederationKey(SQLModel, table=True):
    """The Ed25519 key with which a city that runs its own Nagara signs; ``id`` is taken from the key itself."""

    __tablename__ = "federation_key"

    city_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    city: str
    public_key: bytes = Field(sa_column=_hash())
    address: str | None = None
    registered_by: str
    registered_at: dt.datetime = Field(sa_column=instant(nullable=False))
    retired_by: str | None = None
    retired_at: dt.datetime | None = Field(default=None, sa_column=instant())


class FederationBundle(SQLModel, table=True):
    """A bundle that was merged: its proof for good, and its content, byte for byte as it was signed, for a time.

    ``signature`` is missing where it came before signatures were kept; ``content`` where its time is over.
    """

    __tablename__ = "federation_bundle"

    city_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    key_id: str
    made_at: dt.datetime = Field(sa_column=instant(nullable=False))
    received_at: dt.datetime = Field(sa_column=instant(nullable=False))
    snapshot_id: uuid.UUID
    content: bytes | None = Field(default=None, sa_column=_hash(nullable=True))
    signature: bytes | None = Field(default=None, sa_column=_hash(nullable=True))
    restated: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))


class FederationRefusal(SQLModel, table=True):
    """A bundle with a true signature that was refused nevertheless, and why."""

    __tablename__ = "federation_refusal"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    at: dt.datetime = Field(sa_column=instant(nullable=False))
    digest: bytes = Field(sa_column=_hash())
    key_id: str
    code: str
    message: str


class NetworkAppointment(SQLModel, table=True):
    """An office held for a time: chair, shepherd, or a country's representative."""

    __tablename__ = "network_appointment"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    username: str
    office: str
    country: str
    valid_from: dt.datetime = Field(sa_column=instant(nullable=False))
    valid_to: dt.datetime = Field(sa_column=instant(nullable=False))
    appointed_by: str
    appointed_at: dt.datetime = Field(sa_column=instant(nullable=False))
    ended_by: str | None = None
    ended_at: dt.datetime | None = Field(default=None, sa_column=instant())


class ReportReview(SQLModel, table=True):
    """Where one edition of a report stands on its way to the public."""

    __tablename__ = "report_review"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    report_id: uuid.UUID
    period: str
    edition: int
    corrects: uuid.UUID | None = None
    changes: str | None = None
    status: str
    comments_until: dt.datetime | None = Field(default=None, sa_column=instant())
    embargo_until: dt.datetime | None = Field(default=None, sa_column=instant())
    version: int
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    updated_at: dt.datetime = Field(sa_column=instant(nullable=False))


class ReportReviewStep(SQLModel, table=True):
    """One move of a review: who, in which office, when, from where to where, and with which remarks."""

    __tablename__ = "report_review_step"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "review_id"], ["report_review.city_id", "report_review.id"]),
    )

    city_id: str = Field(primary_key=True)
    review_id: uuid.UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: dt.datetime = Field(sa_column=instant(nullable=False))
    actor: str
    office: str
    move: str
    from_status: str | None = None
    to_status: str
    report_id: uuid.UUID
    remarks: str | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))


class ReportComment(SQLModel, table=True):
    """What a city, a country or the network said of one figure before the release, or in answer to that."""

    __tablename__ = "report_comment"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "review_id"], ["report_review.city_id", "report_review.id"]),
    )

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    review_id: uuid.UUID
    report_id: uuid.UUID
    city: str | None = None
    figure: str
    speaks_for: str
    author: str
    text: str
    answers: uuid.UUID | None = None
    at: dt.datetime = Field(sa_column=instant(nullable=False))


class ReportRelease(SQLModel, table=True):
    """A report that was published: from here on nothing of it changes; a correction is another edition."""

    __tablename__ = "report_release"

    city_id: str = Field(primary_key=True)
    report_id: uuid.UUID = Field(primary_key=True)
    review_id: uuid.UUID
    period: str
    edition: int
    corrects: uuid.UUID | None = None
    changes: str | None = None
    released_at: dt.datetime = Field(sa_column=instant(nullable=False))


class ReviewTold(SQLModel, table=True):
    """Something of a review that was told to whom it concerns; told once, whoever looks how often."""

    __tablename__ = "review_told"

    city_id: str = Field(primary_key=True)
    review_id: uuid.UUID = Field(primary_key=True)
    occasion: str = Field(primary_key=True)
    told_at: dt.datetime = Field(sa_column=instant(nullable=False))


class ReviewNotice(SQLModel, table=True):
    """What one reviewer was told of one occasion; it stands under the city, or the network, of their account.

    ``mail``: whether a mail goes with it, by itself or within the next digest.
    """

    __tablename__ = "review_notice"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    review_id: uuid.UUID = Field(primary_key=True)
    occasion: str = Field(primary_key=True)
    kind: str
    language: str
    subject: str
    body: str
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    read_at: dt.datetime | None = Field(default=None, sa_column=instant())
    mail: str
    mailed_at: dt.datetime | None = Field(default=None, sa_column=instant())


class ReportDraft(SQLModel, table=True):
    """A draft that the schedule asked for; one of a kind and period, however often the timer comes."""

    __tablename__ = "report_draft"

    city_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    report_id: uuid.UUID
    review_id: uuid.UUID | None = None
    drafted_at: dt.datetime = Field(sa_column=instant(nullable=False))
