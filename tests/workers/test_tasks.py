"""Each timer's task on real servers: twice in a row has no second effect, and a killed worker loses nothing."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import redis

from city_config import City
from nagara import event_log, nudging
from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.escalation.climbing import sweep
from nagara.local.ports import free_port
from nagara.local.throwaway import Throwaway
from nagara.locks import Lock, only_one, only_one_of
from nagara.settings import settings
from tests.helpers import Connection, Known, age, file, multiply
from tests.planting import plant
from tests.waiting import wait_until
from workers.warm import GIVES_WAY

REPOSITORY = Path(__file__).resolve().parents[2]
Run = Callable[[str], None]


@pytest.fixture
def run(database_url: str) -> Run:
    """Run a task here, with what Celery adds around it."""
    from workers.app import app

    app.loader.import_default_modules()

    def run(name: str) -> None:
        app.tasks[name].apply(throw=True)

    return run


def make_due(owner: Connection, request: Known) -> None:
    """Let a request's first rung be due since a minute."""
    row = owner.execute("select next_step_at from request where id = %s", (request.id,)).fetchone()
    assert row is not None
    age(owner, request, (row[0] - dt.datetime.now(dt.UTC)).total_seconds() / 3600 + 1 / 60)


def test_the_night_takes_what_is_over_whether_or_not_anybody_comes_again(owner: Connection, run: Run) -> None:
    kept = plant(
        owner, "georeport_trial", "kh-pnh", expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    )
    plant(owner, "georeport_trial", "kh-pnh", expires_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
    run("retention.sweep")
    assert owner.execute("select reference from georeport_trial").fetchall() == [(kept["reference"],)]


def count(owner: Connection, what: str) -> int:
    row = owner.execute(f"select count(*) from {what}").fetchone()
    assert row is not None
    return int(row[0])


def everything(owner: Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = ("event", "event_outbox", "notification", "indicator_snapshot", "indicator_figure")
    return {table: count(owner, table) for table in tables}


@pytest.mark.parametrize(
    "name",
    [
        "escalation.sweep", "notifications.compose", "notifications.deliver", "indicators.refresh",
        "notifications.deliver_sms", "notifications.deliver_push", "notifications.deliver_webhooks",
        "notifications.deliver_telegram", "notifications.watchers",
        "notifications.day", "notifications.forget",
        "indicators.rebuild", "photos.forget", "bulk.move", "batches.export", "batches.forget", "words.fill",
        "trust.seal",
        "trust.exchange",
    ],
)  # fmt: skip
def test_run_twice_in_a_row_a_task_has_no_second_effect(
    owner: Connection, phnom_penh: City, run: Run, name: str
) -> None:
    make_due(owner, file(phnom_penh, contact={"email": "resident@example.org"}))
    run(name)
    after = everything(owner), owner.execute("select * from request").fetchall()
    run(name)
    assert (everything(owner), owner.execute("select * from request").fetchall()) == after


def test_the_tasks_pass_the_work_on_to_each_other(owner: Connection, phnom_penh: City, run: Run) -> None:
    make_due(owner, file(phnom_penh, contact={"email": "resident@example.org"}))
    run("escalation.sweep")
    assert count(owner, "event where kind = 'escalated' and actor_kind = 'system'") == 1
    run("notifications.compose")
    assert (count(owner, "event_outbox"), count(owner, "notification")) == (0, 1)
    run("indicators.refresh")
    assert count(owner, "indicator_snapshot where city_id = 'kh-pnh'") == 1


def test_a_sweep_says_how_many_and_how_late(
    owner: Connection, phnom_penh: City, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    make_due(owner, file(phnom_penh))
    with caplog.at_level(logging.INFO):
        run("escalation.sweep")
        run("escalation.sweep")
    assert [record.getMessage() for record in caplog.records if "swept" in record.getMessage()] == ["swept"]


def test_a_database_that_is_away_is_told_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from workers.app import app

    monkeypatch.setenv("DATABASE_URL", f"postgresql://nagara@127.0.0.1:{free_port()}/nagara")
    settings.cache_clear()
    try:
        with caplog.at_level(logging.INFO):
            assert app.tasks["escalation.sweep"].apply().state == "FAILURE"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    told = [r.getMessage() for r in caplog.records if r.name == "workers.logs"]
    assert not any(r.exc_info for r in caplog.records if r.levelno >= logging.ERROR)
    assert len(told) == 1
    assert "\n" not in told[0]
    assert "the next tick tries again" in told[0]


def test_that_no_detector_is_installed_is_told_once(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from workers.tasks import photos

    photos._tell_once.cache_clear()
    wanting = SimpleNamespace(id="kh-pnh", publication=SimpleNamespace(hide=("faces",)))
    monkeypatch.setattr(photos, "configuration", lambda: SimpleNamespace(cities={"kh-pnh": wanting}))
    monkeypatch.setattr("nagara.photos.detecting.available", lambda: False)
    with caplog.at_level(logging.WARNING):
        run("photos.hide")
        run("photos.hide")
    told = [r.getMessage() for r in caplog.records if "photos stay unpublished" in r.getMessage()]
    assert len(told) == 1


def test_a_city_is_built_by_one_at_a_time_and_others_beside_it(
    owner: Connection, phnom_penh: City, run: Run
) -> None:
    file(phnom_penh)
    with clock_connection() as other, only_one_of(other, f"indicators of {phnom_penh.id}") as mine:
        assert mine
        run("indicators.refresh")
        built = {
            row[0] for row in owner.execute("select distinct city_id from indicator_snapshot").fetchall()
        }
        assert built == set(configuration().cities) - {phnom_penh.id}
    run("indicators.refresh")
    assert count(owner, f"indicator_snapshot where city_id = '{phnom_penh.id}'") == 1
    ended = owner.execute(
        "select count(*), bool_and(ended_at >= begun_at) from indicator_progress where outcome = 'built'"
    )
    assert ended.fetchone() == (len(configuration().cities), True)


def test_figures_stand_where_no_sheet_can_be_made(
    owner: Connection, phnom_penh: City, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: bytes) -> None:
        raise ValueError("nothing is said")

    file(phnom_penh)
    with monkeypatch.context() as patch:
        patch.setattr("nagara.indicators.usual_sheets.code_pieces", broken)
        run("indicators.refresh")
    assert count(owner, "indicator_snapshot where city_id = 'kh-pnh'") == 1
    assert count(owner, "indicator_sum where city_id = 'kh-pnh'") == 0
    file(phnom_penh)
    run("indicators.refresh")
    assert count(owner, "indicator_sum where city_id = 'kh-pnh'") == 1


def test_a_lock_is_given_back_even_if_the_work_fails(database_url: str) -> None:
    with clock_connection() as first, clock_connection() as second:
        with pytest.raises(psycopg.errors.DivisionByZero), only_one(first, Lock.DELIVERY):
            first.execute("select 1/0")
        with only_one(second, Lock.DELIVERY) as mine:
            assert mine
            with only_one(first, Lock.DELIVERY) as too:
                assert not too


class Worker:
    """A real worker process with its children, in a process group of its own."""

    def __init__(self, log: Path) -> None:
        self.log = log
        flags = ["--loglevel", "info", "--concurrency", "2", "--without-gossip", "--without-mingle"]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "workers.app", "worker", *flags],
                cwd=REPOSITORY,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def gives_way(self) -> bool:
        """Whether all its children are nicer than itself; each is from when it has begun."""
        shown = subprocess.check_output(["ps", "-A", "-o", "pid=,ppid=,ni="], text=True)
        rows = [line.split() for line in shown.splitlines()]
        of = str(self.process.pid)
        itself = next(int(nice) for pid, _, nice in rows if pid == of)
        return {int(nice) for _, parent, nice in rows if parent == of} == {min(itself + GIVES_WAY, 19)}

    def kill(self) -> None:
        """SIGKILL to the worker and its children alike."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def worker(log: Path) -> Iterator[Worker]:
    running = Worker(log)
    try:
        yield running
    except AssertionError as error:
        raise AssertionError(f"{error}\n{log.read_text(errors='replace')[-3000:]}") from error
    finally:
        running.kill()


@pytest.fixture
def ring(services: Throwaway, database_url: str) -> Run:
    """Send a task to the queue, as beat does; the queues are empty at first."""
    redis.Redis.from_url(services.redis_url).flushall()
    from workers.app import app
    from workers.schedule import SCHEDULE

    options = {timer["task"]: timer["options"] for timer in SCHEDULE.values()}
    app.loader.import_default_modules()

    def ring(name: str) -> None:
        app.tasks[name].apply_async(**options[name])

    return ring


def test_a_ring_lands_in_one_queue(ring: Run, services: Throwaway) -> None:
    for name in ("escalation.sweep", "notifications.compose", "notifications.deliver", "indicators.refresh"):
        ring(name)
    queue = redis.Redis.from_url(services.redis_url)
    assert {name: queue.llen(name) for name in ("urgent", "notices", "slow")} == {
        "urgent": 1,
        "notices": 2,
        "slow": 1,
    }


def test_a_worker_process_hears_the_bell_and_sweeps(
    owner: Connection, phnom_penh: City, ring: Run, services: Throwaway, tmp_path: Path
) -> None:
    make_due(owner, file(phnom_penh, contact={"email": "resident@example.org"}))
    with worker(tmp_path / "worker.log") as running:
        ring("escalation.sweep")
        wait_until(lambda: count(owner, "event where kind = 'escalated'") == 1, "the rung is climbed")
        wait_until(running.gives_way, "who serves what takes long gives way")
        ring("notifications.compose")
        wait_until(lambda: count(owner, "event_outbox") == 0, "the notices are composed")
        file(phnom_penh, contact={"email": "resident@example.org"})
        queue = redis.Redis.from_url(services.redis_url)
        queue.lpush(nudging.QUEUE, nudging.message(nudging.TASK, nudging.QUEUE, dt.datetime.now(dt.UTC)))
        wait_until(lambda: count(owner, "event_outbox") == 0, "a nudge is followed")
        wait_until(lambda: not queue.exists(nudging.FOLLOWED), "and where nothing comes it ends")
        ring("indicators.refresh")
        wait_until(lambda: count(owner, "indicator_snapshot") > 0, "the indicators are built")
        wait_until(lambda: "built indicators" in running.log.read_text(), "the build is told")
    log = running.log.read_text()
    (line,) = [line for line in log.splitlines() if "swept" in line]
    assert "escalated=1" in line
    assert "oldest_due_seconds=" in line
    assert "task=" in line
    assert "resident@example.org" not in log


def test_two_clocks_do_no_harm(
    owner: Connection, phnom_penh: City, ring: Run, services: Throwaway, tmp_path: Path
) -> None:
    make_due(owner, file(phnom_penh, contact={"email": "resident@example.org"}))
    queue = redis.Redis.from_url(services.redis_url)
    with clock(tmp_path / "first"), clock(tmp_path / "second"):
        # Two notices a tick and clock, so this is several ticks of each; nobody listens yet.
        wait_until(lambda: queue.llen("urgent") >= 4 and queue.llen("notices") >= 8, "both clocks ring")
        with worker(tmp_path / "worker.log"):
            wait_until(lambda: count(owner, "event_outbox") == 0, "composed")
            wait_until(lambda: count(owner, "event where kind = 'escalated'") == 1, "climbed")
            wait_until(lambda: queue.llen("urgent") + queue.llen("notices") == 0, "all ticks are heard")
    assert count(owner, "event where kind = 'escalated'") == 1
    assert count(owner, "notification where audience = 'resident'") == 1


@contextmanager
def clock(folder: Path) -> Iterator[None]:
    """A real beat process."""
    folder.mkdir()
    flags = ["--loglevel", "info", "--schedule", str(folder / "schedule"), "--pidfile="]
    with (folder / "beat.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "workers.app", "beat", *flags],
            cwd=REPOSITORY,
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_a_worker_killed_in_the_midst_of_a_sweep_loses_nothing_and_leaves_nothing_half_done(
    owner: Connection, db: Connection, database_url: str, phnom_penh: City, ring: Run, tmp_path: Path
) -> None:
    request = file(phnom_penh)
    make_due(owner, request)
    multiply(owner, request, 999)
    with psycopg.connect(database_url) as gate:
        # The sweep has locked its rows and written its events when it comes to the outbox, and waits there.
        gate.execute("lock table event_outbox in share mode")
        with worker(tmp_path / "killed.log") as killed:
            ring("escalation.sweep")
            wait_until(lambda: waits_at_the_outbox(owner), "the sweep is in its midst")
            killed.kill()
        gate.rollback()
    wait_until(lambda: not others_at_work(owner), "the database has noticed that the worker is gone")

    done = count(owner, "event where kind = 'escalated'")
    assert done < 1000
    assert count(owner, "request where escalation_step = 1") == done, "a rung and its event go together"
    with worker(tmp_path / "next.log"):
        for _ in range(2):
            ring("escalation.sweep")
        wait_until(lambda: count(owner, "request where escalation_step = 1") == 1000, "all have climbed")
    assert owner.execute(
        "select count(*), count(distinct request_id), max(seq) from event where kind = 'escalated'"
    ).fetchone() == (1000, 1000, 2)
    assert count(owner, "event_outbox") == 1001, "each escalation, and the first filing"
    assert sweep(db).escalated == 0
    assert event_log.verify(db, phnom_penh.id).faults == ()


def waits_at_the_outbox(owner: Connection) -> bool:
    return count(owner, "pg_locks where relation = 'event_outbox'::regclass and not granted") > 0


def others_at_work(owner: Connection) -> bool:
    busy = (
        "pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and datname = current_database()"
    )
    return count(owner, f"{busy} and backend_type = 'client backend'") > 0


def test_a_tick_that_waited_too_long_is_dropped_unread(
    owner: Connection, services: Throwaway, phnom_penh: City, ring: Run, tmp_path: Path
) -> None:
    from workers.app import app

    make_due(owner, file(phnom_penh))
    long_ago: dict[str, Any] = {"expires": dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)}
    for _ in range(20):
        app.tasks["escalation.sweep"].apply_async(**long_ago)
    with worker(tmp_path / "worker.log"):
        ring("notifications.compose")
        wait_until(lambda: count(owner, "event_outbox") == 0, "what was rung last is done")
        queue = redis.Redis.from_url(services.redis_url)
        wait_until(lambda: queue.llen("urgent") == 0, "the old ticks are gone")
    assert count(owner, "event where kind = 'escalated'") == 0
