"""A running mail server, empty for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.nagara.notifications.mails import Sink, mail_goes_to


@pytest.fixture(scope="session")
def mail_sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """One program for all tests of a process: starting it takes longer than most of them."""
    server = Sink(tmp_path_factory.mktemp("mails"))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def sink(database_url: str, mail_sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A mail server that runs, holds no mail yet, and which the settings name."""
    mail_sink.start()
    mail_sink.empty()
    with mail_goes_to(monkeypatch, f"smtp://127.0.0.1:{mail_sink.port}"):
        yield mail_sink
