"""``python3 run.py bench flood``: ten minutes in which a city of ten million reports fifty times as much as usual.

As usual is what Bangkok reports at the busiest hour of a day, reckoned for ten million: see ``USUAL_A_SECOND``.
Every report comes with a photo of its own and an address to be told at, while steps of earlier reports fall due all the
time. API, workers, timers and a mail server run as in earnest. Afterwards it is counted, against what residents were
answered: each report that was accepted, each photo and thumbnail on disk, each notice at the receiving side, once.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bench.chart import chart
from bench.falling_due import climbed, make_due
from bench.figures import Line, keep_page, server_facts, spread, table
from bench.filling import fill
from bench.installation import Installation, installation
from bench.load import tail
from bench.paced import Filed, Residents, read_filed, reports, start_residents
from bench.processor_time import OthersShare
from bench.servers import database_in_earnest
from bench.street_photos import street_photos
from nagara.cities import city_of
from nagara.database import time_told
from nagara.local.ports import LOOPBACK
from nagara.photos.storage import KINDS, path_of

RESULTS = Path(__file__).with_name("RESULTS_FLOOD.md")

REPORTS, DAYS, PEOPLE = 588_842, 730, 5_460_000
"""Traffy Fondue in Bangkok, two years to June 2024 (Bangkok Post, 28 June 2024), and its registered residents."""

BUSIEST_HOUR = 0.073
"""The share of a day's reports in its busiest hour: six in the evening, in 23,942 of Bangkok's of December 2022 and
January 2023 as published."""

TEN_MILLION = 10_000_000
USUAL_A_SECOND = REPORTS / DAYS * (TEN_MILLION / PEOPLE) * BUSIEST_HOUR / 3600
P99_BAR_MS, LATE_BAR_S, DRAINED_WITHIN_S = 1_000.0, 5.0, 120.0
EVERY_S = 1.0

WAITING: LiteralString = """
select (select count(*) from event_outbox),
       (select count(*) from notification where sent_at is null
                  and next_attempt_at < clock_timestamp() + interval '10 minutes')
       + (select count(*) from message where next_attempt_at < clock_timestamp() + interval '10 minutes'),
       (select count(*) from request where next_step_at <= clock_timestamp() and closed_at is null)
"""
"""A notice that is being sent is due again when its lease ends, within minutes; it waits, too."""

WHAT_WAITS = ("events nobody was told of", "notices due and not sent", "steps due and not climbed")
STANDING: LiteralString = "select reference, count(*) from request where received_at >= %s group by reference"
PHOTOS: LiteralString = "select id::text, sha256 from photo where request_id is not null"
NOTICES: LiteralString = """
select (select count(*) from notification where channel in ('email', 'sms')),
       (select count(*) from notification where channel in ('email', 'sms') and sent_at is not null),
       (select count(distinct (request_id, seq)) from notification n
         where audience = 'resident' and seq = 1 and channel in ('email', 'sms') and sent_at is not null)
"""


def main(arguments: Sequence[str]) -> int:
    """Let it come, count, show the table and keep it with the curve; 0 also where a bar is missed, which it says."""
    given = _read(arguments)
    others, city = OthersShare(), city_of(given.city)
    rate = USUAL_A_SECOND * given.times
    with (
        database_in_earnest() as services,
        psycopg.connect(services.database_url, autocommit=True, options="-c timezone=UTC") as owner,
    ):
        fill(owner, (city,), given.requests, time_told(owner))
        photos = street_photos(services.folder / "phone", int(rate * given.minutes * 60 * 1.2) + 10)
        print(f"{given.requests:,} requests and {len(photos):,} photos made; starting everything", flush=True)
        with installation(services) as running:
            flood = _Flood(running, owner, given.city, photos)
            lines = flood.come(rate, given.minutes * 60, given.due)
            steps = [flood.step(rate * more) for more in given.beyond]
        sizes = f"{given.requests:,} requests of {given.city} before, {rate:.2f} reports a second "
        sizes += f"({given.times:g} times {USUAL_A_SECOND:.4f}), {given.minutes:g} minutes; "
        sizes += (
            "2 API processes, 3 worker processes, 2 for escalations and nudges, beat; photos of 2048 by 1536"
        )
        command = f"python3 run.py bench flood --minutes {given.minutes:g} --times {given.times:g}"
        facts = server_facts(owner, sizes, command, others)
    curve = given.results.with_suffix(".svg")
    curve.write_text(flood.curve())
    parts = [table(lines), f"![What waited, second by second]({curve.name})"]
    if steps:
        heads = ("more than that, half a minute each", "create p50 / p95 / p99 / most", "bar", "")
        parts.append(table(steps, heads))
    keep_page(given.results, "A flood day", facts, [*parts, str(__doc__).split("\n\n", 1)[1]])
    return 0


@dataclass
class _Flood:
    """A flood under way, and what was seen of it."""

    running: Installation
    owner: psycopg.Connection[Any]
    city: str
    photos: list[str]
    seen: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def come(self, rate: float, seconds: float, due: int) -> list[Line]:
        """All of it, until nothing waits any more; then the count."""
        now = time_told(self.owner)
        make_due(self.owner, due, seconds)
        before = self.running.sink.counted()
        filed = self._filed(rate, seconds, "flood", self.photos)
        ended = time.monotonic()
        drained = self._drained()
        after = self.running.sink.counted()
        lines = [*_answers(filed), *self._escalations()]
        lines += [
            Line(
                "until nothing waited any more, from the last report on",
                f"{drained - ended:.1f} s",
                f"{DRAINED_WITHIN_S:g} s",
                drained - ended <= DRAINED_WITHIN_S,
            ),
            *(self._most(number, name) for number, name in enumerate(WHAT_WAITS)),
            *self._count(filed, now, after[0] - before[0], after[1] - before[1]),
        ]
        return lines

    def step(self, rate: float) -> Line:
        """Half a minute at another rate, with photos sent before: how far it carries."""
        filed = self._filed(rate, 30.0, f"step-{rate:g}", self.photos)
        self._drained()
        times = sorted(one.took_ms for one in filed)
        met = tail(times)[2] < P99_BAR_MS and all(one.reference for one in filed)
        name = f"{rate:.1f} reports a second ({rate / USUAL_A_SECOND:,.0f} times the usual), {len(filed):,} in all"
        return Line(name, spread(times, "ms"), f"p99 < {P99_BAR_MS:g} ms", met)

    def curve(self) -> str:
        """What waited, second by second."""
        series = {
            name: [(at, float(waited[number])) for at, waited in self.seen]
            for number, name in enumerate(WHAT_WAITS)
        }
        return chart("A flood day: what waits", "seconds", "waiting", series)

    def _filed(self, rate: float, seconds: float, name: str, photos: list[str]) -> list[Filed]:
        output = self.running.measured.services.folder / f"{name}.jsonl"
        bodies = reports(self.city, time_told(self.owner))
        residents = Residents(LOOPBACK, self.running.port, self.city, rate, seconds, bodies, photos)
        process = start_residents(residents, output)
        while process.poll() is None:
            self._look()
            time.sleep(EVERY_S)
        if process.returncode:
            raise RuntimeError("the load failed")
        return read_filed(output)

    def _look(self) -> tuple[int, ...]:
        waiting: tuple[int, ...] = self.owner.execute(WAITING).fetchall()[0]
        self.seen.append((time.monotonic() - self.began, waiting))
        return waiting

    def _drained(self) -> float:
        """When nothing waited any more."""
        until = time.monotonic() + DRAINED_WITHIN_S * 5
        while any(self._look()):
            if time.monotonic() > until:
                raise RuntimeError(f"still waiting: {dict(zip(WHAT_WAITS, self.seen[-1][1], strict=True))}")
            time.sleep(EVERY_S / 4)
        return time.monotonic()

    def _most(self, number: int, name: str) -> Line:
        return Line(
            f"most that waited at once: {name}", f"{max(waited[number] for _, waited in self.seen):,}"
        )

    def _escalations(self) -> list[Line]:
        found = climbed(self.owner)
        shown = f"{found.due:,}, {len(found.late):,}, {found.again:,}"
        on_time = bool(found.late) and tail(found.late)[2] <= LATE_BAR_S
        late = spread(found.late, "s")
        return [
            Line("steps late by, p50 / p95 / p99 / most", late, f"p99 <= {LATE_BAR_S:g} s", on_time),
            Line("steps due during the flood, climbed, climbed again", shown, "each once", found.once),
        ]

    def _count(self, filed: Sequence[Filed], began: Any, messages: int, keys: int) -> list[Line]:
        """Against what residents were answered."""
        answered = [one.reference for one in filed if one.reference]
        standing = dict(self.owner.execute(STANDING, (began,)).fetchall())
        there = sum(standing.get(reference) == 1 for reference in answered)
        attached = dict(self.owner.execute(PHOTOS).fetchall())
        sent = [one.photo for one in filed if one.reference]
        kept = sum(self._on_disk(attached.get(photo)) for photo in sent)
        laid, gone, residents = self.owner.execute(NOTICES).fetchall()[0]
        return [
            Line("accepted reports that stand in the database, once", f"{there:,} of {len(answered):,}", "all",
                 there == len(answered) == len(set(answered)) == len(standing)),
            Line("their photos on disk with thumbnails", f"{kept:,} of {len(sent):,}", "all", kept == len(sent)),
            Line("a photo and its thumbnail on disk", f"{self._kilobytes(attached.values()):,.0f} KB"),
            Line("their residents told", f"{residents:,} of {len(answered):,}", "all", residents == len(answered)),
            Line("messages at the receiving side / keys / notices laid down / marked as sent",
                 f"{messages:,} / {keys:,} / {laid:,} / {gone:,}", "equal", messages == keys == laid == gone),
        ]  # fmt: skip

    def _kilobytes(self, kept: Iterable[bytes]) -> float:
        """What each of these takes with its thumbnail, in the middle of them."""
        media = self.running.measured.services.folder / "media"
        paths = [[media / path_of(self.city, bytes(sha), kind) for kind in KINDS] for sha in kept]
        return (
            statistics.mean(sum(path.stat().st_size for path in both) for both in paths) / 1000
            if paths
            else 0.0
        )

    def _on_disk(self, sha256: bytes | None) -> bool:
        media = self.running.measured.services.folder / "media"
        return sha256 is not None and all(
            (media / path_of(self.city, bytes(sha256), kind)).is_file() for kind in KINDS
        )


def _answers(filed: Sequence[Filed]) -> list[Line]:
    created, photos = sorted(one.took_ms for one in filed), [one.photo_ms for one in filed]
    refused = sum(one.reference is None for one in filed)
    again = sum(one.tries > 1 or one.photo_tries > 1 for one in filed)
    return [
        Line("residents who came, and were answered", f"{len(filed):,}, {len(filed) - refused:,}", "all", not refused),
        Line("create, p50 / p95 / p99 / most", spread(created, "ms"), f"p99 < {P99_BAR_MS:g} ms",
             tail(created)[2] < P99_BAR_MS),
        Line("the photo before it, with its thumbnail, p50 / p95 / p99 / most", spread(photos, "ms")),
        Line("who had to send something twice", f"{again:,}"),
    ]  # fmt: skip


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 run.py bench flood", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--times", type=float, default=50.0, help="so many times what is usual (default 50)")
    parser.add_argument("--city", default="th-bkk")
    parser.add_argument("--requests", type=int, default=100_000, help="already there (default 100,000)")
    parser.add_argument(
        "--due", type=int, default=3_000, help="steps that fall due meanwhile (default 3,000)"
    )
    parser.add_argument(
        "--beyond", type=float, nargs="*", default=[2, 4, 8], metavar="TIMES",
        help="then half a minute each at so many times that rate (default 2 4 8)",
    )  # fmt: skip
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    return parser.parse_args(arguments)
