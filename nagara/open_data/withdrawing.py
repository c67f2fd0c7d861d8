"""What is hidden later leaves the files that were published: at the next night, from every version that is kept.

A version remembers which requests were not public when it was last looked through, as a digest; as long as they are
the same, its files are not even read. Where one of them is in the files, these are written anew from their own CSV,
without it, and with the small-number rule applied to what is left: nothing else of that day changes.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from city_config import City
from nagara.batches.files import Files
from nagara.open_data.dictionary import CSV, FEW, REQUEST_FIELDS, Field
from nagara.open_data.publishing import path_of
from nagara.open_data.rows import Row
from nagara.open_data.writing import as_json, described, write_files
from nagara.public.publication import public_sql, public_values

HIDDEN = f"""
select r.reference, r.received_at from request r
 where r.city_id = %(city_id)s and r.received_at <= %(until)s and not {public_sql()}
 order by r.received_at, r.reference
"""  # noqa: S608 - built of constants
VERSIONS = "select day, made_at, files, hidden from open_data_version where city_id = %s order by made_at"
LOOKED_THROUGH = "update open_data_version set hidden = %s where city_id = %s and day = %s"
WRITTEN_ANEW = """
update open_data_version set hidden = %s, requests = %s, files = %s where city_id = %s and day = %s
"""
WITHDRAWN = "delete from open_data_version where city_id = %s and day = %s"
READ_WITHIN = dt.timedelta(hours=1)
"""After a version's time its rows were read: until then a request may have come in that is in its files."""

SERVICE, DISTRICT = "service", "district"
NO_PLACE = {DISTRICT: "", "district_name": "", "lat": "", "lon": "", "place_withheld": "true"}


class Version(NamedTuple):
    """A version that is kept, and of which hidden requests its files are known to be free."""

    day: dt.date
    made_at: dt.datetime
    files: Sequence[Mapping[str, Any]]
    hidden: bytes | None


def withdraw_hidden(connection: psycopg.Connection[Any], kept: Files, city: City) -> int:
    """Take what is not public any more out of every version of a city; returns how many were written anew.

    Commits after each version. Killed in between, the next run does the rest; twice changes nothing.
    """
    versions = [Version(*row) for row in connection.execute(VERSIONS, (city.id,)).fetchall()]
    if not versions:
        return 0
    values = public_values(city) | {"city_id": city.id, "until": versions[-1].made_at + READ_WITHIN}
    # what only waits for the city's delay was in no file yet, and is no reason to look through all of them
    rows = connection.execute(HIDDEN, values | {"delay_hours": 0}).fetchall()
    anew, hidden, digest = 0, set[str](), hashlib.sha256()
    for version in versions:
        while len(hidden) < len(rows) and rows[len(hidden)][1] <= version.made_at + READ_WITHIN:
            reference = rows[len(hidden)][0]
            hidden.add(reference)
            digest.update(f"{reference}\n".encode())
        if version.hidden is None or bytes(version.hidden) != digest.digest():
            anew += _looked_through(connection, kept, city, version, hidden, digest.digest())
            connection.commit()
    return anew


def _looked_through(
    connection: psycopg.Connection[Any],
    kept: Files,
    city: City,
    version: Version,
    hidden: Set[str],
    digest: bytes,
) -> bool:
    """Whether a version had to be written anew, or withdrawn because nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="nagara-open-data-") as name:
        before, after = Path(name).resolve() / CSV, Path(name).resolve() / "after"
        after.mkdir()
        try:
            kept.fetch(path_of(city.id, version.day, CSV), before)
        except FileNotFoundError:
            connection.execute(WITHDRAWN, (city.id, version.day))
            return True
        if _is_as_listed(before, version) and not any(row["reference"] in hidden for row in _table(before)):
            connection.execute(LOOKED_THROUGH, (digest, city.id, version.day))
            return False
        count, files = write_files(after, city, version.day, version.made_at, _left(before, hidden))
        for file in files:
            kept.keep(path_of(city.id, version.day, file.name), after / file.name)
    if count:
        values = (digest, count, Jsonb(as_json(files)), city.id, version.day)
        connection.execute(WRITTEN_ANEW, values)
    else:
        connection.execute(WITHDRAWN, (city.id, version.day))
        connection.commit()  # what is listed is there
        for published in version.files:
            kept.remove(path_of(city.id, version.day, published["name"]))
    return True


def _is_as_listed(before: Path, version: Version) -> bool:
    """Whether the CSV is the one that was published; not after a night that ended before all forms were in place.

    Then the others may still hold what this one does not.
    """
    return any(described(before).sha256 == file["sha256"] for file in version.files if file["name"] == CSV)


def _left(path: Path, hidden: Set[str]) -> Iterator[Row]:
    """The rows of a CSV file without those that are hidden; places of what became rare are left out.

    Rows without a place belong to districts that the file does not tell: they make no other row's group larger.
    """
    together: Counter[tuple[str, str]] = Counter(
        (row[SERVICE], row[DISTRICT])
        for row in _table(path)
        if row["reference"] not in hidden and row["place_withheld"] != "true"
    )
    for row in _table(path):
        if row["reference"] in hidden:
            continue
        rare = together[row[SERVICE], row[DISTRICT]] < FEW
        shown = row | NO_PLACE if rare else row
        yield [_value(field, shown[field.name]) for field in REQUEST_FIELDS]


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _value(field: Field, text: str) -> Any:
    """What a field of the file means, as ``rows_of`` has it."""
    if not text:
        return None
    if field.kind == "datetime":
        return dt.datetime.fromisoformat(text)
    if field.kind == "boolean":
        return text == "true"
    return float(text) if field.kind == "number" else text
