from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from nagara.local import state


def test_passwords_are_chosen_once_and_kept_for_the_owner_only(tmp_path: Path) -> None:
    first = state.load(tmp_path)
    state.save(tmp_path, replace(first, postgres_port=5555))
    assert state.load(tmp_path) == replace(first, postgres_port=5555)
    assert stat.S_IMODE((tmp_path / state.STATE_FILE).stat().st_mode) == 0o600
    assert len({first.postgres_password, first.redis_password, first.secret_key}) == 3
    assert len(first.secret_key) >= 32


def test_one_folder_serves_one_nagara(tmp_path: Path) -> None:
    with (
        state.only_user(tmp_path, "http://127.0.0.1:8000"),
        pytest.raises(state.AlreadyRunning, match=r"process \d+, http://127.0.0.1:8000"),
        state.only_user(tmp_path, "http://127.0.0.1:9000"),
    ):
        pytest.fail("two at once")
    with state.only_user(tmp_path, "http://127.0.0.1:9000"):
        pass


def test_other_commands_learn_the_settings_only_while_it_runs(tmp_path: Path) -> None:
    assert state.running_environment(tmp_path) == {}
    with state.only_user(tmp_path, "http://127.0.0.1:8000"):
        state.announce(tmp_path, {"DATABASE_URL": "postgresql://here"})
        assert state.running_environment(tmp_path) == {"DATABASE_URL": "postgresql://here"}
    assert state.running_environment(tmp_path) == {}
    state.announce(tmp_path, {"DATABASE_URL": "postgresql://left by a killed one"})
    assert state.running_environment(tmp_path) == {}
