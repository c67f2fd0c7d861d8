"""What was sent cannot be taken as it is: fields, places, pictures, and reports that others take."""

from __future__ import annotations

from nagara.errors.kinds import Invalid


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
