from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.local.waiting import ROOT

BARE_PYTHON = [sys.executable, "-I", "-S"]  # no packages, no settings of the user: as on a fresh machine
WORDS = ["demo", "test", "check", "bench", "chaos", "nagara", "web", "lock"]


def run_py(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BARE_PYTHON, str(ROOT / "run.py"), *words], cwd=folder, capture_output=True, text=True, check=False
    )


def test_alone_it_lists_every_word_with_a_line_each(tmp_path: Path) -> None:
    done = run_py(folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^  (\w+) +\S.*$", done.stdout, re.MULTILINE) == WORDS


def test_an_unknown_word_is_refused_with_the_known_ones() -> None:
    done = run_py("dmeo")
    assert done.returncode == 2
    assert done.stderr == f"run.py has no word 'dmeo'. Its words: {', '.join(WORDS)}.\n"


def test_what_is_started_may_keep_what_it_compiled() -> None:
    """Where images forbid it, as some do, each program would compile all of Nagara anew."""
    asked = f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); import run; run.main([]); print(sorted(os.environ))"
    done = subprocess.run(
        [*BARE_PYTHON, "-c", asked],
        env={"PYTHONDONTWRITEBYTECODE": "1", "KEPT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    told = done.stdout.splitlines()[-1]
    assert "KEPT" in told
    assert "PYTHONDONTWRITEBYTECODE" not in told


def test_the_landing_check_calls_what_a_developer_calls() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"^python3 run\.py (\w+)$", script.read_text(), re.MULTILINE) == ["check", "test"]
    assert "set -euo pipefail" in script.read_text()


def test_lock_files_pin_with_hashes_and_name_no_address() -> None:
    locks = sorted(ROOT.glob("requirements*.lock"))
    assert [lock.name for lock in locks] == [
        "requirements-boot.lock",
        "requirements-dev.lock",
        "requirements-node.lock",
        "requirements.lock",
    ]
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text
        pins = re.findall(r"^([\w.\[\]-]+)==", text, re.MULTILINE)
        assert pins
        assert len(re.findall(r"^\S+==.*\\\n    --hash=sha256:", text, re.MULTILINE)) == len(pins)


def test_the_dev_lock_holds_all_of_the_main_one() -> None:
    """An environment made for tests also serves the demo, so it never has to shrink."""
    pins = {
        name: set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    }
    assert pins["requirements.lock"] < pins["requirements-dev.lock"]
