from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nagara.local import checks
from nagara.local.steps import StepFailed, step


def test_a_step_says_what_it_does_and_how_long_it_took(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step("counting", [sys.executable, "-c", "print('one')"], tmp_path / "logs" / "count.log")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("- counting ...\n  counting: ")
    assert told.err.endswith(" s\n")
    assert (tmp_path / "logs" / "count.log").read_text() == "one\n"


def test_a_failed_step_shows_its_last_words_and_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('disk full'); raise SystemExit(4)"]
    with pytest.raises(StepFailed, match=r"counting failed:\n    disk full\nMake room."):
        step("counting", command, tmp_path / "log", hint="Make room.")


def test_a_step_whose_program_is_missing_names_it(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="cannot start /nowhere/npm: No such file or directory"):
        step("building", ["/nowhere/npm"], tmp_path / "log")


def test_all_checks_run_and_every_failure_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    every = [
        checks.Check("format", lambda: "a.py would be changed"),
        checks.Check("lint", lambda: ""),
        checks.Check("types", lambda: "b.py:1: wrong"),
    ]
    assert not checks.run_checks(every)
    told = capsys.readouterr().err
    for line in (
        "FAILED  format ",
        "ok      lint ",
        "FAILED  types ",
        "== format\na.py would",
        "== types\nb.py:1",
    ):
        assert line in told
    assert checks.run_checks(every[1:2])
