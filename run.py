#!/usr/bin/env python3
"""The one entrance to Nagara: `python3 run.py` lists its words.

Needs Python 3.11 or newer and nothing else; what is missing is fetched into .venv and .nagara, below here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"Nagara needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).")

sys.path.insert(0, str(Path(__file__).resolve().parent))

from nagara.local import checks, environment, web_build
from nagara.local.relock import relock
from nagara.local.steps import StepFailed, say

FALLBACK_PAGE = (
    "Nagara runs all the same: the API answers, and a plain page stands where the web pages would be."
)


def demo(arguments: list[str]) -> int:
    """run everything here with demo data, until Ctrl-C   [--port 8000] [--data DIR] [--workers N]"""
    environment.ensure("main")
    _build_web_or_say_why_not()
    return _become([environment.VENV / "bin" / "nagara", "up", "--demo", *arguments])


def test(arguments: list[str]) -> int:
    """run the tests on throw-away servers   [pytest arguments]"""
    environment.ensure("dev")
    _build_web_or_say_why_not()
    # one process has the demo to itself and mostly waits for a browser; two share everything else
    return _become([environment.PYTHON, "-m", "pytest", "-n", "3", *arguments])


def check(arguments: list[str]) -> int:
    """check format, lint, types, import contracts, generated files and the web's types"""
    _no_arguments("check", arguments)
    environment.ensure("dev")
    return 0 if checks.run_checks(checks.all_checks()) else 1


def bench(arguments: list[str]) -> int:
    """measure speed against the floor of the same machine   [see bench/README.md]"""
    environment.ensure("dev")
    return _become([environment.PYTHON, "-m", "bench", *arguments])


def chaos(arguments: list[str]) -> int:
    """kill workers while time goes on, and count that all happened once   [--short] [--seed N]"""
    environment.ensure("main")
    return _become([environment.PYTHON, "-m", "nagara.local.chaos", *arguments])


def nagara(arguments: list[str]) -> int:
    """the command line of Nagara itself   [try: nagara --help]"""
    environment.ensure("main")
    return _become([environment.VENV / "bin" / "nagara", *arguments], folder=Path.cwd())


def web(arguments: list[str]) -> int:
    """build the web pages into web/dist"""
    _no_arguments("web", arguments)
    if not web_build.build():
        raise StepFailed("web/package.json is missing: there is nothing to build.")
    say(f"web pages: {web_build.DIST}")
    return 0


def lock(arguments: list[str]) -> int:
    """recompile the lock files after a change in pyproject.toml   [--upgrade]"""
    relock(upgrade="--upgrade" in arguments)
    return 0


WORDS = {word.__name__: word for word in (demo, test, check, bench, chaos, nagara, web, lock)}


def main(arguments: list[str]) -> int:
    """Run one word; without one, list them all."""
    # A hundred programs are started from here, and each would compile all of Nagara anew: 1 s of processor.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print("python3 run.py WORD [arguments]\n")
        for name, word in WORDS.items():
            print(f"  {name:<8} {word.__doc__}")
        return 0
    if arguments[0] not in WORDS:
        say(f"run.py has no word '{arguments[0]}'. Its words: {', '.join(WORDS)}.")
        return 2
    try:
        return WORDS[arguments[0]](arguments[1:])
    except StepFailed as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130


def _build_web_or_say_why_not() -> None:
    """The pages are worth waiting for, but nothing else depends on them."""
    try:
        web_build.build()
    except StepFailed as problem:
        say(f"{problem}\nThe web pages could not be built (see above). {FALLBACK_PAGE}")


def _become(command: list[str | os.PathLike[str]], folder: Path = environment.ROOT) -> int:
    """Replace this process, so that signals and the exit code are the command's own. Does not return."""
    os.chdir(folder)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], [os.fspath(part) for part in command])  # noqa: S606  (no shell is the point)
    return 127


def _no_arguments(word: str, arguments: list[str]) -> None:
    if arguments:
        raise StepFailed(f"`run.py {word}` takes no arguments; got {' '.join(arguments)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
