"""Made-up requests for a city, as stated histories: the same city, profile, seed and time give the same ones.

They lie inside the city's real districts, come in at the hours people report, and are answered as the
profile says: delays with heavy tails, some never closed. What would happen after ``now`` has not happened
yet, so the last days are partly open, and some of it is overdue.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import shape

from city_config import City, Network, Service
from nagara.demo.profile import CityProfile, DemoProfile
from nagara.importing import StatedHistory, StatedMove
from nagara.lifecycle import Move
from nagara.promises.deadlines import WorkingClock

SOURCE = "simulation"
"""Kept with every simulated request and in its first event, so that each figure can say what it rests on."""

FALLBACK_REFERENCE_HOURS = 168.0
"""For codes the network gives no reference time: a week."""

DUPLICATE_WITHIN_METRES = 60.0
METRES_PER_DEGREE = 111_320.0
CLOSING_REASONS: Mapping[str, str] = {"clean": "cleaned", "act": "answered"}
DECLINING_REASONS = ("not_found", "not_an_issue", "out_of_jurisdiction", "insufficient_information")


@dataclass(frozen=True, slots=True)
class _District:
    code: str
    outline: Any
    slowness: float


def simulated(city: City, network: Network, profile: DemoProfile, now: dt.datetime) -> list[StatedHistory]:
    """The city's made-up histories in order of receipt; none for a city without a profile. Pure."""
    own = profile.cities.get(city.id)
    if own is None:
        return []
    return _Simulation(city, network, profile, own, now).histories()


class _Simulation:
    """One city's chances: every draw comes from one generator, in one order."""

    def __init__(
        self, city: City, network: Network, profile: DemoProfile, own: CityProfile, now: dt.datetime
    ) -> None:
        self._city, self._network, self._profile, self._own = city, network, profile, own
        self._now = now.astimezone(dt.UTC).replace(microsecond=0)
        self._random = random.Random(f"{profile.seed} {city.id}")  # noqa: S311 - made-up data, not a secret
        self._clock = WorkingClock(city, "")
        self._districts = self._with_slowness()
        self._areas = [math.sqrt(district.outline.area) for district in self._districts]
        self._services = self._offered()
        self._external = [d.code for d in city.departments if d.kind == "external"]

    def histories(self) -> list[StatedHistory]:
        """All requests, duplicates among them, numbered as drawn and sorted by receipt."""
        made: list[StatedHistory] = []
        while len(made) < self._own.requests:
            request, slowness = self._request(len(made))
            made.append(request)
            if self._random.random() < self._own.duplicates and len(made) < self._own.requests:
                duplicate = self._duplicate(len(made), request, slowness)
                made += [duplicate] if duplicate else []
        return sorted(made, key=lambda history: (history.created, history.source_id))

    def _request(self, number: int) -> tuple[StatedHistory, float]:
        district = self._random.choices(self._districts, self._areas)[0]
        (code, services), *_ = self._random.choices(
            list(self._services.items()), [self._weight(code) for code in self._services]
        )
        service = self._random.choice(services)
        lat, lon = self._position(district.outline)
        created = self._moment()
        language = self._language()
        history = StatedHistory(
            row=number + 2,
            source=SOURCE,
            source_id=f"{number + 1:06d}",
            service_code=service.code,
            created=created,
            lat=lat,
            lon=lon,
            description=self._description(language, service, district.code),
            language=language,
            channel="web",
        )
        life = self._life(code, created, district.slowness)
        return history._replace(moves=self._happened(life)), district.slowness

    def _duplicate(self, number: int, of: StatedHistory, slowness: float) -> StatedHistory | None:
        """Somebody else sees the same problem a little later; None if it was closed before they could."""
        created = of.created + dt.timedelta(hours=self._random.expovariate(1 / 30))
        closed = next((stated.at for stated in of.moves if _closes(stated.move)), self._now)
        if created >= min(closed, self._now) or of.lat is None or of.lon is None:
            return None
        reach = DUPLICATE_WITHIN_METRES / METRES_PER_DEGREE
        service = self._city.services_by_code[of.service_code]
        language = self._language()
        found = self._working(created, self._delay(self._own.acknowledged_after_hours) * slowness)
        linked = StatedMove(Move.LINK_DUPLICATE, found, parent=of.source_id, data=self._note())
        return of._replace(
            row=number + 2,
            source_id=f"{number + 1:06d}",
            created=created.replace(microsecond=0),
            lat=round(of.lat + self._random.uniform(-reach, reach), 6),
            lon=round(of.lon + self._random.uniform(-reach, reach), 6),
            language=language,
            description=self._description(language, service, None),
            moves=self._happened([linked]),
        )

    def _life(self, code: str, created: dt.datetime, slowness: float) -> list[StatedMove]:
        """Everything that will ever happen to a request, in order."""
        own, draw = self._own, self._random.random
        acknowledged = self._working(created, self._delay(own.acknowledged_after_hours))
        fate = draw()
        if fate < own.withdrawn:
            taken_back = created + dt.timedelta(hours=self._random.expovariate(1 / 20))
            return [StatedMove(Move.WITHDRAW, taken_back)]
        reads_first = draw() < 0.85
        moves = [StatedMove(Move.ACKNOWLEDGE, acknowledged)] if reads_first else []
        if fate < own.withdrawn + own.declined:
            declined = self._working(acknowledged, self._delay(own.acknowledged_after_hours * 2))
            reason = {"reason": self._random.choice(DECLINING_REASONS)}
            return [*moves, StatedMove(Move.DECLINE, declined, data=reason | self._note())]
        if fate < own.withdrawn + own.declined + own.never_closed:
            return moves if draw() < 0.6 else []
        reference = self._network.codes_by_code[code].reference_hours or FALLBACK_REFERENCE_HOURS
        needed = self._delay(reference * own.resolved_after_references) * slowness
        finished = self._at_work(created + dt.timedelta(hours=needed))
        acknowledged = min(acknowledged, created + (finished - created) * self._random.uniform(0.05, 0.6))
        moves = [StatedMove(Move.ACKNOWLEDGE, acknowledged)] if reads_first else []
        return moves + self._work(code, acknowledged, finished)

    def _work(self, code: str, taken_on: dt.datetime, finished: dt.datetime) -> list[StatedMove]:
        """From taking it on to its end: work, perhaps a wait or another body, and perhaps all over again."""
        own, draw = self._own, self._random.random
        started = taken_on + (finished - taken_on) * self._random.uniform(0.1, 0.8)
        moves: list[StatedMove] = []
        if self._external and draw() < own.referred:
            body = {"department": self._random.choice(self._external)}
            moves.append(StatedMove(Move.REFER, started, data=body | self._note()))
        elif draw() < 0.8:
            moves.append(StatedMove(Move.START, started))
            if draw() < own.paused:
                middle = started + (finished - started) / 2
                moves.append(StatedMove(Move.PAUSE, middle, data=self._note()))
                finished = self._at_work(finished + dt.timedelta(hours=self._delay(48)))
                moves.append(StatedMove(Move.RESUME, middle + (finished - middle) / 2))
        service_class = self._network.codes_by_code[code].service_class
        reason = {"reason": CLOSING_REASONS.get(service_class, "fixed")}
        moves.append(StatedMove(Move.RESOLVE, finished, data=reason))
        if draw() < own.reopened:
            reopened = finished + dt.timedelta(hours=self._delay(60))
            again = self._at_work(reopened + dt.timedelta(hours=self._delay(48)))
            moves.append(StatedMove(Move.REOPEN, reopened, data=self._note()))
            moves.append(StatedMove(Move.RESOLVE, again, data=reason))
        return moves

    def _happened(self, life: Sequence[StatedMove]) -> tuple[StatedMove, ...]:
        """What of a life lies before now; whole seconds."""
        whole = (stated._replace(at=stated.at.replace(microsecond=0)) for stated in life)
        return tuple(stated for stated in whole if stated.at < self._now)

    def _delay(self, median_hours: float) -> float:
        return median_hours * self._random.lognormvariate(0, self._own.spread)

    def _working(self, after: dt.datetime, hours: float) -> dt.datetime:
        return self._clock.add(after, dt.timedelta(hours=min(hours, 2000.0)))

    def _at_work(self, at: dt.datetime) -> dt.datetime:
        """The instant, or some time into the next working day where nobody works at it."""
        if self._clock.is_open(at):
            return at
        return self._clock.add(at, dt.timedelta(minutes=self._random.uniform(1, 240)))

    def _moment(self) -> dt.datetime:
        """A time of receipt within the days before now, by weekday and hour of the city."""
        today = self._now.astimezone(self._city.zone).date()
        days = [today - dt.timedelta(days=n) for n in range(self._profile.days + 1)]
        weights = [self._profile.weekdays[day.weekday()] for day in days]
        earliest = self._now - dt.timedelta(days=self._profile.days)
        while True:
            day = self._random.choices(days, weights)[0]
            hour = self._random.choices(range(24), self._profile.hours)[0]
            midnight = dt.datetime(day.year, day.month, day.day, tzinfo=self._city.zone)
            seconds = hour * 3600 + self._random.randrange(3600)
            moment = (midnight + dt.timedelta(seconds=seconds)).astimezone(dt.UTC)
            if earliest <= moment < self._now:
                return moment

    def _position(self, outline: Any) -> tuple[float, float]:
        west, south, east, north = outline.bounds
        while True:
            lon = round(self._random.uniform(west, east), 6)
            lat = round(self._random.uniform(south, north), 6)
            if shapely.contains_xy(outline, lon, lat):
                return lat, lon

    def _language(self) -> str:
        return self._random.choices(list(self._own.languages), list(self._own.languages.values()))[0]

    def _description(self, language: str, service: Service, district: str | None) -> str:
        texts = self._profile.descriptions[language]
        where = self._city.district_names[district] if district else self._city.names
        return self._random.choice(texts).format(
            service=self._city.name_in(service.names, language),
            district=self._city.name_in(where, language),
        )

    def _note(self) -> dict[str, str]:
        return {"note": self._profile.note}

    def _weight(self, code: str) -> float:
        return self._own.mix.get(code, self._profile.mix.get(code, 0.0))

    def _offered(self) -> dict[str, list[Service]]:
        """The city's services by network code, where the mix names the code."""
        offered: dict[str, list[Service]] = {}
        for service in self._city.services:
            if self._weight(service.network_code) > 0:
                offered.setdefault(service.network_code, []).append(service)
        return offered

    def _with_slowness(self) -> list[_District]:
        districts = []
        for feature in self._city.districts["features"]:
            outline = shapely.make_valid(shape(feature["geometry"]))
            shapely.prepare(outline)
            slowness = self._random.lognormvariate(0, self._own.between_districts)
            districts.append(_District(feature["properties"]["code"], outline, slowness))
        return districts


def _closes(move: Move) -> bool:
    return move in (Move.RESOLVE, Move.DECLINE, Move.WITHDRAW)
