"""The changeset of discovery: it moves with every change of what is offered, also without a restart."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from city_config import Configuration, load_configuration
from nagara.open311.changeset import last_changed
from tests.conftest import REPOSITORY

WRITTEN = dt.datetime(2026, 3, 1, 2, 0, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def written(folder: Path, at: dt.datetime) -> None:
    for path in (path for path in folder.rglob("*") if path.is_file()):
        os.utime(path, (at.timestamp(), at.timestamp()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Battambang alone."""
    shipped, root = REPOSITORY / "city_config", tmp_path / "city_config"
    shutil.copytree(shipped / "cities" / "kh-bat", root / "cities" / "kh-bat")
    shutil.copytree(shipped / "messages", root / "messages")
    shutil.copy(shipped / "network.yaml", root / "network.yaml")
    written(root, WRITTEN)
    return root


def test_files_that_are_served_anew_are_a_change_and_those_that_are_not_are_none(folder: Path) -> None:
    served = load_configuration(folder)
    assert last_changed(served, NOW) == WRITTEN
    written(folder, WRITTEN + dt.timedelta(days=1))
    assert last_changed(served, NOW) == WRITTEN, (
        "what is wrong with a file is not known yet: it may never be served"
    )
    assert last_changed(load_configuration(folder), NOW) == WRITTEN + dt.timedelta(days=1)


def dated(served: Configuration, **days: dt.date) -> Configuration:
    """The same with a first service that holds between these days."""
    city = served.cities["kh-bat"]
    first, *others = city.services
    changed = city.model_copy(update={"services": (first.model_copy(update=days), *others)})
    return replace(served, cities={city.id: changed})


def test_a_day_on_which_a_service_begins_or_ends_is_a_change(folder: Path) -> None:
    served = load_configuration(folder)
    begins, ends = dt.date(2026, 4, 1), dt.date(2026, 4, 30)
    seasonal = dated(served, valid_from=begins, valid_to=ends)
    zone = served.cities["kh-bat"].zone
    first, after = (dt.datetime(2026, month, 1, tzinfo=zone) for month in (4, 5))
    before = dt.timedelta(seconds=1)
    assert [last_changed(seasonal, at) for at in (first - before, first, after - before, after, NOW)] == [
        WRITTEN, first, first, after, after,
    ]  # fmt: skip
    assert last_changed(dated(served, valid_to=dt.date.max), NOW) == WRITTEN
