"""The page of timers against the application: every timer rings a task that is there, and none piles up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from celery import Celery
from celery.schedules import crontab

import workers.tasks
from workers.schedule import DROPPED_AFTER, SCHEDULE

HANDED_ON = {
    "indicators.refresh_city": "indicators.refresh",
    "indicators.rebuild_city": "indicators.rebuild",
    "notifications.follow": "notifications.compose",
}
"""Tasks that are sent by others, and the timer's task that does itself whatever nobody took."""


@pytest.fixture
def application(database_url: str) -> Celery:
    """The application with every task loaded, as a worker loads it."""
    from workers.app import app

    app.loader.import_default_modules()
    return app


def own_tasks(application: Celery) -> set[str]:
    return {name for name in application.tasks if not name.startswith("celery.")}


def test_every_timer_rings_a_task_and_every_task_has_a_timer(application: Celery) -> None:
    rung = [timer["task"] for timer in SCHEDULE.values()]
    assert sorted(rung) == sorted(own_tasks(application) - HANDED_ON.keys())
    assert set(HANDED_ON.values()) <= set(rung)


def test_every_module_of_tasks_is_loaded(application: Celery) -> None:
    modules = {f"workers.tasks.{path.stem}" for path in Path(workers.tasks.__file__).parent.glob("[a-z]*.py")}
    assert modules == set(application.conf.include)


def test_every_tick_ends_before_it_means_nothing_and_outlives_clocks_that_differ(application: Celery) -> None:
    for timer in SCHEDULE.values():
        expires = timer["options"]["expires"]
        if isinstance(timer["schedule"], crontab):
            assert expires < 3600
        else:
            assert timer["schedule"] <= dt.timedelta(seconds=30)
            assert expires == DROPPED_AFTER


def test_the_escalation_has_a_queue_of_its_own(application: Celery) -> None:
    router = application.amqp.router
    queues = {name: router.route({}, name)["queue"].name for name in own_tasks(application)}
    assert [name for name, queue in queues.items() if queue == "urgent"] == ["escalation.sweep"]
    assert set(queues.values()) == {queue.name for queue in application.conf.task_queues}
    assert next(iter(application.amqp.queues.consume_from)) == "urgent", "looked into first"


def test_every_task_has_limits_names_what_it_retries_and_says_when_it_runs(application: Celery) -> None:
    for name in own_tasks(application):
        task = application.tasks[name]
        limit = task.time_limit or application.conf.task_time_limit
        soft = task.soft_time_limit or application.conf.task_soft_time_limit
        assert 0 < soft < limit <= 3600, name
        assert Exception not in getattr(task, "autoretry_for", ()), name
        assert task.acks_late, name
        assert task.reject_on_worker_lost, name
        assert any(word in task.__doc__ for word in ("Every", "Hourly", "Nightly", "nudged")), name
        assert "repeat" in task.__doc__, name


def test_the_application_reads_nothing_but_json_and_waits_for_redis(application: Celery) -> None:
    conf = application.conf
    assert conf.accept_content == ["json"]
    assert conf.worker_prefetch_multiplier == 1
    assert conf.broker_connection_retry_on_startup
    assert conf.broker_connection_max_retries is None
    assert conf.enable_utc
    options = conf.broker_transport_options
    longest = conf.task_time_limit
    assert options["visibility_timeout"] > longest
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 5
