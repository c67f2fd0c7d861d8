"""DuckDB making a city's life tables, counts and promises from the same rows, as Parquet: what builds are held against.

It is asked for what Nagara keeps of every month, code and district: the four life tables in bins of three significant
digits, the counts of receipts, and the promises by the month they fell due. Its rows are made before the clock starts:
texts as dictionary columns, times as times, nothing left to parse.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import psycopg

from nagara.cities import configuration

EVENTS = """
copy (select city_id, request_id, kind, actor_kind in ('staff', 'api_key', 'import'), occurred_at,
             data->>'network_code', data->>'district', data->>'promise_standard', (data->>'resolve_by')::timestamptz
        from event where city_id = %s) to stdout (format csv)
"""
COLUMNS = (
    "{'city': 'varchar', 'request': 'uuid', 'kind': 'varchar', 'people': 'boolean', 'happened': 'timestamptz', "
    "'code': 'varchar', 'district': 'varchar', 'standard': 'varchar', 'due': 'timestamptz'}"
)

REQUESTS = """
select city, request, min(happened) filter (where kind = 'filed') as received, max(code) as code,
       max(district) as district, max(standard) as standard, max(due) as due,
       min(happened) filter (where people and kind in ('acknowledged', 'assigned', 'started', 'asked', 'referred',
                                                       'resolved', 'declined')) as response,
       min(happened) filter (where kind = 'resolved') as resolution,
       max(happened) filter (where kind = 'reopened') as reopened, bool_or(kind = 'duplicate_linked') as duplicate
  from {events} group by city, request
"""

TIMED = """
create or replace temp table timed as
select city, code, district, standard, due, received, response, resolution,
       date_trunc('month', received + hours * interval '1 hour') as month,
       date_trunc('month', due + hours * interval '1 hour') as due_month,
       epoch_us(coalesce(response, cut.off)) - epoch_us(received) as answered_us,
       epoch_us(coalesce(resolution, cut.off)) - epoch_us(received) as closed_us,
       epoch_us(cut.off) - epoch_us(received) as age_us
  from ({requests}) join hours using (city), (select ?::timestamptz as off) cut where not duplicate
"""

BIN = "(floor(log10({h})) + 3) * 900 + ceil({h} / pow(10, floor(log10({h})) - 2) - 1e-9) - 100"


def _curve(name: str, lasted: str, cause: str, where: str = "true") -> str:
    hours = f"greatest({lasted} / 3600000000.0, 0.001)"
    return (
        f"select city, month, code, district, '{name}' as curve, {cause} as cause, "
        f"({BIN.format(h=hours)})::int as bin, count(*) as n from timed where {where} group by all"
    )


CURVES = "create or replace temp table curves as " + " union all ".join(
    [
        _curve("response", "answered_us", "(response is not null)::int"),
        _curve("resolution", "closed_us", "(resolution is not null)::int"),
        _curve("sustained", "closed_us", "(resolution is not null)::int"),
        _curve("backlog_age", "age_us", "0", "resolution is null"),
    ]
)
COUNTS = """
create or replace temp table counts as
select city, month, code, district, count(*) as reports, count(*) filter (where resolution is null) as open,
       count(*) filter (where resolution is null and due < ?::timestamptz) as past_due,
       sum(least(answered_us, closed_us)) as watched
  from timed group by all
"""
PROMISES = """
create or replace temp table promises as
select city, due_month, code, district, standard, count(*) filter (where resolution <= due) as met,
       count(*) filter (where resolution is null or resolution > due) as missed
  from timed where due <= ?::timestamptz group by all
"""
TOTALS = "select strftime(month, '%Y-%m'), curve, cause, sum(n)::bigint from curves group by all"


def write_events(url: str, city: str, folder: Path) -> None:
    """Write a city's events into a file that DuckDB can take over, their JSON taken apart."""
    with (
        psycopg.connect(url, options="-c timezone=UTC") as owner,
        (folder / f"{city}.csv").open("wb", buffering=1 << 20) as file,
        owner.cursor() as cursor,
        cursor.copy(EVENTS, (city,)) as copy,
    ):
        for data in copy:
            file.write(data)


class Duck:
    """A DuckDB of its own, on so many threads, over Parquet files in a folder."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._events, self._requests = folder / "events.parquet", folder / "requests.parquet"
        self._folder = folder
        self._duck = duckdb.connect()
        for setting in (f"threads = {threads}", "timezone = 'UTC'", f"temp_directory = '{folder}'"):
            self._duck.execute(f"set {setting}")
        self._duck.execute("create table hours (city varchar, hours double)")
        for city in configuration().cities.values():
            offset = dt.datetime(2026, 6, 1, tzinfo=city.zone).utcoffset() or dt.timedelta(0)
            self._duck.execute("insert into hours values (?, ?)", [city.id, offset / dt.timedelta(hours=1)])

    def take(self) -> int:
        """Take the events over from the files of ``write_events``, as Parquet, and one row for each request.

        Returns how many events.
        """
        files = f"{self._folder}/*.csv"
        self._duck.execute(
            f"copy (select * from read_csv('{files}', header = false, columns = {COLUMNS})) to '{self._events}'"
        )
        for file in self._folder.glob("*.csv"):
            file.unlink()
        self._duck.execute(
            f"copy ({REQUESTS.format(events=self._table(self._events))}) to '{self._requests}'"
        )
        found = self._duck.execute(f"select count(*) from {self._table(self._events)}").fetchone()
        return int(found[0]) if found else 0

    def from_events(self, cut_off: dt.datetime) -> None:
        """Everything from the events."""
        self._group(f"({REQUESTS.format(events=self._table(self._events))})", cut_off)

    def from_requests(self, cut_off: dt.datetime) -> None:
        """Everything from one row for each request."""
        self._group(f"(select * from {self._table(self._requests)})", cut_off)

    def totals(self) -> dict[tuple[str, str, int], int]:
        """What was counted last in each month's curves, by cause."""
        return {(row[0], row[1], row[2]): row[3] for row in self._duck.execute(TOTALS).fetchall()}

    def _group(self, requests: str, cut_off: dt.datetime) -> None:
        day = cut_off.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._duck.execute(TIMED.format(requests=requests), [day])
        self._duck.execute(CURVES)
        self._duck.execute(COUNTS, [day])
        self._duck.execute(PROMISES, [day])

    @staticmethod
    def _table(path: Path) -> str:
        return f"read_parquet('{path}')"
