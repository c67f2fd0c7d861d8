"""Passwords: argon2id, long enough, and not among those that everybody tries first.

Strength is judged with zxcvbn: its lists hold the passwords found most often in breaches, names and common
words of several languages, keyboard rows, dates. It estimates how many guesses somebody needs who knows these
lists and the person; below 10^8 a password is refused.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from pwdlib import PasswordHash
from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from nagara.errors import WeakPassword

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 1000
JUDGED_LENGTH = 72
"""What lies behind is not looked at: the judgement's cost grows with the square, and so far is enough."""

LOOKALIKES = "4@8({[<369&#!1/|0$5+7%2"
MOST_LOOKALIKES = 6
"""zxcvbn tries each reading of characters that stand for letters: with all of them it would take seconds."""

ENOUGH = 3
"""Of zxcvbn's five scores: 10^8 guesses and more."""

LEFT_WITHOUT_OWN_WORDS = 6
"""Letters and digits that a password must have besides what everybody knows of its owner."""

OWN_WORDS = "The password is made of your own name, your city or what Nagara calls things."
BETTER = "several uncommon words, or twelve random characters"
EVERYBODY_KNOWS = ("nagara", "city", "staff", "admin")

_hasher = PasswordHash.recommended()
_nobody = _hasher.hash("no such account")


def hashed(password: str) -> str:
    """What is kept of a password: argon2id with a salt of its own."""
    return _hasher.hash(password)


def right(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one kept. Takes as long where none is kept."""
    fits = _hasher.verify(password, password_hash or _nobody)
    return fits and bool(password_hash)


def refuse_weak(password: str, personal: Iterable[str | None]) -> None:
    """Raise ``WeakPassword`` saying why, for what is short, known from breaches or made of personal words.

    ``personal``: what others know of its owner - names, address, city.
    """
    if len(password) < MINIMUM_LENGTH:
        raise WeakPassword(
            f"The password has {len(password)} characters.",
            field="password",
            allowed=f"at least {MINIMUM_LENGTH}",
        )
    if len(password) > MAXIMUM_LENGTH:
        raise WeakPassword("The password is too long.", field="password", allowed=f"at most {MAXIMUM_LENGTH}")
    words = sorted({word for text in (*personal, *EVERYBODY_KNOWS) for word in _words(text)})
    if len(_without(password.lower(), words)) < LEFT_WITHOUT_OWN_WORDS:
        raise WeakPassword(OWN_WORDS, field="password", allowed=BETTER)
    judged = zxcvbn(_judgeable(password), user_inputs=words)
    if judged["score"] < ENOUGH:
        raise WeakPassword(_why(judged), field="password", allowed=BETTER)


def temporary() -> str:
    """A password to hand over once: 96 random bits."""
    return secrets.token_urlsafe(12)


def _words(text: str | None) -> list[str]:
    """The words of what is known of somebody, and the whole of it."""
    lowered = (text or "").lower()
    return [word for word in (lowered, *re.split(r"[\s@._-]+", lowered)) if len(word) > 2]


def _judgeable(password: str) -> str:
    """What is judged: the beginning, with no more kinds of look-alikes than can be tried quickly.

    Those beyond become characters that look like nothing, one for one: neither length nor repetition changes.
    """
    beginning = password[:JUDGED_LENGTH]
    kinds = [c for c in dict.fromkeys(beginning) if c in LOOKALIKES]
    beyond = {ord(c): chr(0x2800 + n) for n, c in enumerate(kinds[MOST_LOOKALIKES:], 1)}
    return beginning.translate(beyond)


def _without(password: str, words: Iterable[str]) -> str:
    """The letters and digits of a password that are left when these words are taken out, the longest first."""
    for word in sorted(words, key=len, reverse=True):
        password = password.replace(word, " ")
    return "".join(c for c in password if c.isalnum())


def _why(judged: dict[str, object]) -> str:
    """One sentence from the weakest thing that zxcvbn found."""
    found = judged["sequence"]
    parts = found if isinstance(found, list) else []
    lists = {part.get("dictionary_name") for part in parts}
    if "user_inputs" in lists:
        return OWN_WORDS
    if "passwords" in lists:
        return "The password, or most of it, is among those found most often in breaches."
    feedback = judged.get("feedback")
    warning = feedback.get("warning") if isinstance(feedback, dict) else None
    return f"The password can be guessed quickly. {warning or ''}".strip()
