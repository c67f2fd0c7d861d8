"""The Celery application: four queues on Redis or RabbitMQ, and tasks that may be lost, repeated or killed.

A message is only a nudge. What is to be done stands in PostgreSQL, every timer looks there, and the next
tick finds whatever a lost message left undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

import psycopg
from billiard.exceptions import SoftTimeLimitExceeded
from celery import Celery
from kombu.entity import Exchange, Queue

from nagara.settings import settings
from workers import logs, runs, tracing, warm
from workers.phases import in_turn
from workers.schedule import SCHEDULE

P = ParamSpec("P")
R = TypeVar("R")

URGENT, EVENTS, NOTICES, SLOW = "urgent", "events", "notices", "slow"
SECOND = 1.0

PASSING_ERRORS = (psycopg.OperationalError, SoftTimeLimitExceeded)
"""What may happen without a fault of the code: the database is away or too busy; the next tick tries again."""


BROKER = settings().broker_url or settings().redis_url
REDIS_OPTIONS: Mapping[str, Any] = {
    "queue_order_strategy": "priority",
    # A killed worker's messages come back after two minutes, and are looked for every two seconds; by
    # default kombu looks every hundred. Only an indicator build takes longer, and holds a lock meanwhile.
    "visibility_timeout": 120,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
}
RABBITMQ_OPTIONS: Mapping[str, Any] = {"confirm_publish": True}
"""RabbitMQ hands back what a killed worker held as soon as its connection is gone; it needs no time-out."""


def _queue(name: str) -> Queue:
    return Queue(name, exchange=Exchange(name, type="direct"), routing_key=name)  # type: ignore[no-untyped-call]


app = Celery(
    "nagara",
    broker=BROKER,
    include=[
        "workers.tasks.escalation",
        "workers.tasks.notifications",
        "workers.tasks.indicators",
        "workers.tasks.photos",
        "workers.tasks.retention",
        "workers.tasks.suggestions",
        "workers.tasks.batches",
        "workers.tasks.words",
        "workers.tasks.contacts",
        "workers.tasks.standing",
        "workers.tasks.trust",
        "workers.tasks.external_owner",
        "workers.tasks.open311_pull",
        "workers.tasks.review",
        "workers.tasks.map_tiles",
        "workers.tasks.open_data",
        "workers.tasks.counts",
    ],
)
app.conf.update(
    # Most urgent first: a worker that serves several looks into them in this order. Each has an exchange and
    # a key of its own; left to the defaults all four would get a copy of every message.
    task_queues=[_queue(name) for name in (URGENT, EVENTS, NOTICES, SLOW)],
    task_routes={
        "escalation.*": {"queue": URGENT},
        "notifications.follow": {"queue": EVENTS},  # a commit's nudge waits behind no timer
        "notifications.*": {"queue": NOTICES},
        "indicators.*": {"queue": SLOW},
        "photos.*": {"queue": SLOW},
        "retention.*": {"queue": SLOW},
        "suggestions.*": {"queue": SLOW},
        "bulk.*": {"queue": NOTICES},
        "batches.*": {"queue": SLOW},
        "words.*": {"queue": SLOW},
        "contacts.*": {"queue": SLOW},
        "standing.*": {"queue": NOTICES},
        "trust.*": {"queue": SLOW},
        "external.*": {"queue": NOTICES},
        "open311.*": {"queue": SLOW},
        "review.draft": {"queue": SLOW},  # a report of all cities takes its time
        "review.*": {"queue": NOTICES},
        "map.*": {"queue": SLOW},
        "open_data.*": {"queue": SLOW},
        "counts.*": {"queue": SLOW},
    },
    task_default_queue=NOTICES,
    task_create_missing_queues=False,
    # A task is acknowledged when it is done; one whose process was killed goes back to the queue.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Nobody waits for results: what a task did stands in the database and in the log.
    task_ignore_result=True,
    # Nothing but JSON is read from Redis: whoever may write there must not gain the right to run code.
    accept_content=["json"],
    task_serializer="json",
    enable_utc=True,
    timezone="UTC",
    task_soft_time_limit=50 * SECOND,
    task_time_limit=60 * SECOND,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=REDIS_OPTIONS if BROKER.startswith("redis") else RABBITMQ_OPTIONS,
    # On a busy machine a forked process needs more than Celery's four seconds to say that it is there.
    worker_proc_alive_timeout=30.0,
    beat_schedule=in_turn(SCHEDULE),
    beat_scheduler="workers.one_beat:OneBeat",
    # Ticks come to within two seconds, and a clock that was set back is noticed as soon.
    beat_max_loop_interval=2.0,
    beat_schedule_filename=str(settings().data / "beat-schedule"),
)
settings().refuse_unsafe()
logs.connect()
runs.connect()
warm.connect()
tracing.connect()


def task(name: str, **options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a task; the first word of its name says its queue. Passing errors give one log line."""

    def make(function: Callable[P, R]) -> Callable[P, R]:
        made = app.task(name=name, throws=PASSING_ERRORS, **options)(function)
        return cast(Callable[P, R], made)

    return make
