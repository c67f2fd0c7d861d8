"""A made-up town with a folder of its own: rounds, landmarks, notices, services that others take.

What no shipped city knows of itself is tried here, and nothing is invented for a real one.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nagara import cities
from nagara.settings import settings
from tests.conftest import REPOSITORY
from tests.nagara.small_cities import collection, feature, rectangle

API = "/api/v1/cities/kh-rvs"
FILE, CHECK = f"{API}/requests", f"{API}/requests/check"
WEST, EAST = {"lat": 11.53, "lon": 104.87}, {"lat": 11.53, "lon": 104.93}
OUTSIDE = {"lat": 11.53, "lon": 105.5}
RIVER_ROAD = "ផ្លូវមាត់ទន្លេ"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CITY = """
id: kh-rvs
country: KH
reference_prefix: RVS
names: {km: មាត់ទន្លេ, en: Riverside}
timezone: Asia/Phnom_Penh
languages: [km, en]
map: {centre: {lat: 11.55, lon: 104.9}}
calendar: {hours: {mon: ["08:00-17:00"], tue: ["08:00-17:00"], wed: ["08:00-17:00"], thu: ["08:00-17:00"]}}
departments: [{code: works, names: {km: សាធារណការ, en: Public Works}}]
contact_lines:
  - {kind: emergency, names: {en: Fire brigade}, phone: "118"}
  - {kind: emergency, names: {en: Ambulance}, phone: "119", confirmed: true}
  - {kind: municipal, names: {en: Town hall}, phone: "023 999"}
"""

SERVICES = """
groups: {waste: {km: សំរាម, en: Waste}, other: {km: ផ្សេងៗ, en: Other}}
services:
  - {code: missed, network_code: waste_missed, names: {en: Missed collection}, promise: {}, asks_round: household}
  - {code: pothole, network_code: road_pothole, names: {en: Pothole}, promise: {resolve: {calendar_hours: 24}}}
  - {code: light, network_code: street_light, names: {en: Street light}, promise: {}, nearby_metres: 400}
  - {code: tree, network_code: other, names: {en: Tree}, promise: {}, nearby_metres: 0}
  - {code: addict, network_code: other, names: {en: Needles}, promise: {}}
  - {code: graffiti, network_code: other, names: {en: Graffiti}, promise: {}}
  - {code: ferry, network_code: other, names: {en: Ferry}, promise: {}, valid_to: 2020-01-01}
  - code: power
    network_code: other
    names: {en: Power cut}
    promise: {}
    redirect:
      notice: {km: សូមហៅអគ្គិសនី, en: The electricity company takes these.}
      url: https://power.example.org/
      phone: "023 111"
  - code: flood
    network_code: flooding
    names: {en: Flooding}
    promise: {resolve: {calendar_hours: 12}}
    questions:
      - code: where
        datatype: singlevaluelist
        names: {en: Where is the water?}
        required: true
        choices: [{key: street, names: {en: Street}}, {key: home, names: {en: Home}}]
      - code: people
        datatype: number
        names: {en: How many people?}
        required: true
        shown_when: {where: [home]}
    stop_notices:
      - notice: {km: សូមចាកចេញ, en: "In danger? Leave now and call."}
        shown_when: {where: [home]}
        phone: "119"
        confirmed: true
      - {notice: {en: Keep away from cables.}, stops: false, phone: "118"}
      - {notice: {en: Not in flood week.}, valid_to: 2020-01-01}
"""

ROUTING = """
rules: [{id: all, owner: works, because: Public Works looks after everything.}]
ladder: [{step: 1, after_due: {calendar_hours: 1}, tell: [supervisor], because: Nobody answered.}]
"""

LANDMARKS = """
landmarks:
  - code: new-market
    names: {km: ផ្សារថ្មី, en: New Market}
    also: [Psar Thmei]
    position: {lat: 11.531, lon: 104.871}
"""


def two_days_ago() -> dt.date:
    """A day of the town's calendar that is over, whatever the time is."""
    return dt.datetime.now(ZoneInfo("Asia/Phnom_Penh")).date() - dt.timedelta(days=2)


def rounds() -> str:
    """A round that came two days ago, and one of the river road, which comes next year."""
    day = two_days_ago()
    weekday = WEEKDAYS[day.weekday()]
    return f"""
rounds:
  - code: night
    names: {{en: Night round}}
    districts: ["01"]
    weekdays: [{weekday}]
    windows: ["20:00-23:00"]
  - code: river
    districts: ["01"]
    streets: ["{RIVER_ROAD}"]
    weekdays: [mon]
    windows: ["05:00-07:00"]
    valid_from: {day.replace(year=day.year + 1, day=1)}
"""


_known: dict[str, tuple[Path, cities._Following]] = {}
"""Folders made before, and what was read from them: reading a folder takes longer than most tests."""


@contextmanager
def served(folders: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Iterator[None]:
    """Serve the town alone; ``more`` are further keys of its city.yaml."""
    wanted = json.dumps(more, sort_keys=True)
    if wanted not in _known:
        root = folders.mktemp("riverside")
        _write(root, more)
        _known[wanted] = root, cities._Following()
    root, following = _known[wanted]
    monkeypatch.setenv("NAGARA_CITY_CONFIG", str(root))
    monkeypatch.setattr(cities, "_following", following)
    settings.cache_clear()
    try:
        yield
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def _write(root: Path, more: dict[str, Any]) -> None:
    folder = root / "cities" / "kh-rvs"
    folder.mkdir(parents=True)
    shutil.copytree(REPOSITORY / "city_config" / "messages", root / "messages")
    shutil.copy(REPOSITORY / "city_config" / "network.yaml", root / "network.yaml")
    texts = {
        "city.yaml": CITY + "".join(f"{key}: {json.dumps(value)}\n" for key, value in more.items()),
        "services.yaml": SERVICES,
        "routing.yaml": ROUTING,
        "rounds.yaml": rounds(),
        "landmarks.yaml": LANDMARKS,
    }
    districts = collection(
        feature("01", rectangle(104.85, 11.5, 104.9, 11.6), name="Khan Daun Penh"),
        feature("02", rectangle(104.9, 11.5, 104.95, 11.6), name="Ba Đình"),
    )
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "districts.geojson").write_text(json.dumps(districts), encoding="utf-8")
