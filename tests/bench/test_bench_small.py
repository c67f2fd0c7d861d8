"""The bench runs from beginning to end at a small size and yields every row; how fast is not asked here."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import orjson

REPOSITORY = Path(__file__).resolve().parent.parent.parent
ROWS = {
    ("public status", 8),
    ("public status", 32),
    ("queue, first page", 8),
    ("queue, deep page", 8),
    ("queue, with filters", 8),
    ("queue, closed ones", 8),
    ("queue, rare words", 8),
    ("queue, common words", 8),
    ("queue, an area", 8),
    ("queue, a request opened", 8),
    ("queue, figures of the views", 8),
    ("map, a box", 8),
    ("map, a box that changes all the time", 8),
    ("map, a whole city", 8),
    ("dashboard, one city x code x month", 8),
    ("dashboard, open ones by code beside counting them", 8),
    ("dashboard, all cities x code x month", 2),
    ("GeoReport list of 200, JSON", 2),
    ("GeoReport list of 200, XML", 2),
    ("GeoReport list of 200, JSON, page 40", 2),
    ("escalation sweep", 1),
    ("file a report", 8),
    ("file a report", 32),
    ("file a report, beside the floor in one go", 8),
    ("file a report, beside the floor in one go", 32),
}


def test_every_operation_is_measured_beside_its_floor(tmp_path: Path) -> None:
    results, data = tmp_path / "results.md", tmp_path / "data.json"
    options = ["--requests", "1000", "--rounds", "1", "--seconds", "0.3"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *options, "--results", results, "--data", data],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    measured = orjson.loads(data.read_bytes())
    assert {(row["operation"], row["connections"]) for row in measured} == ROWS
    assert all(math.isfinite(row["ratio"]) and row["ratio"] > 0 for row in measured)
    page = results.read_text()
    assert all(name in page for name, _ in ROWS)
    assert "fsync on, synchronous_commit on" in page
    assert "python3 run.py bench --requests 1000 --rounds 1 --seconds 0.3" in page
    assert str(REPOSITORY) not in page
