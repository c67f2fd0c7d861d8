"""E-mail: which addresses are taken, how a notice becomes a message, and how a mail server is reached."""

from __future__ import annotations

import datetime as dt
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from nagara.cities import configuration
from nagara.notifications.channels.base import Outgoing, Refusal, Unsendable, judge_own
from nagara.notifications.channels.mime import mail
from nagara.settings import settings

TIMEOUT_SECONDS = 10.0
LONGEST_ADDRESS = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 octets with its angle brackets."""

_PART = r"[^\s@<>()\[\],;:\\\"]+"
_ADDRESS = re.compile(f"{_PART}@{_PART}")


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


def write_message(sender: str, outgoing: Outgoing) -> bytes:
    """The message; the same at every attempt. Raises ``ValueError`` for an address that could say more than one.

    Where it can be unsubscribed from, it says so as RFC 8058 wants it, for mail programs to show a button.
    """
    recipient = outgoing.recipient.get("email", "")
    if not is_address(recipient):
        raise ValueError("the recipient is not one plain mail address")
    city = configuration().cities.get(outgoing.city_id)
    name = city.name_in(city.names, outgoing.language) if city is not None else "Nagara"
    colour = city.look.colour if city is not None and city.look is not None else None
    return mail(sender, domain_of(sender), recipient, outgoing, name, colour)


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


class EmailChannel:
    """E-mail by SMTP. Tried for five days: RFC 5321, 4.5.4.1 has a sender go on for four to five."""

    name = "email"
    passing_errors: tuple[type[Exception], ...] = (OSError, smtplib.SMTPException)
    give_up_after = dt.timedelta(days=5)

    def ready(self) -> bool:
        """Whether a mail server is set."""
        return settings().smtp_url is not None

    @contextmanager
    def open(self) -> Iterator[_Server]:
        """One SMTP session for several messages."""
        url, sender = settings().smtp_url, settings().mail_from
        if url is None:
            raise ValueError("no mail server is set")
        with mail_server(url, sender) as server:
            yield _Server(server, sender)

    def destination(self, recipient: Mapping[str, str]) -> str:
        """The domain."""
        return recipient.get("email", "").rpartition("@")[2].casefold()

    def judge(self, error: Exception) -> Refusal:
        """What the server, or the way to it, meant."""
        return judge(error)


class _Server:
    """An open SMTP session."""

    def __init__(self, server: smtplib.SMTP, sender: str) -> None:
        self._server, self._sender = server, sender

    def send(self, message: Outgoing) -> None:
        """Hand one message over."""
        recipient = message.recipient.get("email", "")
        try:
            written = write_message(self._sender, message)
        except ValueError as error:
            raise Unsendable from error
        options = () if recipient.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        if options and not self._server.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError
        self._server.sendmail(_bare(self._sender), [recipient], written, mail_options=options)


def _bare(sender: str) -> str:
    """``Name <a@b>`` as the envelope wants it: ``a@b``."""
    return f"{sender.rpartition('@')[0].rpartition('<')[2]}@{domain_of(sender)}"


def judge(error: Exception) -> Refusal:
    """What an error of ``smtplib``, the network or a message means for the message in hand."""
    own = judge_own(error)
    if own is not None:
        return own
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [(int(code), _as_text(text)) for code, text in error.recipients.values()]
            code, text = max(codes, default=(450, ""))
            return _of_message(_why(error, code, text), code)
        case smtplib.SMTPDataError():
            code, text = error.smtp_code, _as_text(error.smtp_error)
            return _of_message(_why(error, code, text), code)
        case smtplib.SMTPNotSupportedError():
            # the address needs SMTPUTF8 and the server has none
            return Refusal(type(error).__name__, permanent=True, stops=False)
        case smtplib.SMTPResponseException():
            # it refuses the sender or the password: for an operator to mend, and no fault of the message
            return Refusal(
                _why(error, error.smtp_code, _as_text(error.smtp_error)), permanent=False, stops=True
            )
        case _:
            return Refusal(type(error).__name__, permanent=False, stops=True)


def _of_message(why: str, code: int) -> Refusal:
    """A reply to one message: never (5xx), later because its domain is in trouble (4xx), or nothing now (421)."""
    return Refusal(
        why, permanent=code >= 500, stops=code == 421, blames_destination=code < 500 and code != 421
    )


def _why(error: Exception, code: int, text: str) -> str:
    """The error's name and codes. The server's own words are left out: they tend to repeat the address."""
    enhanced = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", text)
    return " ".join(filter(None, (type(error).__name__, str(code), enhanced and enhanced.group(1))))


def _as_text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
