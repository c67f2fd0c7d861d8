"""Links with which the owner of a report is told of it in a chat: short-lived, made of the secret, kept nowhere."""

from __future__ import annotations

import datetime as dt
import hmac
import re
import uuid
from hashlib import sha256
from typing import LiteralString

from city_config import City
from nagara.cities import city_of_reference
from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput
from nagara.notifications.channels.telegram import chat_link
from nagara.settings import settings

VALID_FOR = dt.timedelta(minutes=15)
CODE = re.compile(r"r_([A-Z0-9-]{5,20})_([0-9a-f]{1,10})_([0-9a-f]{24})")
FIND: LiteralString = "select id, link_generation from request where city_id = %s and reference = %s"


def start_link(city: City, reference: str, id_: uuid.UUID, generation: int | None, now: dt.datetime) -> str:
    """The address that opens the bot with the code of a report. Raises ``InvalidInput`` where there is no bot."""
    until = f"{int((now + VALID_FOR).timestamp()):x}"
    address = chat_link(f"r_{reference}_{until}_{_proof(city.id, id_, generation, until)}")
    if address is None:
        raise InvalidInput("No Telegram bot is set up here.", field="telegram", allowed="email, sms, push")
    return address


async def read_code(pool: Pool, code: str, now: dt.datetime) -> tuple[City, str, uuid.UUID] | None:
    """The report a code is for; None where it is too old, was made up, or its private link was renewed since."""
    found = CODE.fullmatch(code)
    named = city_of_reference(found[1]) if found else None
    if found is None or named is None or int(found[2], 16) < now.timestamp():
        return None
    city, reference = named
    [rows] = await read_in_city(pool, city.id, (FIND, (city.id, reference)))
    if not rows or not hmac.compare_digest(found[3], _proof(city.id, rows[0][0], rows[0][1], found[2])):
        return None
    return city, reference, rows[0][0]


def _proof(city_id: str, id_: uuid.UUID, generation: int | None, until: str) -> str:
    content = f"telegram start:{city_id}:{id_}:{generation or 0}:{until}".encode()
    return hmac.new(settings().secret, content, sha256).hexdigest()[:24]
