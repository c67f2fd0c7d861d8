"""The words of Traffy Fondue as services and states of Bangkok; a wrong mapping names its line."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from city_config import Configuration, ConfigurationError, load_import_mapping
from tests.city_config.conftest import SHIPPED

MAPPING = SHIPPED / "cities" / "th-bkk" / "import_traffy.yaml"
REAL_REPORTS = SHIPPED.parents[1] / "shared" / "data" / "bangkok_2022-12_2023-01.csv.gz"

NETWORK_CODES = {
    "ถนน": "road_pothole",
    "ทางเท้า": "footpath_damaged",
    "แสงสว่าง": "street_light",
    "ความสะอาด": "street_dirty",
    "น้ำท่วม": "flooding",
    "ท่อระบายน้ำ": "drain_blocked",
    "คลอง": "waterway_dirty",
    "สะพาน": "road_pothole",
    "จราจร": "parking",
    "ป้ายจราจร": "traffic_device",
    "ป้าย": "obstruction",
    "กีดขวาง": "obstruction",
    "เสียงรบกวน": "noise",
    "ต้นไม้": "tree_hazard",
    "สัตว์จรจัด": "stray_animal",
    "สายไฟ": "cable_pole",
    "ความปลอดภัย": "other",
    "ห้องน้ำ": "public_toilet",
    "PM2.5": "air",
    "คนจรจัด": "other",
    "การเดินทาง": "other",
}


@pytest.mark.parametrize(("name", "code"), NETWORK_CODES.items())
def test_each_type_counts_under_its_network_code(shipped: Configuration, name: str, code: str) -> None:
    city = shipped.cities["th-bkk"]
    service = load_import_mapping(MAPPING, city).service_for(name)

    assert service is not None
    assert city.services_by_code[service].network_code == code


def test_the_first_type_decides(shipped: Configuration) -> None:
    mapping = load_import_mapping(MAPPING, shipped.cities["th-bkk"])

    assert mapping.service_for("ความปลอดภัย,สายไฟ") == "safety"
    assert mapping.service_for(" สายไฟ , ถนน") == "cable_pole"
    assert mapping.service_for("") == "other"


def test_what_is_left_out_says_why(shipped: Configuration) -> None:
    mapping = load_import_mapping(MAPPING, shipped.cities["th-bkk"])

    assert mapping.service_for("สอบถาม,ถนน") is None
    assert mapping.why_left_out("สอบถาม,ถนน") == "a question, not an issue"
    assert mapping.service_for("ยานอวกาศ") is None
    assert mapping.why_left_out("ยานอวกาศ") == "unknown type 'ยานอวกาศ'"


def test_states(shipped: Configuration) -> None:
    mapping = load_import_mapping(MAPPING, shipped.cities["th-bkk"])
    finished, foreign = mapping.state_for("เสร็จสิ้น"), mapping.state_for("ไม่เกี่ยวข้อง")

    assert finished is not None
    assert (finished.status, finished.reason, finished.closes) == ("resolved", "fixed", True)
    assert foreign is not None
    assert (foreign.status, foreign.reason) == ("declined", "out_of_jurisdiction")
    assert mapping.state_for("???") is None
    assert mapping.state_for("") == mapping.stateless


@pytest.mark.skipif(not REAL_REPORTS.is_file(), reason=f"{REAL_REPORTS} is not here")
def test_every_type_and_state_of_real_reports_is_known(shipped: Configuration) -> None:
    mapping = load_import_mapping(MAPPING, shipped.cities["th-bkk"])
    unknown: Counter[str] = Counter()
    with gzip.open(REAL_REPORTS, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if mapping.service_for(row["type"]) is None and "unknown" in mapping.why_left_out(row["type"]):
                unknown[row["type"]] += 1
            if mapping.state_for(row["state_last"]) is None:
                unknown[row["state_last"]] += 1

    assert unknown == Counter()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "  ถนน: road_pothole",
            "  ถนน: road_hole",
            "types.ถนน: no service 'road_hole'; allowed: waste_missed",
        ),
        ("untyped: other", "untyped: others", "untyped: no service 'others'"),
        ("city: th-bkk", "city: kh-pnh", "city: 'kh-pnh' is not 'th-bkk'"),
        ("  สอบถาม: a question", "  ถนน: a question", "both mapped and dropped: ถนน"),
        ("{status: resolved, reason: fixed}", "{status: resolved}", "needs a closing reason"),
        ("{status: in_progress}", "{status: in_progress, reason: fixed}", "is not a closing"),
        ("{status: in_progress}", "{status: working}", "'in_progress'"),
        ("untyped: other", "untypd: other", "unknown key 'untypd' (did you mean 'untyped'?)"),
    ],
)
def test_wrong_line_is_named(shipped: Configuration, tmp_path: Path, old: str, new: str, says: str) -> None:
    text = MAPPING.read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    path = tmp_path / "import_traffy.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load_import_mapping(path, shipped.cities["th-bkk"])

    assert len(caught.value.faults) == 1
    fault = caught.value.faults[0]
    assert says in fault
    assert fault.startswith(f"{path}:{line}:") or "both mapped" in fault
