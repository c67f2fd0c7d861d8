"""E-mail: which addresses are taken, how a notice becomes a message, and how a mail server is reached."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import smtplib
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 10.0
LONGEST_ADDRESS = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 octets with its angle brackets."""

_PART = r"[^\s@<>()\[\],;:\\\"]+"
_ADDRESS = re.compile(f"{_PART}@{_PART}")
_POLICY = SMTP_POLICY.clone(cte_type="7bit")
"""Bodies are encoded so that every server passes them on unchanged, whether it knows 8BITMIME or not."""

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def is_address(text: str) -> bool:
    """Whether this is one plain mail address: one @, no white space, no control or list characters.

    What passes cannot end a header line or name a second recipient. Whether it exists, the server knows.
    """
    return (
        len(text.encode(errors="replace")) <= LONGEST_ADDRESS
        and text.isprintable()
        and _ADDRESS.fullmatch(text) is not None
    )


@dataclass(frozen=True, slots=True)
class NoticeKey:
    """What makes a notice one and the same, however often it is sent."""

    city_id: str
    request_id: uuid.UUID
    seq: int
    audience: str
    channel: str

    def message_id(self, domain: str) -> str:
        """A Message-ID of the key alone, so that a receiver sees a repeated mail once."""
        key = "\0".join((self.city_id, str(self.request_id), str(self.seq), self.audience, self.channel))
        return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def write_message(
    key: NoticeKey,
    sender: str,
    recipient: str,
    subject: str,
    body: str,
    language: str,
    created_at: dt.datetime,
) -> EmailMessage:
    """The notice as a message; the same at every attempt. Raises ``ValueError`` for what no header may hold."""
    if not is_address(recipient):
        raise ValueError("the recipient is not one plain mail address")
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(created_at)
    message["Message-ID"] = key.message_id(domain_of(sender))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    message["Content-Language"] = language  # after the content: setting it takes such headers away
    return message


def domain_of(sender: str) -> str:
    """The domain of a sender, with or without a name before it."""
    return sender.rpartition("@")[2].strip("<> ") or "localhost"


@contextmanager
def mail_server(url: str, sender: str) -> Iterator[smtplib.SMTP]:
    """A conversation with the server at ``smtp://``, ``smtp+starttls://`` or ``smtps://[user:password@]host``.

    Raises ``OSError`` or ``smtplib.SMTPException`` when it cannot be reached or refuses us. Certificates are
    checked; a password never goes out in the clear.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("NAGARA_SMTP_URL must be smtp://, smtp+starttls:// or smtps://host:port")
    if parts.username and parts.scheme == "smtp":
        raise ValueError("NAGARA_SMTP_URL holds a password; use smtp+starttls:// or smtps://")
    address = (parts.hostname, parts.port or PORTS[parts.scheme])
    # Without a name of our own smtplib asks the name server for it, which can take longer than the mail.
    ours = domain_of(sender)
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(*address, ours, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(*address, ours, timeout=TIMEOUT_SECONDS)
    try:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


class Unopenable(Exception):
    """A sealed recipient does not open with the secret key there is."""


class Unsendable(ValueError):
    """A stored notice cannot become a message."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message did not go: in words without personal data, and what it means."""

    why: str
    permanent: bool
    """True: this message will never be taken. False: try again later."""
    stops: bool
    """True: the server, not the message, is the trouble; leave the others for later too."""


def judge(error: Exception) -> Refusal:
    """What an error of ``smtplib``, the network or a message means for the message in hand."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [(int(code), _as_text(text)) for code, text in error.recipients.values()]
            code, text = max(codes, default=(450, ""))
            return Refusal(_why(error, code, text), permanent=code >= 500, stops=code == 421)
        case smtplib.SMTPDataError():
            code, text = error.smtp_code, _as_text(error.smtp_error)
            return Refusal(_why(error, code, text), permanent=code >= 500, stops=code == 421)
        case Unopenable():
            # perhaps the secret key is not the right one at the moment
            return Refusal(type(error).__name__, permanent=False, stops=False)
        case smtplib.SMTPNotSupportedError() | Unsendable():
            # the address needs SMTPUTF8 and the server has none, or the message cannot be written at all
            return Refusal(type(error).__name__, permanent=True, stops=False)
        case smtplib.SMTPResponseException():
            # it refuses the sender or the password: for an operator to mend, and no fault of the message
            return Refusal(
                _why(error, error.smtp_code, _as_text(error.smtp_error)), permanent=False, stops=True
            )
        case _:
            return Refusal(type(error).__name__, permanent=False, stops=True)


def _why(error: Exception, code: int, text: str) -> str:
    """The error's name and codes. The server's own words are left out: they tend to repeat the address."""
    enhanced = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", text)
    return " ".join(filter(None, (type(error).__name__, str(code), enhanced and enhanced.group(1))))


def _as_text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
