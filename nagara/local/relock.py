"""Recompile the lock files from pyproject.toml: exact versions with hashes, for every platform, no addresses.

Standard library only.
"""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

from nagara.local.environment import BOOT_LOCK, LOCKS, ROOT, STATE, find_uv, uv_environment
from nagara.local.steps import step
from nagara.local.web_build import NODE_LOCK

UV_PIN = "uv==0.13.9"
OLDEST_PYTHON = "3.11"


def relock(*, upgrade: bool) -> None:
    """Write the four lock files anew; with `upgrade` take newer versions where pyproject.toml allows them.

    Raises StepFailed, for example when two requirements contradict each other.
    """
    project = ROOT / "pyproject.toml"
    extras = tomllib.loads(project.read_text())["project"]["optional-dependencies"]
    _compile(project, LOCKS["main"], upgrade=upgrade)
    # Constrained by the main lock, so that the dev environment is the main one and more, never another.
    _compile(project, LOCKS["dev"], "--extra", "dev", "-c", str(LOCKS["main"]), upgrade=upgrade)
    with tempfile.TemporaryDirectory() as folder:
        for lock, pins in ((NODE_LOCK, extras["node"]), (BOOT_LOCK, [UV_PIN])):
            wanted = Path(folder, "wanted.in")
            wanted.write_text("\n".join(pins))
            _compile(wanted, lock, upgrade=upgrade)


def _compile(source: Path, lock: Path, *more: str, upgrade: bool) -> None:
    form = [
        "--universal",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--python-version",
        OLDEST_PYTHON,
    ]
    command: list[str | Path] = [
        find_uv(),
        "pip",
        "compile",
        "--quiet",
        *form,
        *(["--upgrade"] if upgrade else []),
    ]
    step(
        f"locking {lock.name}",
        [*command, *more, source, "-o", lock],
        STATE / "logs" / "lock.log",
        cwd=ROOT,
        env=uv_environment(),
    )
