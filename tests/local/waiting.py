"""What runs on this machine, as tests of programs ask for it."""

from __future__ import annotations

import os
from collections.abc import Set
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def parent_of(pid: int) -> int:
    """The process that started another, or 0 when that has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def first_of(pids: Set[int]) -> int | None:
    """Of a program's processes one that none of the others started; numbers begin anew, so the lowest says nothing."""
    return min((pid for pid in pids if parent_of(pid) not in pids), default=None)


def descendants(pid: int) -> set[int]:
    """All processes a process started, directly or not, that run now."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found: set[int] = set()
    while new := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= new
    return {child for child in found if alive(child)}


def command_of(pid: int) -> str:
    """The command line of a process, or nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


ROOT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0
