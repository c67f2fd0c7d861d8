"""The references that pgbench reckons are the ones the rows bear."""

from __future__ import annotations

import random

import psycopg
import pytest

from bench.floor import Script, as_text, run_pgbench, spelled
from bench.references import RANGE, drawing_commands, drawn, reference
from nagara.ids import read_reference


def test_every_number_has_a_reference_of_its_own_that_people_can_read_out() -> None:
    numbers = random.Random(3).sample(range(RANGE), 2_000)
    references = [reference("PNH", number) for number in numbers]
    assert len(set(references)) == len(references)
    assert all(read_reference(one) == one for one in references)


@pytest.mark.parametrize("prefix", ["PNH", "BKK"])
def test_pgbench_draws_exactly_these(services: object, database_url: str, prefix: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("drop table if exists drawn_reference")
        owner.execute("create table drawn_reference (reference text)")
        owner.execute("grant insert on drawn_reference to nagara_app")
        try:
            text = f"{drawing_commands(prefix, 50)}\ninsert into drawn_reference values ({drawn(prefix)});"
            run_pgbench(database_url, "nagara_app", [Script(text)], connections=1, transactions=200)
            found = {row[0] for row in owner.execute("select distinct reference from drawn_reference")}
        finally:
            owner.execute("drop table drawn_reference")
    assert found and found <= {reference(prefix, number) for number in range(50)}


def test_placeholders_are_spelled_by_name_and_in_order() -> None:
    assert spelled("select %(a)s::text, '5%%', %(a)s", {"a": ":x"}) == "select :x::text, '5%', :x"
    assert spelled("select %s, %s", [":x", "null"]) == "select :x, null"
    assert as_text(["a", "b"]) == '{"a","b"}'
    assert as_text(b"\x01\xff") == "\\x01ff"
