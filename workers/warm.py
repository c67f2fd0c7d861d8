"""What a worker process does before its first task."""

from __future__ import annotations

import gc
from typing import Any

from celery.signals import worker_process_init

from nagara.cities import configuration


def connect() -> None:
    """Warm each process as it begins."""
    worker_process_init.connect(warm)


def warm(**_: Any) -> None:
    """Read the cities, and keep what lives as long as the process out of the garbage collector's way.

    The collector would look through every city's configuration again and again: half of a sweep's own time.
    """
    configuration()
    gc.collect()
    gc.freeze()
