"""What cannot be done now, or with this configuration; nothing was written."""

from __future__ import annotations

from nagara.errors.kinds import Unavailable


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
