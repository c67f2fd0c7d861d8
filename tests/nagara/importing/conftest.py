"""A city with history in another system."""

from __future__ import annotations

import pytest

from city_config import City, load_configuration
from tests.nagara.importing.stating import REPOSITORY


@pytest.fixture(scope="module")
def bangkok() -> City:
    return load_configuration(REPOSITORY / "city_config").cities["th-bkk"]
