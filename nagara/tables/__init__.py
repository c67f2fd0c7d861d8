"""The tables, as SQLModel classes. ``city_id`` leads every key; rows of one city never refer to another's.

The database itself is made by the migrations; a test holds the two against each other.
"""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from nagara.tables.audits import ResolutionAudit, ResolutionAuditItem
from nagara.tables.external import ExternalDestination, ExternalRequest, ExternalUpdate, Open311Pull
from nagara.tables.installation import ConfigVersion, SuggestionModel, Timer, TimerRun
from nagara.tables.maps import MapBuild, MapTile, OpenDataVersion
from nagara.tables.notices import (
    AlertWaiting,
    Message,
    NoticeDestination,
    Notification,
    StaffNoticeChoice,
    WebhookAttempt,
    WebhookEndpoint,
)
from nagara.tables.open311 import GeoreportTrial, GeoreportUpdate
from nagara.tables.requests import (
    Contact,
    ContactBlock,
    ContactRead,
    Event,
    EventOutbox,
    OriginalWords,
    Photo,
    Removal,
    Request,
    RequestCount,
    RequestCountNews,
    RequestCountVersion,
    RequestWords,
    ResidentEntry,
)
from nagara.tables.residents import OneTimeCode, ResidentSession, Subscription
from nagara.tables.staff import (
    Announcement,
    ApiKey,
    DeclaredEmergency,
    Job,
    JobLink,
    MoveKey,
    ReplyTemplate,
    SavedFilter,
    StaffAccount,
    StaffAudit,
    StaffDepartment,
    StaffJob,
    StaffJobRow,
    StaffRecoveryCode,
    StaffSession,
)
from nagara.tables.telegram import TelegramChat, TelegramDraft, TelegramLink, TelegramUpdate

metadata: MetaData = SQLModel.metadata

__all__ = [
    "AlertWaiting",
    "Announcement",
    "ApiKey",
    "ConfigVersion",
    "Contact",
    "ContactBlock",
    "ContactRead",
    "DeclaredEmergency",
    "Event",
    "EventOutbox",
    "ExternalDestination",
    "ExternalRequest",
    "ExternalUpdate",
    "GeoreportTrial",
    "GeoreportUpdate",
    "Job",
    "JobLink",
    "MapBuild",
    "MapTile",
    "Message",
    "MoveKey",
    "NoticeDestination",
    "Notification",
    "OneTimeCode",
    "Open311Pull",
    "OpenDataVersion",
    "OriginalWords",
    "Photo",
    "Removal",
    "ReplyTemplate",
    "Request",
    "RequestCount",
    "RequestCountNews",
    "RequestCountVersion",
    "RequestWords",
    "ResidentEntry",
    "ResidentSession",
    "ResolutionAudit",
    "ResolutionAuditItem",
    "SavedFilter",
    "StaffAccount",
    "StaffAudit",
    "StaffDepartment",
    "StaffJob",
    "StaffJobRow",
    "StaffNoticeChoice",
    "StaffRecoveryCode",
    "StaffSession",
    "Subscription",
    "SuggestionModel",
    "TelegramChat",
    "TelegramDraft",
    "TelegramLink",
    "TelegramUpdate",
    "Timer",
    "TimerRun",
    "WebhookAttempt",
    "WebhookEndpoint",
    "metadata",
]
