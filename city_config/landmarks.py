"""Places a city's people give directions by: markets, bridges, schools. Residents find them by name."""

from __future__ import annotations

from pydantic import Field

from city_config.basics import Code, Dated, Fact, Names, Position


class Landmark(Fact, Dated):
    """A place people know, so that a report needs neither a map nor a house number."""

    code: Code = Field(description="Unique among the landmarks")
    names: Names = Field(description="What people call it, by language")
    also: tuple[str, ...] = Field(
        default=(), description="Other names and spellings it is found by, in any language"
    )
    position: Position = Field(description="Where it is; a report about it is placed here")
