"""Writes the parts of the documentation that the code already knows; ``--check`` says whether they are fresh.

Run by ``python3 run.py check``. Needs no server.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

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


def permissions() -> str:
    """Roles and what they may do."""
    from nagara.lifecycle import STAFF_MOVES  # noqa: PLC0415
    from nagara.permissions import PERMISSIONS, Permission, Role, permission_for  # noqa: PLC0415

    rows = [
        (f"`{role}`", *("yes" if permission in PERMISSIONS[role] else "" for permission in Permission))
        for role in Role
    ]
    moves = [(f"`{move}`", f"`{permission_for(move)}`") for move in STAFF_MOVES]
    return (
        HEAD
        + "# Who may do what\n\n"
        + _table(("role", *(f"`{p}`" for p in Permission)), rows)
        + "\n## Which permission a move needs\n\n"
        + _table(("move", "permission"), moves)
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


def indicators() -> str:
    """What each published figure is."""
    from nagara.indicators.definitions import DEFINITIONS, METHOD_VERSION  # noqa: PLC0415

    rows = [
        (f"`{d.id}`", d.name, d.unit, d.estimand, d.denominator, d.interval, str(d.minimum_n), d.source)
        for d in DEFINITIONS
    ]
    head = ("id", "figure", "unit", "what it estimates", "of", "interval (95 %)", "minimum n", "from")
    text = f"# Indicators\n\nMethod version {METHOD_VERSION}. A figure below its minimum is withheld, and says why.\n\n"
    return HEAD + text + _table(head, rows)


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
    "permissions.md": permissions,
    "settings.md": settings,
    "indicators.md": indicators,
    "city.schema.json": city_schema,
    "network.schema.json": network_schema,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
