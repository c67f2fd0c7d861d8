"""The sheets that an answer of the network's is made of, and what is reckoned over all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg

from city_config import City, Configuration
from nagara.errors import UnknownCity
from nagara.indicators.mix import Weights, weights_of
from nagara.indicators.publishing import is_seen, published
from nagara.indicators.sheets import Asked, CitySheet, beside_of, read_sheets, sheets_of, shown_of
from nagara.indicators.shown import Shown
from nagara.indicators.side_by_side import (
    FUNNELS,
    RANKED,
    WEIGHED,
    Sheets,
    funnel,
    measured_together,
    network_promises,
    points_of,
    ranks,
    verdicts,
    weigh,
)
from nagara.indicators.snapshots import latest_snapshots
from nagara.network.pulled import mostly_pulled, pulled_cities, told_of

SIMULATED = "its requests are simulated"
Figures = dict[str, dict[str, Any]]
Connection = psycopg.Connection[Any]


class Read:
    """The sheets that an answer is made of, with what is reckoned over all of them."""

    def __init__(
        self,
        connection: Connection,
        configuration: Configuration,
        asked: Asked,
        city_ids: Sequence[str] = (),
        snapshots: Mapping[str, UUID] | None = None,
        *,
        whole: bool = False,
    ) -> None:
        """``whole``: all of the sheets of the cities asked for, not only what compares them.

        Of cities that are not asked for only that is read by which those that are asked for are weighed.
        """
        self.asked = asked
        self.cities = chosen_cities(configuration, city_ids)
        wanted = {city.id for city in self.cities}
        every = list(configuration.cities) if asked.whole else sorted(wanted)
        found = latest_snapshots(connection, every, snapshots)
        own = {city: snapshot for city, snapshot in found.items() if city in wanted}
        others = {city: snapshot for city, snapshot in found.items() if city not in wanted}
        self.sheets = sheets_of(connection, configuration, own, asked, own if whole else ())
        beside = beside_of(connection, configuration, others, asked.period) if others else {}
        self._all: Sheets = beside | {city: one.sheet for city, one in self.sheets.items()}
        together = measured_together(self._all)
        self._promises = network_promises(together)
        self.pulled = pulled_cities(connection)
        self.weights: Weights = weights_of(connection, asked.period.last.year, together)

    def weighed(self, wanted: Collection[str] = WEIGHED) -> dict[str, Figures]:
        """Of every city the wanted ones of those figures that the network's mix decides; of a part of a city none."""
        if not self.asked.whole:
            return {city: {} for city in self.sheets}
        found = {}
        for city, one in self.sheets.items():
            own = weigh(one.sheet, self.weights.codes, self._promises, wanted)
            found[city] = self.told(city, {key: figure.as_json() for key, figure in own.figures.items()})
        return found

    def figures(self, weighed: Mapping[str, Figures]) -> dict[str, Figures]:
        """Every figure of every city as computed, with those of the network's mix."""
        return {
            city: self.told(city, dict(one.sheet["figures"])) | weighed[city]
            for city, one in self.sheets.items()
        }

    def shown(
        self, connection: Connection, configuration: Configuration, *, internal: bool
    ) -> dict[str, Shown]:
        """What is shown of whole cities, ready to be sent.

        Not of a city of which figures are withheld because its endpoint does not tell of them: that may change.
        """
        ready = {
            city: one
            for city, one in self.sheets.items()
            if not (city in self.pulled and mostly_pulled(one.sheet))
        }
        return shown_of(connection, configuration, ready, self.asked.period, internal=internal)

    def read_whole(
        self, connection: Connection, configuration: Configuration, cities: Collection[str]
    ) -> None:
        """Read all of the sheets of these cities."""
        briefs = {city: self.sheets[city].snapshot for city in cities if not self.sheets[city].whole}
        self.sheets |= sheets_of(connection, configuration, briefs, self.asked, briefs)

    def told(self, city: str, figures: Figures) -> Figures:
        """The figures without those that rest on what a pulled city's endpoint does not tell."""
        return told_of(self.pulled.get(city), self.sheets[city].sheet, figures)

    def verdicts(
        self, raw: Mapping[str, Figures], keys: Sequence[str]
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """What the funnels of these figures say of each city, by figure."""
        together = measured_together({city: found.sheet for city, found in self.sheets.items()})
        return {key: verdicts(key, points_of(key, in_public(key, raw, together))) for key in keys}

    def ranks(self, raw: Mapping[str, Figures], *, internal: bool) -> dict[str, dict[str, dict[str, Any]]]:
        """Intervals of rank by figure and city, of the cities and figures that stand in funnels beside each other.

        A place among others tells of a figure too: in public neither one that is not shown has any, nor a part that
        is hidden.
        """
        together = measured_together({city: found.sheet for city, found in self.sheets.items()})
        if not internal:
            together = {city: sheet for city, sheet in together.items() if not sheet["hidden"]}
        answer = {}
        for key in RANKED:
            figures = {city: raw[city] for city in together}
            answer[key] = ranks(key, points_of(key, figures if internal else in_public(key, raw, together)))
        return answer

    def funnels(
        self, raw: Mapping[str, Figures], keys: Sequence[str] = FUNNELS, *, internal: bool = False
    ) -> dict[str, Any]:
        """The funnels of these figures. Cities whose requests are simulated stand apart from real ones.

        A figure that the public does not see, because so few are counted, is no point of a public funnel.
        """
        together = measured_together({city: found.sheet for city, found in self.sheets.items()})
        apart = dict.fromkeys(self.sheets.keys() - together.keys(), SIMULATED)
        heads = {
            city.id: {"names": dict(city.names), "simulated": self.sheets[city.id].sheet["simulated"]}
            for city in self.cities
            if city.id in together
        }
        answer = {}
        for key in keys:
            figures = {city: raw[city] for city in together}
            figures = figures if internal else in_public(key, figures, together)
            points = points_of(key, figures)
            unseen = together.keys() - {point.city for point in points}
            without = {city: _why(figures[city].get(key)) for city in unseen}
            shown = funnel(key, points, apart | without)
            for point in shown["points"]:
                point.update(heads[point["city"]])
            answer[key] = shown
        return answer


def alone(
    connection: Connection, configuration: Configuration, asked: Asked, city_ids: Sequence[str]
) -> tuple[list[City], dict[str, CitySheet]]:
    """The cities and their own sheets: all that is read for what needs no other city."""
    cities = chosen_cities(configuration, city_ids)
    return cities, read_sheets(connection, configuration, [city.id for city in cities], asked)


def chosen_cities(configuration: Configuration, city_ids: Sequence[str]) -> list[City]:
    """The cities asked for (all if none), in order of English name; raises ``UnknownCity``."""
    for city_id in city_ids:
        if city_id not in configuration.cities:
            raise UnknownCity(
                f"There is no city {city_id[:40]!r}.", field="city", allowed=configuration.cities
            )
    chosen = [configuration.cities[city_id] for city_id in dict.fromkeys(city_ids) or configuration.cities]
    return sorted(chosen, key=lambda city: city.name_in(city.names, "en"))


def head_of(city: City) -> dict[str, Any]:
    """How a city is named in every answer."""
    return {"city": city.id, "names": dict(city.names), "country": city.country}


def in_public(key: str, raw: Mapping[str, Figures], cities: Collection[str]) -> dict[str, Figures]:
    """One figure of cities as computed, but as the public sees it where that is not at all."""
    found: dict[str, Figures] = {}
    for city in cities:
        figure = raw[city].get(key)
        if figure is None:
            found[city] = {}
        else:
            found[city] = {key: figure if is_seen(key, figure) else published(key, figure)}
    return found


def _why(figure: Mapping[str, Any] | None) -> str:
    return (figure or {}).get("withheld") or "it has no such figure"
