"""What a city is configured to do, for its administrators: the files' content, their check, and what changed.

The files are the truth; nothing is changed here. Versions are those that requests were decided by.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, select

from city_config import City, Configuration
from city_config.checks import check_city
from city_config.diff import city_changes
from nagara.errors import UnknownNotice
from nagara.tables import ConfigVersion

SHAPES = frozenset({"districts", "areas", "boundary"})
MOST_VERSIONS = 50


def view(
    session: Session, configuration: Configuration, city: City, since: str | None = None
) -> dict[str, Any]:
    """Content, findings and versions of a city; ``changes`` from the version ``since`` to the one served.

    Shapes are left out: they are megabytes, and the districts' own address has them. Raises ``UnknownNotice``
    where no version has the fingerprint ``since``.
    """
    query = select(ConfigVersion).where(col(ConfigVersion.city_id) == city.id)
    versions = session.exec(query.order_by(col(ConfigVersion.recorded_at).desc()).limit(MOST_VERSIONS)).all()
    return {
        "city": city.id,
        "fingerprint": city.fingerprint,
        "content": city.model_dump(mode="json", exclude=set(SHAPES), exclude_defaults=True),
        "findings": [_told(configuration, finding) for finding in check_city(configuration, city)],
        "versions": [{"fingerprint": v.fingerprint, "recorded_at": v.recorded_at} for v in versions],
        "changes": _changes(session, city, since) if since else [],
    }


def _told(configuration: Configuration, finding: Any) -> str:
    """A finding with its file as seen from the configuration's folder, which no outsider need know."""
    return str(finding).replace(f"{configuration.folder}/", "")


def _changes(session: Session, city: City, since: str) -> list[str]:
    version = session.get(ConfigVersion, (city.id, since))
    if version is None:
        raise UnknownNotice(f"No version {since[:70]!r} of this city was recorded.", field="since")
    shapes = {name: getattr(city, name) for name in SHAPES}
    try:
        before = City.model_validate(version.content | shapes)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return [f"This version was written for an earlier form of the files ({where}: {first['msg']})."]
    return [str(change) for change in city_changes(before, city)]
