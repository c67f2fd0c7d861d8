"""What a worker process does before its first task."""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import current_app
from celery.signals import worker_process_init

from nagara.cities import configuration

GIVES_WAY = 5
"""How nice the processes of a worker are that serves what takes long, from 0 to 19: mails, maps and figures may wait a
moment, whoever files a report and whoever is nudged by it may not."""


def connect() -> None:
    """Warm each process as it begins."""
    worker_process_init.connect(warm)


def warm(**_: Any) -> None:
    """Give way, read the cities, and keep what lives as long as the process out of the garbage collector's way.

    The collector would look through every city's configuration again and again: half of a sweep's own time.
    """
    if "slow" in current_app.amqp.queues.consume_from:
        os.nice(GIVES_WAY)
    configuration()
    gc.collect()
    gc.freeze()
