"""A city's bundle by the command line: signed, checked without a server, and refused where something is missing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from nagara.cities import configuration
from nagara.cli.main import app
from nagara.database import clock_connection, time_told
from nagara.errors import InvalidInput, NagaraError
from nagara.federation.bundle import read_letter
from nagara.federation.registry import Key
from nagara.federation.sending import FederationUnavailable, collect, push
from nagara.federation.signing import encode, new_private_key, public_key_of
from nagara.indicators.build import build_city
from nagara.settings import settings
from nagara.trust.sealing import seal
from tests.nagara.federation.conftest import CITY, JANUARY, filed


@pytest.fixture(autouse=True)
def settings_read_anew() -> Iterator[None]:
    """A command reads its settings when it begins; here they are read once a process."""
    yield
    settings.cache_clear()


def said(*words: str) -> str:
    """What a command prints, in this process; a refusal is its message, and anything else fails the test."""
    settings.cache_clear()
    answer = CliRunner().invoke(app, words)
    if answer.exception is not None and not isinstance(answer.exception, NagaraError):
        raise answer.exception
    return f"{answer.output}{answer.exception or ''}"


def test_a_bundle_is_exported_and_checked(
    owner: psycopg.Connection[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock_connection() as connection:
        filed(connection, 12, JANUARY)
        build_city(connection, configuration(), CITY, time_told(connection))
        seal(connection, CITY, time_told(connection))
        connection.commit()
    private, file = new_private_key(), tmp_path / "bundle.json"
    words = ("federation", "export", CITY, "--out", str(file))
    assert "NAGARA_FEDERATION_KEY is not set" in said(*words)
    monkeypatch.setenv("NAGARA_FEDERATION_KEY", encode(private))
    assert f"signed bundle of {CITY}" in said(*words, "--restate", "2026-01=history_imported")
    letter, _ = read_letter(file.read_bytes())
    assert [(one.month, one.reason) for one in letter.bundle.restated] == [("2026-01", "history_imported")]
    assert len(letter.bundle.roots) == 1

    checked = ("federation", "check", str(file), "--key")
    assert "signature holds" in said(*checked, encode(public_key_of(private)))
    assert "another key signed it" in said(*checked, encode(public_key_of(new_private_key())))

    owner.execute("set session_replication_role = replica")
    owner.execute("update event set actor = 'somebody else' where kind = 'resolved'")
    owner.execute("set session_replication_role = origin")
    assert "its content is not what was recorded" in said(*words)


def test_a_hub_is_called_at_the_port_the_operator_states_and_never_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where a name leads is still looked at; an address that was registered from outside has no port of its own."""
    leads_to: list[tuple[str, int]] = []

    def resolve(host: str, port: int, **_: object) -> list[object]:
        leads_to.append((host, port))
        if host == "nobody.example":
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.9.8.7", port))]

    monkeypatch.setattr("nagara.outgoing.socket.getaddrinfo", resolve)
    with pytest.raises(FederationUnavailable, match="does not answer"):
        push({}, "https://nobody.example:8443/")
    for inside in ("https://hub.example:8443", "https://10.9.8.7:8443"):
        with pytest.raises(InvalidInput, match="not public"):
            push({}, inside)
    for wrong in ("http://hub.example:8443", "https://key@hub.example:8443", "https://hub.example:port"):
        with pytest.raises(InvalidInput, match="The address"):
            push({}, wrong)
    assert leads_to == [("nobody.example", 8443), ("hub.example", 8443)]
    published = Key("k", CITY, b"", "https://city.example:8443/b.json", "officer", JANUARY, None, None)
    with pytest.raises(FederationUnavailable, match="no port of its own"):
        collect(configuration(), published)
