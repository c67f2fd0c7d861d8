"""Logs as an operator reads them: one line each, the time, the level, what happened; no personal data."""

from __future__ import annotations

import logging
import os
import sys

import structlog


def configure() -> None:
    """Send every library's log through one format: plain lines for people, JSON where NAGARA_LOG=json."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.format_exc_info,
    ]
    as_json = os.environ.get("NAGARA_LOG") == "json"
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False)
    )
    if as_json:
        shared.insert(0, structlog.processors.TimeStamper(fmt="iso"))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "alembic.runtime.plugins", "psycopg.pool"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
