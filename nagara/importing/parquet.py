"""Rows of a Parquet file as the same text a CSV file has: times in ISO 8601 and UTC, nothing for what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nagara.importing.stated import UnreadableFile

MAGIC = b"PAR1"
ROWS = "select columns(*)::varchar from read_parquet(?, hive_partitioning = false)"
"""The folders that a file lies in are no columns of it, whatever they are called."""

ROWS_AT_ONCE = 1000
OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    # nothing is fetched from anywhere, and nothing but this file is read
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "512MB",
    "threads": "1",
}


def is_parquet(path: Path) -> bool:
    """Whether the file begins as Parquet files do."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def parquet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of each row, the columns' names (row 1) first; raises ``UnreadableFile``."""
    import duckdb  # noqa: PLC0415 - large, and only Parquet needs it

    try:
        with duckdb.connect(":memory:", config=OPTIONS) as database:
            database.execute("set TimeZone = 'UTC'")
            database.execute("set allowed_paths = [{}]".format("'" + str(path).replace("'", "''") + "'"))
            database.execute("set enable_external_access = false")
            found = database.execute(ROWS, [str(path)])
            yield 1, [column[0] for column in found.description]
            number = 1
            while some := found.fetchmany(ROWS_AT_ONCE):
                for row in some:
                    number += 1
                    fields = ["" if field is None else field for field in row]
                    if any("\x00" in field for field in fields):
                        raise UnreadableFile(f"{path}: row {number} contains NUL bytes; is it text at all?")
                    yield number, fields
    except duckdb.Error as fault:
        raise UnreadableFile(f"{path} is not readable as Parquet: {str(fault).splitlines()[0]}") from fault
