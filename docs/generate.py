"""Writes the parts of the documentation that the code already knows; ``--check`` says whether they are fresh.

Run by ``python3 run.py check``. Needs no server.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).resolve().parent / "reference"
sys.path.insert(0, str(REFERENCE.parent.parent))
HEAD = "<!-- Written by docs/generate.py from the code; change the code, then run it again. -->\n\n"


def main(arguments: Sequence[str]) -> int:
    """Write every file, or with ``--check`` name those that are not what the code says."""
    os.environ["NAGARA_DEMO"] = "1"
    stale = []
    for name, content in FILES.items():
        path, text = REFERENCE / name, content()
        if "--check" in arguments:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(path)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(
            f"{path.relative_to(REFERENCE.parent.parent)} is not what the code says: python docs/generate.py"
        )
    return 1 if stale else 0


def openapi() -> str:
    """The API document as served."""
    from api.app import create_app  # noqa: PLC0415 - settings are read from the environment set above

    return json.dumps(create_app().openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def lifecycle() -> str:
    """Statuses and moves."""
    from nagara.lifecycle import TRANSITIONS, Status  # noqa: PLC0415

    rows = [
        (
            f"`{move}`",
            _listed(s for s in Status if s in step.start) if len(step.start) < len(Status) else "any",
            f"`{step.end}`" if step.end else "stays",
            _listed(step.needs) or "-",
            step.why,
        )
        for move, step in TRANSITIONS.items()
    ]
    text = "# The life of a request\n\nEvery move that is not in this table is refused, with a sentence saying why.\n\n"
    return HEAD + text + _table(("move", "from", "to", "needs", "why"), rows)


def report_review() -> str:
    """The path of a network report."""
    from nagara.review.path import STEPS, ReviewStatus  # noqa: PLC0415

    rows = [
        (
            f"`{move}`",
            _listed(status for status in ReviewStatus if status in step.start),
            f"`{step.end}`",
            _listed(step.offices),
            _listed(step.needs) or "-",
            step.why,
        )
        for move, step in STEPS.items()
    ]
    text = (
        "# The path of a network report\n\nEvery move that is not in this table is refused. What is published has no "
        "move: a correction is a new edition.\n\n"
    )
    return HEAD + text + _table(("move", "from", "to", "by", "needs", "why"), rows)


def permissions() -> str:
    """Roles and what they may do."""
    from nagara.lifecycle import STAFF_MOVES  # noqa: PLC0415
    from nagara.permissions import (  # noqa: PLC0415
        CITY_ROLES,
        NETWORK_ROLES,
        PERMISSIONS,
        SCOPES,
        Permission,
        permission_for,
    )

    def granted(roles: Iterable[str], of: Mapping[Any, frozenset[Permission]]) -> list[tuple[str, ...]]:
        return [
            (f"`{permission}`", *("yes" if permission in of[role] else "" for role in roles))
            for permission in Permission
            if any(permission in of[role] for role in roles)
        ]

    def head(names: Iterable[str]) -> tuple[str, ...]:
        return ("permission", *(f"`{name}`" for name in names))

    may = ("move", "permission", *(f"`{role}`" for role in CITY_ROLES))
    moves = [
        (
            f"`{move}`",
            f"`{permission_for(move)}`",
            *("yes" if permission_for(move) in PERMISSIONS[role] else "" for role in CITY_ROLES),
        )
        for move in STAFF_MOVES
    ]
    return (
        HEAD
        + "# Who may do what\n\nEvery address names the permission it needs; a test calls each as each role and with "
        + "each key. Somebody who belongs to departments makes moves on the requests of those alone. What is not in "
        + "a table is refused with 403, naming who could; another city's row is 404, as if it never was.\n"
        + "\n## A city's roles\n\n"
        + _table(head(CITY_ROLES), granted(CITY_ROLES, PERMISSIONS))
        + "\n## Moves\n\n"
        + _table(may, moves)
        + "\n## Keys of other systems\n\nA key does what its scopes say, for the service account that holds it. "
        + "`open311` is the api_key of GeoReport v2 alone. No key opens contacts, originals or accounts.\n\n"
        + _table(head(SCOPES), granted(SCOPES, SCOPES))
        + "\n## The network's roles\n\n"
        + _table(head(NETWORK_ROLES), granted(NETWORK_ROLES, PERMISSIONS))
    )


def settings() -> str:
    """Environment variables."""
    from nagara.settings import Settings  # noqa: PLC0415

    rows = []
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias or f"NAGARA_{name.upper()}"
        default = "" if name in ("data", "city_config", "web", "secret_key") else f"`{field.default}`"
        rows.append((f"`{variable}`", default, field.description or ""))
    return (
        HEAD + "# Settings\n\nRead from the environment.\n\n" + _table(("variable", "default", "what"), rows)
    )


SMALL_NUMBERS = """
## What is not shown

The public sees no count of 1 to 9 and no rate that rests on so few; of codes and districts neither those that would
let a hidden one be worked out from sums, nor periods that would let one be worked out from other periods. Figures of
a code or a district without what was received in an emergency are hidden where, held against those with it, they
would tell of 1 to 9 in a month; of districts no count is told that their own page hides. What is hidden of a line of
counts with a published total - ages of what is open, codes and districts of a report - is two counts at least, and ten
requests together where that can be had. Of the shares of open issues over 30 and over 90 days the first is hidden where
both would tell of 1 to 9 between.

Which codes and districts are hidden goes by their reports. A figure that counts fewer of them - what was resolved,
rated, due - may leave 1 to 9 in one code or district, and the other ones' pages and the city's, subtracted, tell that
number; so may two figures of one page whose cases are nearly the same.

Periods of a whole city may be subtracted from each other, and a small number may come out. They are shown all the
same. How many requests a whole city had in a month is no secret that a sum could give away: each public request
stands by itself, with its day, service and district, in the city's list, by Open311 and in the open data. What stands
nowhere else - a rating, that a request is not public - is told of nobody: no place, service or words come out of a
subtraction, and who reported is not known to whoever subtracts. The price would fall on small cities alone: one with
eight requests a month would show no month and every other quarter, and published reports of months, quarters and
years overlap for good.

## Why a figure is withheld

`withheld` says it in English, `withheld_code` for programs, `withheld_values` with the numbers: shares from 0 to 1,
times in hours.

"""


def indicators() -> str:
    """What each published figure is."""
    from nagara.indicators.definitions import DEFINITIONS, METHOD_VERSION  # noqa: PLC0415
    from nagara.indicators.reasons import REASONS  # noqa: PLC0415

    rows = [
        (f"`{d.id}`", d.name, d.unit, d.estimand, d.denominator, d.interval, str(d.minimum_n), d.source)
        for d in DEFINITIONS
    ]
    head = ("id", "figure", "unit", "what it estimates", "of", "interval (95 %)", "minimum n", "from")
    text = f"# Indicators\n\nMethod version {METHOD_VERSION}. A figure below its minimum is withheld, and says why.\n\n"
    reasons = [(f"`{code}`", words) for code, words in REASONS.items()]
    return HEAD + text + _table(head, rows) + SMALL_NUMBERS + _table(("withheld_code", "withheld"), reasons)


def city_schema() -> str:
    """What editors need to complete the files of a city."""
    from city_config.editor_schemas import city_schema as schema  # noqa: PLC0415

    return _pretty(schema())


def network_schema() -> str:
    """What editors need to complete network.yaml."""
    from city_config.editor_schemas import network_schema as schema  # noqa: PLC0415

    return _pretty(schema())


def _pretty(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = (" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) for line in lines)
    return "".join(f"| {line} |\n" for line in cells)


FILES: dict[str, Callable[[], str]] = {
    "openapi.json": openapi,
    "lifecycle.md": lifecycle,
    "report-review.md": report_review,
    "permissions.md": permissions,
    "settings.md": settings,
    "indicators.md": indicators,
    "city.schema.json": city_schema,
    "network.schema.json": network_schema,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
