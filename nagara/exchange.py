"""Statements and their answers in one exchange with PostgreSQL: sent in one go, answered in one go.

PostgreSQL takes all that is sent up to its end as one transaction: all of it holds, or nothing does. psycopg's
own pipelines hand over one statement after another and wait for the socket at each; here everything is laid
out first and leaves as one message, which costs both sides far less.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, LiteralString, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq
from psycopg.abc import Buffer, PQGen
from psycopg.abc import Transformer as Converter
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many, send


class Packed(str):
    """A statement whose answer comes as PostgreSQL holds it, not written out: a byte of binary is one byte, not two."""

    __slots__ = ()


Question = tuple[LiteralString, Sequence[Any] | Mapping[str, Any]]
"""A statement that reads, and its values."""

Rows = list[tuple[Any, ...]]


class Lasting(dict[str, Any]):
    """Values that are asked with again and again, never changed: how they are sent is worked out once.

    That is the same on all connections of a process, which have the same encoding and the same types.
    """

    __slots__ = ("sent",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.sent: tuple[_Numbered, _Sent] | None = None


class _Sent(NamedTuple):
    """Values as they are sent, in the order of the statement's numbers."""

    values: Sequence[Buffer | None]
    types: tuple[int, ...]
    formats: tuple[int, ...]


PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|s|%)")
FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)
MOST_PREPARED = 200
"""Statements whose plans are kept on one connection; the hot ones are far fewer."""

MOST_NAMED = 2 * MOST_PREPARED
"""Names given on one connection before a failure ends it: those of failed messages may pile up at the server."""

STALE_PLANS = ("0A000", "26000")
"""A kept plan no longer fits its tables, or is not kept any more."""

_Key = tuple[bytes, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A statement as the server reads it: its values numbered, and in which order they come if by name."""

    text: bytes
    count: int
    names: tuple[str, ...]


@dataclass(slots=True)
class _Known:
    """What is kept of a connection: how values are converted on it, and under which names plans are kept."""

    transformer: Converter
    names: dict[_Key, bytes] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)


@dataclass(frozen=True, slots=True)
class _Command:
    """A statement ready to be sent; ``name`` where its plan is kept, ``new`` where it is not kept yet.

    ``answer`` is the format of what it finds: 1 if that comes packed.
    """

    text: bytes
    values: Sequence[Buffer | None]
    types: Sequence[int]
    formats: Sequence[int]
    name: bytes | None
    new: bool
    answer: int


class Connection(psycopg.AsyncConnection[Any]):
    """A connection of which it is known here when psycopg lets go of all its plans, as it does after a rollback.

    Otherwise the next message would name plans that are not there, and be answered with an error first.
    """

    def _deallocate(self, name: bytes | None) -> PQGen[None]:
        if name is None and (known := _known.get(self)) is not None:
            known.names.clear()
        return super()._deallocate(name)


_known: WeakKeyDictionary[psycopg.AsyncConnection[Any], _Known] = WeakKeyDictionary()


async def exchange(
    connection: psycopg.AsyncConnection[Any], questions: Iterable[tuple[Question, bool]]
) -> list[Rows]:
    """The rows each statement finds, in one transaction and one round trip.

    Beside each question stands whether its plan is kept, or made for these very values. The connection commits
    by itself, is in no transaction, and is nobody else's meanwhile. Raises what psycopg raises; then nothing
    was written, and a connection of which it is not known how it stands is closed.
    """
    known = _known.get(connection)
    if known is None:
        known = _known[connection] = _Known(Transformer(connection))
    asked = list(questions)
    fresh: dict[_Key, bytes] = {}
    results = await _answers(connection, known, fresh, asked)
    error = _first_error(results)
    if error is not None and error.sqlstate in STALE_PLANS:
        # A table has changed, or somebody else let go of the connection's plans. Nothing was done yet: ask anew.
        known.names.clear()
        fresh.clear()
        results = await _answers(connection, known, fresh, asked)
        error = _first_error(results)
    if error is not None:
        # What was new in a message that failed may be kept or not: its name is never used again.
        if next(known.numbers) > MOST_NAMED:
            await connection.close()
        raise error
    known.names.update(fresh)
    return [_rows(known.transformer, result) for result in results]


async def _answers(
    connection: psycopg.AsyncConnection[Any],
    known: _Known,
    fresh: dict[_Key, bytes],
    asked: Sequence[tuple[Question, bool]],
) -> list[pq.abc.PGresult]:
    commands = [_command(known, fresh, *question, kept) for question, kept in asked]
    door = connection.pgconn
    try:
        door.enter_pipeline_mode()
        for command in commands:
            _lay_out(door, command)
        door.pipeline_sync()
        results = await connection.wait(_results(door, commands))
        door.exit_pipeline_mode()
    except BaseException:
        await connection.close()
        raise
    return results


def _first_error(results: Iterable[pq.abc.PGresult]) -> psycopg.Error | None:
    return next((error_from_result(result) for result in results if result.status in FAILED), None)


def _command(
    known: _Known,
    fresh: dict[_Key, bytes],
    text: LiteralString,
    values: Sequence[Any] | Mapping[str, Any],
    kept: bool,
) -> _Command:
    """A statement with its values as they are sent. Names of new plans go to ``fresh``: they hold once it is sent.

    Raises what psycopg raises for values that cannot be sent; then nothing has changed.
    """
    numbered = numbered_statement(text)
    sent = _sent(known.transformer, numbered, values)
    key = (numbered.text, sent.types)
    name = known.names.get(key) or fresh.get(key)
    new = kept and name is None and len(known.names) + len(fresh) < MOST_PREPARED
    if new:
        name = fresh[key] = b"nagara_%d" % next(known.numbers)
    answer = int(isinstance(text, Packed))
    return _Command(numbered.text, sent.values, sent.types, sent.formats, name if kept else None, new, answer)


def _sent(transformer: Converter, numbered: _Numbered, values: Sequence[Any] | Mapping[str, Any]) -> _Sent:
    if isinstance(values, Lasting) and values.sent is not None and values.sent[0] is numbered:
        return values.sent[1]
    given = [values[name] for name in numbered.names] if isinstance(values, Mapping) else list(values)
    if len(given) != numbered.count:
        raise psycopg.ProgrammingError(f"the statement takes {numbered.count} values, not {len(given)}")
    dumped = transformer.dump_sequence(given, [PyFormat.AUTO] * len(given))
    sent = _Sent(dumped, tuple(transformer.types or ()), tuple(transformer.formats or ()))
    if isinstance(values, Lasting):
        values.sent = numbered, sent
    return sent


@lru_cache(maxsize=512)
def numbered_statement(text: str) -> _Numbered:
    """A statement of psycopg's as PostgreSQL reads it: ``%s`` and ``%(name)s`` become ``$1``, ``$2``, ..."""
    found: dict[str, int] = {}
    places = itertools.count(1)

    def number(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        name = match[1]
        if name is None:
            return f"${next(places)}"
        return f"${found.setdefault(name, len(found) + 1)}"

    replaced = PLACEHOLDER.sub(number, text)
    return _Numbered(replaced.encode(), len(found) or next(places) - 1, tuple(found))


def _lay_out(door: pq.abc.PGconn, command: _Command) -> None:
    """Put a statement where the next flush takes it along."""
    if command.name is None:
        door.send_query_params(command.text, command.values, command.types, command.formats, command.answer)
        return
    if command.new:
        door.send_prepare(command.name, command.text, command.types)
    door.send_query_prepared(command.name, command.values, command.formats, command.answer)


def _results(door: pq.abc.PGconn, commands: Sequence[_Command]) -> PQGen[list[pq.abc.PGresult]]:
    """Send what is laid out and take in what comes back: one result for each command."""
    yield from send(door)
    results = []
    for command in commands:
        if command.new:
            prepared = (yield from fetch_many(door))[-1]
            if prepared.status in FAILED:
                results.append(prepared)
        results.append((yield from fetch_many(door))[-1])
    while True:  # what was done holds from here on, unless that very step failed
        end = yield from fetch_many(door)
        if not end:
            raise psycopg.OperationalError("the server did not say that the transaction ended")
        if end[-1].status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        results.append(end[-1])


def _rows(transformer: Converter, result: pq.abc.PGresult) -> Rows:
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)
