"""What `nagara up` does: everything Nagara needs, on this machine, in one supervised process until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from nagara.local import postgres, programs, redis_server, state
from nagara.local.log_lines import LogLines
from nagara.local.ports import LOOPBACK, accepts, free_port, is_free, owner
from nagara.local.postgres_programs import NoPostgres, find_identity, find_programs
from nagara.local.processes import Service, StartFailed, Supervisor
from nagara.local.welcome import refresh_demo_file, welcome

MEGABYTE = 1_000_000
DISK_NEEDED = 200 * MEGABYTE  # less, and PostgreSQL itself may not get through its first minutes
DISK_LOW = 1_000 * MEGABYTE
DISK_CHECK_SECONDS = 30.0
PORT_PATIENCE_SECONDS = 3.0  # an earlier run that was killed may still be letting go
POSTGRES_PATIENCE_SECONDS = 90.0  # sessions of a killed server finish what they do before a new one may start


class CannotStart(Exception):
    """Something here must change first; the message says what."""


@dataclass(frozen=True)
class Plan:
    """What was asked for."""

    port: int
    data: Path
    demo: bool
    workers: int

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://{LOOPBACK}:{self.port}"


def up(port: int, data: Path, demo: bool, workers: int) -> int:
    """Run everything until SIGINT or SIGTERM; returns the exit code: 0, or 1 after saying what is wrong.

    Uses DATABASE_URL and REDIS_URL where they are set, and starts private servers where they are not.
    """
    plan = Plan(port, data.resolve(), demo, workers)
    try:
        plan.data.mkdir(parents=True, exist_ok=True)
        _check_disk(plan.data)
        with state.only_user(plan.data, plan.url):
            asyncio.run(_run(plan))
    except (
        CannotStart,
        StartFailed,
        NoPostgres,
        postgres.ClusterUnusable,
        redis_server.NoRedis,
        state.AlreadyRunning,
    ) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    except OSError as problem:
        print(f"Nagara cannot use {plan.data}: {problem}", file=sys.stderr, flush=True)
        return 1
    return 0


async def _run(plan: Plan) -> None:
    await _wait_for_port(plan.port)
    supervisor = Supervisor(LogLines())
    await supervisor.run_until_stopped(lambda: _start(supervisor, plan))


async def _start(supervisor: Supervisor, plan: Plan) -> None:
    """Start all in order; each waits for what it needs."""
    kept = state.load(plan.data)
    kept, settings = await _start_servers(supervisor, plan, kept)
    state.save(plan.data, kept)
    environment = {**os.environ, **settings, "PYTHONUNBUFFERED": "1"}
    state.announce(plan.data, settings)

    await supervisor.run("migrate", programs.command_line("migrate"), environment)
    if plan.demo and not await asyncio.to_thread(_is_loaded, plan.data, settings["DATABASE_URL"]):
        await supervisor.run("demo", programs.command_line("demo", "load"), environment)

    await supervisor.start(programs.worker_service(plan.workers, environment))
    await supervisor.start(programs.urgent_service(environment))
    await supervisor.start(programs.beat_service(plan.data, environment))
    await supervisor.start(programs.api_service(plan.port, plan.workers, environment))

    if plan.demo:
        await supervisor.run("bot", programs.command_line("bot"), environment)
    demo = refresh_demo_file(plan.data / "demo.json", plan.url) if plan.demo else None
    supervisor.log.raw(welcome(plan.url, demo))
    supervisor.log.raw(f"ready {plan.url}")
    await _watch_disk(supervisor, plan.data)


async def _start_servers(
    supervisor: Supervisor, plan: Plan, kept: state.State
) -> tuple[state.State, dict[str, str]]:
    """Start the servers nobody gave us, and say where all are: the settings of the programs."""
    settings = {
        "NAGARA_DATA": str(plan.data),
        "NAGARA_DEMO": "true" if plan.demo else "false",
        "NAGARA_SECRET_KEY": os.environ.get("NAGARA_SECRET_KEY", kept.secret_key),
        "NAGARA_PUBLIC_URL": os.environ.get("NAGARA_PUBLIC_URL", plan.url),
        "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
        "REDIS_URL": os.environ.get("REDIS_URL", ""),
    }
    if not settings["DATABASE_URL"]:
        cluster = await asyncio.to_thread(_prepare_postgres, plan.data, kept)
        kept = replace(kept, postgres_port=cluster.port, postgres_major=cluster.programs.major)
        await supervisor.start(_postgres_service(cluster))
        await asyncio.to_thread(cluster.ensure_database)
        settings["DATABASE_URL"] = cluster.url
    if not settings["REDIS_URL"]:
        server = redis_server.prepare(
            redis_server.find_program(), plan.data / "redis", free_port(kept.redis_port), kept.redis_password
        )
        kept = replace(kept, redis_port=server.port)
        await supervisor.start(Service("redis", server.command, ready=server.is_ready))
        settings["REDIS_URL"] = server.url
    if plan.demo:
        port, folder = free_port(kept.mail_port), plan.data / "outbox"
        gateway = free_port(kept.gateway_port)
        kept = replace(kept, mail_port=port, gateway_port=gateway)
        await supervisor.start(
            programs.mail_sink_service(port, gateway, folder, lambda: accepts(port) and accepts(gateway))
        )
        settings |= {
            "NAGARA_SMTP_URL": f"smtp://{LOOPBACK}:{port}",
            "NAGARA_SMS_URL": f"http://{LOOPBACK}:{gateway}/sms",
            "NAGARA_TELEGRAM_TOKEN": "1:demo",
            "NAGARA_TELEGRAM_BOT": "nagara_demo_bot",
            "NAGARA_TELEGRAM_API": f"http://{LOOPBACK}:{gateway}",
            "NAGARA_OUTBOX_DIR": str(folder),
        }
    return kept, settings


def _prepare_postgres(data: Path, kept: state.State) -> postgres.Cluster:
    identity = find_identity()
    home = postgres.reachable_home(data, identity)
    return postgres.prepare(
        find_programs(), identity, home, free_port(kept.postgres_port), kept.postgres_password
    )


def _postgres_service(cluster: postgres.Cluster) -> Service:
    return Service(
        name="postgres",
        command=cluster.command,
        ready=cluster.is_ready,
        ready_within=POSTGRES_PATIENCE_SECONDS,
        attempts=1_000,  # time decides: it refuses to start while sessions of a killed one still end
        stop_signal=signal.SIGINT,
        stop_within=30.0,
    )


def _is_loaded(data: Path, database_url: str) -> bool:
    """Whether the demo is in this database: its accounts are on file and there are requests."""
    if not (data / "demo.json").exists():
        return False
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select exists (select from request)").fetchone()
    return bool(row and row[0])


async def _wait_for_port(port: int) -> None:
    deadline = asyncio.get_running_loop().time() + PORT_PATIENCE_SECONDS
    while not is_free(port):
        if asyncio.get_running_loop().time() > deadline:
            who = owner(port) or "a process of another user"
            raise CannotStart(
                f"Port {port} is taken by {who}. Stop it, or choose another port: --port {free_port()}"
            )
        await asyncio.sleep(0.1)


def _check_disk(data: Path) -> None:
    free = shutil.disk_usage(data).free
    if free < DISK_NEEDED:
        raise CannotStart(
            f"The disk of {data} is full: {free // MEGABYTE} MB free, {DISK_NEEDED // MEGABYTE} MB needed."
            " Make room, or take a folder on another disk with --data."
        )


async def _watch_disk(supervisor: Supervisor, data: Path) -> None:
    """Say so whenever the disk gets low; never ends."""
    while True:
        free = shutil.disk_usage(data).free
        if free < DISK_LOW:
            supervisor.say(f"the disk of {data} is nearly full: {free // MEGABYTE} MB free", alarming=True)
        await asyncio.sleep(DISK_CHECK_SECONDS)
