"""Every timer twice in a row: the first run does its work, the second changes no row of any table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from city_config import City
from nagara.ids import uuid7
from nagara.local.chaos.servers import counting_sink
from nagara.settings import settings
from tests.helpers import Connection, Known, age, file, multiply
from tests.planting import plant
from workers.schedule import SCHEDULE

Run = Callable[[str], None]
NOT_LOOKED_AT = {"timer", "timer_run", "alembic_version"}
WHEN_IT_RAN = {
    "indicator_build": ["known_at", "built_at", "proved_at"],
    "suggestion_model": ["learnt_at"],
}
"""Tables and columns that say when a task ran last, which is not what it did."""


class World:
    """What a task finds: one request that came in with a contact, and whatever else is laid down for it."""

    def __init__(self, owner: Connection, city: City, run: Run) -> None:
        self.owner, self.city, self.run = owner, city, run

    def filed(self, **fields: Any) -> Known:
        """A request, with a mail address unless told otherwise."""
        return file(self.city, **({"contact": {"email": "resident@example.org"}} | fields))

    def row(self, table: str, **values: Any) -> None:
        """A row of the city."""
        plant(self.owner, table, self.city.id, **values)

    def long_ago(self, days: float = 400) -> dt.datetime:
        """An instant so many days back."""
        return dt.datetime.now(dt.UTC) - dt.timedelta(days=days)


def due(world: World) -> None:
    request = world.filed()
    row = world.owner.execute("select next_step_at from request where id = %s", (request.id,)).fetchone()
    assert row is not None
    age(world.owner, request, (row[0] - dt.datetime.now(dt.UTC)).total_seconds() / 3600 + 1 / 60)


def mailed(world: World) -> None:
    world.filed()
    world.run("notifications.compose")


def waiting_for_watchers(world: World) -> None:
    world.row("alert_waiting", request_id=world.filed().id)


def texted(world: World) -> None:
    world.filed(contact={"phone": "+85512345678"})
    world.run("notifications.compose")


def noticed(channel: str) -> Callable[[World], None]:
    """A notice whose recipient cannot be opened: it is put back, and not tried again at once."""

    def laid_down(world: World) -> None:
        request = world.filed()
        now = dt.datetime.now(dt.UTC)
        world.row(
            "notification", request_id=request.id, seq=1, audience="resident", channel=channel,
            language="en", subject="Subject", body="Body", next_attempt_at=now, created_at=now, attempts=0,
        )  # fmt: skip

    return laid_down


def code_over(world: World) -> None:
    world.row("message", channel="email", expires_at=world.long_ago(), created_at=world.long_ago())


def work_overdue(world: World) -> None:
    """For somebody on whose clocks it is noon, whatever the time is here."""
    world.filed()
    world.owner.execute("update request set resolve_by = now() - interval '1 day'")
    world.row("staff_account", username="admin", role="city_admin", active=True, email="a@example.org")
    noon = f"Etc/GMT{dt.datetime.now(dt.UTC).hour - 12:+d}"
    world.row("staff_notice_choice", username="admin", digest="daily", zone=noon, last_digest_at=None)


def job(kind: str) -> Callable[[World], None]:
    def asked(world: World) -> None:
        request = world.filed()
        id_ = uuid7()
        world.row("staff_job", id=id_, kind=kind, username="nobody", state="waiting", total=1)
        if kind == "bulk":
            world.row(
                "staff_job_row", job_id=id_, position=1, reference=request.reference, move="acknowledge"
            )

    return asked


def file_over(world: World) -> None:
    world.row(
        "staff_job", kind="export", state="done", expires_at=world.long_ago(), finished_at=world.long_ago()
    )


def picture_alone(world: World) -> None:
    world.row("photo", request_id=None, created_at=world.long_ago())


def words_over(world: World) -> None:
    request = world.filed()
    world.row("original_words", request_id=request.id, redacted_at=world.long_ago())


def without_digest(world: World) -> None:
    world.filed()
    world.owner.execute("update contact set email_digest = null, phone_digest = null")


def many(world: World) -> None:
    multiply(world.owner, world.filed(description="The truck has not come since Monday."), 30)


def filed(world: World) -> None:
    world.filed()


def with_figures(world: World) -> None:
    world.filed()
    world.run("indicators.refresh")


def under_review(world: World) -> None:
    world.row("staff_account", username="admin", role="city_admin", active=True, email="a@example.org")
    id_ = uuid7()
    plant(world.owner, "report_review", "network", id=id_, status="institution_review")
    plant(world.owner, "report_review_step", "network", review_id=id_, number=1, move="open")


def bundle_over(world: World) -> None:
    for days in (900, 1):
        at = world.long_ago(days)
        world.row("federation_bundle", made_at=at, received_at=at, content=b"whole")


def counted_past_the_triggers(world: World) -> None:
    world.filed()
    world.owner.execute("delete from request_count_news")


def nothing(_world: World) -> None:
    """There is nothing on this machine that it could do."""


PLANTED: dict[str, Callable[[World], None]] = {
    "escalation.sweep": due,
    "notifications.compose": filed,
    "notifications.deliver": mailed,
    "notifications.deliver_sms": texted,
    "notifications.deliver_push": noticed("push"),
    "notifications.deliver_webhooks": noticed("webhook"),
    "notifications.deliver_telegram": noticed("telegram"),
    "notifications.watchers": waiting_for_watchers,
    "notifications.day": work_overdue,
    "notifications.forget": code_over,
    "bulk.move": job("bulk"),
    "batches.export": job("export"),
    "batches.forget": file_over,
    "words.fill": filed,
    "contacts.fill_digests": without_digest,
    "indicators.refresh": filed,
    "indicators.rebuild": filed,
    "photos.forget": picture_alone,
    "retention.sweep": words_over,
    "suggestions.learn": many,
    "trust.seal": filed,
    "trust.forget_bundles": bundle_over,
    "review.draft": with_figures,
    "review.tell": under_review,
    "map.refresh": filed,
    "open_data.publish": filed,
    "counts.fold": filed,
    "counts.prove": counted_past_the_triggers,
}
"""What each task's first run finds to do."""

FINDS_NOTHING = {
    "photos.hide": "no city of the demo hides anything",
    "standing.tell": "it changes nothing, it tells",
    "trust.exchange": "no city is asked over the network",
    "external.send": "no city of the demo has the back-end of another body",
    "external.pull": "no city of the demo has the back-end of another body",
    "open311.pull": "no city of the demo is read by its network",
    "external.tell": "no city of the demo has the back-end of another body",
}
"""Tasks whose first run does nothing here, and why; they run twice all the same."""


@pytest.fixture
def run(database_url: str) -> Run:
    from workers.app import app

    app.loader.import_default_modules()

    def run(name: str) -> None:
        app.tasks[name].apply(throw=True)

    return run


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings that lead to a mail server, a gateway for text messages and a bot."""
    server, ports = counting_sink(tmp_path_factory.mktemp("sink"))
    server.start()
    yield {
        "NAGARA_SMTP_URL": f"smtp://127.0.0.1:{ports[0]}",
        "NAGARA_SMS_URL": f"http://127.0.0.1:{ports[1]}/sms",
        "NAGARA_TELEGRAM_API": f"http://127.0.0.1:{ports[1]}",
        "NAGARA_TELEGRAM_TOKEN": "1:of-the-test",
    }
    server.stop()


def digest(owner: Connection) -> dict[str, str]:
    """What each table holds."""
    tables = owner.execute(
        "select tablename from pg_tables where schemaname = 'public' order by 1"
    ).fetchall()
    found = {}
    for (table,) in tables:
        if table not in NOT_LOOKED_AT:
            rows = f"select (to_jsonb(t) - %s::text[])::text as row from {table} t"
            row = owner.execute(
                f"select md5(coalesce(string_agg(row, '|' order by row), '')) from ({rows}) as rows",
                (WHEN_IT_RAN.get(table, []),),
            )
            found[table] = row.fetchall()[0][0]
    return found


def full_hour(owner: Connection) -> dt.datetime:
    """The last one, by the clock of the database."""
    row = owner.execute("select date_trunc('hour', clock_timestamp())").fetchone()
    assert row is not None
    hour: dt.datetime = row[0]
    return hour


def test_every_timer_stands_in_the_table() -> None:
    tasks = {timer["task"] for timer in SCHEDULE.values()}
    assert tasks == (PLANTED.keys() | FINDS_NOTHING.keys()) & tasks, "say what its first run finds to do"
    assert not PLANTED.keys() & FINDS_NOTHING.keys()


@pytest.mark.parametrize("task", sorted({timer["task"] for timer in SCHEDULE.values()}))
def test_twice_in_a_row_a_task_has_no_second_effect(
    owner: Connection,
    phnom_penh: City,
    run: Run,
    sink: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    task: str,
) -> None:
    for name, value in sink.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    try:
        PLANTED.get(task, nothing)(World(owner, phnom_penh, run))
        before, hour = digest(owner), full_hour(owner)
        run(task)
        after = digest(owner)
        run(task)
        if full_hour(owner) != hour:  # one began between both runs: there was something to do as of it
            after = digest(owner)
            run(task)
        assert digest(owner) == after
        assert (after != before) == (task in PLANTED), "the first run does something"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
