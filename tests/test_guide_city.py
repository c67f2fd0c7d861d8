"""The guide for a city holds: its commands are run as they stand, its examples are right by the schema."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from city_config.editor_schemas import city_schema
from tests.city_config.test_editor_schemas import as_json
from tests.conftest import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "guide-city.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty place with the network's files and a `nagara` to call."""
    root = tmp_path / "city_config"
    (root / "cities").mkdir(parents=True)
    shutil.copytree(REPOSITORY / "city_config" / "messages", root / "messages")
    shutil.copy(REPOSITORY / "city_config" / "network.yaml", root / "network.yaml")
    command = tmp_path / "bin" / "nagara"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nagara.cli.main "$@"\n')
    command.chmod(0o755)
    # a configuration needs a city to be one; the officer's first has not been written yet
    shutil.copytree(REPOSITORY / "city_config" / "cities" / "kh-bat", root / "cities" / "kh-bat")
    return tmp_path


def test_an_officer_gets_from_nothing_to_a_checked_city(place: Path) -> None:
    environment = os.environ | {
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "NAGARA_CITY_CONFIG": str(place / "city_config"),
        "NAGARA_DEMO": "1",
    }
    told = []
    for block in COMMANDS:
        run = subprocess.run(
            ["sh", "-euc", block],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert run.returncode == 0, f"{block}\n{run.stdout}\n{run.stderr}"
        told.append(run.stdout)
    _, listed, first, _, second, meaning, last = told
    assert "Kampot" in listed
    assert "2/?" in listed, "nobody said how many districts there are"
    assert "owner: city-hall" in first
    assert "0 error" in first
    assert "owner: public-works" in second
    assert "kh-kpt: rule 'roads' added" in meaning
    assert "road_pothole: owner public-works -> city-hall" in meaning
    assert "department 'public-works' is not confirmed" not in last
    assert "department 'city-hall' is not confirmed" in last


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split(":")[0])
def test_examples_are_right_by_the_schema(example: str) -> None:
    jsonschema_rs.validate(city_schema(), as_json(yaml.safe_load(example)))


def test_every_block_is_tried() -> None:
    assert len(COMMANDS) == 7
    assert len(EXAMPLES) == 10
