"""A whole city in one file: nothing is lost on the way, and a file that was meddled with changes nothing."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image
from typer.testing import CliRunner

from city_config import City
from nagara.archive.contents import MANIFEST, STAYS, Manifest, Progress, moved
from nagara.archive.reading import CityIsThere, UnreadableArchive, is_archive, manifest_of, read_archive
from nagara.archive.writing import copy_out, write_archive
from nagara.local.throwaway import Throwaway
from nagara.migrations import migrate
from nagara.photos.storage import MediaStore, media_store
from nagara.settings import settings
from nagara.tables import metadata
from tests.helpers import Connection, file
from tests.planting import VALUES, plant

SECRET = b"the same secret on both sides, 32 characters"
LOCAL_HEADER_BYTES = 30
"""Of a ZIP's entry, before its name."""

ROWS_KNOWN = "select reltuples::int from pg_class where oid = 'request'::regclass"
"""How many rows the planner takes a table to have."""

FROM_INTAKE = ("request", "event", "contact", "config_version")


@pytest.fixture(scope="module")
def elsewhere_url(services: Throwaway) -> str:
    """The database of another installation, migrated and empty."""
    services.cluster.ensure_database("elsewhere")
    url = services.cluster.url_of("elsewhere")
    migrate(url)
    return url


@pytest.fixture
def elsewhere(elsewhere_url: str) -> Iterator[Connection]:
    with psycopg.connect(elsewhere_url, autocommit=True, options="-c timezone=UTC") as owner:
        owner.execute("set session_replication_role = replica")
        for table in moved():
            owner.execute(f"delete from {table.name}")
        owner.execute("set session_replication_role = origin")
        yield owner


@pytest.fixture
def store(tmp_path: Path) -> Callable[[str], MediaStore]:
    def named(name: str) -> MediaStore:
        return media_store(settings().model_copy(update={"media_url": f"file://{tmp_path / name}"}))

    return named


def fill_every_table(owner: Connection, city: City, picture: bytes) -> None:
    """A row at least in each table that moves; those that hang on another hang on one that is there."""
    request = file(
        city,
        description="ខ្មែរ \\ \t \N{NO-BREAK SPACE} 'quoted'\nsecond line",
        contact={"email": "r@example.org"},
    )
    there: dict[str, dict[str, Any]] = {}
    for table in moved():
        name = table.name
        if name not in FROM_INTAKE:
            given: dict[str, Any] = {}
            for key in table.foreign_key_constraints:
                if key.referred_table is table:
                    continue
                parent = there[key.referred_table.name]
                given |= {
                    element.parent.name: parent[element.column.name]
                    for element in key.elements
                    if element.parent.name != "city_id"
                    and (not element.parent.nullable or (name, element.parent.name) in VALUES)
                }
            if name == "photo":
                given["sha256"] = hashlib.sha256(picture).digest()
            plant(owner, name, city.id, **given)
        if name == "config_version":
            continue
        cursor = owner.execute(f"select * from {name} where city_id = %s", (city.id,))
        row = cursor.fetchone()
        assert row is not None, f"{name} is empty"
        there[name] = dict(zip([column.name for column in cursor.description or ()], row, strict=True))
    assert request.id == there["request"]["id"]


@pytest.fixture
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def archive(
    owner: Connection, phnom_penh: City, picture: bytes, store: Callable[[str], MediaStore], tmp_path: Path
) -> Path:
    fill_every_table(owner, phnom_penh, picture)
    pictures = store("here")
    pictures.write_now(phnom_penh.id, hashlib.sha256(picture).digest(), picture, b"small")
    path = tmp_path / "city.nagara"
    write_archive(owner, phnom_penh.id, pictures, SECRET, path)
    return path


def test_every_table_of_a_city_is_in_the_archive_or_says_why_not() -> None:
    with_a_city = {table.name for table in metadata.sorted_tables if "city_id" in table.columns}
    assert {table.name for table in moved()} | STAYS.keys() >= with_a_city
    assert not {table.name for table in moved()} & STAYS.keys()
    assert STAYS.keys() <= {table.name for table in metadata.sorted_tables}, "a table that is no more"


def test_a_city_arrives_with_equal_digests(
    archive: Path,
    owner: Connection,
    elsewhere: Connection,
    phnom_penh: City,
    store: Callable[[str], MediaStore],
    picture: bytes,
    tmp_path: Path,
) -> None:
    there = store("there")
    read_archive(elsewhere, phnom_penh, there, SECRET, archive, dry_run=True)
    assert elsewhere.execute("select count(*) from request").fetchall() == [(0,)], "a dry run keeps nothing"

    taken = read_archive(elsewhere, phnom_penh, there, SECRET, archive)
    again = write_archive(elsewhere, phnom_penh.id, there, SECRET, tmp_path / "again.nagara", compress=True)
    assert again.digests() == taken.digests()
    assert all(entry.rows >= 1 for entry in taken.tables if entry.name != "config_version")
    assert there.read_now(phnom_penh.id, hashlib.sha256(picture).digest(), "picture") == picture
    assert again.pictures == taken.pictures
    for query in (
        "select hash from event where city_id = 'kh-pnh' order by request_id, seq",
        "select sealed from contact where city_id = 'kh-pnh'",
        "select description from request where city_id = 'kh-pnh'",
    ):
        assert elsewhere.execute(query).fetchall() == owner.execute(query).fetchall()
    with pytest.raises(CityIsThere, match="rows in"):
        read_archive(elsewhere, phnom_penh, there, SECRET, archive)


def test_foreign_keys_are_looked_up_as_for_a_full_table(
    archive: Path,
    elsewhere: Connection,
    elsewhere_url: str,
    phnom_penh: City,
    store: Callable[[str], MediaStore],
) -> None:
    """Autovacuum analyzes tables, after a dry run above all; what is not committed would be nothing to it."""
    elsewhere.execute("vacuum (analyze) request")
    seen: dict[str, int] = {}

    def analyze_meanwhile(progress: Progress) -> None:
        if not seen:
            with psycopg.connect(elsewhere_url, autocommit=True) as autovacuum:
                autovacuum.execute("set lock_timeout = '100ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    autovacuum.execute("analyze request")
        seen[progress.what] = progress.rows
        if progress.what == "request":
            assert elsewhere.execute(ROWS_KNOWN).fetchall() == [(progress.rows,)]

    read_archive(elsewhere, phnom_penh, store("there"), SECRET, archive, tell=analyze_meanwhile)
    assert seen["request"] > 0
    assert next(iter(seen)) != "request", "it is kept from others before its first row"


def rewritten(archive: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> Path:
    """The archive with something changed in it, and its own digests made to agree as far as they are asked for."""
    with zipfile.ZipFile(archive) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(entries.pop(MANIFEST))
    change(entries, manifest)
    path = archive.with_name("changed.nagara")
    with zipfile.ZipFile(path, "w") as new:
        for name, content in entries.items():
            new.writestr(name, content)
        new.writestr(MANIFEST, json.dumps(manifest))
    return path


def put(entries: dict[str, bytes], manifest: dict[str, Any], table: str, content: bytes) -> None:
    """Put other rows into a table of the archive, with the digest that belongs to them."""
    entries[f"tables/{table}.copy"] = content
    entry = next(entry for entry in manifest["tables"] if entry["name"] == table)
    entry |= {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "rows": content.count(b"\n"),
    }


def an_event_says_otherwise(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    put(entries, manifest, "event", entries["tables/event.copy"].replace(b"\tresident\t", b"\tstaff\t"))


def rows_of_another_city(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    put(entries, manifest, "request", entries["tables/request.copy"].replace(b"kh-pnh", b"th-bkk"))


def a_request_is_gone(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    put(entries, manifest, "request", b"")


def a_digest_does_not_agree(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    entries["tables/contact.copy"] += b"x"


def no_rows_at_all(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    del entries["tables/photo.copy"]


def a_column_too_many(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["tables"][0]["columns"].append("password_hash")


def another_picture(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    name = next(name for name in entries if name.endswith(".jpg") and "thumbnail" not in name)
    entries[name] = b"GIF89a"


def a_picture_outside_the_store(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["pictures"][0]["sha256"] = "../../etc/passwd"


def of_another_age(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["revision"] = "0001"


CHANGES = (
    (an_event_says_otherwise, "its content is not what was recorded"),
    (rows_of_another_city, "rows of another city"),
    (a_request_is_gone, "violates foreign key"),
    (a_digest_does_not_agree, "contact is not what was written"),
    (no_rows_at_all, "photo.copy"),
    (a_column_too_many, "other columns"),
    (another_picture, "not the picture it is named after"),
    (a_picture_outside_the_store, "pictures.0.sha256"),
    (of_another_age, "revision 0001"),
)


def test_an_archive_is_for_its_owner_alone(archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600


def test_an_archive_that_was_meddled_with_changes_nothing(
    archive: Path, elsewhere: Connection, phnom_penh: City, store: Callable[[str], MediaStore]
) -> None:
    for change, names in CHANGES:
        with pytest.raises(UnreadableArchive, match=names):
            read_archive(elsewhere, phnom_penh, store("there"), SECRET, rewritten(archive, change))
        for table in moved():
            assert elsewhere.execute(f"select count(*) from {table.name}").fetchall() == [(0,)], change


def test_a_file_that_is_no_archive_of_this_city_is_refused_in_words(
    archive: Path, elsewhere: Connection, phnom_penh: City, store: Callable[[str], MediaStore]
) -> None:
    with pytest.raises(UnreadableArchive, match="another NAGARA_SECRET_KEY"):
        read_archive(elsewhere, phnom_penh, store("there"), b"another secret", archive)
    other = rewritten(archive, lambda entries, manifest: manifest.update(city="th-bkk"))
    with pytest.raises(UnreadableArchive, match="is of 'th-bkk'"):
        read_archive(elsewhere, phnom_penh, store("there"), SECRET, other)
    half = archive.with_name("half.nagara")
    half.write_bytes(archive.read_bytes()[:-400])
    with pytest.raises(UnreadableArchive, match="no whole archive"):
        read_archive(elsewhere, phnom_penh, store("there"), SECRET, half)
    with pytest.raises(UnreadableArchive, match="no whole archive: Error -3"):
        read_archive(elsewhere, phnom_penh, store("there"), SECRET, damaged_within(archive))


def damaged_within(archive: Path) -> Path:
    """The archive packed, with a wrong byte where the packed rows of a table begin."""
    path = archive.with_name("damaged.nagara")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        entry = new.getinfo("tables/request.copy")
    content = bytearray(path.read_bytes())
    content[entry.header_offset + LOCAL_HEADER_BYTES + len(entry.filename)] = 0xFF
    path.write_bytes(content)
    return path


def test_rows_stand_in_the_order_of_bytes_whatever_language_a_database_has(owner: Connection) -> None:
    """Two installations may sort by the rules of different languages; digests are equal all the same."""
    worded = 0
    for table in moved():
        texts = owner.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attcollation <> 0",
            (table.name,),
        ).fetchall()
        by = (
            copy_out(table, "kh-pnh").as_string(owner).rpartition(" order by ")[2].removesuffix(") to stdout")
        )
        for part in by.split(", "):
            name = part.split('"')[1]
            in_words = (name,) in texts and name != "city_id"
            assert part == f'"{name}"' + in_words * ' collate "C"', table.name
            worded += in_words
    assert worded > 5


def test_an_archive_that_was_cut_off_is_taken_for_one_and_refused_as_one(tmp_path: Path) -> None:
    whole, cut, table = (tmp_path / name for name in ("whole.nagara", "cut.nagara", "table.csv"))
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("manifest.json", "{}" * 100)
    cut.write_bytes(whole.read_bytes()[:100])
    table.write_text("source_id,service_code,created\n")
    assert [is_archive(path) for path in (whole, cut, table, tmp_path)] == [True, True, False, False]
    with pytest.raises(UnreadableArchive, match="no whole archive"):
        manifest_of(cut)


def test_no_door_can_write_an_event_with_a_hash_of_its_own(db: Connection, phnom_penh: City) -> None:
    request = file(phnom_penh)
    db.execute("select set_config('nagara.arriving', 'whole', true)")
    row = db.execute(
        "insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, data, hash) "
        "values (%s, %s, 99, 'noted', '2001-01-01', '2001-01-01', 'staff', '{}', 'forged') "
        "returning seq, extract(year from recorded_at) > 2001, hash <> 'forged'",
        (request.city_id, request.id),
    ).fetchall()
    assert row == [(2, True, True)]


def test_the_commands_print_the_digests_and_refuse_in_one_line(
    owner: Connection, phnom_penh: City, tmp_path: Path
) -> None:
    from nagara.cli.main import app

    file(phnom_penh)
    path = tmp_path / "city.nagara"
    exported = CliRunner().invoke(app, ["export", "--city", "kh-pnh", "--out", str(path)])
    assert exported.exit_code == 0, exported.output
    with zipfile.ZipFile(path) as archive:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    assert manifest.digests()["request"] in exported.output
    refused = CliRunner().invoke(app, ["import", str(path), "--city", "kh-pnh"])
    assert isinstance(refused.exception, CityIsThere)
