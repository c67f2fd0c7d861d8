"""Files: CSV or Parquet, what is broken in them and by which line, and rejects that can be put right."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from city_config import City
from nagara.importing import (
    UnreadableFile,
    import_file,
)
from nagara.importing.parquet import OPTIONS
from nagara.importing.reading import MAX_ROW_BYTES
from tests.nagara.importing.stating import CREATED, LAST, many, own, requests, write_csv


def test_a_parquet_file_is_read_as_its_csv_is(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    rows = write_csv(tmp_path / "a.csv", many(20))
    columnar = tmp_path / "a.parquet"
    with duckdb.connect(config=OPTIONS) as database:
        database.execute("set TimeZone = 'UTC'")
        database.execute(
            f"copy (select * replace (created::timestamptz as created, lat::double as lat) "
            f"from read_csv('{rows}', all_varchar = true)) to '{columnar}' (format parquet)"
        )
    assert import_file(db, bangkok, None, rows).imported == 20
    query = (
        "select lat, lon, status, received_at, closed_at, resolve_by, description from request "
        "where source = %s order by source_id"
    )
    assert import_file(db, bangkok, None, columnar, source="columns").imported == 20
    assert db.execute(query, ("columns",)).fetchall() == db.execute(query, ("csv",)).fetchall()
    with duckdb.connect(config=OPTIONS) as database:
        database.execute(
            f"copy (select * replace (source_id || chr(0) as source_id) from read_parquet('{columnar}')) "
            f"to '{tmp_path / 'nul.parquet'}' (format parquet)"
        )
    with pytest.raises(UnreadableFile, match="row 2 contains NUL"):
        import_file(db, bangkok, None, tmp_path / "nul.parquet", source="nul")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(columnar.read_bytes()[:-300])
    with pytest.raises(UnreadableFile, match="not readable as Parquet"):
        import_file(db, bangkok, None, broken, source="broken")


def test_rejects_stand_in_a_file_that_can_be_put_right_and_imported(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", [*many(4), own(source_id="late", created="yesterday")])
    with path.open("a", encoding="utf-8") as stream:
        stream.write("too,short\n")
    rejects = tmp_path / "rejects.csv"
    summary = import_file(db, bangkok, None, path, rejects_path=rejects)
    assert summary.rejects == {"wrong_time": 1, "wrong_field_count": 1}
    with rejects.open(newline="", encoding="utf-8") as stream:
        lines = list(csv.reader(stream))
    assert lines[0][:4] == ["reject_row", "reject_because", "reject_detail", "source_id"]
    assert [line[:2] for line in lines[1:]] == [["6", "wrong_time"], ["7", "wrong_field_count"]]
    assert "'yesterday'" in lines[1][2]
    corrected = tmp_path / "corrected.csv"
    kept = dict(zip(lines[0], lines[1], strict=True)) | {"created": CREATED.isoformat()}
    assert import_file(db, bangkok, None, write_csv(corrected, [kept])).imported == 1
    assert requests(db) == 5


def test_rejects_of_rejects_can_be_imported_as_well(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", [own(), own(source_id="late", created="yesterday")])
    for rejects in (tmp_path / "first.csv", tmp_path / "second.csv", tmp_path / "third.csv"):
        assert import_file(db, bangkok, None, path, rejects_path=rejects).rejects == {"wrong_time": 1}
        path = rejects
    texts = [(tmp_path / f"{name}.csv").read_text(encoding="utf-8") for name in ("first", "second", "third")]
    assert texts[1] == texts[2] == texts[0].replace("\n3,", "\n2,"), "only the number of the row is another"


def test_the_folders_of_a_parquet_file_are_no_columns(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    rows = write_csv(tmp_path / "a.csv", many(2))
    columnar = tmp_path / "service_code=dragons" / "a[1]*.parquet"
    columnar.parent.mkdir()
    with duckdb.connect(config=OPTIONS) as database:
        database.execute(
            f"copy (from read_csv('{rows}', all_varchar = true)) to '{columnar}' (format parquet)"
        )
    assert import_file(db, bangkok, None, columnar).imported == 2


def test_an_import_that_fails_leaves_no_rejects_file(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    path = write_csv(tmp_path / "a.csv", many(3))
    with pytest.raises(KeyboardInterrupt):
        import_file(db, bangkok, None, path, rejects_path=tmp_path / "r.csv", progress=stop)
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]


HEADER = b"source_id,service_code,created,lat,lon,observed_until\n"
GOOD = f"1,road_pothole,{CREATED.isoformat()},13.75,100.50,{LAST.isoformat()}\n".encode()
BROKEN: Mapping[str, tuple[str, bytes, str]] = {
    "not gzip": ("a.csv.gz", HEADER + GOOD, "not gzip"),
    "gzip cut short": ("a.csv.gz", gzip.compress((HEADER + GOOD) * 50)[:-20], "damaged"),
    "gzip with a wrong byte": ("a.csv.gz", gzip.compress(HEADER + GOOD)[:-5] + b"wrong", "damaged"),
    "empty": ("a.csv", b"", "is empty"),
    "another header": ("a.csv", b"id,kind\n1,2\n", "no column 'source_id'"),
    "a column twice": ("a.csv", HEADER.replace(b"lat", b"lon") + GOOD, "'lon' twice"),
    "not UTF-8": ("a.csv", HEADER + GOOD + GOOD.replace(b"road", b"r\xf6ad"), "a.csv:3: is not UTF-8 (byte 4"),
    "UTF-16": ("a.csv", (HEADER + GOOD).decode().encode("utf-16"), "UTF-16"),
    "NUL": ("a.csv", HEADER + GOOD + b"\0" + GOOD, "a.csv:3: contains NUL"),
    "an endless line": (
        "a.csv.gz", gzip.compress(HEADER + GOOD + b"x" * 100 * MAX_ROW_BYTES, 1), "a row is longer",
    ),
    "an endless row": ("a.csv", HEADER + GOOD + b'"\n",' * MAX_ROW_BYTES, "a row is longer"),
    "an endless field": ("a.csv", HEADER + GOOD + b'"' + b"x\n" * 300_000, "not readable as CSV"),
    "a quote that never ends": ("a.csv", HEADER + GOOD + b'2,"oops\n', "not readable as CSV"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_line_and_writes_nothing(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path, name: str
) -> None:
    file, content, message = BROKEN[name]
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"a\.csv") as refused:
        import_file(db, bangkok, None, path, chunk=1)
    assert message in refused.value.message
    assert requests(db) == 0


def test_what_is_no_file_is_said(db: psycopg.Connection[Any], bangkok: City, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        import_file(db, bangkok, None, tmp_path / "missing.csv")
    with pytest.raises(UnreadableFile, match="directory"):
        import_file(db, bangkok, None, tmp_path)
    path = write_csv(tmp_path / "a.csv", many(1))
    with pytest.raises(UnreadableFile, match="rejects cannot be written"):
        import_file(db, bangkok, None, path, rejects_path=tmp_path / "no" / "r.csv")


def test_a_byte_order_mark_windows_lines_and_empty_lines_are_taken(
    db: psycopg.Connection[Any], bangkok: City, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"\xef\xbb\xbf" + HEADER.replace(b"\n", b"\r\n") + b"\r\n" + GOOD.replace(b"\n", b"\r\n")
    )
    assert import_file(db, bangkok, None, path).imported == 1
