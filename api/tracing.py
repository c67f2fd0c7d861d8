"""A span for each call of the HTTP door, under the caller's trace where it names one."""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nagara.tracing import tracer

UNMATCHED = "no route"


class TracedCalls:
    """Measures calls where a collector is set, and otherwise passes them on; names the trace in the log's lines."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on within its span."""
        made_with = tracer("nagara-api") if scope["type"] == "http" else None
        if made_with is None:
            await self.app(scope, receive, send)
            return
        from opentelemetry.propagate import extract  # noqa: PLC0415 - loaded where traces are wanted
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415

        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        theirs = extract({name: told[name] for name in ("traceparent", "tracestate") if name in told})
        with made_with.start_as_current_span(scope["method"], theirs, SpanKind.SERVER) as span:

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            with structlog.contextvars.bound_contextvars(trace=f"{span.get_span_context().trace_id:032x}"):
                try:
                    await self.app(scope, receive, watched)
                finally:
                    route = getattr(scope.get("route"), "path", UNMATCHED)
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attributes({"http.request.method": scope["method"], "http.route": route})
                    if city := (scope.get("path_params") or {}).get("city"):
                        span.set_attribute("nagara.city", city if len(city) <= 12 else UNMATCHED)
