"""What is worked out once from a city's configuration and then looked up: its map, its rules, its clocks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from city_config.schema import City

T = TypeVar("T")


class PerCity(Generic[T]):
    """Keeps one built value per version of a city, told apart by the configuration's fingerprint.

    A changed folder has another fingerprint, so a reload never meets values of the version before. A city
    without a fingerprint was not read from a folder; it is told apart as an object. The oldest values make
    room once ``keep`` versions are held. Safe to use from several threads.
    """

    def __init__(self, build: Callable[[City], T], keep: int = 256) -> None:
        self._build = build
        self._keep = keep
        self._kept: dict[str | int, tuple[City, T]] = {}
        self._lock = threading.Lock()

    def of(self, city: City) -> T:
        """The value built for this version of the city."""
        key = city.fingerprint or id(city)
        kept = self._kept.get(key)
        if kept is not None:
            return kept[1]
        value = self._build(city)
        with self._lock:
            # The city is kept beside its value: while it lives, no other object can have its id.
            kept = self._kept.setdefault(key, (city, value))
            if len(self._kept) > self._keep:
                del self._kept[next(iter(self._kept))]
        return kept[1]
