"""Who sees what of a report before its release: the network's offices all of it, a city and a country their own part.

Parts are made by naming what goes in, so that whatever a report learns to say later stays out until it is named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city_config import Configuration
from nagara.accounts import Account
from nagara.permissions import NETWORK
from nagara.review.offices import Held
from nagara.review.path import Office, ReviewStatus
from nagara.review.questions import are_held, is_of_question, without_questions
from nagara.review.reviews import Review

S = ReviewStatus
TO_INSTITUTIONS = frozenset(S) - {S.DRAFT}
SEEN_FROM: Mapping[Office, frozenset[ReviewStatus]] = {
    Office.OFFICIAL: frozenset(S),
    Office.CHAIR: TO_INSTITUTIONS,
    Office.SHEPHERD: TO_INSTITUTIONS,
    Office.APPROVER: frozenset({S.SUBMITTED, S.APPROVED, S.RETURNED, S.PUBLISHED}),
}
"""Offices that see the whole report, and in which statuses."""

SECRETARIAT = frozenset({Office.OFFICIAL, Office.CHAIR, Office.SHEPHERD})
"""Offices that speak for the network."""

OF_ALL = ("period", "network", "method_version", "definitions", "codes", "weights")
"""Members of a report's content that say nothing of a single city."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at a review. ``whole``: statuses in which they see everything; ``cities``: their part."""

    account: Account
    held: Held
    whole: frozenset[ReviewStatus]
    cities: frozenset[str]

    def sees_whole(self, review: Review) -> bool:
        """Whether the whole report is theirs to see."""
        return review.status in self.whole

    def sees(self, review: Review) -> bool:
        """Whether any of it is."""
        return self.sees_whole(review) or (bool(self.cities) and review.status in TO_INSTITUTIONS)

    @property
    def answers_for(self) -> frozenset[str]:
        """The city whose questions are theirs from the first day: their own, not one of their country's."""
        return frozenset() if self.account.city_id == NETWORK else frozenset({self.account.city_id})

    def hears(self, city: str | None, figure: str, review: Review, now: dt.datetime) -> bool:
        """Whether what is said of a figure is theirs to hear; of a question that is held, its city's alone."""
        if is_of_question(figure) and are_held(review, now) and city not in self.answers_for:
            return False
        return self.sees_whole(review) or city in self.cities

    @property
    def is_network(self) -> bool:
        """Whether they speak for the network: they answer, and do not comment for a city or country."""
        own = SECRETARIAT & self.held.offices
        return self.account.city_id == NETWORK and bool(own or not self.held.countries)

    def speaks_for(self, country: str | None) -> str:
        """In whose name they comment on a city of this country: a city, a country, or the network."""
        if self.account.city_id != NETWORK:
            return self.account.city_id
        if self.is_network:
            return NETWORK
        return country if country in self.held.countries else min(self.held.countries)


def viewer_of(account: Account, held: Held, configuration: Configuration) -> Viewer:
    """What an account may see: by its offices, its country, or its city."""
    whole = frozenset[ReviewStatus]().union(*(SEEN_FROM.get(o, frozenset()) for o in held.offices))
    cities = {city.id for city in configuration.cities.values() if city.country in held.countries}
    if account.city_id != NETWORK:
        cities.add(account.city_id)
    return Viewer(account, held, whole, frozenset(cities))


def part_of(content: Mapping[str, Any], review: Review, viewer: Viewer, now: dt.datetime) -> dict[str, Any]:
    """What of a report's content somebody may see."""
    if are_held(review, now):
        content = without_questions(content, viewer.answers_for)
    if viewer.sees_whole(review):
        return dict(content)
    cities = [city for city in content["cities"] if city["id"] in viewer.cities]
    return {name: content[name] for name in OF_ALL if name in content} | {"cities": cities}
