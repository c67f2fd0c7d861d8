"""What the API document says of service request updates."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.routes.open311.document import (
    CITY_ID,
    COMMON,
    FILES,
    FORMAT,
    INSTANT,
    PAGE_SIZE,
    answers,
    parameter,
    text,
)
from nagara.open311.update_words import WORDS

__all__ = ["answers"]
EXAMPLE = "<service_request_updates><request_update>...</request_update></service_request_updates>"
TAKEN_EXAMPLE = (
    "<service_request_updates><request_update><update_id>u-1</update_id>"
    "</request_update></service_request_updates>"
)


class RequestUpdate(BaseModel):
    """Something that happened to a request."""

    update_id: str
    service_request_id: str
    status: Literal[
        "open", "investigating", "action_scheduled", "in_progress", "planned", "internal_referral", "fixed",
        "no_further_action", "not_councils_responsibility", "cancelled", "duplicate",
    ]  # fmt: skip
    updated_datetime: dt.datetime
    description: str
    media_url: str | None
    external_status_code: str = Field(description="Nagara's own status, finer than the form's")
    customer_reference: str | None


class Taken(BaseModel):
    """An update that was taken, now or before."""

    update_id: str
    account_id: str | None


LIST_PARAMETERS = (
    *COMMON,
    parameter("start_date", "Happened at or after; together with end_date, at most 90 days", schema=INSTANT),
    parameter("end_date", "Happened at or before, to the second; without both: the last day", schema=INSTANT),
    parameter("service_request_id", "Extension: ids, comma-separated or repeated; overrides the dates"),
    parameter("api_key", "Not needed; with it also what this system filed and the public does not see"),
    PAGE_SIZE,
    parameter("after", "Extension: where the last page ended; from the Link header"),
)
POST_FIELDS: dict[str, Any] = {
    "type": "object",
    "required": ["service_request_id", "update_id", "status", "updated_datetime"],
    "properties": {
        "api_key": text(
            "Required, here or in the query: of the system that filed the request or works on it"
        ),
        "jurisdiction_id": CITY_ID | {"description": "Required, here or in the query: the city's id"},
        "service_request_id": text("The request, by our id; an external owner may send its own", minLength=1),
        "service_request_id_ext": text("Our id, where an external owner sends its own as service_request_id"),
        "update_id": text("The sender's id of the update; taken once", minLength=1, maxLength=200),
        "status": text("Where it stands now", enum=[word.upper() for word in WORDS]),
        "updated_datetime": text("When it happened", format="date-time"),
        "description": text("What is said; at most 4,000 characters", maxLength=4000),
        "media_url": text("Address of a picture, or a data: address; repeat it for several"),
    },
    "additionalProperties": {"type": "string"},
}
POST_BODY = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {"schema": POST_FIELDS},
        "multipart/form-data": {"schema": POST_FIELDS | {"properties": POST_FIELDS["properties"] | FILES}},
    },
}
POST_PARAMETERS = (
    FORMAT,
    parameter("api_key", "Instead of in the body"),
    parameter("jurisdiction_id", "Instead of in the body", schema=CITY_ID),
)
