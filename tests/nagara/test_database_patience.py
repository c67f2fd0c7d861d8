"""A database that is cut off holds nobody for long, whichever way they asked it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from nagara.database import (
    PATIENCE,
    PATIENCE_S,
    app_connection,
    app_pool,
    clock_connection,
    engine,
    network_connection,
)

Ways = Callable[[], dict[str, str]]


def of_the_pool() -> dict[str, str]:
    """The pool of the hot statements."""

    async def asked() -> dict[str, str]:
        async with app_pool() as pool, pool.connection() as connection:
            return connection.info.get_parameters()

    return asyncio.run(asked())


def of_the_network_engine() -> dict[str, str]:
    """SQLAlchemy's pool of a role."""
    pooled = engine("nagara_network").raw_connection()
    try:
        found: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
        return found.info.get_parameters()
    finally:
        pooled.close()


def of(way: Any) -> Ways:
    """A connection that is opened for one use."""

    def asked() -> dict[str, str]:
        with way() as connection:
            found: dict[str, str] = connection.info.get_parameters()
            return found

    return asked


@pytest.mark.parametrize(
    "way",
    [
        of_the_pool,
        of_the_network_engine,
        of(app_connection),
        of(clock_connection),
        of(network_connection),
    ],
)
@pytest.mark.usefixtures("database_url")
def test_what_is_sent_or_awaited_is_given_up_when_the_server_is_cut_off(way: Ways) -> None:
    told = way()
    assert {name: told.get(name) for name in PATIENCE} == {
        name: str(value) for name, value in PATIENCE.items()
    }
    assert int(told["tcp_user_timeout"]) == PATIENCE_S * 1000
    probed_for = int(told["keepalives_idle"]) + int(told["keepalives_interval"]) * int(
        told["keepalives_count"]
    )
    assert probed_for <= 15, "as long as a statement may take"
