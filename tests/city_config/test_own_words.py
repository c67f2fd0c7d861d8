"""A city's own words for notices: those for a service before those for all, and faults named where they stand."""

from __future__ import annotations

import pytest

from city_config.checks import check
from city_config.texts import CityTexts
from tests.city_config.conftest import Folder


def words(what: str) -> dict[str, str]:
    return {"subject": what, "body": "{service}"}


OWN = CityTexts.model_validate(
    {
        "notifications": {"filed": words("all"), "resolved": words("all")},
        "for_services": [
            {"services": ["lamp"], "network_codes": ["street_light"], "notifications": {"filed": words("lamp")}},
            {"network_codes": ["street_light"], "notifications": {"filed": words("light")},
             "for_staff": {"escalated": words("light")}},
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("audience", "kind", "service", "code", "subject", "by"),
    [
        ("resident", "filed", "lamp", "street_light", "lamp", "service"),
        ("resident", "filed", "lantern", "street_light", "light", "service"),
        ("resident", "filed", "lamp", "noise", "all", "city"),
        ("resident", "resolved", "lamp", "street_light", "all", "city"),
        ("staff", "escalated", "lamp", "street_light", "light", "service"),
        ("staff", "escalated", "noise", None, None, None),
        ("staff", "assigned", "lamp", "street_light", None, None),
    ],
)
def test_words_for_a_service_come_before_the_citys(
    audience: str, kind: str, service: str, code: str | None, subject: str | None, by: str | None
) -> None:
    found = OWN.worded(audience, kind, service, code)  # type: ignore[arg-type]
    assert (found and found[0].subject, found and found[1]) == (subject, by)


TEXTS = """
texts:
  en:
    notifications:
      filed: {subject: "{reference}: received", body: "{code} {status_url}"}
    for_services:
      - services: [waste_missed]
        notifications:
          filed: {subject: "{reference}: the truck", body: "{status_url}"}
      - network_codes: [waste_missed]
        notifications:
          filed: {subject: "{reference}: never read", body: "{status_url}"}
          resolved: {subject: "{reference}: collected", body: "{note}"}
  fr:
    notifications:
      filed: {subject: "{reference}: reçu", body: "{status_url}"}
"""


def test_words_that_nobody_would_read_are_found_with_their_line(folder: Folder) -> None:
    first = folder.append("city.yaml", TEXTS) + 1
    found = {
        (one.line or 0) - first: one.message
        for one in check(folder.load())
        if one.file == folder.path("city.yaml") and one.severity == "warning" and (one.line or 0) >= first
    }
    assert found[3].startswith("{code} is always empty here; allowed: {reference}")
    assert found[10] == "never said: earlier words for 'filed' hold for these services"
    assert found[12].startswith("nobody is told anything in 'fr'")
    assert len(found) == 3


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("[waste_missed]\n        notifications", "[trees]\n        notifications", 5, "no service 'trees'; allowed:"),
        ("network_codes: [waste_missed]", "network_codes: [tree]", 8, "no network code 'tree'; allowed:"),
        ("      - services: [waste_missed]\n        not", "      - not", 5, "name services or network_codes"),
        ("{note}", "{nota}", 11, "unknown placeholder {nota}; allowed:"),
    ],
)  # fmt: skip
def test_words_for_what_is_not_there_are_refused(
    folder: Folder, old: str, new: str, line: int, told: str
) -> None:
    assert old in TEXTS
    first = folder.append("city.yaml", TEXTS.replace(old, new, 1)) + 1
    fault = folder.fault()
    assert fault.startswith(f"{folder.path('city.yaml')}:{first + line}: "), fault
    assert told in fault
