"""Traces for operators: how long each call and each task took, sent to their own collector where a setting names one.

OpenTelemetry over OTLP/HTTP. A span says which kind of call it was, by the route's pattern, never which request or
person: no address, reference, contact or word of a report is in it. Without the setting nothing is loaded.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from nagara.errors import InvalidInput
from nagara.settings import settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)


def tracer(service: str) -> Tracer | None:
    """What this process's spans are made with; None where no collector is set.

    Call it in the process that makes the spans: the thread that sends them does not survive a fork. Raises
    ``InvalidInput`` where a collector is set and the extra ``tracing`` is not installed.
    """
    sends = provider(service)
    return sends.get_tracer("nagara") if sends else None


@lru_cache(maxsize=4)
def provider(service: str) -> TracerProvider | None:
    """What gathers this process's spans and sends them; its ``shutdown`` sends the last ones."""
    chosen = settings()
    if chosen.traces_url is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415
    except ImportError as fault:
        raise InvalidInput(
            "NAGARA_TRACES_URL is set, and the extra 'tracing' is not installed: pip install 'nagara[tracing]'.",
            field="NAGARA_TRACES_URL",
        ) from fault
    sends = TracerProvider(
        resource=Resource.create({"service.name": service, "service.version": version("nagara")}),
        sampler=ParentBased(TraceIdRatioBased(chosen.traces_share)),
    )
    sends.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=chosen.traces_url)))
    log.info("traces of %s go to a collector", service)
    return sends
