"""`python -m nagara.local.chaos`: the proof as a command; ends with 0 if time worked exactly once, else with 1."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from nagara.local.chaos.blows import LONG, SHORT
from nagara.local.chaos.course import Outcome, run, summary
from nagara.local.chaos.reckoning import table


def say(text: str) -> None:
    """A line for the person watching."""
    print(text, flush=True)


def main() -> int:
    """Read the command line, run, print the counts."""
    parser = argparse.ArgumentParser(
        prog="run.py chaos",
        description="Kill workers while promises fall due and messages go out, then count that all happened once.",
    )
    parser.add_argument(
        "--short", action="store_true", help="hundreds of requests and ten kills, under a minute"
    )
    parser.add_argument("--seed", type=int, help="repeat the blows of an earlier run")
    parser.add_argument("--requests", type=int, help="how many requests fall due")
    parser.add_argument("--keep", type=Path, help="an empty folder for servers and logs that is left behind")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    measure = SHORT if chosen.short else LONG
    if chosen.requests is not None:
        measure = replace(measure, requests=chosen.requests)
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(1_000_000)
    say(f"seed {seed}: the same blows again with --seed {seed}")
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
        outcome = run(measure, seed, chosen.keep.resolve(), say)
    else:
        with tempfile.TemporaryDirectory(prefix="nagara-chaos-", ignore_cleanup_errors=True) as folder:
            outcome = run(measure, seed, Path(folder), say)
    say(f"\nWhat was done, in {outcome.took:.0f} s:\n{summary(measure, outcome)}\n")
    say(_verdict(outcome, seed))
    return 0 if outcome.holds else 1


def _verdict(outcome: Outcome, seed: int) -> str:
    if outcome.reckoning is None:
        return f"NOT SETTLED in time; still waiting: {outcome.waiting}. Seed {seed}."
    told = "Everything happened exactly once." if outcome.holds else f"NOT exactly once. Seed {seed}."
    return f"What became of it:\n{table(outcome.reckoning)}\n\n{told}"


if __name__ == "__main__":
    sys.exit(main())
