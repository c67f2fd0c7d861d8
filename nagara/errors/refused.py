"""Who may not: not signed in, not by this role, not with this contact, not so often."""

from __future__ import annotations

from collections.abc import Collection

from nagara.errors.kinds import Refused


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

    def __init__(
        self, message: str, *, retry_after_seconds: int, reached: Collection[str] = frozenset()
    ) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.reached = frozenset(reached)
