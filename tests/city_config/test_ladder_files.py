"""Ladders, posts and pauses in a city's files: what is taken, and what is refused with its line."""

from __future__ import annotations

import pytest

from city_config import Configuration
from city_config.ladder import STAGES
from tests.city_config.conftest import Folder

GOOD = """
posts:
  - code: governor
    names: {en: Governor}
    email: governor@example.org
    quiet_hours: {between: "21:00-06:00", on_days_off: true}
  - code: head
    names: {en: Head of works}
    accounts: [sok]
    may_be_woken: false
quiet_hours:
  supervisor: {between: "22:00-05:00"}
pauses:
  waiting_reporter: {working_days: 3}
  source: our choice
ladders:
  - code: seen
    promise: acknowledge
    steps:
      - step: 1
        at_fraction: 1.0
        tell: [agent, department_head]
        acknowledge_within: {calendar_hours: 1}
        without_acknowledgement: tell_again
        because: Nobody has looked at it.
  - code: rubbish
    network_codes: [waste_missed]
    safety: true
    steps:
      - step: 1
        at_fraction: 0.5
        tell: [contractor]
        acknowledge_within: {calendar_hours: 2}
        because: Half of the time is over.
      - step: 2
        after_due: {calendar_hours: 4}
        tell: [governor, city_admin]
        assign_to: head
        wakes: false
        because: The time is over.
"""


def written(folder: Folder, text: str = GOOD) -> None:
    folder.path("ladder.yaml").write_text(text.lstrip(), encoding="utf-8")


def test_a_city_may_say_all_of_it_in_a_file_of_its_own(folder: Folder) -> None:
    written(folder)
    city = folder.load().cities["kh-bat"]
    assert [ladder.promise for ladder in city.ladders] == ["acknowledge", "resolve"]
    assert city.posts_by_code["governor"].quiet_hours is not None
    assert (city.pauses.waiting_reporter.working_days, city.pauses.on_hold.working_days) == (3, 10)
    assert len(city.ladder) == 2, "the two rungs of before stay the ladder of all other services"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("tell: [contractor]", "tell: [contractors]",
         ["ladders.1.steps.0.tell.0: no role or post 'contractors'", "allowed: agent", "governor"]),
        ("tell: [governor, city_admin]", "tell: [network:kh]",
         ["ladders.1.steps.1.tell.0: no role or post 'network:kh'"]),
        ("assign_to: head", "assign_to: governor",
         ["assign_to: no contractor or post with accounts 'governor'", "head"]),
        ("assign_to: head", "hand_to: nobody", ["hand_to: no department 'nobody'"]),
        ("[waste_missed]", "[waste_mist]", ["ladders.1.network_codes.0: no code 'waste_mist'"]),
        ("code: rubbish", "code: seen", ["ladders.1.code: 'seen' is given twice"]),
        ("- code: head", "- code: supervisor", ["posts.1.code: 'supervisor' has a meaning of its own"]),
        ("step: 2", "step: 1", ["step: 1 is given twice"]),
        ("after_due: {calendar_hours: 4}", "at_fraction: 0.2",
         ["ladders.1.steps.1: step 2 must come later than step 1"]),
        ("acknowledge_within: {calendar_hours: 2}", "acknowledge_within: {working_hours: 2}",
         ["ladders.1.steps.0", "acknowledge_within counts calendar time"]),
        ("        without_acknowledgement: tell_again\n", "", ["there is nowhere to climb", "tell_again"]),
        ("acknowledge_within: {calendar_hours: 2}", "without_acknowledgement: tell_again",
         ["without_acknowledgement needs acknowledge_within"]),
        ('"21:00-06:00"', '"21:00-21:00"', ["quiet_hours.between", "has no length"]),
        ("supervisor: {between", "governess: {between", ["quiet_hours.governess"]),
        ("{working_days: 3}", "{working_days: 3, calendar_days: 1}", ["pauses.waiting_reporter", "give exactly one"]),
        ("network_codes: [waste_missed]", "services: []", ["ladders.1: ladder 'rubbish' is never climbed"]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else None,
)  # fmt: skip
def test_what_leads_nowhere_is_refused_with_its_line(
    folder: Folder, old: str, new: str, says: list[str]
) -> None:
    text = GOOD
    if "never climbed" in says[0]:  # an earlier ladder that holds for everything
        text = text.replace("promise: acknowledge", "promise: resolve", 1)
    assert old in text
    written(folder, text.replace(old, new, 1))
    faults = folder.faults()
    named = [fault for fault in faults if all(words in fault for words in says)]
    assert named, faults
    assert named[0].startswith(f"{folder.path('ladder.yaml')}:")


def test_a_ladder_of_a_promise_nobody_makes_is_refused(folder: Folder) -> None:
    written(folder)
    services = folder.path("services.yaml")
    text = services.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.strip().startswith("acknowledge:")]
    services.write_text(
        "\n".join(lines).replace("acknowledge: {working_hours: 1}, ", "") + "\n", encoding="utf-8"
    )
    assert "no service of ladder 'seen' promises to acknowledge" in folder.fault()


def test_every_shipped_ladder_says_where_it_comes_from(shipped: Configuration) -> None:
    ladders = [ladder for city in shipped.cities.values() for ladder in city.ladders]
    posts = [post for city in shipped.cities.values() for post in city.posts]
    assert len(ladders) >= 3
    assert all(one.source for one in [*ladders, *posts])
    assert {ladder.promise for ladder in ladders} <= set(STAGES)
