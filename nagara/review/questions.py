"""The questions of a report under review: each city's own until its time to answer is over. Pure.

A question is no verdict, but whoever hears it without the answer takes it for one. So nobody but the city sees what it
is asked before the day until which institutions may comment, some days at least after the report was opened to them
(``questions.city_first_days`` of the network's configuration); then reviewers see each question with what the city said
to it. What is published shows them all. What a report notes of a city's data is asked likewise, but for what says no
more than which data these are: whoever reads figures needs it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from nagara.review.path import ReviewStatus
from nagara.review.reviews import Review

OF_THE_DATA = frozenset({"pulled", "no_reports", "provisional"})
"""Notes that are no questions to the city: where its data come from, that there are none, that they are young."""

FIGURE = "asked."
"""Before the name of a question where somebody speaks of it as of a figure."""


def are_held(review: Review | None, now: dt.datetime) -> bool:
    """Whether questions are still their cities' alone; of a report without a review they are."""
    if review is None or review.status is ReviewStatus.DRAFT:
        return True
    if review.status is ReviewStatus.PUBLISHED:
        return False
    return review.comments_until is None or now < review.comments_until


def without_questions(content: Mapping[str, Any], but: Collection[str] = ()) -> dict[str, Any]:
    """A report's content without what cities are asked, except these; ``asked_held`` says that something may be."""
    cities = [
        city if city["id"] in but or "asked" not in city else _without(city) for city in content["cities"]
    ]
    return {**content, "cities": cities}


def _without(city: Mapping[str, Any]) -> dict[str, Any]:
    noted = zip(city.get("notes", ()), city["questions"], strict=False)
    kept = [(note, words) for note, words in noted if note["id"] in OF_THE_DATA]
    notes, words = [note for note, _ in kept], [said for _, said in kept]
    return {**city, "asked": [], "notes": notes, "questions": words, "asked_held": True}


def asks(city: Mapping[str, Any]) -> bool:
    """Whether a report asks a city anything."""
    return bool(names_of(city))


def names_of(city: Mapping[str, Any]) -> set[str]:
    """The questions to a city, as somebody speaks of them."""
    noted = (one["id"] for one in city.get("notes", ()) if one["id"] not in OF_THE_DATA)
    return {f"{FIGURE}{name}" for name in (*(one["id"] for one in city.get("asked", ())), *noted)}


def is_of_question(figure: str) -> bool:
    """Whether a comment's figure is a question."""
    return figure.startswith(FIGURE)
