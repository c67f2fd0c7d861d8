"""How an address of the API ends: announced in every answer, for a year at least, then gone.

A router made with ``route_class=ending(...)`` marks its addresses as deprecated in the OpenAPI document and says so
in each answer: since when (``Deprecation``, RFC 9745), until when (``Sunset``, RFC 8594), and where it is written
what to call instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

AT_LEAST = dt.timedelta(days=365)
"""What other systems are given to change over."""


def ending(since: dt.date, until: dt.date, guide: str) -> type[APIRoute]:
    """The class of routes that are deprecated from ``since`` on and gone from ``until`` on (both at midnight, UTC).

    ``guide`` is the address of the page that says what to call instead. Refusals that end a call early carry no
    notice. Raises ValueError where less than a year lies between the two.
    """
    if until - since < AT_LEAST:
        raise ValueError(f"between {since} and {until} lies less than a year: callers need that long")
    told = {
        "Deprecation": f"@{int(_midnight(since).timestamp())}",
        "Sunset": format_datetime(_midnight(until), usegmt=True),
        "Link": f'<{guide}>; rel="deprecation"; type="text/html"',
    }

    class EndingRoute(APIRoute):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options | {"deprecated": True})

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """The route's own, whose answers say that it ends."""
            handle = super().get_route_handler()

            async def answered(request: Request) -> Response:
                answer = await handle(request)
                for name, value in told.items():
                    answer.headers.append(name, value)
                return answer

            return answered

    return EndingRoute


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
