"""Every command says what it does with an example; what is refused is one clear line and a non-zero exit."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import psycopg
import pytest
import typer
from typer.core import TyperGroup

from nagara.cli.main import app, guarded
from nagara.cli.words import Word
from nagara.local.throwaway import Throwaway
from tests.waiting import PATIENCE_SECONDS

COMMANDS = (
    "up", "migrate", "bot", "import", "export", "backup", "restore",
    "cities list", "cities check", "cities explain", "cities diff", "cities dry-run",
    "cities new", "indicators build", "indicators verify", "indicators prove",
    "indicators figures", "report build", "report print", "events verify", "events seal", "events prove",
    "erasures write", "erasures repeat",
    "federation key", "federation export", "federation push", "federation check",
    "open311 check", "open311 pull", "staff add", "staff list", "staff reset", "keys add", "keys list", "demo load",
    "audits draw", "audits show", "audits find", "audits verify",
)  # fmt: skip


def nagara(*words: str, input_: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as people do; within this process where it needs no environment of its own, which is quicker."""
    if environment:
        return as_a_process(*words, input_=input_, **environment)
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "stdin", io.StringIO(input_))
        patch.setattr(sys, "argv", ["nagara", *words])
        try:
            code = guarded(lambda: app(list(words)))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def as_a_process(*words: str, input_: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "nagara.cli.main", *words],
        capture_output=True,
        text=True,
        input=input_,
        env=os.environ | environment,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def words() -> list[Word]:
    """The words of ``nagara``, none of them loaded."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return [word for word in group.commands.values() if isinstance(word, Word)]


def commands() -> Iterator[tuple[str, str]]:
    """Every command with its help."""
    for word in words():
        loaded = word.loaded()
        if isinstance(loaded, TyperGroup):
            for last, leaf in loaded.commands.items():
                yield f"{word.name} {last}", leaf.help or ""
        else:
            yield str(word.name), loaded.help or ""


def test_every_command_is_there_and_has_an_example() -> None:
    found = dict(commands())
    assert set(found) == set(COMMANDS)
    for name, text in found.items():
        assert f"nagara {name}" in text, f"{name} shows no example"


def test_what_help_says_of_a_word_is_what_the_word_says_of_itself() -> None:
    for word in words():
        assert (word.loaded().help or "").startswith(word.help or "nothing"), word.name


def test_help_loads_nothing_that_only_commands_need() -> None:
    listed = "import sys; from nagara.cli.main import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    loaded = {name for name in ran.stdout.splitlines()[-1].split() if name.startswith("nagara.")}
    assert "nagara.cli.words" in loaded
    assert not loaded & {"nagara.database", "nagara.settings", "nagara.cities", "nagara.cli.cities"}


def test_a_day_on_the_command_line(database_url: str, services: Throwaway, tmp_path: Path) -> None:
    assert "revision" in nagara("migrate").stdout
    added = nagara(
        "staff", "add", "sok@kh-pnh", "--role", "agent", "--password-stdin", input_="long enough password\n"
    )
    assert added.stdout.strip() == "sok@kh-pnh is agent", added.stderr
    key = nagara("keys", "add", "--city", "kh-pnh", "--label", "app").stdout.strip()
    assert key.startswith("kh-pnh.key.")
    assert "open311" in nagara("keys", "list", "--city", "kh-pnh").stdout
    temporary = nagara("staff", "reset", "sok@kh-pnh", "--password").stdout.strip()
    assert len(temporary) == 16
    assert "sok@kh-pnh" in nagara("staff", "list", "--city", "kh-pnh").stdout
    assert nagara("indicators", "build", "--city", "kh-pnh").stdout.startswith("kh-pnh: snapshot")
    page = tmp_path / "report.html"
    built = nagara("report", "build", "--period", "2026-10", "--html", str(page))
    assert built.returncode == 0
    paper, report = tmp_path / "summary.pdf", built.stdout.split()[1]
    words = ("report", "print", report, "--form", "summary", "--city", "kh-pnh", "--language", "km")
    assert nagara(*words, "--out", str(paper)).stderr.endswith("a draft\n")
    assert paper.read_bytes().startswith(b"%PDF")
    assert page.read_text().startswith("<!doctype html>")
    assert "whole" in nagara("events", "verify", "kh-pnh").stdout


def test_events_verify_fails_where_history_was_forced(database_url: str, phnom_penh: object) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(
            "insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, data, hash) "
            "values ('kh-pnh', gen_random_uuid(), 1, 'filed', now(), now(), 'system', '{}', 'forged')"
        )
    found = nagara("events", "verify", "kh-pnh")
    assert found.returncode == 1
    assert "not what was recorded" in found.stderr


def test_explain_walks_through_the_rules(services: Throwaway) -> None:
    words = ("cities", "explain", "kh-pnh", "--service", "waste_missed", "--at", "11.5696,104.9210")
    told = nagara(*words, "--when", "2026-11-20T09:00:00+07:00")
    assert told.returncode == 0, told.stderr
    assert "1202" in told.stdout
    assert "worked on by mizuda" in told.stdout
    assert "resolve_by: 2026-11-21T09:00+07:00" in told.stdout


def test_cities_are_listed_and_checked(services: Throwaway) -> None:
    listed = nagara("cities", "list").stdout
    assert all(city in listed for city in ("kh-pnh", "kh-rep", "kh-bat", "th-bkk"))
    checked = nagara("cities", "check", "--no-unconfirmed")
    assert checked.returncode == 0, checked.stdout
    assert "0 error" in checked.stdout


def test_figures_of_any_data(tmp_path: Path, services: Throwaway) -> None:
    data, out = tmp_path / "in.csv", tmp_path / "out.json"
    rows = [
        f"A,x,2026-01-01T00:00:00Z,2026-01-01T{hour:02}:00:00Z,2026-02-01T00:00:00Z" for hour in range(1, 12)
    ]
    data.write_text("city,category,created,closed,snapshot\n" + "\n".join(rows) + "\n")
    assert nagara("indicators", "figures", "--input", str(data), "--json", str(out)).returncode == 0
    assert json.loads(out.read_text())["overall/all/median"] == 6.0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cities", "explain", "xx-yyy", "--service", "a", "--at", "1,2"), "There is no city"),
        (("cities", "explain", "kh-pnh", "--service", "nonsense", "--at", "11.57,104.92"), "has no service"),
        (("cities", "explain", "kh-pnh", "--service", "waste_missed", "--at", "here"), "not a position"),
        (("cities", "explain", "kh-pnh", "--service", "waste_missed", "--at", "48.8,2.3"), "outside"),
        (("cities", "check", "--folder", "/nonexistent"), "network.yaml"),
        (("import", "/nonexistent.csv", "--city", "kh-pnh"), "nonexistent.csv"),
        (("indicators", "figures", "--input", "/nonexistent.csv", "--json", "-"), "nonexistent.csv"),
        (("report", "build", "--period", "soon"), "not a period"),
        (("staff", "add", "nobody", "--role", "agent", "--password-stdin"), "name@city"),
        (("staff", "add", "a@kh-pnh", "--role", "king", "--password-stdin"), "not a role"),
        (("staff", "reset", "nobody@kh-pnh"), "no account"),
        (("keys", "add", "--city", "kh-pnh", "--label", "a", "--scope", "everything"), "not a scope"),
        (("keys", "add", "--city", "kh-pnh", "--label", "a", "--days", "731"), "730 days"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else None,
)
def test_what_is_refused_is_one_clear_line(services: Throwaway, words: tuple[str, ...], said: str) -> None:
    refused = nagara(*words, input_="a password that is long\n")
    assert refused.returncode != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert len(refused.stderr.strip().splitlines()) <= 2


def test_a_database_that_is_away_is_said_plainly(services: Throwaway) -> None:
    refused = nagara("events", "verify", DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
    assert refused.returncode == 1
    assert refused.stderr.startswith("nagara: The database refused")
