"""What was right once, and is not in the state that things are in now."""

from __future__ import annotations

from nagara.errors.kinds import Conflict


class MoveNotAllowed(Conflict):
    """The lifecycle does not allow this move from the request's present status."""

    code = "move_not_allowed"


class LastAdministrator(Conflict):
    """Nobody could administer the city's accounts any more."""

    code = "last_administrator"


class AlreadyThere(Conflict):
    """Something of this name is there already."""

    code = "already_there"


class ChangedMeanwhile(Conflict):
    """Somebody else changed the request after you read it."""

    code = "changed_meanwhile"


class OtherAccount(Conflict):
    """What was kept on a device is sent while somebody else is signed in there."""

    code = "other_account"


class ConflictingUndo(Conflict):
    """The job cannot be undone now: it is under way, was undone before, or undoes another."""

    code = "conflicting_undo"


class NotAsExpected(Conflict):
    """There are other requests to move than somebody agreed to."""

    code = "not_as_expected"


class ReportErased(Conflict):
    """The report was filed under this idempotency key, and its data were erased since."""

    code = "report_erased"


class ReplayedWithOtherBody(Conflict):
    """The idempotency key was used before with another body."""

    code = "replayed_with_other_body"
