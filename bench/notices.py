"""How many notices a second are handed over: ``python -m bench.notices [--notices 4000]``.

Real rows in a real PostgreSQL that waits for the disk, sealed recipients, Khmer texts, mails with HTML beside the
plain text; a counting sink on loopback as the other side. The floor is a bare loop of ``smtplib`` or ``httpx`` that
sends one ready message to the same sink again and again, in the same run. Per core: messages a second of processor
time of the delivering process with its threads; the sink and PostgreSQL have processor time of their own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import psycopg

from bench.filling import fill
from bench.servers import database_in_earnest
from nagara.cities import city_of
from nagara.database import clock_connection, time_told
from nagara.local.ports import LOOPBACK, free_port
from nagara.notifications import deliver
from nagara.notifications.channels import Outgoing
from nagara.notifications.channels.email import write_message
from nagara.sealing import seal
from nagara.settings import settings

CITY = "kh-pnh"
BAR = 500
TEXT = """សូមអរគុណ។ របាយការណ៍របស់អ្នកបានមកដល់រាជធានីភ្នំពេញហើយ។

លេខយោង៖ {reference}
អំពី៖ សំរាមមិនបានប្រមូល
ទទួលខុសត្រូវ៖ មន្ទីរសាធារណការ និងដឹកជញ្ជូនរាជធានី

តាមដាននៅទីនេះ៖ {link}

សូមរក្សាទុកលេខយោងនេះ អ្នកត្រូវការវាដើម្បីសួរអំពីរបាយការណ៍របស់អ្នក។
"""
LAY_DOWN = """
insert into notification (city_id, request_id, seq, audience, channel, sealed_recipient, language, subject, body,
                          link, topic, created_at, attempts, next_attempt_at)
select city_id, id, 1, 'resident', %(channel)s, %(recipient)s, 'km', reference || '៖ យើងបានទទួលរបាយការណ៍របស់អ្នក',
       replace(replace(%(text)s, '{reference}', reference), '{link}', %(link)s || reference),
       %(link)s || reference, reference, clock_timestamp(), 0, clock_timestamp()
  from request where city_id = %(city)s order by id limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one side did: messages, seconds by the clock, seconds of the processor."""

    messages: int
    seconds: float
    processor: float

    @property
    def rate(self) -> float:
        """A second."""
        return self.messages / self.seconds

    @property
    def per_core(self) -> float:
        """A second of the processor."""
        return self.messages / self.processor


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure mail and text message; 1 where a bar is not met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--notices", type=int, default=4000)
    wanted = parser.parse_args(arguments).notices
    lines, met = [], True
    with database_in_earnest() as services, _sink() as (smtp, http):
        os.environ |= {
            "NAGARA_SMTP_URL": f"smtp://{LOOPBACK}:{smtp}",
            "NAGARA_SMS_URL": f"http://{LOOPBACK}:{http}/sms",
        }
        settings.cache_clear()
        with psycopg.connect(services.database_url, autocommit=True, options="-c timezone=UTC") as owner:
            fill(owner, (city_of(CITY),), wanted, time_told(owner))
            for channel, floor in (("email", _mail_floor(smtp)), ("sms", _sms_floor(http))):
                before = _count(http)
                laid = _lay_down(owner, channel, wanted)
                ours, after = _deliver(channel), _count(http)
                came, keys = (after[name] - before[name] for name in ("messages", "keys"))
                if (ours.messages, came, keys) != (laid, laid, laid):
                    raise RuntimeError(
                        f"{channel}: {laid} laid down, {ours.messages} sent, {came} came, {keys} keys"
                    )
                bare = _timed(partial(_repeat, floor, laid))
                met = met and ours.per_core >= BAR
                lines.append(_line(channel, ours, bare))
    print("| channel | notices | a second | a second and core | floor a second | floor and core | bar |")
    print("|---|--:|--:|--:|--:|--:|---|")
    print("\n".join(lines))
    return 0 if met else 1


def _line(channel: str, ours: Measured, bare: Measured) -> str:
    bar = "met" if ours.per_core >= BAR else "NOT MET"
    rates = " | ".join(f"{rate:,.0f}" for rate in (ours.rate, ours.per_core, bare.rate, bare.per_core))
    return f"| {channel} | {ours.messages:,} | {rates} | {BAR} a core: {bar} |"


def _lay_down(owner: psycopg.Connection[Any], channel: str, limit: int) -> int:
    recipients = {"email": {"email": "sok.dara@example.org"}, "sms": {"phone": "+85512345678"}}
    values = {
        "channel": channel,
        "recipient": seal(settings().secret, CITY, recipients[channel]),
        "text": TEXT if channel == "email" else "{reference}៖ ទទួលបានហើយ {link}",
        "link": "https://reports.example.org/#/track/",
        "city": CITY,
        "limit": limit,
    }
    return owner.execute(LAY_DOWN, values).rowcount


def _deliver(channel: str) -> Measured:
    with clock_connection() as connection:
        return _timed(lambda: deliver(connection, channel, within=dt.timedelta(minutes=5)).sent)


def _timed(work: Callable[[], int]) -> Measured:
    began, processor = time.perf_counter(), time.process_time()
    messages = work()
    return Measured(messages, time.perf_counter() - began, time.process_time() - processor)


def _repeat(send: Callable[[], None], times: int) -> int:
    for _ in range(times):
        send()
    return times


def _mail_floor(port: int) -> Callable[[], None]:
    outgoing = Outgoing(
        "0" * 40, {"email": "sok.dara@example.org"}, "km", "PNH", TEXT, dt.datetime.now(dt.UTC), city_id=CITY
    )
    written = write_message("nagara@localhost", outgoing)
    server = smtplib.SMTP(LOOPBACK, port, "localhost")

    def send() -> None:
        server.sendmail("nagara@localhost", ["sok.dara@example.org"], written)

    return send


def _sms_floor(port: int) -> Callable[[], None]:
    client = httpx.Client(trust_env=False)

    def send() -> None:
        client.post(
            f"http://{LOOPBACK}:{port}/floor", json={"to": "+85512345678", "text": "PNH", "id": "0" * 40}
        )

    return send


@contextmanager
def _sink() -> Iterator[tuple[int, int]]:
    smtp, http = free_port(), free_port()
    command = [sys.executable, "-m", "bench.counting_sink", "--smtp", str(smtp), "--http", str(http)]
    process = subprocess.Popen(command)
    try:
        for _ in range(200):
            try:
                _count(http)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield smtp, http
    finally:
        process.terminate()
        process.wait()


def _count(port: int) -> dict[str, int]:
    found: dict[str, int] = httpx.get(f"http://{LOOPBACK}:{port}/count", trust_env=False).json()
    return found


if __name__ == "__main__":
    raise SystemExit(main())
