"""Chats with a city's bot, and reports begun in them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    LargeBinary,
)
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class TelegramChat(SQLModel, table=True):
    """A chat with the bot whose owner showed which account is theirs."""

    __tablename__ = "telegram_chat"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    sealed_chat: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    linked_at: dt.datetime = Field(sa_column=instant(nullable=False))


class TelegramLink(SQLModel, table=True):
    """A link to the bot that its owner has not opened yet; only a keyed digest of its secret is kept."""

    __tablename__ = "telegram_link"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    username: str
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))


class TelegramDraft(SQLModel, table=True):
    """A report that a chat has not finished; of no city yet, under a name that no city can have."""

    __tablename__ = "telegram_draft"

    city_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    version: int
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))


class TelegramUpdate(SQLModel, table=True):
    """An update of the bot that was handled; repeated only while its answer did not go out."""

    __tablename__ = "telegram_update"

    city_id: str = Field(primary_key=True)
    update_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    handled_at: dt.datetime = Field(sa_column=instant(nullable=False))
    answered: bool
