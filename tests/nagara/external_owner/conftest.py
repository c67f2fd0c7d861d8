"""Battambang with the back-end of another body as owner of its street lights."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from city_config import City
from nagara import cities
from nagara.database import clock_connection, time_told
from nagara.external_owner import finding, pulling, sending, telling
from nagara.settings import settings
from tests.conftest import REPOSITORY
from tests.helpers import Connection, Known, file
from tests.nagara.external_owner.back_end import BackEnd, back_end

SHIPPED = REPOSITORY / "city_config"


@pytest.fixture
def other() -> Iterator[BackEnd]:
    """The back-end."""
    with back_end() as kept:
        yield kept


class World:
    """A city, its external owner, and the sweeps."""

    def __init__(self, folder: Path, other: BackEnd, owner: Connection) -> None:
        self.folder, self.other, self.owner = folder, other, owner
        self.city: City

    def configure(self, **fields: Any) -> None:
        """Serve the city with the provincial department's back-end as owner of its street lights."""
        values = {
            "code": "roads",
            "department": "dpwt",
            "endpoint": self.other.url,
            "key": "roads",
            "news": "by_id",
            "every_seconds": 2,
            "services": {"street_light": "LAMP"},
        } | fields
        path = self.folder / "cities" / "kh-bat" / "external_owners.yaml"
        path.write_text(yaml.safe_dump({"external_owners": [values]}), encoding="utf-8")
        cities._following = cities._Following()
        self.city = cities.city_of("kh-bat")

    def filed(self, **fields: Any) -> Known:
        """A request of a service that they take."""
        return file(self.city, **({"service_code": "street_light", "description": "Dark."} | fields))

    def send(self) -> Counter[str]:
        """One tick of sending."""
        with clock_connection() as connection:
            with connection.transaction():
                now = time_told(connection)
            finding.lay_down(connection, now)
            return sending.send_due(connection)

    def pull(self) -> Counter[str]:
        """One tick of asking, at once."""
        self.owner.execute("update external_destination set next_pull_at = null")
        with clock_connection() as connection:
            return pulling.pull_due(connection)

    def tell(self) -> Counter[str]:
        """One tick of telling."""
        with clock_connection() as connection:
            return telling.tell_due(connection)

    def later(self, seconds: float = 120) -> None:
        """Time passes for what waits."""
        moved = ", ".join(
            f"{name} = {name} - make_interval(secs => %(by)s)"
            for name in ("next_attempt_at", "begun_at", "first_begun_at", "next_tell_at", "tried_since")
        )
        self.owner.execute(f"update external_request set {moved}", {"by": seconds})
        self.owner.execute(
            "update external_destination set open_until = open_until - make_interval(secs => %s)", (seconds,)
        )

    def link(self, request: Known) -> dict[str, Any]:
        """What stands of a request at the owner."""
        with psycopg.connect(settings().database_url, row_factory=psycopg.rows.dict_row) as connection:
            row = connection.execute(
                "select * from external_request where request_id = %s", (request.id,)
            ).fetchone()
        assert row is not None
        return row

    def events(self, request: Known) -> list[tuple[str, str]]:
        """Kinds and actors of its history after it was filed."""
        rows = self.owner.execute(
            "select kind, actor_kind from event where request_id = %s and seq > 1 order by seq", (request.id,)
        )
        return [(row[0], row[1]) for row in rows]

    def status(self, request: Known) -> str:
        """Where it stands here."""
        row = self.owner.execute("select status from request where id = %s", (request.id,)).fetchone()
        assert row is not None
        return str(row[0])


@pytest.fixture
def world(
    tmp_path: Path, owner: Connection, other: BackEnd, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A city of its own configuration, served by this process."""
    root = tmp_path / "city_config"
    shutil.copytree(SHIPPED / "cities" / "kh-bat", root / "cities" / "kh-bat")
    shutil.copytree(SHIPPED / "messages", root / "messages")
    shutil.copy(SHIPPED / "network.yaml", root / "network.yaml")
    monkeypatch.setenv("NAGARA_CITY_CONFIG", str(root))
    monkeypatch.setenv("NAGARA_EXTERNAL_KEYS", '{"kh-bat/roads": "their-key"}')
    monkeypatch.setattr(cities, "_following", cities._Following())
    settings.cache_clear()
    yield World(root, other, owner)
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def configured(world: World) -> Callable[..., World]:
    """The world after its owner was configured."""

    def make(**fields: Any) -> World:
        world.configure(**fields)
        return world

    return make
