"""Who is given work by a rung of the ladder hears of it, though no rung names them."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from nagara.event_log import EventKind
from nagara.notifications import to_staff

KNOWN = dt.datetime(2026, 11, 16, 2, tzinfo=dt.UTC)


def escalated(**data: Any) -> Any:
    due_at = (KNOWN + dt.timedelta(days=1)).isoformat()
    happening = SimpleNamespace(kind=EventKind.ESCALATED, data={"due_at": due_at, **data})
    return SimpleNamespace(happening=happening, known_since=KNOWN, actor=None, assignee="earlier")


def test_the_new_assignee_is_told_and_the_earlier_one_is_not() -> None:
    given = {"department": ["waste", "works"], "assignee": ["earlier", "sok"]}
    assert to_staff._assignee(escalated(changed=given)) == "sok"
    taken_away = {"department": ["waste", "works"], "assignee": ["earlier", None]}
    for data in ({"changed": taken_away}, {"changed": {"department": ["waste", "works"]}}, {}):
        assert to_staff._assignee(escalated(**data)) is None
    long_ago = (KNOWN - dt.timedelta(days=1)).isoformat()
    assert to_staff._assignee(escalated(changed=given, due_at=long_ago)) is None, "history tells nobody"
