from __future__ import annotations

import email
import email.policy
import signal
import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from nagara.local.children import end_child, start_child
from nagara.local.mail_sink import LARGEST_MESSAGE_BYTES
from nagara.local.ports import LOOPBACK, accepts, free_port
from tests.waiting import PATIENCE_SECONDS, wait_until


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[smtplib.SMTP]:
    port = free_port()
    command = [sys.executable, "-m", "nagara.local.mail_sink", "--port", str(port), "--folder"]
    process = start_child([*command, str(tmp_path / "outbox")], tmp_path / "log")
    try:
        wait_until(lambda: accepts(port), "the sink takes connections")
        with smtplib.SMTP(LOOPBACK, port) as client:
            yield client
    finally:
        assert end_child(process, signal.SIGTERM, PATIENCE_SECONDS) == 0


def test_a_message_is_kept_whole_with_its_envelope(sink: smtplib.SMTP, tmp_path: Path) -> None:
    sent = EmailMessage()
    sent["Subject"] = "របាយការណ៍ PNH-7K3M9Q-X"
    sent["From"] = "nagara@localhost"
    sent["To"] = "resident@example.org"
    sent.set_content("Xin chào\n.\nMore after a lone dot\n")
    sink.send_message(sent, to_addrs=["resident@example.org", "copy@example.org"])
    files = list((tmp_path / "outbox").iterdir())
    assert [file.suffix for file in files] == [".eml"]
    kept = email.message_from_bytes(files[0].read_bytes(), policy=email.policy.default)
    assert kept["Subject"] == "របាយការណ៍ PNH-7K3M9Q-X"
    assert kept["X-Envelope-To"] == "resident@example.org, copy@example.org"
    assert kept.get_content().splitlines() == ["Xin chào", ".", "More after a lone dot"]


def test_a_message_beyond_the_limit_is_refused_and_leaves_nothing(sink: smtplib.SMTP, tmp_path: Path) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as refusal:
        sink.sendmail("nagara@localhost", "resident@example.org", b"x" * 70 + b"\r\n" * LARGEST_MESSAGE_BYTES)
    assert refusal.value.smtp_code == 552
    assert list((tmp_path / "outbox").iterdir()) == []


def test_a_full_disk_is_told_to_the_sender(sink: smtplib.SMTP, tmp_path: Path) -> None:
    """Here a folder that is gone: the sender keeps the message and tries again later."""
    (tmp_path / "outbox").rmdir()
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        sink.sendmail("nagara@localhost", "resident@example.org", "Subject: x\r\n\r\nx")
    assert refusal.value.smtp_code == 452
