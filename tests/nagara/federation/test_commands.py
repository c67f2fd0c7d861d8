"""A city's bundle by the command line: signed, checked without a server, and refused where something is missing."""

from __future__ import annotations

from pathlib import Path

import psycopg

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.federation.bundle import read_letter
from nagara.federation.signing import encode, new_private_key, public_key_of
from nagara.indicators.build import build_city
from nagara.trust.sealing import seal
from tests.nagara.federation.conftest import CITY, JANUARY, filed
from tests.test_cli import nagara


def test_a_bundle_is_exported_and_checked(owner: psycopg.Connection[object], tmp_path: Path) -> None:
    with clock_connection() as connection:
        filed(connection, 12, JANUARY)
        build_city(connection, configuration(), CITY, time_told(connection))
        seal(connection, CITY, time_told(connection))
        connection.commit()
    private, file = new_private_key(), tmp_path / "bundle.json"
    own = {"NAGARA_FEDERATION_KEY": encode(private)}
    words = ("federation", "export", CITY, "--out", str(file))
    assert "NAGARA_FEDERATION_KEY is not set" in nagara(*words).stderr
    made = nagara(*words, "--restate", "2026-01=history_imported", **own)
    assert made.returncode == 0, made.stderr
    letter, _ = read_letter(file.read_bytes())
    assert [(one.month, one.reason) for one in letter.bundle.restated] == [("2026-01", "history_imported")]
    assert len(letter.bundle.roots) == 1

    checked = nagara("federation", "check", str(file), "--key", encode(public_key_of(private)))
    assert "signature holds" in checked.stdout, checked.stderr
    strange = nagara("federation", "check", str(file), "--key", encode(public_key_of(new_private_key())))
    assert strange.returncode == 1
    assert "another key signed it" in strange.stderr

    owner.execute("set session_replication_role = replica")
    owner.execute("update event set actor = 'somebody else' where kind = 'resolved'")
    owner.execute("set session_replication_role = origin")
    refused = nagara(*words, **own)
    assert refused.returncode == 1
    assert "its content is not what was recorded" in refused.stderr
