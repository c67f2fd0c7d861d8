"""What a city's own people write and declare: replies, announcements, emergencies; and what it is configured to do."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from api.schemas.common import Input, Names


class ReplyTemplateBody(Input):
    """A text with places such as ``{reference}``, ``{service}``, ``{department}``, ``{district}``, ``{city}``."""

    name: str = Field(min_length=1, max_length=200)
    language: str = Field(max_length=35)
    body: str = Field(min_length=1, max_length=4000)
    move: str | None = Field(
        default=None, max_length=40, description="Offered with this move; none: with any"
    )
    service_code: str | None = Field(default=None, max_length=64)
    replaces: uuid.UUID | None = Field(
        default=None, description="The template this wording takes the place of"
    )


class ReplyTemplateShown(BaseModel):
    """A template; ``preview`` is its text about the request that was asked for."""

    id: uuid.UUID
    name: str
    language: str
    body: str
    move: str | None
    service_code: str | None
    changed_by: str
    changed_at: dt.datetime
    preview: str | None = None


class ReplyTemplates(BaseModel):
    """Templates by name."""

    templates: list[ReplyTemplateShown]


class AnnouncementBody(Input):
    """What is to be told, in each language it is told in."""

    level: Literal["info", "warning", "danger"]
    texts: Names = Field(description="By language, at most 1,000 characters each")
    shown_from: AwareDatetime | None = Field(default=None, description="None: at once")
    shown_until: AwareDatetime
    districts: list[str] = Field(default=[], max_length=500, description="None: the whole city")
    services: list[str] = Field(default=[], max_length=200, description="None: all services")


class AnnouncementShown(BaseModel):
    """What a city tells everybody for a while."""

    id: uuid.UUID
    level: Literal["info", "warning", "danger"]
    texts: Names
    districts: list[str]
    services: list[str]
    shown_from: dt.datetime
    shown_until: dt.datetime


class Announcements(BaseModel):
    """The announcements of this moment, the gravest first."""

    announcements: list[AnnouncementShown]


class StaffAnnouncement(AnnouncementShown):
    """An announcement with who put it up."""

    created_by: str
    created_at: dt.datetime
    withdrawn_at: dt.datetime | None


class StaffAnnouncements(BaseModel):
    """All announcements, the newest first."""

    announcements: list[StaffAnnouncement]


class EmergencyBody(Input):
    """An emergency that an authority declared, and where that stands."""

    kind: str = Field(max_length=40)
    declared_by: str = Field(min_length=1, max_length=500)
    source: str = Field(min_length=1, max_length=500, description="Where the declaration can be read")
    valid_from: AwareDatetime
    districts: list[str] = Field(default=[], max_length=500, description="None: the whole city")


class EmergencyEndBody(Input):
    """When it ended."""

    valid_to: AwareDatetime


class EmergencyShown(BaseModel):
    """A declared emergency; it marks the figures of its days and erases nothing."""

    id: uuid.UUID
    kind: str
    districts: list[str]
    declared_by: str
    source: str
    valid_from: dt.datetime
    valid_to: dt.datetime | None
    recorded_by: str
    recorded_at: dt.datetime
    ended_by: str | None


class Emergencies(BaseModel):
    """All emergencies written down here, the newest first."""

    emergencies: list[EmergencyShown]


class ConfigurationVersion(BaseModel):
    """A version of the city's configuration that requests were decided by."""

    fingerprint: str
    recorded_at: dt.datetime


class CityConfiguration(BaseModel):
    """What the city is configured to do, as its files say; the files stay the truth."""

    city: str
    fingerprint: str
    content: dict[str, Any]
    findings: list[str] = Field(
        description="What the check says of the city's files, each with file and line"
    )
    versions: list[ConfigurationVersion] = Field(description="The newest first")
    changes: list[str] = Field(description="From the version asked for to the one served now, by meaning")
