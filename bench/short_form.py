"""``python3 run.py bench``: every bench at a small size, one after the other, in under ten minutes; one page for all.

Small sizes show that each bar is looked at and about where each figure lies; the long forms of ``bench/README.md``
are what the figures in its tables come from.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS_SHORT.md")
OPERATIONS = ("--requests", "10000", "--rounds", "1", "--seconds", "0.5")
SHORT: Mapping[str, Sequence[str]] = {
    "latency": ("--seconds", "3", "--rounds", "1", "--turns", "2", "--requests", "5000"),
    "flood": ("--minutes", "0.1", "--requests", "10000", "--due", "200", "--beyond"),
    "growth": ("--sizes", "2000,8000", "--seconds", "0.5", "--rounds", "1"),
    "hosts": ("--rate", "40", "--calm", "2", "--requests", "4000", "--due", "200"),
    "climb": ("--open", "50000", "--due", "6000", "--rounds", "1"),
    "carry": ("--requests", "20000", "--rounds", "1"),
    "indicators": ("--requests", "30000", "--rounds", "1"),
}
PAGE_OF_ITS_OWN = "# "


def main(results: Path = RESULTS) -> int:
    """Run them all and keep what they say on one page; 1 where one of them could not be run."""
    began, failed = time.monotonic(), []
    parts = ["# Every bench in its short form"]
    with tempfile.TemporaryDirectory(prefix="nagara-bench-") as folder:
        for word, options in ({"": OPERATIONS} | dict(SHORT)).items():
            page = Path(folder) / f"{word or 'operations'}.md"
            command = [*([word] if word else []), *options]
            print(f"bench {' '.join(command)}", flush=True)
            from_here = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "bench", *command, "--results", str(page)],
                capture_output=True,
                text=True,
                check=False,
            )
            took = time.monotonic() - from_here
            said = page.read_text() if page.exists() else done.stdout  # it could not be run
            print(f"{said if done.returncode == 0 else done.stdout + done.stderr}\n{took:.0f} s", flush=True)
            if done.returncode:
                failed.append(word)
            parts += [f"## bench {' '.join(command)} ({took:.0f} s)", _below(said)]
    took = time.monotonic() - began
    results.write_text("\n\n".join([*parts, f"{took:.0f} s in all"]) + "\n")
    print(
        f"{took:.0f} s; all of it is in {results.name}" + (f"; FAILED: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


def _below(page: str) -> str:
    """A page as a part of another: without its title and the pictures beside it."""
    lines = page.strip().splitlines()
    kept = [line for line in lines if not line.startswith((PAGE_OF_ITS_OWN, "!["))]
    return "\n".join(kept).strip()
