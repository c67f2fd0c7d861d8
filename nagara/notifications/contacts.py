"""Over which of the channels a contact offers somebody is told, and whether the city wants it confirmed first."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from city_config import City
from nagara.cities import configuration
from nagara.notifications.audiences import CONTACT_PREFIX, confirm_page
from nagara.notifications.channels import CHANNELS
from nagara.notifications.channels.email import is_address
from nagara.notifications.keeping import KEEP_MESSAGE, Writer, message_values
from nagara.notifications.wording import for_code
from nagara.residents.codes import CODE_VALID, KEEP_CODE, code_digest, new_code
from nagara.residents.contact_digests import contact_digest, normal_phone
from nagara.settings import settings

CONFIRM_WITHIN = dt.timedelta(days=2)
"""Who filed or follows may look into the mailbox only later: the code has ended then, the link beside it has not."""


def usable_recipients(
    city: City, contact: Mapping[str, str], chosen: Sequence[str] | None
) -> dict[str, dict[str, str]] | None:
    """The recipient for each channel: as chosen, else by mail, else by text message where there is a gateway.

    None: the contact holds a mail address that cannot be one, and nothing else was of use.
    """
    email = contact.get("email", "").strip()
    phone = normal_phone(contact.get("phone", ""), city.country)
    possible: dict[str, dict[str, str]] = {}
    if is_address(email):
        possible["email"] = {"email": email}
    if phone and CHANNELS["sms"].ready():
        possible["sms"] = {"phone": phone}
    if chosen is not None:
        return {channel: possible[channel] for channel in chosen if channel in possible}
    first = dict(list(possible.items())[:1])
    return None if email and not first else first


def confirmation_channel(city: City, contact: Mapping[str, str]) -> str | None:
    """Over which channel the city wants this contact confirmed before it is told anything; None: it does not."""
    wanted = {"email": ("email",), "sms": ("sms",), "either": ("email", "sms")}.get(
        city.contact_confirmation, ()
    )
    possible = usable_recipients(city, contact, ("email", "sms")) or {}
    return next((channel for channel in wanted if channel in possible), None)


def ask_to_confirm(
    writer: Writer, city: City, request_id: uuid.UUID, contact: Mapping[str, str], language: str | None
) -> bool:
    """Send a code for the contact a request was filed with; False where the city wants none."""
    channel = confirmation_channel(city, contact)
    if channel is None:
        return False
    send_code(
        writer,
        city,
        f"confirm:{request_id}",
        channel,
        contact,
        language=language,
        link=confirm_page(city.id, "c", request_id),
    )
    return True


def send_code(
    writer: Writer,
    city: City,
    purpose: str,
    channel: str,
    contact: Mapping[str, str],
    *,
    language: str | None,
    link: str = "",
) -> None:
    """A new code for a purpose and a contact, and the message that brings it; an older code dies.

    The code holds for ten minutes; a ``link`` that does the same makes the message worth sending for longer.
    """
    secret = settings().secret
    kind = "email" if channel == "email" else "phone"
    digest = contact_digest(secret, city, "email" if channel == "email" else "phone", contact[kind])
    recipients = usable_recipients(city, contact, (channel,)) or {}
    if digest is None or channel not in recipients:
        return
    code = new_code()
    writer.execute(
        KEEP_CODE, (city.id, purpose, digest, code_digest(secret, city.id, purpose, digest, code), CODE_VALID)
    )
    notice = for_code(configuration(), city, code, language=language, link=link)
    audience = f"{CONTACT_PREFIX}{purpose.partition(':')[0]}"
    worth_for = CONFIRM_WITHIN if link else CODE_VALID
    values = message_values(city.id, audience, channel, recipients[channel], notice, worth_for)
    writer.execute(KEEP_MESSAGE, values)
