"""There is no such thing, or it is not for whoever asks to know of."""

from __future__ import annotations

from nagara.errors.kinds import NotFound


class UnknownCity(NotFound):
    """No city of this id is configured."""

    code = "unknown_city"


class UnknownService(NotFound):
    """The city has no service of this code."""

    code = "unknown_service"


class UnknownDistrict(NotFound):
    """The city has no district of this code."""

    code = "unknown_district"


class UnknownSubscription(NotFound):
    """Nobody is told anything by this key: it was never made, or it has ended."""

    code = "unknown_subscription"


class UnknownRequest(NotFound):
    """No request of this reference can be seen by whoever asks."""

    code = "unknown_request"


class UnknownCollection(NotFound):
    """There is no set of features of this name."""

    code = "unknown_collection"


class UnknownFeature(NotFound):
    """The collection has no feature of this id that may be seen."""

    code = "unknown_feature"


class UnknownFile(NotFound):
    """The city's open data have no version of this day, or no such file in it."""

    code = "unknown_file"


class UnknownMove(NotFound):
    """There is no move of this name."""

    code = "unknown_move"


class UnknownReport(NotFound):
    """No network report of this id was published."""

    code = "unknown_report"


class UnknownAudit(NotFound):
    """The city drew no such sample, or it holds no such request."""

    code = "unknown_audit"


class UnknownAccount(NotFound):
    """The city has no account of this name."""

    code = "unknown_account"


class UnknownSession(NotFound):
    """You have no session of this id."""

    code = "unknown_session"


class UnknownWebhook(NotFound):
    """The city has no endpoint of this id, or none that was sent this."""

    code = "unknown_webhook"


class UnknownDelivery(NotFound):
    """The city has no notice of this id that could be sent again."""

    code = "unknown_delivery"


class UnknownKey(NotFound):
    """The city has no key of this id."""

    code = "unknown_key"


class UnknownFilter(NotFound):
    """No saved filter of this id is yours or shared with you."""

    code = "unknown_filter"


class UnknownBatch(NotFound):
    """No bulk move and no export of yours has this id, or its file has expired."""

    code = "unknown_batch"


class UnknownPhoto(NotFound):
    """There is no such picture, or it is not shown to whoever asks."""

    code = "unknown_photo"


class UnknownJob(NotFound):
    """The request has no such job, or the link to it is over."""

    code = "unknown_job"


class UnknownNotice(NotFound):
    """The city has no template, announcement or emergency of this id."""

    code = "unknown_notice"


class UnknownBlock(NotFound):
    """No contact of this city was blocked under this id."""

    code = "unknown_block"
