"""The second factor: time-based codes (TOTP, RFC 6238) and ten recovery codes for when the phone is lost.

The secret is kept sealed and bound to its account. A code counts once: the last step that was accepted is kept,
and only later ones are taken. The phone's clock may be one step of thirty seconds off in either direction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import io
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import pyotp
import segno
from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from nagara.accounts import passwords, trail
from nagara.accounts.trail import Action
from nagara.errors import InvalidInput, SecondFactorNeeded, WrongCredentials, WrongSecondFactor
from nagara.ids import ALPHABET
from nagara.sealing import seal, unseal
from nagara.settings import settings
from nagara.tables import StaffAccount, StaffRecoveryCode

STEP_SECONDS = 30
STEPS_OFF = 1
RECOVERY_CODES = 10
RECOVERY_GROUPS, RECOVERY_GROUP = 3, 4
"""Twelve characters of twenty-nine: 58 random bits, and guesses are counted."""

ISSUER = "Nagara"


@dataclass(frozen=True, slots=True)
class Offered:
    """A secret for somebody's phone: as text, as address, and as a picture to photograph."""

    secret: str
    uri: str
    qr_svg: str


def offer(session: Session, city_id: str, username: str, password: str | None) -> Offered:
    """A new secret, which counts from its confirmation on. Who has a factor already gives the password, too."""
    row = _locked(session, city_id, username)
    if row.totp_sealed is not None and not passwords.right(password or "", row.password_hash):
        raise WrongCredentials("Give your password to replace the second factor.", field="password")
    secret = pyotp.random_base32()
    row.totp_pending = _seal(row, secret)
    uri = pyotp.TOTP(secret).provisioning_uri(name=f"{username}@{city_id}", issuer_name=ISSUER)
    picture = io.BytesIO()
    segno.make(uri, error="m").save(picture, kind="svg", scale=4, xmldecl=False, svgns=True, omitsize=True)
    return Offered(secret, uri, picture.getvalue().decode())


def confirm(session: Session, city_id: str, username: str, code: str, now: dt.datetime) -> Sequence[str]:
    """Take the offered secret into use if the phone shows its code; returns new recovery codes, seen this once."""
    row = _locked(session, city_id, username)
    secret = _unseal(row, row.totp_pending)
    if secret is None:
        raise InvalidInput("Ask for a new second factor first.", field="totp")
    step = matching_step(secret, code, now)
    if step is None:
        raise WrongSecondFactor("This is not the code the phone shows for the new secret.", field="totp")
    row.totp_sealed, row.totp_pending, row.totp_last_step = row.totp_pending, None, step
    trail.record(session, city_id, Action.SECOND_FACTOR_SET_UP, actor=username, subject=username)
    return _new_recovery_codes(session, row)


def remove(session: Session, city_id: str, username: str, password: str) -> None:
    """Do without a second factor from now on; raise ``WrongCredentials`` for a wrong password."""
    row = _locked(session, city_id, username)
    if not passwords.right(password, row.password_hash):
        raise WrongCredentials("This is not your password.", field="password")
    clear(session, row)
    trail.record(session, city_id, Action.SECOND_FACTOR_REMOVED, actor=username, subject=username)


def clear(session: Session, row: StaffAccount) -> None:
    """Forget an account's secret and recovery codes."""
    row.totp_sealed = row.totp_pending = row.totp_last_step = None
    session.execute(
        delete(StaffRecoveryCode).where(
            col(StaffRecoveryCode.city_id) == row.city_id, col(StaffRecoveryCode.username) == row.username
        )
    )


def check(
    session: Session, row: StaffAccount, totp: str | None, recovery_code: str | None, now: dt.datetime
) -> None:
    """Let somebody in who has the factor, or needs none. Their code is used up.

    Raises ``SecondFactorNeeded`` where none came along, ``WrongSecondFactor`` for a wrong or used one.
    """
    if row.totp_sealed is None:
        return
    if recovery_code:
        _use_recovery_code(session, row, recovery_code)
        return
    if not totp:
        raise SecondFactorNeeded("Give the code your phone shows, or a recovery code.", field="totp")
    session.refresh(row, with_for_update=True)
    secret = _unseal(row, row.totp_sealed)
    step = matching_step(secret, totp, now) if secret else None
    if step is None or step <= (row.totp_last_step or 0):
        raise WrongSecondFactor("The code is wrong or was used before; wait for the next one.", field="totp")
    row.totp_last_step = step


def matching_step(secret: str, code: str, now: dt.datetime) -> int | None:
    """The step whose code this is, at most one away from now; None if it is none of theirs."""
    digits = re.sub(r"\s", "", code)
    otp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - STEPS_OFF, present + STEPS_OFF + 1):
        if hmac.compare_digest(otp.generate_otp(step).encode(), digits.encode()):
            found = step
    return found


def recovery_codes_left(session: Session, city_id: str, username: str) -> int:
    """How many recovery codes were not used yet."""
    query = select(func.count()).where(
        col(StaffRecoveryCode.city_id) == city_id,
        col(StaffRecoveryCode.username) == username,
        col(StaffRecoveryCode.used_at).is_(None),
    )
    return int(session.execute(query).scalar_one())


def _new_recovery_codes(session: Session, row: StaffAccount) -> Sequence[str]:
    session.execute(
        delete(StaffRecoveryCode).where(
            col(StaffRecoveryCode.city_id) == row.city_id, col(StaffRecoveryCode.username) == row.username
        )
    )
    codes = [
        "-".join(
            "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_GROUP)) for _ in range(RECOVERY_GROUPS)
        )
        for _ in range(RECOVERY_CODES)
    ]
    for code in codes:
        digest = _recovery_digest(row, code)
        session.add(StaffRecoveryCode(city_id=row.city_id, username=row.username, digest=digest))
    return codes


def _use_recovery_code(session: Session, row: StaffAccount, code: str) -> None:
    used = session.execute(
        update(StaffRecoveryCode)
        .where(
            col(StaffRecoveryCode.city_id) == row.city_id,
            col(StaffRecoveryCode.username) == row.username,
            col(StaffRecoveryCode.digest) == _recovery_digest(row, code),
            col(StaffRecoveryCode.used_at).is_(None),
        )
        .values(used_at=func.clock_timestamp())
        .returning(col(StaffRecoveryCode.username))
    ).first()
    if used is None:
        raise WrongSecondFactor("The recovery code is wrong or was used before.", field="recovery_code")
    session.flush()
    left = recovery_codes_left(session, row.city_id, row.username)
    trail.record(
        session,
        row.city_id,
        Action.RECOVERY_CODE_USED,
        actor=row.username,
        subject=row.username,
        details={"left": left},
    )


def _recovery_digest(row: StaffAccount, code: str) -> bytes:
    """Keyed, because 58 bits alone could be tried out by whoever reads the database."""
    written = "".join(c for c in code.upper() if c.isalnum())
    content = f"recovery:{row.city_id}:{row.username}:{written}".encode()
    return hmac.new(settings().secret, content, hashlib.sha256).digest()


def _locked(session: Session, city_id: str, username: str) -> StaffAccount:
    return session.get_one(StaffAccount, (city_id, username), with_for_update=True)


def _seal(row: StaffAccount, secret: str) -> bytes:
    return seal(settings().secret, row.city_id, {"totp": secret, "of": row.username})


def _unseal(row: StaffAccount, sealed: bytes | None) -> str | None:
    """The secret, if it was sealed for this account."""
    opened = unseal(settings().secret, row.city_id, sealed) if sealed else None
    return opened["totp"] if opened and opened.get("of") == row.username else None
