"""The questions of a report under review: each city's own until its time to answer is over. Pure.

A question is no verdict, but whoever hears it without the answer takes it for one. So nobody but the city sees what it
is asked before the day until which institutions may comment, a week at least after the report was opened to them; then
reviewers see each question with what the city said to it. What is published shows them all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from nagara.review.path import ReviewStatus
from nagara.review.reviews import Review

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
        city if city["id"] in but or "asked" not in city else {**city, "asked": [], "asked_held": True}
        for city in content["cities"]
    ]
    return {**content, "cities": cities}


def names_of(city: Mapping[str, Any]) -> set[str]:
    """The questions to a city, as somebody speaks of them."""
    return {f"{FIGURE}{one['id']}" for one in city.get("asked", ())}


def is_of_question(figure: str) -> bool:
    """Whether a comment's figure is a question."""
    return figure.startswith(FIGURE)
