"""Everything Nagara refuses, named after what happened. One table in ``api`` gives each a status.

NagaraError
├── NotFound ......... UnknownCity, UnknownService, UnknownDistrict, UnknownRequest, UnknownMove, ...
├── Invalid .......... InvalidCoordinates, OutsideCity, InvalidInput, NotTakenHere, InvalidPhoto, ...
├── Conflict ......... MoveNotAllowed, ReplayedWithOtherBody, ChangedMeanwhile
├── Refused .......... NotSignedIn, NotPermitted, WrongCredentials, TooManyRequests
└── Unavailable ...... DatabaseUnavailable, MediaUnavailable, NoRoute, NoWorkingTime, ...
"""

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


class Invalid(NagaraError):
    """The input cannot be taken as it is."""

    code = "invalid"


class InvalidInput(Invalid):
    """A field is missing, too long, of the wrong kind or not among the allowed values."""

    code = "invalid_input"


class TextTooLong(InvalidInput):
    """A text has more characters than are kept."""

    code = "text_too_long"


class NotText(InvalidInput):
    """A text holds characters that are none: half a pair, or a zero byte."""

    code = "not_text"


class PlaceMissing(InvalidInput):
    """Nothing says where it is, or half a position does."""

    code = "place_missing"


class WrongDeviceTime(InvalidInput):
    """The device's time has no zone, or is too far from now to mean anything."""

    code = "wrong_device_time"


class TooManyPhotos(InvalidInput):
    """More pictures were named than a report takes, or one of them twice."""

    code = "too_many_photos"


class UnknownQuestion(InvalidInput):
    """The service does not ask what was answered."""

    code = "unknown_question"


class AnswerMissing(InvalidInput):
    """A question that must be answered was not."""

    code = "answer_missing"


class AnswerNotAllowed(InvalidInput):
    """An answer is of the wrong kind or not among the choices."""

    code = "answer_not_allowed"


class WeakPassword(InvalidInput):
    """The password is known from breaches, or made of what everybody knows about its owner."""

    code = "weak_password"


class EvidenceMissing(InvalidInput):
    """The city wants a picture of what was done before this service counts as resolved."""

    code = "evidence_missing"


class NotTakenHere(Invalid):
    """The city takes no such report here: another body does, or a notice says what to do instead."""

    code = "not_taken_here"


class NotOffered(NotTakenHere):
    """The city does not offer the service on this day."""

    code = "not_offered"


class StoppedByNotice(NotTakenHere):
    """A notice of the city says what to do instead; its ``details`` hold the notice in every language."""

    code = "stopped"


class Redirected(NotTakenHere):
    """Another body takes these reports; the ``details`` hold the notice in every language, and its address."""

    code = "redirected"


class InvalidCoordinates(Invalid):
    """Latitude or longitude is not a number on Earth."""

    code = "invalid_coordinates"


class OutsideCity(Invalid):
    """The position lies outside the city and not near its edge."""

    code = "outside_city"


class InvalidPhoto(Invalid):
    """The file is no picture that can be kept."""

    code = "invalid_photo"


class NotAPhoto(InvalidPhoto):
    """The file is empty, of another kind, or something else besides a picture."""

    code = "not_a_photo"


class DamagedPhoto(InvalidPhoto):
    """The file begins as a picture and does not end as one."""

    code = "damaged_photo"


class PhotoTooLarge(InvalidPhoto):
    """The picture has too many bytes or pixels."""

    code = "photo_too_large"


class PhotoNotUsable(Invalid):
    """No waiting picture of this city has the id: it never was, belongs to a request already, or has expired."""

    code = "photo_not_usable"


class Conflict(NagaraError):
    """It was right once, but not in the state things are in now."""

    code = "conflict"


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


class Refused(NagaraError):
    """You may not."""

    code = "refused"


class NotSignedIn(Refused):
    """There is no session, or it has ended."""

    code = "not_signed_in"


class WrongCredentials(Refused):
    """Username and password do not belong together."""

    code = "wrong_credentials"


class SecondFactorNeeded(WrongCredentials):
    """The password is right; the code of the second factor is missing."""

    code = "second_factor_needed"


class WrongSecondFactor(WrongCredentials):
    """The code is wrong, too old, or was used before."""

    code = "wrong_second_factor"


class SignInFailed(WrongCredentials):
    """An identity provider did not vouch for whoever came back, or a code was wrong; begin again."""

    code = "sign_in_failed"


class NotPermitted(Refused):
    """Your role does not include this."""

    code = "not_permitted"


class SignInIncomplete(NotPermitted):
    """Before anything else the account needs a password of its own, or the second factor its role demands."""

    code = "sign_in_incomplete"


class ForPeopleOnly(NotPermitted):
    """A key of another system asks for what belongs to a person's account."""

    code = "for_people_only"


class CrossSite(NotPermitted):
    """Another site's page tried to use the session that this browser holds."""

    code = "cross_site"


class ContactBlocked(Refused):
    """The city takes no reports with this contact for now; somebody of the city decided so, and until when."""

    code = "contact_blocked"


class TooManyRequests(Refused):
    """More requests came from one source than the limit allows; wait as long as it says."""

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(NagaraError):
    """Nagara cannot do it now; nothing was written, and trying again is safe."""

    code = "unavailable"


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""

    code = "database_unavailable"


class MediaUnavailable(Unavailable):
    """The store of pictures does not answer, or none is configured rightly."""

    code = "media_unavailable"


class PhotosBusy(Unavailable):
    """More pictures are being prepared than there is room for."""

    code = "photos_busy"


class BotUnreachable(Unavailable):
    """The Bot API does not answer, or not as documented; Telegram sends the update again."""

    code = "bot_unreachable"


class IdentityProviderUnavailable(Unavailable):
    """The identity provider does not answer, or not as the standard says."""

    code = "identity_provider_unavailable"


class NoRoute(Unavailable):
    """The city's rules name no owner for this service and place."""

    code = "no_route"


class NoWorkingTime(Unavailable):
    """A calendar of the city opens too rarely, or not at all, for a working-time promise to come due."""

    code = "no_working_time"


class InsecureSecret(Unavailable):
    """The secret key could be guessed; residents' links and contact data would be open."""

    code = "insecure_secret"
