"""Roots over real histories: made once a day, handed to the network, walked, and every forgery named."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from nagara.database import clock_connection, network_connection, time_told
from nagara.event_log import verify
from nagara.network.errors import RolledBackRoot, TamperedRoot, UnknownProof
from nagara.trust import merkle, proof, sealing
from nagara.trust.checking import check
from nagara.trust.handing import accept, hand_over
from nagara.trust.proof import ProofFailed, verify_proof
from nagara.trust.proving import prove
from nagara.trust.roots import Root, held_roots, last_held, own_roots
from nagara.trust.sealing import seal
from tests.nagara.indicators.logged import log_request
from tests.waiting import PATIENCE_SECONDS

Db = psycopg.Connection[Any]
CITY = "kh-pnh"
MARCH = dt.datetime(2026, 3, 1, 3, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def small_subtrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four leaves a subtree, so that a few requests make several."""
    for module in (merkle, sealing):
        monkeypatch.setattr(module, "SUBTREE", 4)
    monkeypatch.setattr("nagara.trust.checking.SUBTREE", 4)
    monkeypatch.setattr("nagara.trust.proving.SUBTREE", 4)


def now() -> dt.datetime:
    with clock_connection() as connection:
        return time_told(connection)


def sealed(at: dt.datetime) -> Root:
    """Make the root of a day and hand it over."""
    with clock_connection() as connection:
        root = seal(connection, CITY, at)
        connection.commit()
    with network_connection() as connection:
        hand_over(connection, CITY)
    return root


def write(happenings: int, references: int = 0) -> list[str]:
    """Requests with some events each."""
    with clock_connection() as connection:
        found = [
            log_request(connection, CITY, MARCH, [("noted", 1.0, "staff")] * happenings)
            for _ in range(references)
        ]
        connection.commit()
    return found


def note(reference: str) -> None:
    """Another event of a request."""
    with clock_connection() as connection:
        connection.execute(
            "insert into event (city_id, request_id, kind, actor_kind, data) "
            "select city_id, id, 'noted', 'staff', '{}' from request where reference = %s",
            (reference,),
        )
        connection.commit()


@pytest.fixture
def three_days(database_url: str) -> tuple[list[str], list[Root]]:
    """Eleven requests over three days, each day with its root; the network holds all three."""
    at = now()
    references = write(1, 6)
    roots = [sealed(at)]
    references += write(0, 5)
    note(references[0])
    note(references[7])
    roots.append(sealed(at + DAY))
    note(references[0])
    roots.append(sealed(at + 2 * DAY))
    return references, roots


@contextmanager
def as_superuser(owner: Db) -> Iterator[None]:
    """What only somebody with the server in their hands can do."""
    owner.execute("set session_replication_role = replica")
    yield
    owner.execute("set session_replication_role = origin")


REWRITE = """
update event set data = '{"note": "never"}', previous_hash = %(previous)s where request_id = %(id)s and seq = %(seq)s
"""


def rewrite_chain(owner: Db, reference: str) -> Any:
    """Change the first event of a request and compute its whole chain anew, so that it is whole in itself."""
    row = owner.execute("select id from request where reference = %s", (reference,)).fetchone()
    assert row is not None
    with as_superuser(owner):
        previous, seq = None, 1
        for (seq,) in owner.execute(
            "select seq from event where request_id = %s order by seq", (row[0],)
        ).fetchall():
            owner.execute(REWRITE, {"previous": previous, "id": row[0], "seq": seq})
            told = owner.execute(
                "update event e set hash = sha256(coalesce(previous_hash, ''::bytea) || "
                "convert_to(event_canonical(e), 'UTF8')) where request_id = %s and seq = %s returning hash",
                (row[0], seq),
            ).fetchone()
            assert told is not None
            previous = told[0]
    return row[0]


def test_a_day_has_one_root_and_the_next_covers_what_moved(three_days: tuple[list[str], list[Root]]) -> None:
    _, roots = three_days
    assert [(root.requests, root.events) for root in roots] == [(6, 12), (11, 19), (11, 20)]
    assert [root.previous for root in roots] == [None, roots[0].hash, roots[1].hash]
    with clock_connection() as connection:
        assert seal(connection, CITY, now()) == roots[-1], "a day that is over is not sealed again"
        assert own_roots(connection, CITY) == roots == held_roots(connection, CITY)
        found = check(connection, CITY)
        assert (found.roots, found.held, found.faults) == (3, 3, ())
        rows = connection.execute("select day, count(*) from trust_leaf group by 1 order by 1").fetchall()
    assert [row[1] for row in rows] == [6, 6, 1], "only heads that moved are kept"


def test_a_city_without_requests_has_a_root_of_nothing(database_url: str) -> None:
    root = sealed(now())
    assert (root.requests, root.tree.hex()[:8]) == (0, "e3b0c442")


def test_every_request_can_be_proved_under_every_root_that_holds_it(
    three_days: tuple[list[str], list[Root]],
) -> None:
    references, roots = three_days
    with clock_connection() as connection:
        for root in roots:
            for reference in references[: root.requests]:
                found = prove(connection, CITY, reference, root.day)
                verify_proof(found, root.hash.hex())
                assert found["network"]["hash"] == root.hash.hex()
        newest = prove(connection, CITY, references[0])
        assert (newest["root"]["day"], newest["leaf"]["events"]) == (roots[-1].day.isoformat(), 4)
        with pytest.raises(UnknownProof, match="does not hold"):
            prove(connection, CITY, references[8], roots[0].day)
        with pytest.raises(UnknownProof, match="no root"):
            prove(connection, CITY, references[0], roots[0].day - DAY)


def test_the_checker_stands_alone(three_days: tuple[list[str], list[Root]], tmp_path: Any) -> None:
    references, roots = three_days
    with clock_connection() as connection:
        found = prove(connection, CITY, references[3])
    file = tmp_path / "proof.json"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", proof.__file__, *words]  # no packages can be reached
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)

    file.write_text(json.dumps(found))
    assert run(str(file), roots[-1].hash.hex()).stdout.startswith("proved: the root of")
    assert "not the one that was published" in run(str(file), roots[0].hash.hex()).stderr
    file.write_text(json.dumps(found | {"chain": [*found["chain"][:-1], "00" * 32]}))
    assert run(str(file)).returncode == 1
    assert run().returncode == 2


def test_a_chain_rewritten_from_end_to_end_is_named_by_request_event_and_day(
    owner: Db, db: Db, three_days: tuple[list[str], list[Root]]
) -> None:
    references, roots = three_days
    request_id = rewrite_chain(owner, references[2])
    assert verify(db, CITY).faults == (), "the chain itself is whole again"
    (fault,) = check(db, CITY).faults
    assert (fault.day, fault.request_id, fault.seq) == (roots[0].day, request_id, 2)
    assert "not the one that was recorded" in fault.what
    told = subprocess.run(
        [sys.executable, "-m", "nagara.cli.main", "events", "verify", CITY],
        capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert told.returncode == 1
    assert f"root of {roots[0].day}: request {references[2]} ({request_id}) event 2" in told.stderr
    with clock_connection() as connection, pytest.raises(ProofFailed, match="present history"):
        verify_proof(prove(connection, CITY, references[2]), roots[-1].hash.hex())


Forge = Callable[[Db, str], Any]


def _sql(*statements: str) -> Forge:
    def forge(owner: Db, reference: str) -> None:
        with as_superuser(owner):
            for statement in statements:
                owner.execute(statement, {"reference": reference})

    return forge


ITS_ID = "(select id from request where reference = %(reference)s)"


def _rewritten_with_its_leaves(owner: Db, reference: str) -> None:
    rewrite_chain(owner, reference)
    _sql(
        "update trust_leaf l set hash = e.hash from event e "
        "where e.request_id = l.request_id and e.seq = l.seq and e.city_id = l.city_id"
    )(owner, reference)


def _rewritten_with_leaves_and_root(owner: Db, reference: str) -> None:
    _rewritten_with_its_leaves(owner, reference)
    forged = Root.made(CITY, now(), 6, 12, b"t" * 32, None)
    with as_superuser(owner):
        owner.execute(
            "update trust_root set tree_hash = %s, hash = %s where day = (select min(day) from trust_root)",
            (forged.tree, forged.hash),
        )


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (_sql(f"delete from event where request_id = {ITS_ID}"), "is gone"),
        (_sql(f"delete from event where request_id = {ITS_ID} and seq = 2"), "is gone"),
        (
            _sql(
                f"delete from event where request_id = {ITS_ID}",
                f"delete from trust_leaf where request_id = {ITS_ID}",
            ),
            "do not give its root, nor those of 2 later days",
        ),
        (_rewritten_with_its_leaves, "do not give its root"),
        (_rewritten_with_leaves_and_root, "the network holds another root"),
        (_sql("delete from trust_root where day = (select max(day) from trust_root)"), "its root is gone"),
        (
            _sql(
                "delete from trust_root where day = (select max(day) from trust_root)",
                "delete from trust_leaf where day = (select max(day) from trust_leaf)",
            ),
            "the network holds a root of",
        ),
        (_sql("update trust_root set events = 13 where events = 12"), "not the hash of its content"),
        (
            _sql("delete from trust_root where day = (select min(day) from trust_root)"),
            "does not follow nothing",
        ),
        (
            _sql(
                f"update event set recorded_at = recorded_at - interval '9 days' where request_id = {ITS_ID}"
                " and seq = 2"
            ),
            "content is not what was recorded",
        ),
    ],
)
def test_whatever_is_forged_is_found(
    owner: Db, db: Db, three_days: tuple[list[str], list[Root]], forge: Forge, said: str
) -> None:
    references, _ = three_days
    forge(owner, references[4])
    found = [fault.what for fault in check(db, CITY).faults] + [
        fault.what for fault in verify(db, CITY).faults
    ]
    assert any(said in what for what in found), found


def test_a_request_slipped_into_the_past_is_named(
    owner: Db, db: Db, three_days: tuple[list[str], list[Root]]
) -> None:
    _, roots = three_days
    (late,) = write(0, 1)
    with as_superuser(owner):
        owner.execute(
            "update event set recorded_at = recorded_at - interval '9 days' "
            "where request_id = (select id from request where reference = %s)",
            (late,),
        )
        owner.execute(
            "insert into trust_leaf select city_id, 11, %s, request_id, seq, hash from event "
            "where request_id = (select id from request where reference = %s)",
            (roots[-1].day, late),
        )
    found = [fault for fault in check(db, CITY).faults if "says it was recorded before" in fault.what]
    assert [(fault.day, fault.seq) for fault in found] == [(roots[1].day, 1)]


@pytest.mark.parametrize("role", ["nagara_app", "nagara_clock"])
def test_no_role_of_a_city_writes_what_the_network_holds(database_url: str, role: str, owner: Db) -> None:
    with psycopg.connect(database_url, options=f"-c role={role}") as connection:
        for statement in (
            "insert into network_root select city_id, day, as_of, requests, events, tree_hash, previous_hash, "
            "hash, now(), 'hosted' from trust_root",
            "delete from network_root",
            "update network_root set hash = ''",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)
    with psycopg.connect(database_url, options="-c role=nagara_network") as connection:
        for statement in (
            "select from event",
            "select from request",
            "insert into trust_root default values",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)
    for table in ("trust_leaf", "trust_root", "network_root"):
        for statement in (f"delete from {table}", f"update {table} set city_id = ''", f"truncate {table}"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="stays as it is"):
                owner.execute(statement)


def test_the_network_refuses_a_past_that_changed(three_days: tuple[list[str], list[Root]]) -> None:
    _, (first, second, third) = three_days
    at = now()

    def made(day: int, before: Root | None, requests: int = 11, events: int = 30) -> Root:
        return Root.made(CITY, at + day * DAY, requests, events, b"t" * 32, before.hash if before else None)

    refused: list[tuple[list[Root], type[Exception], str]] = [
        ([first, made(1, first)], RolledBackRoot, "another than the one"),
        ([first, second], RolledBackRoot, "is missing"),
        ([first, second, made(3, second)], RolledBackRoot, "is missing"),
        ([third, made(3, second)], RolledBackRoot, "does not follow"),
        ([third, made(3, None)], RolledBackRoot, "does not follow"),
        ([third, made(3, third, requests=10)], RolledBackRoot, "fewer"),
        ([third, made(3, third, events=19)], RolledBackRoot, "fewer"),
        ([made(-1, None), *[first, second, third]], RolledBackRoot, "appears after"),
        ([], RolledBackRoot, "is missing"),
    ]
    good = made(3, third)
    forged = dataclasses.replace(good, events=31)
    refused.append(([third, forged], TamperedRoot, "not the hash"))
    for roots, error, said in refused:
        with network_connection() as connection, pytest.raises(error, match=said):
            accept(connection, CITY, roots, "federated")
    with network_connection() as connection:
        assert accept(connection, CITY, [good], "federated") == 1, "it follows the newest one that is held"
        assert accept(connection, CITY, [third, good], "federated") == 0
        assert last_held(connection, CITY) == good
