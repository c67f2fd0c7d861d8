"""docker-compose.yml without an engine: every command in it runs here, against real servers, with its health check."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from nagara.local import postgres, programs
from nagara.local.children import end_child, start_child
from nagara.local.ports import free_port
from nagara.local.throwaway import Throwaway, throwaway_services
from nagara.settings import Settings
from tests.local.waiting import ROOT
from tests.waiting import PATIENCE_SECONDS, wait_until

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "api", "worker", "urgent", "beat")
PLACEHOLDER = re.compile(r"\$\{(?P<name>\w+)(?:(?P<kind>:[?-])(?P<rest>[^}]*))?\}")
GIVEN_BY_OPERATOR = {
    "POSTGRES_PASSWORD": "p",
    "REDIS_PASSWORD": "r",
    "NAGARA_SECRET_KEY": "k" * 40,
    "NAGARA_PUBLIC_URL": "https://report.example.org",
    "NAGARA_SMTP_URL": "smtp://127.0.0.1:1",
    "NAGARA_MAIL_FROM": "report@example.org",
}


def filled(text: str) -> str:
    """A value as compose would hand it over: variables put in, `$$` turned into `$`."""
    put_in = PLACEHOLDER.sub(lambda found: GIVEN_BY_OPERATOR.get(found["name"], found["rest"] or ""), text)
    return put_in.replace("$$", "$")


@pytest.fixture(scope="module")
def servers() -> Iterator[Throwaway]:
    with throwaway_services() as running:
        done = run_here(SERVICES["migrate"]["command"], running, running.folder, port=0)
        assert done.returncode == 0, done.stdout + done.stderr
        yield running


def here(command: list[str], folder: Path, port: int) -> list[str]:
    """A command of the image, with this machine's Python, folder and port in the place of the image's."""
    swap = {"python": sys.executable, "8000": str(port), "0.0.0.0": "127.0.0.1"}
    return [
        filled(swap.get(word, word)).replace("/var/lib/nagara", str(folder)).replace(":8000/", f":{port}/")
        for word in command
    ]


def environment(servers: Throwaway, folder: Path) -> dict[str, str]:
    given = {name: filled(value) for name, value in SERVICES["api"]["environment"].items()}
    reachable = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "NAGARA_DATA": str(folder),
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return given | reachable | {"PATH": path, "HOME": str(folder)}


def run_here(
    command: list[str], servers: Throwaway, folder: Path, port: int
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        here(command, folder, port),
        cwd=ROOT,
        env=environment(servers, folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


@contextmanager
def started(name: str, servers: Throwaway, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """One service of the file, running here until the block ends; it must then end by itself when asked."""
    service = SERVICES[name]
    env = environment(servers, folder)
    command = ["env", "-i", *(f"{key}={value}" for key, value in env.items())]
    process = start_child([*command, *here(service["command"], folder, port)], folder / f"{name}.log")
    try:
        yield process
        assert process.poll() is None, (folder / f"{name}.log").read_text()
    finally:
        code = end_child(process, signal.SIGTERM, PATIENCE_SECONDS)
    assert code == 0, (folder / f"{name}.log").read_text()


@pytest.mark.parametrize("name", ["api", "worker", "urgent", "beat"])
def test_a_service_starts_and_its_own_health_check_passes(
    name: str, servers: Throwaway, tmp_path: Path
) -> None:
    kind, *check = SERVICES[name]["healthcheck"]["test"]
    command = ["sh", "-c", *check] if kind == "CMD-SHELL" else check
    port = free_port()
    with started(name, servers, tmp_path, port) as process:

        def healthy() -> bool:
            assert process.poll() is None, (tmp_path / f"{name}.log").read_text()
            return run_here(command, servers, tmp_path, port).returncode == 0

        wait_until(
            healthy,
            f"{name} is healthy",
        )


def test_migrate_can_run_again(servers: Throwaway, tmp_path: Path) -> None:
    done = run_here(SERVICES["migrate"]["command"], servers, tmp_path, port=0)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_commands_are_those_of_one_machine() -> None:
    """What is tried every day without Docker is what runs in production."""
    here_and_there = {
        "api": programs.api_service(8000, 2, {}),
        "worker": programs.worker_service(2, {}),
        "urgent": programs.urgent_service({}),
        "beat": programs.beat_service(Path("/var/lib/nagara"), {}),
    }
    for name, service in here_and_there.items():
        there = [{"0.0.0.0": "127.0.0.1"}.get(word, word) for word in SERVICES[name]["command"]]
        assert there == ["python", *service.command[1:]]
    assert SERVICES["migrate"]["command"] == ["python", *programs.command_line("migrate")[1:]]


def test_every_setting_exists_and_every_secret_comes_from_the_operator() -> None:
    known = {
        str(field.validation_alias or f"NAGARA_{name.upper()}")
        for name, field in Settings.model_fields.items()
    }
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known
    text = (ROOT / "docker-compose.yml").read_text()
    asked = {found["name"]: found["kind"] for found in PLACEHOLDER.finditer(text)}
    assert {name for name, kind in asked.items() if kind == ":?"} == set(GIVEN_BY_OPERATOR)
    optional = {"NAGARA_VERSION", "NAGARA_PORT", "NAGARA_TRUSTED_PROXIES", "NAGARA_METRICS_KEY"}
    assert {name for name, kind in asked.items() if kind == ":-"} == optional


def test_the_order_of_start_and_the_shape_of_each_service() -> None:
    assert set(SERVICES) == {"postgres", "redis", *OURS}
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("api", "worker", "urgent", "beat"):
        assert SERVICES[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
        }
    for name, service in SERVICES.items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
        assert name == "migrate" or service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        for volume in service["volumes"]:
            assert volume.split(":")[0] in COMPOSE["volumes"]
    for name in OURS:
        assert SERVICES[name]["read_only"]
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["image"] == SERVICES["api"]["image"]


def test_text_has_the_same_rules_in_docker_as_here() -> None:
    flags = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert set(postgres.BUILTIN_LOCALE) < set(flags)
    assert "--auth=scram-sha-256" in flags


def test_the_image_is_built_from_what_exists_and_runs_as_an_ordinary_user() -> None:
    text = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists(), source
    last_stage = text.split("\nFROM ")[-1]
    assert re.search(r"^USER nagara$", last_stage, re.MULTILINE)
    assert "://" not in text
