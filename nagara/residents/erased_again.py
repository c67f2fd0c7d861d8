"""What residents had erased, kept apart from the backups, and erased again in a database that was brought back.

A backup holds what was erased after it was made. The list of it names requests and how much of each went, and nobody's
data; with it the erasing is repeated before anybody reads the database. What cities let go by their retention needs no
list: the nightly sweep removes it again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

import psycopg

from nagara.changing import locked
from nagara.cities import configuration
from nagara.database import city_session
from nagara.errors import InvalidInput, UnknownRequest
from nagara.photos.storage import MediaStore
from nagara.residents.erasing import What, erase

COLUMNS = ("city", "reference", "what")
ERASED = """
select m.city_id, r.reference, bool_or(m.what = 'words')
  from removal m join request r on r.city_id = m.city_id and r.id = m.request_id
 where m.why = 'resident' group by 1, 2 order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Erased:
    """A resident's wish: of which request how much was to go."""

    city_id: str
    reference: str
    what: What


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of a list: erased now, erased already, and requests that the backup does not know."""

    erased: int = 0
    already: int = 0
    unknown: int = 0


def read_erased(connection: psycopg.Connection[Any]) -> Iterator[Erased]:
    """All that residents ever had erased here, by a connection that sees every city."""
    for city_id, reference, everything in connection.execute(ERASED):
        yield Erased(city_id, reference, What.EVERYTHING if everything else What.CONTACT)


def write_list(file: TextIO, erased: Iterable[Erased]) -> int:
    """Write them as CSV; returns how many."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    count = 0
    for one in erased:
        table.writerow((one.city_id, one.reference, one.what.value))
        count += 1
    return count


def read_list(file: TextIO) -> list[Erased]:
    """A list that ``write_list`` wrote, held whole before anything is done. Raises InvalidInput with the line."""
    rows = csv.reader(file)
    if tuple(next(rows, ())) != COLUMNS:
        raise InvalidInput(f"The list must begin with the columns {','.join(COLUMNS)}.")
    known = configuration().cities
    found = []
    for number, row in enumerate(rows, 2):
        if len(row) != len(COLUMNS):
            raise InvalidInput(f"Line {number}: {len(row)} columns instead of {len(COLUMNS)}.")
        city_id, reference, what = row
        if city_id not in known:
            raise InvalidInput(f"Line {number}: there is no city {city_id[:40]!r}.")
        if what not in set(What):
            raise InvalidInput(f"Line {number}: {what[:40]!r} is neither {' nor '.join(What)}.")
        found.append(Erased(city_id, reference, What(what)))
    return found


def repeat(
    wanted: Iterable[Erased], store: MediaStore, tell: Callable[[Repeated], None] = lambda _: None
) -> Repeated:
    """Erase each once more, a transaction each; whatever is erased already stays as it is, so it may be repeated.

    Raises ``MediaUnavailable`` where the pictures' store does not answer: what came before it stays erased.
    """
    done = Repeated()
    for one in wanted:
        city = configuration().cities[one.city_id]
        try:
            with city_session(city.id) as session:
                fresh = erase(session, store, city, locked(session, city, one.reference), one.what)
            done = Repeated(done.erased + fresh, done.already + (not fresh), done.unknown)
        except UnknownRequest:
            done = Repeated(done.erased, done.already, done.unknown + 1)
        tell(done)
    return done
