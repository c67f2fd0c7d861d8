"""A mail server for tests of notices, and the steps that make and send them."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from city_config import City
from nagara import accounts
from nagara.accounts import Account
from nagara.database import city_session
from nagara.lifecycle import Move
from nagara.local.ports import free_port
from nagara.notifications import Composed, Delivered, compose, deliver
from nagara.permissions import Role
from nagara.settings import settings
from nagara.staff import actions as staff_actions
from nagara.staff.actions import Details
from tests.helpers import Connection, Known
from tests.waiting import wait_until

RESIDENT = "sok.dara@example.org"


class Sink:
    """The demo's mail server as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run, unless it does."""
        if self.process is not None:
            return
        command = [sys.executable, "-m", "nagara.local.mail_sink"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--folder", str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self.answers, "the mail sink answers")

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def empty(self) -> None:
        for mail in self.folder.glob("*.eml"):
            mail.unlink()

    def mails(self) -> list[EmailMessage]:
        """What has arrived, in order of arrival."""
        files = sorted(self.folder.glob("*.eml"))
        return [message_from_bytes(f.read_bytes(), policy=policy.default) for f in files]


@contextmanager
def mail_goes_to(monkeypatch: pytest.MonkeyPatch, url: str | None) -> Iterator[None]:
    """The process's settings name this mail server."""
    if url is None:
        monkeypatch.delenv("NAGARA_SMTP_URL", raising=False)
    else:
        monkeypatch.setenv("NAGARA_SMTP_URL", url)
    monkeypatch.setenv("NAGARA_PUBLIC_URL", "https://reports.example.org/")
    settings.cache_clear()
    try:
        yield
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def tell(db: Connection) -> tuple[Composed, Delivered]:
    """Compose and deliver, each as its task does."""
    with db.transaction():
        composed = compose(db)
    return composed, deliver(db)


def move(city: City, request: Known, move: Move, **details: Any) -> None:
    account = Account(city.id, "somebody", Role.SUPERVISOR, (), "Somebody")
    with city_session(city.id) as session:
        staff_actions.make_move(session, city, account, request.reference, move, Details(**details))


def staff(city: City, name: str, role: Role, email: str | None, department: str | None = None) -> None:
    with city_session(city.id) as session:
        accounts.add_account(
            session, city.id, name, "correct horse battery", role, email=email, department=department
        )


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def notices(owner: Connection) -> list[tuple[Any, ...]]:
    query = (
        "select audience, attempts, sent_at is not null, failed_at is not null, last_error from notification"
    )
    return owner.execute(query + " order by created_at, seq, audience").fetchall()


def time_passes(owner: Connection) -> None:
    """What was put back is due again."""
    owner.execute("update notification set next_attempt_at = now() where next_attempt_at is not null")
