"""What every error has, and the five kinds of it: each kind has a module of its own beside this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class NagaraError(Exception):
    """Something was refused; the message is fit for the person who asked.

    ``field`` names the part of the input that was wrong, ``allowed`` what would have been right. ``details``
    are further members of the answer, for errors that people need more than a sentence of.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        allowed: Iterable[str] | str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.allowed = allowed if isinstance(allowed, str) or allowed is None else list(allowed)
        self.details = dict(details or {})


class NotFound(NagaraError):
    """There is no such thing, or it is not yours to know of."""

    code = "not_found"


class Invalid(NagaraError):
    """The input cannot be taken as it is."""

    code = "invalid"


class Conflict(NagaraError):
    """It was right once, but not in the state things are in now."""

    code = "conflict"


class Refused(NagaraError):
    """You may not."""

    code = "refused"


class Unavailable(NagaraError):
    """Nagara cannot do it now; nothing was written, and trying again is safe."""

    code = "unavailable"
