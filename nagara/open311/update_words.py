"""The words of GeoReport's ``service requestupdates`` (mySociety's form) for where a request stands. Pure.

The form has more words than open and closed, and fewer than Nagara. What is lost in its ``status`` stands in
``external_status_code``, which is Nagara's own word.
"""

from __future__ import annotations

from collections.abc import Mapping

from nagara.lifecycle import Status

WORDS = (
    "open", "closed", "fixed", "in_progress", "planned", "action_scheduled", "investigating", "duplicate",
    "not_councils_responsibility", "no_further_action", "internal_referral", "cancelled", "reopen",
    "for_triage", "unchanged",
)  # fmt: skip
"""Every word the form knows, in lower case as a server gives them; a client sends them in upper case."""

FROM_STATUS: Mapping[Status, str] = {
    Status.RECEIVED: "open",
    Status.ACKNOWLEDGED: "investigating",
    Status.ASSIGNED: "action_scheduled",
    Status.IN_PROGRESS: "in_progress",
    Status.WAITING_REPORTER: "investigating",
    Status.ON_HOLD: "planned",
    Status.REFERRED: "internal_referral",
    Status.RESOLVED: "fixed",
    Status.DECLINED: "no_further_action",
    Status.WITHDRAWN: "cancelled",
    Status.DUPLICATE: "duplicate",
}
TO_STATUS: Mapping[str, Status] = {
    "open": Status.RECEIVED,
    "for_triage": Status.RECEIVED,
    "investigating": Status.ACKNOWLEDGED,
    "action_scheduled": Status.ASSIGNED,
    "in_progress": Status.IN_PROGRESS,
    "reopen": Status.IN_PROGRESS,
    "planned": Status.ON_HOLD,
    "internal_referral": Status.REFERRED,
    "fixed": Status.RESOLVED,
    "closed": Status.RESOLVED,
    "no_further_action": Status.DECLINED,
    "not_councils_responsibility": Status.DECLINED,
    "cancelled": Status.WITHDRAWN,
    "duplicate": Status.DUPLICATE,
}
"""What each word would make of a request where whoever says it may decide; ``unchanged`` makes nothing of it."""

SAYS_FIXED = frozenset({"fixed"})
SAYS_NOT_FIXED = frozenset({"open", "reopen"})
SAYS_CANCELLED = frozenset({"cancelled"})


def word_for(status: str, closing_reason: str | None) -> str:
    """The form's word for a status, and for why it was reached."""
    if status == Status.DECLINED and closing_reason == "out_of_jurisdiction":
        return "not_councils_responsibility"
    return FROM_STATUS[Status(status)]
