"""Make the Python environment in .venv from the lock files, hashes checked, on a machine with only Python.

Standard library only: this runs before anything is installed. uv does the work; it is taken from PATH, or
installed by pip into .nagara/boot (`--target` needs neither root nor the venv module, and Debian's PEP 668
guard allows it).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nagara.local.steps import StepFailed, say, step

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".nagara"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BOOT_LOCK = ROOT / "requirements-boot.lock"
LOCKS = {"main": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
OLDEST_UV = (0, 11)  # the first that reads UV_SYSTEM_CERTS
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
NO_PIP = "pip is missing. On Debian or Ubuntu run `apt-get install python3-pip`, then start again."


def ensure(kind: str) -> None:
    """Make `.venv` hold at least the packages of `kind` ("main" or "dev") and the `nagara` command.

    The dev lock holds everything the main one does, so an environment that was ever "dev" stays so: nothing
    shrinks under somebody's feet. Costs a few milliseconds when all is current. Raises StepFailed.
    """
    with _only_one():
        _ensure_venv()
        wanted = "dev" if _stamp("dev").exists() else kind
        current = [name for name in ("dev", "main") if _is_current(_stamp(name), LOCKS[name])]
        if wanted not in current and not (wanted == "main" and current):
            _sync(wanted)
        _ensure_command()


def find_uv() -> Path:
    """A usable uv: from PATH, else from .nagara/boot, installed there when missing. Raises StepFailed."""
    found = shutil.which("uv")
    if found and _uv_version(found) >= OLDEST_UV:
        return Path(found)
    boot = STATE / "boot"
    uv = boot / "bin" / "uv"
    if not (uv.exists() and _is_current(boot / "stamp", BOOT_LOCK)):
        shutil.rmtree(boot, ignore_errors=True)
        command = [
            *_pip(),
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
        ]
        step(
            "fetching uv, the installer",
            [*command, "--target", boot, "-r", BOOT_LOCK],
            STATE / "logs" / "boot.log",
            env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
            hint="Is the package registry reachable from here?",
        )
        _write_stamp(boot / "stamp", BOOT_LOCK)
    return uv


def uv_environment() -> dict[str, str]:
    """What uv runs in: no interpreter downloads, compiled packages, a cache that can be written."""
    environment = dict(os.environ)
    environment.pop("VIRTUAL_ENV", None)
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    # Compiling once here, on all cores, saves the first start of each program from doing it on one.
    environment["UV_COMPILE_BYTECODE"] = "1"
    if SYSTEM_CERTIFICATES.exists():
        # What this machine trusts, a city network's own proxy included; without the file, what uv brings.
        environment.setdefault("UV_SYSTEM_CERTS", "1")
    home = Path(environment.get("HOME") or "/nonexistent")
    if "UV_CACHE_DIR" not in environment and not os.access(home, os.W_OK):
        environment["UV_CACHE_DIR"] = str(STATE / "cache" / "uv")
    return environment


def _pip() -> list[str]:
    """The command that is pip here. Raises StepFailed, naming the Debian package, when there is none."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    bundled = [Path("/usr/share/python-wheels")]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip and ensurepip.origin:
        bundled.append(Path(ensurepip.origin).parent / "_bundled")
    for folder in bundled:
        for wheel in sorted(folder.glob("pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]  # a wheel is a zip file that Python can run from
    raise StepFailed(NO_PIP)


def _uv_version(program: str) -> tuple[int, ...]:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)\.(\d+)", answer)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _ensure_venv() -> None:
    """Make .venv anew when missing, moved, or of another Python: installed scripts hold absolute paths."""
    identity = f"{ROOT}\n{sys.version_info.major}.{sys.version_info.minor}\n"
    mark = VENV / "nagara-stamps" / "venv"
    if PYTHON.exists() and (not mark.exists() or mark.read_text() == identity):
        return
    step(
        f"making .venv with Python {sys.version_info.major}.{sys.version_info.minor}",
        [find_uv(), "venv", "--clear", "--python", sys.executable, VENV],
        STATE / "logs" / "venv.log",
        env=uv_environment(),
    )
    mark.parent.mkdir()
    mark.write_text(identity)


def _sync(kind: str) -> None:
    """Install exactly the lock of `kind`. Also removes the `nagara` command, which no lock names."""
    lock = LOCKS[kind]
    packages = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    (VENV / "nagara-stamps").mkdir(exist_ok=True)
    for name in ("main", "dev", "command"):
        _stamp(name).unlink(missing_ok=True)
    step(
        f"installing {packages} Python packages from {lock.name}",
        [find_uv(), "pip", "sync", "--python", PYTHON, "--require-hashes", lock],
        STATE / "logs" / "packages.log",
        env=uv_environment(),
        hint="Is the package registry reachable from here, and is there disk space (1 GB)?",
    )
    _write_stamp(_stamp(kind), lock)


def _ensure_command() -> None:
    """Install the `nagara` command, pointing at this folder."""
    source = ROOT / "pyproject.toml"
    if (VENV / "bin" / "nagara").exists() and _is_current(_stamp("command"), source):
        return
    step(
        "installing the `nagara` command",
        [find_uv(), "pip", "install", "--python", PYTHON, "--no-deps", "--no-build-isolation", "-e", ROOT],
        STATE / "logs" / "command.log",
        # Only the packages were worth compiling: this step adds a pointer.
        env={**uv_environment(), "UV_COMPILE_BYTECODE": "0"},
    )
    (VENV / "nagara-stamps").mkdir(exist_ok=True)
    _write_stamp(_stamp("command"), source)


def _stamp(name: str) -> Path:
    """Stamps live inside .venv, so that deleting or replacing it takes them along."""
    return VENV / "nagara-stamps" / name


def _is_current(stamp: Path, source: Path) -> bool:
    return stamp.exists() and stamp.read_text() == _fingerprint(source)


def _write_stamp(stamp: Path, source: Path) -> None:
    stamp.write_text(_fingerprint(source))


def _fingerprint(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


@contextmanager
def _only_one() -> Iterator[None]:
    """Two run.py at once take turns; the second then finds everything made."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "environment.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("- another run.py is making the environment; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
