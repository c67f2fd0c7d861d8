"""What the network refuses of cities, keys, bundles and reports, named after what happened.

The statuses follow from the classes of ``nagara.errors`` that they belong to.
"""

from __future__ import annotations

from nagara.errors import Conflict, Invalid, NotFound, NotPermitted, Refused


class UnknownProof(NotFound):
    """No root holds this request yet, or there is no root of that day."""

    code = "unknown_proof"


class UnknownSigningKey(Refused):
    """Nobody registered this key, or it was retired: whatever it signed is not looked at."""

    code = "unknown_signing_key"


class TamperedBundle(Refused):
    """The signature is not of this content: it was changed after it was signed, or signed by somebody else."""

    code = "tampered_bundle"


class WrongCity(Refused):
    """A city's key signed something about another city, or about one that its network does not know."""

    code = "wrong_city"


class MalformedBundle(Invalid):
    """The bundle is not of the published form, or names a code or district that the network does not know."""

    code = "malformed_bundle"


class FromTheFuture(Invalid):
    """A time in it has not come yet."""

    code = "from_the_future"


class ReplayedBundle(Conflict):
    """The same bundle was received before."""

    code = "replayed_bundle"


class ResignedBundle(Conflict):
    """The same content was received before under another signature; a new signature makes nothing new."""

    code = "resigned_bundle"


class OlderBundle(Conflict):
    """It was made before one that was received already, or as of an earlier time."""

    code = "older_bundle"


class TamperedEvent(Conflict):
    """The history of a request is not the one that a root was made of; nothing of it is signed."""

    code = "tampered_event"


class TamperedRoot(Conflict):
    """A root's hash is not that of its content."""

    code = "tampered_root"


class RolledBackRoot(Conflict):
    """A root that the network holds is missing, another, or not followed by what comes after it."""

    code = "rolled_back_root"


class UnrootedFigures(Conflict):
    """No root was made near the time of the figures: without one nobody could hold the city to its history."""

    code = "unrooted_figures"


class ShrunkCounts(Conflict):
    """Fewer reports of a month, or fewer events, than before: a history that only grows cannot lose any."""

    code = "shrunk_counts"


class RewrittenMonth(Conflict):
    """A month that was closed has other counts, and the bundle does not say why."""

    code = "rewritten_month"


class ImplausibleCounts(Conflict):
    """More reports than there are requests under the root, or parts that do not add up."""

    code = "implausible_counts"


class UnknownReview(NotFound):
    """There is no review of this id, or no part of it is yours to see."""

    code = "unknown_review"


class UnknownReviewMove(NotFound):
    """There is no move of this name in the review of a report."""

    code = "unknown_review_move"


class UnknownComment(NotFound):
    """The review has no such comment, or it is not yours to see."""

    code = "unknown_comment"


class UnknownAppointment(NotFound):
    """There is no appointment of this id."""

    code = "unknown_appointment"


class UnknownFederationKey(NotFound):
    """No key of this id was registered."""

    code = "unknown_federation_key"


class ReviewMoveNotAllowed(Conflict):
    """The review does not stand where this move begins."""

    code = "review_move_not_allowed"


class ReviewNotReady(Conflict):
    """Something must come first: a right to answer still runs, or a remark still waits for its answer."""

    code = "review_not_ready"


class UnderEmbargo(Conflict):
    """The report may not be released before its embargo ends."""

    code = "under_embargo"


class NotAppointed(NotPermitted):
    """Your account holds no such office at this time."""

    code = "not_appointed"


class OtherHands(NotPermitted):
    """The same person must not do both: what one did, another has to confirm."""

    code = "other_hands"
