"""Addresses that are one plain mail address, and those that could say more."""

from __future__ import annotations

import datetime as dt

import pytest

from city_config import City
from nagara.notifications import Composed, Delivered
from nagara.notifications.channels import Outgoing
from nagara.notifications.channels.email import domain_of, is_address, write_message
from tests.helpers import Connection, file
from tests.nagara.notifications.mails import Sink, tell


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org\r\nBcc: c@d.org", "a@b.org\nc@d.org", "a@b.org, c@d.org", "a@b@c.org", "nobody", "@b.org",
        "a@", "a b@c.org", "<a@b.org>", "a@b.org\x00", "a@b.org\u2028c@d.org", "x" * 250 + "@b.org",
        "a;b@c.org", '"a"@b.org',
    ],
)  # fmt: skip
def test_addresses_that_could_say_more_than_an_address_are_refused(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City, address: str
) -> None:
    assert not is_address(address)
    if "\x00" not in address:  # the intake refuses that one itself
        file(phnom_penh, contact={"email": address})
        assert tell(db) == (Composed(1, 0, 1), Delivered())
    outgoing = Outgoing("a" * 40, {"email": address}, "en", "s", "b", dt.datetime.now(dt.UTC))
    with pytest.raises(ValueError, match="one plain mail address"):
        write_message("n@example.org", outgoing)
    assert sink.mails() == []


@pytest.mark.parametrize(
    "address", ["a@b.org", "o'neil+tag@sub.example.co.th", "ชื่อ@ตัวอย่าง.ไทย", "a@localhost"]
)
def test_ordinary_addresses_are_taken(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    ("sender", "domain"), [("a@b.org", "b.org"), ("City <a@b.org>", "b.org"), ("nobody", "nobody")]
)
def test_domain_of_a_sender(sender: str, domain: str) -> None:
    assert domain_of(sender) == domain
