"""What a process keeps in memory is made anew once what it was made of is another, or its time is over."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from city_config import City, Configuration
from nagara.cities import city_of, configuration, look_for_changes
from nagara.database import app_pool, clock_connection
from nagara.network import wall
from nagara.residents.views import closing_names
from nagara.suggestions import keeping, learn, suggestions_for
from tests.helpers import file
from tests.nagara.test_reloading import SHIPPED, change, folder

__all__ = ["folder"]

CITY = "kh-bat"
UNHEARD_OF = "xqzwjk wvvkqz"


class Clock:
    """A process's clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def words(folder: Path) -> Path:
    """The folder that is served, with phrases and greetings."""
    shutil.copytree(SHIPPED / "phrases", folder / "phrases")
    shutil.copy(SHIPPED / "greetings.yaml", folder / "greetings.yaml")
    for path in (*(folder / "phrases").glob("*.yaml"), folder / "greetings.yaml"):
        made_long_ago(path)
    return folder


def made_long_ago(path: Path) -> None:
    """Let a file look as if nobody were writing it any more."""
    then = time.time() - 3600
    os.utime(path, (then, then))


def rewrite(path: Path, old: str, new: str) -> None:
    """Change a file as if it had been written an hour ago."""
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    made_long_ago(path)


def suggested(said: str, served: Configuration | None = None, city: City | None = None) -> list[str]:
    """The services suggested for words, as both doors ask for them."""

    async def ask() -> list[str]:
        async with app_pool() as pool:
            found = await suggestions_for(pool, served or configuration(), city or city_of(CITY), said)
            return [one.service_code for one in found]

    return asyncio.run(ask())


def test_a_phrase_that_was_added_is_known_with_the_next_look_at_the_files(words: Path) -> None:
    assert suggested(UNHEARD_OF) == []
    rewrite(words / "phrases" / "en.yaml", "  waste_missed:\n", f"  waste_missed:\n    - {UNHEARD_OF}\n")
    assert look_for_changes()
    assert suggested(UNHEARD_OF) == ["waste_missed"]


def test_a_greeting_that_was_added_is_known_with_the_next_look_at_the_files(words: Path) -> None:
    assert "waste_missed" in suggested("rubbish")
    rewrite(words / "greetings.yaml", "  en: [", "  en: [rubbish, ")
    assert look_for_changes()
    assert suggested("rubbish") == []


@pytest.mark.parametrize("name", ["phrases/en.yaml", "greetings.yaml"])
def test_of_files_that_became_wrong_the_last_good_ones_stay(
    words: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    assert "waste_missed" in suggested("rubbish")
    rewrite(words / name, "review: pending\n", "review: maybe\n")
    look_for_changes()
    for _ in range(2):
        assert "waste_missed" in suggested("rubbish")
    [told] = [record.getMessage() for record in caplog.records if record.name == keeping.__name__]
    assert f"{name}:" in told, "once, with the line"
    rewrite(words / name, "review: maybe\n", "review: approved\n")
    assert look_for_changes()
    assert "waste_missed" in suggested("rubbish")


def test_a_citys_own_files_are_known_at_once_whatever_was_asked_before(words: Path) -> None:
    before = configuration()
    assert suggested(UNHEARD_OF) == []
    change(words, "services.yaml", "keywords: [សំរាម, ", f"keywords: [{UNHEARD_OF}, ")
    assert look_for_changes()
    assert suggested(UNHEARD_OF, before, city_of(CITY)) == ["waste_missed"], "taken while the files changed"
    assert suggested(UNHEARD_OF, before, before.cities[CITY]) == []
    assert suggested(UNHEARD_OF) == ["waste_missed"]


def test_what_was_learnt_is_known_after_ten_minutes(words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(keeping, "monotonic", clock)
    assert suggested(UNHEARD_OF) == []
    for number in range(4):
        file(city_of(CITY), service_code="waste_missed", description=f"{UNHEARD_OF} {number}")
    with clock_connection() as connection:
        assert learn(connection, city_of(CITY)) == 4
        connection.commit()
    clock.at += keeping.KEPT_SECONDS
    assert suggested(UNHEARD_OF) == [], "kept so long"
    clock.at += 1
    assert suggested(UNHEARD_OF) == ["waste_missed"]


def test_models_of_files_that_are_served_no_longer_are_let_go(words: Path) -> None:
    shutil.copytree(SHIPPED / "cities" / "kh-rep", words / "cities" / "kh-rep")
    for path in (words / "cities" / "kh-rep").iterdir():
        made_long_ago(path)
    for city in ("kh-rep", CITY):
        suggested("rubbish", city=city_of(city))
    assert keeping._kept.keys() >= {"kh-rep", CITY}
    rewrite(words / "greetings.yaml", "  en: [", "  en: [rubbish, ")
    assert look_for_changes()
    suggested("rubbish")
    assert keeping._kept.keys() == {CITY}


def test_a_wall_is_counted_anew_after_three_seconds_and_not_before(
    database_url: str, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, boards = Clock(), wall.Boards()
    monkeypatch.setattr(wall, "monotonic", clock)

    def still_open(city: City) -> int:
        async def ask() -> dict[str, Any]:
            async with app_pool() as pool:
                return await boards.board(pool, city, dt.datetime.now(dt.UTC))

        return int(asyncio.run(ask())["open"])

    file(phnom_penh)
    assert still_open(phnom_penh) == 1
    file(phnom_penh)
    clock.at += wall.BOARD_LASTS_S - 0.5
    assert still_open(phnom_penh) == 1
    assert still_open(city_of("th-bkk")) == 0, "another city's is its own"
    clock.at += 0.5
    assert still_open(phnom_penh) == 2
    assert still_open(city_of("th-bkk")) == 0


def test_sentences_of_closing_reasons_are_those_of_the_files_as_they_are(folder: Path) -> None:
    before = closing_names()["cleaned"]
    assert before["en"] == "The place has been cleaned."
    assert closing_names()["cleaned"] is before, "put together once"
    rewrite(folder / "messages" / "en.yaml", before["en"], "Somebody swept it.")
    assert closing_names()["cleaned"] is before, "until the files are looked at"
    assert look_for_changes()
    assert closing_names()["cleaned"] == {**before, "en": "Somebody swept it."}
