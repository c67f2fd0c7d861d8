"""A chunk of histories, decided: what arrives of it, and what is not taken. Pure but for what is drawn by chance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Sequence

from city_config import City
from nagara.importing.arriving import Arriving, arriving
from nagara.importing.drawing import drawn_digits, new_references
from nagara.importing.known_ids import KnownIds
from nagara.importing.living import check_names, drafted, placed
from nagara.importing.stated import Because, NotTaken, Reject, StatedHistory
from nagara.importing.together import Together
from nagara.importing.writing import Chunk
from nagara.places.finding import Place


class Deciding:
    """Decides one import's chunks, one after the other; of an id that comes again only the first row counts."""

    def __init__(self, city: City, now: dt.datetime) -> None:
        self._city = city
        self._now = now
        self._together = Together(city, now)
        self._before = KnownIds()

    def chunk(self, batch: Sequence[StatedHistory | Reject]) -> Chunk:
        """What becomes of so many rows, at least one."""
        arrived: list[Arriving] = []
        rejects: list[Reject] = []
        histories = [item for item in batch if isinstance(item, StatedHistory)]
        places, new = placed(self._city, histories), list[str]()
        known = self._before.among([item.source_id for item in histories])
        drawn = zip(
            drawn_digits(len(batch)), new_references(self._city.reference_prefix, len(batch)), strict=True
        )
        for item, (digits, reference) in zip(batch, drawn, strict=True):
            found: Arriving | Reject | None
            if isinstance(item, Reject):
                found = item
            elif (found := _refused(item, known)) is None:
                known.add(item.source_id)
                new.append(item.source_id)
                place = places.get(item.row)
                found = self._together.decided(item, place, digits, reference) or self._alone(item, place)
            if isinstance(found, Reject):
                rejects.append(found)
            else:
                arrived.append(found)
        self._before.add(new)
        return Chunk(arrived, rejects, len(batch), batch[-1].row)

    def _alone(self, history: StatedHistory, place: Place | None) -> Arriving | Reject:
        try:
            return arriving(history.row, drafted(self._city, history, self._now, place), self._now)
        except NotTaken as refusal:
            return Reject(history.row, refusal.because, refusal.detail, history.source_id, decided=True)


def _refused(history: StatedHistory, known: Container[str]) -> Reject | None:
    """The reject of a history under an id that came before, or whose names cannot be kept."""
    if history.source_id in known:
        detail = "the id stands in an earlier row"
        return Reject(history.row, Because.REPEATED_ID, detail, history.source_id)
    try:
        check_names(history)
    except NotTaken as refusal:
        return Reject(history.row, refusal.because, refusal.detail, history.source_id)
    return None
