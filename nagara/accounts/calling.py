"""Who calls and what they want to read, in one round trip.

Whose token it is decides what may be asked. So that this does not cost a round trip of its own, what the same
token was the last time is taken as a guess: its questions go out together with the question whose token it is,
and their answers count only if the account still is the one that was guessed. Nothing is believed from memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import psycopg

from nagara.accounts.account import Account
from nagara.accounts.sessions import account_found, note_use, question_of_token
from nagara.database import Pool, read_in_city
from nagara.errors import NagaraError, NotSignedIn
from nagara.exchange import Question, Rows
from nagara.ids import secret_city, secret_digest
from nagara.permissions import Permission

MOST_GUESSES = 5_000
Asked = Sequence[tuple[Question, bool]]
"""What is to be read, and beside each question whether its plan is kept."""


class Caller:
    """Somebody with a token for something that takes a permission; who it is, only an answer says."""

    __slots__ = ("_account", "_city_id", "_digest", "_guesses", "_permission", "_pool", "_token")

    def __init__(self, pool: Pool, token: str, permission: Permission, guesses: Guesses) -> None:
        city_id = secret_city(token)
        if city_id is None:
            raise NotSignedIn("Sign in first; your session may have ended.")
        self._pool, self._token, self._permission, self._city_id = pool, token, permission, city_id
        self._guesses, self._digest = guesses, secret_digest(token)
        self._account: Account | None = None

    @property
    def known(self) -> bool:
        """Whether it was found out who it is, and that they may."""
        return self._account is not None

    async def account(self) -> Account:
        """Who it is; raises ``NotSignedIn`` or ``NotPermitted``."""
        if self._account is None:
            [found] = await read_in_city(
                self._pool, self._city_id, question_of_token(self._city_id, self._token)
            )
            await self._found(found)
        assert self._account is not None  # noqa: S101 - the line above finds it out or raises
        return self._account

    async def answers(self, questions: Callable[[Account], Asked]) -> tuple[Account, list[Rows]]:
        """Who it is, and what they find by the questions that are theirs.

        Raises ``NotSignedIn`` or ``NotPermitted``, then whatever ``questions`` raises for who it is, or the
        database for what they ask.
        """
        guess = self._account or self._guesses.get(self._digest)
        asked = None if guess is None else _asked(questions, guess, self._permission)
        if asked is None:
            account = await self.account()
            return account, await self._read(questions(account))
        if self._account is not None:
            return self._account, await self._read(asked)
        try:
            signed_in, *found = await self._read(
                [(question_of_token(self._city_id, self._token), True), *asked]
            )
        except psycopg.Error:
            # Whose token it is was not answered either; who is not signed in, or may not, hears that first.
            self._guesses.forget(self._digest)
            await self.account()
            raise
        account = await self._found(signed_in)
        return account, found if account == guess else await self._read(questions(account))

    async def _read(self, asked: Asked) -> list[Rows]:
        kept = [keep for _, keep in asked]
        return await read_in_city(self._pool, self._city_id, *(one for one, _ in asked), prepare=kept)

    async def _found(self, rows: Rows) -> Account:
        try:
            account, stale = account_found(self._city_id, self._token, rows)
        except NotSignedIn:
            self._guesses.forget(self._digest)
            raise
        self._guesses.keep(self._digest, account)
        account.demand(self._permission)
        if stale:
            await note_use(self._pool, self._city_id, self._token)
        self._account = account
        return account


class Guesses:
    """What tokens were the last time, by their digests; the one not seen for longest makes room."""

    def __init__(self, most: int = MOST_GUESSES) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, Account] = OrderedDict()

    def get(self, digest: bytes) -> Account | None:
        """What a token was the last time."""
        return self._kept.get(digest)

    def keep(self, digest: bytes, account: Account) -> None:
        """Remember what a token is now."""
        self._kept[digest] = account
        self._kept.move_to_end(digest)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, digest: bytes) -> None:
        """A token is nobody's any more."""
        self._kept.pop(digest, None)


def _asked(questions: Callable[[Account], Asked], guess: Account, permission: Permission) -> Asked | None:
    """The guess's questions; None where it would have none, which is said only to who it turns out to be."""
    if not guess.may(permission):
        return None
    try:
        return questions(guess)
    except NagaraError:
        return None
