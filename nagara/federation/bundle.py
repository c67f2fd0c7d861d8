"""The form of a bundle: whole numbers under names from closed lists, and nowhere to put anything else.

Every object is closed, every list and number bounded, and every text is a code, a day, a time, a hash or a
version. No member takes a sentence, a name, an address, a position or a time of one request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from nagara.indicators.cells import COUNTS, OUTCOMES, STANDARDS, TABLES, TALLIES
from nagara.network.errors import MalformedBundle

VERSION = 1
FORMAT = "nagara-bundle"
LETTER_FORMAT = "nagara-signed-bundle"
LARGEST_BYTES = 16 * 1024 * 1024
MOST_ROWS = 200_000
MOST_ROOTS = 400
LAST_BIN = 10_799
"""The last duration bin of a life table."""

LARGEST_COUNT = 2**53 - 1
"""Whole numbers above are not the same in every program that reads JSON (RFC 8259, section 6)."""

REASONS = ("history_imported", "times_corrected", "districts_changed", "codes_remapped", "method_changed")
"""Why a month that was closed may have other counts."""

Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Day = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Moment = Annotated[
    str,
    Field(
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z$"
    ),
]
CityId = Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z0-9]{2,8}$")]
Code = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
District = Annotated[str, Field(pattern=r"^(-|[A-Za-z]{0,3}[0-9]{1,12}|[a-z0-9_-]{1,40})$")]
Version = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$")]
Bins = Annotated[list[Annotated[int, Field(ge=0, le=LAST_BIN)]], Field(max_length=LAST_BIN + 1)]
Column = Annotated[list[Count], Field(max_length=LAST_BIN + 1)]


class Closed(BaseModel):
    """An object that takes the members it names, of the very types it names."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _counts(name: str, names: Iterable[str]) -> Any:
    """An object of counts, each optional, under a closed list of names."""
    fields: dict[str, Any] = dict.fromkeys(names, (Count, 0))
    return create_model(name, __base__=Closed, **fields)


def _grouped(name: str, groups: Mapping[str, Iterable[str]]) -> Any:
    """An object of objects of counts."""
    fields: dict[str, Any] = {
        group: (_counts(f"{name}_{group}", names) | None, None) for group, names in groups.items()
    }
    return create_model(name, __base__=Closed, **fields)


_table = Annotated[tuple[Bins, Column, Column, Column, Column], Field()]
_tables: dict[str, Any] = dict.fromkeys(TABLES, (_table | None, None))
Cell: Any = create_model(
    "Cell",
    __base__=Closed,
    counts=(_counts("Counts", COUNTS), ...),
    tables=(create_model("Tables", __base__=Closed, **_tables), ...),
    promise=(_grouped("Promise", dict.fromkeys(STANDARDS, OUTCOMES)), ...),
    backlog_due=(_grouped("BacklogDue", dict.fromkeys(STANDARDS, ("dated", "past"))), ...),
    tallies=(_grouped("Tallies", TALLIES), ...),
)


class Row(Closed):
    """The counts of one month of receipt, network code and district; of a declared emergency apart."""

    month: Month
    code: Code
    district: District
    emergency: bool = Field(
        default=False,
        description="What was received in a declared emergency, so that figures without it can be shown",
    )
    cell: Cell


class SnapshotPart(Closed):
    """What the counts were made of, so that the city can be asked to make them again."""

    cut_off: Moment
    built_at: Moment
    method_version: Version
    holidays_version: Version
    config_fingerprints: Annotated[list[Hash], Field(max_length=1000)]
    inputs_digest: Hash
    events_seen: Count


class RootPart(Closed):
    """A day's root, without the city that stands above."""

    day: Day
    as_of: Moment
    requests: Count
    events: Count
    tree: Hash
    previous: Hash | None
    hash: Hash


class Restated(Closed):
    """A closed month whose counts are others now, and why."""

    month: Month
    reason: Literal[
        "history_imported", "times_corrected", "districts_changed", "codes_remapped", "method_changed"
    ]


class Bundle(Closed):
    """Everything a city tells its network."""

    format: Literal["nagara-bundle"]
    version: Literal[1]
    city: CityId
    made_at: Moment
    snapshot: SnapshotPart
    rows: Annotated[list[Row], Field(max_length=MOST_ROWS)]
    roots: Annotated[list[RootPart], Field(max_length=MOST_ROOTS)]
    restated: Annotated[list[Restated], Field(max_length=240)]


class Letter(Closed):
    """A bundle with its signature."""

    format: Literal["nagara-signed-bundle"]
    version: Literal[1]
    key: Annotated[
        str, Field(pattern=r"^[0-9a-f]{16}$", description="Id of the key: the start of its SHA-256")
    ]
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{86}$", description="Ed25519, base64url")]
    bundle: Bundle


def schema() -> dict[str, Any]:
    """The JSON Schema of a signed bundle."""
    return Letter.model_json_schema()


def canonical(bundle: Mapping[str, Any]) -> bytes:
    """A bundle's bytes: JSON with sorted names and no spaces. Its texts are ASCII and its numbers whole."""
    return orjson.dumps(bundle, option=orjson.OPT_SORT_KEYS)


def read_letter(content: bytes) -> tuple[Letter, dict[str, Any]]:
    """The letter, and its bundle as it was written; raise ``MalformedBundle`` naming the place of the fault."""
    if len(content) > LARGEST_BYTES:
        raise MalformedBundle(
            f"The bundle has {len(content)} bytes.", field="bundle", allowed=f"at most {LARGEST_BYTES} bytes"
        )
    try:
        raw = orjson.loads(content)
        return Letter.model_validate_json(content), raw["bundle"]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = _place(first["loc"])
        raise MalformedBundle(
            f"{where}: {first['msg']}", field=where, allowed="the published schema"
        ) from None
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise MalformedBundle(f"It is not a signed bundle: {error}", field="bundle") from None


def _place(path: Iterable[int | str]) -> str:
    """Where in a letter, in names of the form alone: what somebody else put there is not said again."""
    known = _names()
    parts = [str(part) if isinstance(part, int) or part in known else "(unknown)" for part in path]
    return ".".join(parts) or "bundle"


@cache
def _names() -> frozenset[str]:
    """Every name that the form has."""
    found: set[str] = set()
    waiting: list[Any] = [schema()]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            found.update(inner.get("properties", ()))
            waiting.extend(inner.values())
        elif isinstance(inner, list):
            waiting.extend(inner)
    return frozenset(found)
