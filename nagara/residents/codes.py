"""Six digits that show whose a contact is: valid for a short time, for one purpose, for a few tries.

What is kept is a keyed digest over purpose, contact and code: a code for one thing opens no other, and whoever
reads the database alone cannot try a million codes out, for want of the key.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets

from sqlalchemy import text
from sqlmodel import Session

from nagara.residents.contact_digests import keyed_digest

CODE_DIGITS = 6
CODE_VALID = dt.timedelta(minutes=10)
TRIES = 5
"""A wrong code costs one. With five, and three codes in ten minutes to a contact, a guess has 15 in a million."""

KEEP_CODE = """
insert into one_time_code (city_id, purpose, digest, code_digest, tries, created_at, expires_at)
values (%s, %s, %s, %s, 0, clock_timestamp(), clock_timestamp() + %s)
on conflict (city_id, purpose, digest) do update
   set code_digest = excluded.code_digest, tries = 0, created_at = excluded.created_at,
       expires_at = excluded.expires_at
"""

TRY_CODE = """
update one_time_code set tries = tries + 1
 where city_id = :city_id and purpose = :purpose and digest = :digest
   and expires_at > clock_timestamp() and tries < :tries
returning code_digest
"""

FORGET_CODE = "delete from one_time_code where city_id = :city_id and purpose = :purpose and digest = :digest"


def new_code() -> str:
    """Six digits nobody can guess."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def code_digest(secret: bytes, city_id: str, purpose: str, digest: bytes, code: str) -> bytes:
    """What is kept of a code."""
    return keyed_digest(secret, city_id, "code", purpose, digest.hex(), code)


def code_holds(session: Session, secret: bytes, city_id: str, purpose: str, digest: bytes, code: str) -> bool:
    """Whether this is the code; it is used up by that, and a try is used up by any other.

    The try is counted before the code is compared, in a row that is locked: many guesses at once are still
    so many tries. The caller commits in either case.
    """
    key = {"city_id": city_id, "purpose": purpose, "digest": digest}
    kept = session.execute(text(TRY_CODE), key | {"tries": TRIES}).scalar_one_or_none()
    digits = "".join(c for c in code if c.isdecimal())
    stated = code_digest(secret, city_id, purpose, digest, "".join(str(int(c)) for c in digits))
    if kept is None or not hmac.compare_digest(bytes(kept), stated):
        return False
    session.execute(text(FORGET_CODE), key)
    return True
