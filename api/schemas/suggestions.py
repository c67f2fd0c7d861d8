"""Services that words may mean."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Input, Named


class WordsBody(Input):
    """What somebody has written so far, in any language and script; nothing of it is kept or logged."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"words": "សំរាមមិនទាន់មានអ្នកមកយកទេ"}]},
    )

    words: str = Field(max_length=4000)


class SuggestedService(BaseModel):
    """A service, and how likely it is meant among all of the city's: 0 to 1."""

    service: Named
    score: float


class Suggestions(BaseModel):
    """At most three services, likeliest first; none where the words say too little."""

    suggestions: list[SuggestedService]
