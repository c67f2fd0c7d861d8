"""How a notice is written as a mail: plain text and HTML beside each other, from one text (RFC 2045-2047, 5322). Pure.

Written here and not with ``email.message``, which takes several times as long for the same bytes; a test reads
them back with it.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from email.utils import format_datetime, formataddr, parseaddr

from nagara.notifications.channels.base import Outgoing

OWN_COLOUR = "#0b5a6f"
"""Ground of the head where a city has chosen none; white on it reaches more than 4.5:1."""

ADDRESS = re.compile(r"https?://[^\s<>\"']+")
LONGEST_LINE = 900
"""Octets; RFC 5322, 2.1.1 allows 998."""

BYTES_OF_A_WORD = 42
"""So that an encoded word with its frame stays within 75 characters (RFC 2047, 2)."""

FONTS: Mapping[str, str] = {
    "km": "'Noto Sans Khmer','Khmer UI','Leelawadee UI','Khmer Sangam MN'",
    "th": "'Noto Sans Thai','Leelawadee UI',Thonburi",
    "lo": "'Noto Sans Lao','Leelawadee UI','Lao Sangam MN'",
    "my": "'Noto Sans Myanmar','Myanmar Text','Myanmar Sangam MN'",
    "ta": "'Noto Sans Tamil','Nirmala UI','Tamil Sangam MN'",
    "zh-Hans": "'Noto Sans SC','Microsoft YaHei','PingFang SC'",
}
"""Fonts that systems bring for scripts whose letters the usual ones lack; none is fetched."""

PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{subject}</title></head>
<body style="margin:0;padding:0;background:#f2f4f5;color:#1b2426;font-family:{fonts}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f4f5"><tr>
<td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;background:#ffffff">
<tr><td style="background:{colour};color:#ffffff;padding:14px 24px;font-size:15px;line-height:1.6">{city}</td></tr>
<tr><td style="padding:20px 24px;font-size:16px;line-height:1.7;overflow-wrap:anywhere">
<h1 style="margin:0 0 12px;font-size:19px;line-height:1.5">{subject}</h1>
{body}</td></tr></table></td></tr></table></body></html>
"""
PARAGRAPH = '<p style="margin:0 0 14px">{lines}</p>'
BUTTON = '<p style="margin:0 0 14px;padding:10px 14px;border-left:4px solid {colour};background:#f2f4f5">{lines}</p>'


def mail(sender: str, domain: str, recipient: str, message: Outgoing, city: str, colour: str | None) -> bytes:
    """The whole message; the same bytes at every attempt."""
    boundary = f"=_{message.key}"
    head = [
        ("From", _address(sender)),
        ("To", recipient),
        ("Subject", _words(message.subject)),
        ("Date", format_datetime(message.created_at)),
        ("Message-ID", f"<{message.key}@{domain}>"),
        ("X-Nagara-Key", message.key),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", message.language),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    if message.unsubscribe:
        # left whole: folded or encoded, a long address could be called by no program (RFC 8058)
        head.append(("List-Unsubscribe", f"<{message.unsubscribe}>"))
        head.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    lines = [f"{name}: {_one_line(value)}" for name, value in head]
    page = html_page(message, city, colour or OWN_COLOUR)
    for kind, text in (("plain", message.body), ("html", page)):
        encoding, content = _body(text)
        lines += ["", f"--{boundary}", f"Content-Type: text/{kind}; charset=utf-8"]
        lines += [f"Content-Transfer-Encoding: {encoding}", "", content]
    lines += ["", f"--{boundary}--", ""]
    return "\r\n".join(lines).encode()


def html_page(message: Outgoing, city: str, colour: str) -> str:
    """The text as a page: its paragraphs, its addresses as links, the place to read on set apart."""
    blocks = [_paragraph(block, message.link, colour) for block in re.split(r"\n\s*\n", message.body.strip())]
    named = FONTS.get(message.language)
    return PAGE.format(
        language=html.escape(message.language),
        subject=html.escape(message.subject),
        fonts=f"system-ui,{f'{named},' if named else ''}'Segoe UI',Roboto,'Noto Sans',sans-serif",
        colour=colour,
        city=html.escape(city),
        body="\n".join(blocks),
    )


def _paragraph(block: str, link: str | None, colour: str) -> str:
    lines = "<br>\n".join(_linked(line) for line in block.splitlines())
    form = BUTTON if link and link in block else PARAGRAPH
    return form.format(lines=lines, colour=colour)


def _linked(line: str) -> str:
    """A line with its addresses as links; nothing else of it is ever markup."""
    parts, last = [], 0
    for found in ADDRESS.finditer(line):
        address = html.escape(found.group())
        parts += [html.escape(line[last : found.start()]), f'<a href="{address}">{address}</a>']
        last = found.end()
    return "".join(parts) + html.escape(line[last:])


def _body(text: str) -> tuple[str, str]:
    """A body as every server passes it on unchanged, whether it knows 8BITMIME or not."""
    lines = text.replace("\r\n", "\n").split("\n")
    if text.isascii() and all(len(line) <= LONGEST_LINE and "\r" not in line for line in lines):
        return "7bit", "\r\n".join(lines)
    encoded = base64.b64encode("\r\n".join(lines).encode()).decode()
    return "base64", "\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))


def _words(text: str) -> str:
    """A text in a header: as it is in plain ASCII, else as encoded words, none of which cuts a letter."""
    line = " ".join(text.split())
    if line.isascii() and line.isprintable() and "=?" not in line and len(line) <= LONGEST_LINE:
        return line
    words, word = [], b""
    for letter in line:
        added = letter.encode()
        if len(word) + len(added) > BYTES_OF_A_WORD:
            words.append(word)
            word = b""
        word += added
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(part).decode()}?=" for part in (*words, word))


def _address(sender: str) -> str:
    name, address = parseaddr(sender)
    return formataddr((name, address)) if name and address else sender


def _one_line(value: str) -> str:
    """A header never ends early, whatever it holds; only our own folding begins a new line."""
    folded = value.replace("\r\n =?", "\x00=?")
    return re.sub(r"[\r\n]+", " ", folded).replace("\x00=?", "\r\n =?")
