"""What holds for the tests of the rules, and a database that is large enough for plans to matter."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import settings

from nagara.local.throwaway import Throwaway

# A first example loads a country's holidays or works out a year: how long one takes says nothing.
settings.register_profile("rules", deadline=None)
settings.load_profile("rules")

ROWS = 20_000


@pytest.fixture(scope="session")
def large(services: Throwaway) -> str:
    """A database of its own with many requests, analyzed."""
    from bench.filling import fill
    from nagara.cities import city_of
    from nagara.database import time_told
    from nagara.migrations import migrate

    services.cluster.ensure_database("many_requests")
    url = services.cluster.url_of("many_requests")
    migrate(url)
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as owner:
        fill(owner, (city_of("kh-pnh"), city_of("th-bkk")), ROWS, time_told(owner))
    return url
