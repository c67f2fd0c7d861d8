"""The guide for operators holds: its commands are run as they stand, against a Nagara that runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from nagara.local.state import running_environment
from tests.conftest import REPOSITORY, Live

GUIDE = (REPOSITORY / "docs" / "guide-operator.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
DATABASES = ("guide_empty", "guide_other")


@pytest.fixture
def around(live_server: Live, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What an operator has around: the command, the running installation, and two empty databases."""
    running = running_environment(live_server.data)
    command = tmp_path / "bin" / "nagara"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nagara.cli.main "$@"\n')
    command.chmod(0o755)
    url = running["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as owner:
        for name in DATABASES:
            owner.execute(f"create database {name}")
        beside = [url.rpartition("/")[0] + f"/{name}" for name in DATABASES]
        kept = {name: value for name, value in os.environ.items() if "NAGARA_" not in name}
        yield (
            kept
            | running
            | {
                "PATH": f"{command.parent}:{os.environ['PATH']}",
                "PYTHONPATH": str(REPOSITORY),
                "EMPTY_DATABASE_URL": beside[0],
                "OTHER_DATABASE_URL": beside[1],
            }
        )
        for name in DATABASES:
            owner.execute(f"drop database {name} with (force)")


def test_an_operator_watches_backs_up_brings_back_and_moves_a_city(
    live_server: Live, around: dict[str, str], tmp_path: Path
) -> None:
    told = []
    for block in COMMANDS:
        run = subprocess.run(
            ["sh", "-euc", block.replace("http://127.0.0.1:8000", live_server)],
            cwd=tmp_path,
            env=around,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert run.returncode == 0, f"{block}\n{run.stdout}\n{run.stderr}"
        told.append(run.stdout)
    moved = next(block for block in told if "rows  " in block)
    exported, tried, taken = (
        re.findall(r"^(\w+) +([\d,]+) rows  ([0-9a-f]{64})$", part, re.MULTILINE)
        for part in re.split(r"^pictures +[\d,]+$", moved, flags=re.MULTILINE)[:3]
    )
    assert exported == tried == taken
    assert {"request", "event", "config_version"} <= {name for name, _, _ in exported}
