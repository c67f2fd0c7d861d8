"""The CSV file as Parquet: ``python -m nagara.open_data.parquet FOLDER``, in a process of its own by DuckDB.

What DuckDB takes of memory it gives back with its process. It is held to ``MEMORY``, fetches no extension, and sees
no other folder.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nagara.open_data.dictionary import CSV, IN_A_DATABASE, PARQUET, REQUEST_FIELDS

MEMORY = "256MB"
LONGEST_SECONDS = 1800


def write_parquet(folder: Path) -> None:
    """Write the Parquet file beside the CSV file of a folder; raise ``RuntimeError`` if that fails."""
    done = subprocess.run(  # noqa: S603 - our own program and a folder that was just made
        [sys.executable, "-m", __name__, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the Parquet file was not written: {done.stderr.strip()[-2000:]}")


def _convert(folder: Path) -> None:
    import duckdb  # noqa: PLC0415 - only this process needs it

    options: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": MEMORY,
        "threads": "1",
    }
    columns = ", ".join(f"'{field.name}': '{IN_A_DATABASE[field.kind]}'" for field in REQUEST_FIELDS)
    with duckdb.connect(":memory:", config=options) as database:
        database.execute("set timezone = 'UTC'")
        database.execute(f"set temp_directory = '{_quoted(folder / 'spill')}'")
        database.execute(f"set allowed_directories = ['{_quoted(folder)}']")
        database.execute("set enable_external_access = false")
        database.execute(
            f"copy (select * from read_csv('{_quoted(folder / CSV)}', header = true, delim = ',', quote = '\"', "  # noqa: S608 - our own paths
            f"escape = '\"', auto_detect = false, nullstr = '', columns = {{{columns}}})) "
            f"to '{_quoted(folder / PARQUET)}' (format parquet, compression zstd)"
        )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


if __name__ == "__main__":
    _convert(Path(sys.argv[1]))
