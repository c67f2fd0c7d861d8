"""The channels themselves: lengths, gateways that misbehave, addresses that lead inside, keys that hold."""

from __future__ import annotations

import datetime as dt
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.notifications.channels import CHANNELS, Outgoing
from nagara.notifications.channels.base import Refusal, Unopenable, Unsendable
from nagara.notifications.channels.email import write_message
from nagara.notifications.channels.push import LARGEST_PAYLOAD, encrypt, payload_of, public_key
from nagara.notifications.channels.sms import GatewayAnswer, fill, segments, short_text, waiting_time
from nagara.outgoing import AddressNotAllowed, Caller, NotReached, check_url, may_be_called, stated_places
from nagara.settings import settings
from tests.messages import Browser, Other, other_side

LINK = "https://reports.example.org/#/track/PNH-7K3M9QX-C"
KHMER = "PNH-7K3M9QX-C៖ " + "យើងបានទទួលសំណើរបស់អ្នក " * 12


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Other]:
    monkeypatch.setenv("NAGARA_DEMO", "1")
    with other_side() as other:
        monkeypatch.setenv("NAGARA_SMS_URL", f"{other.url}/send")
        settings.cache_clear()
        other.status = 200
        yield other
    monkeypatch.undo()
    settings.cache_clear()


def message(**fields: Any) -> Outgoing:
    values: dict[str, Any] = {
        "key": "a" * 40,
        "recipient": {"phone": "+85512345678"},
        "language": "en",
        "subject": "PNH-7K3M9QX-C: work has begun",
        "body": 'A "quoted" text\nwith {to} in it & more',
        "created_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    }
    return Outgoing(**(values | fields))


def send(way: str, outgoing: Outgoing) -> Refusal | None:
    channel = CHANNELS[way]
    passing: tuple[type[Exception], ...] = (*channel.passing_errors, Unopenable, Unsendable)
    with channel.open() as conversation:
        try:
            conversation.send(outgoing)
        except passing as error:
            return channel.judge(error)
    return None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
        ("ក" * 70, 1), ("ក" * 71, 2), ("ក" * 134, 2), ("ក" * 135, 3), ("", 1), ("😀" * 35, 1), ("😀" * 36, 2),
    ],
)  # fmt: skip
def test_lengths_are_those_of_the_network(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_words_are_cut_and_never_the_reference_or_the_link() -> None:
    for text in (KHMER, "PNH-7K3M9QX-C: " + "very long words " * 40, "PNH-7K3M9QX-C: " + "x" * 500):
        short = short_text(text, LINK, "PNH-7K3M9QX-C")
        assert segments(short) <= 2
        assert short.startswith("PNH-7K3M9QX-C")
        assert short.endswith(f"… {LINK}")
    assert short_text("PNH-7K3M9QX-C: begun", LINK) == f"PNH-7K3M9QX-C: begun {LINK}"


@given(st.text(max_size=400), st.sampled_from([None, LINK]))
def test_any_text_becomes_short(text: str, link: str | None) -> None:
    short = short_text(text, link, "PNH-7K3M9QX-C")
    assert segments(short) <= 2
    assert link is None or short.endswith(link)


def test_a_template_is_filled_once_and_safely() -> None:
    values = {"to": "+855 12", "text": 'a "b" {to} \\ ្', "from": "Nagara", "id": "1"}
    written = fill('{"to": {to}, "text": {text}, "from": {from}, "id": {id}}', values, as_form=False)
    assert json.loads(written) == values
    assert (
        fill("to={to}&t={text}", {"to": "+1", "text": "a&b {to}"}, as_form=True)
        == "to=%2B1&t=a%26b%20%7Bto%7D"
    )


def test_a_gateway_is_called_as_the_settings_say(gateway: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAGARA_SMS_AUTH_HEADER", "X-Api-Key: a secret")
    settings.cache_clear()
    assert send("sms", message()) is None
    monkeypatch.setenv("NAGARA_SMS_METHOD", "GET")
    monkeypatch.setenv("NAGARA_SMS_BODY", "to={to}&text={text}")
    monkeypatch.setenv("NAGARA_SMS_CONTENT_TYPE", "application/x-www-form-urlencoded")
    settings.cache_clear()
    assert send("sms", message(body="ខ្មែរ")) is None
    first, second = gateway.calls
    assert json.loads(first.body)["text"] == message().body
    assert first.headers["x-api-key"] == "a secret"
    assert first.headers["idempotency-key"] == "a" * 40
    assert second.path.startswith("/send?to=%2B85512345678&text=%E1%9E%81")


@pytest.mark.parametrize(
    ("status", "permanent", "stops"),
    [
        (400, True, False), (422, True, False), (401, False, True), (429, False, True), (503, False, True),
        (302, False, True),
    ],
)  # fmt: skip
def test_what_a_gateways_answer_means(gateway: Other, status: int, permanent: bool, stops: bool) -> None:
    gateway.status, gateway.headers = status, {"Retry-After": "90", "Location": "http://127.0.0.1:9/"}
    refusal = send("sms", message())
    assert refusal is not None
    assert (refusal.permanent, refusal.stops) == (permanent, stops)
    assert len(gateway.calls) == 1, "redirects are not followed"
    assert "85512345678" not in refusal.why
    if status in (429, 503):
        assert refusal.wait == dt.timedelta(seconds=90)


def test_a_gateway_that_is_away_waits(gateway: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAGARA_SMS_URL", "http://127.0.0.1:9/")
    settings.cache_clear()
    refusal = send("sms", message())
    assert refusal is not None
    assert (refusal.permanent, refusal.stops) == (False, True)
    assert send("sms", message(recipient={})) == Refusal("Unsendable", permanent=True, stops=False)


def test_waiting_times() -> None:
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert waiting_time("120") == dt.timedelta(minutes=2)
    assert waiting_time("99999999") == dt.timedelta(hours=1)
    assert waiting_time("Thu, 01 Jan 2026 00:01:00 GMT", now) == dt.timedelta(minutes=1)
    assert waiting_time("Wed, 31 Dec 2025 00:01:00 GMT", now) == dt.timedelta()
    nothing = (None, "", "soon", "²", "①", "-5", "Mon, 01 Jan 2024 00:00:00 +9999999")
    assert [waiting_time(text) for text in nothing] == [None] * len(nothing)
    assert CHANNELS["sms"].judge(GatewayAnswer(500, "7")).wait == dt.timedelta(seconds=7)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
        "2001:0:a00:1::", "192.0.2.1", "ff02::1", "127.0.0.1", "::1", "::ffff:127.0.0.1",
        "fec0::1", "64:ff9b:1::a00:1", "::ffff:0:7f00:1", "::7f00:1",
    ],
)  # fmt: skip
def test_addresses_inside_are_never_called(address: str) -> None:
    assert not may_be_called(address)
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(AddressNotAllowed):
        check_url(f"https://{host}/x")


def test_addresses_outside_may_be_called() -> None:
    assert all(may_be_called(address) for address in ("1.1.1.1", "8.8.8.8", "2606:4700::1111"))
    assert may_be_called("127.0.0.1", loopback=True)
    assert not may_be_called("10.0.0.1", loopback=True)


def test_another_port_is_called_only_where_the_installations_files_state_it() -> None:
    stated = stated_places(
        ["https://Works.example:8443/open311/v2", "https://b.example/v2", "https://c.example:x/"]
    )
    check_url("https://works.example:8443/open311/v2/requests.json", stated=stated)
    for url in ("https://works.example:8443/x", "https://b.example:8443/x", "https://works.example:8444/x"):
        with pytest.raises(AddressNotAllowed, match="no port of its own"):
            check_url(url, stated=stated if "works.example:8443" not in url else ())
    with pytest.raises(AddressNotAllowed, match="not public"):
        check_url("https://10.0.0.1:8443/x", stated=stated_places(["https://10.0.0.1:8443"]))


def test_a_name_that_leads_inside_is_refused_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, 1, 6, "", (a, port)) for a in ("1.1.1.1", "192.168.0.7")]

    monkeypatch.setattr("nagara.outgoing.socket.getaddrinfo", resolve)
    with Caller() as caller, pytest.raises(AddressNotAllowed):
        caller.call("POST", "https://push.example.org/x", {"Host": "push.example.org"}, b"")
    assert asked == ["push.example.org"], "one of its addresses is enough"
    with Caller() as caller, pytest.raises(AddressNotAllowed):
        caller.call("POST", "http://push.example.org/x", {}, b"")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    with other_side() as other:
        port = int(other.url.rpartition(":")[2])
        answers, real = iter(["127.0.0.1", "10.0.0.1"]), socket.getaddrinfo

        def resolve(host: str, *further: Any, **named: Any) -> list[Any]:
            if host != "localhost":
                return list(real(host, *further, **named))
            return [(socket.AF_INET, 1, 6, "", (next(answers), port))]

        monkeypatch.setattr("nagara.outgoing.socket.getaddrinfo", resolve)
        with Caller(loopback=True) as caller:
            answer = caller.call("POST", f"http://localhost:{port}/x", {"Host": "localhost"}, b"y")
        assert answer.status == 201
        assert len(other.calls) == 1


def test_an_answer_without_end_is_cut_off() -> None:
    with other_side() as other:
        other.body = b"x" * 1_000_000
        with Caller(loopback=True) as caller:
            answer = caller.call("POST", f"{other.url}/x", {"Host": "localhost"}, b"")
        assert len(answer.body) == 64 * 1024


def test_a_call_that_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nagara.outgoing.CALL_SECONDS", 0.0)
    with other_side() as other, Caller(loopback=True) as caller, pytest.raises(NotReached):
        caller.call("POST", f"{other.url}/x", {"Host": "localhost"}, b"")


def test_a_payload_fits_and_only_its_browser_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAGARA_DEMO", "1")
    settings.cache_clear()
    mine, other = Browser("http://127.0.0.1:9"), Browser("http://127.0.0.1:9")
    payload = payload_of(message(body="ខ" * 5000, link=LINK, topic="PNH-7K3M9QX-C"))
    assert len(payload) <= LARGEST_PAYLOAD
    sealed = encrypt(payload, mine.p256dh, mine.auth)
    assert len(sealed) <= 4096
    assert mine.read(sealed)["url"] == LINK
    with pytest.raises(Exception, match=r"[Dd]ecrypt|Invalid|tag"):
        other.read(sealed)
    assert encrypt(payload, mine.p256dh, mine.auth) != sealed, "a key pair of its own each time"
    assert public_key() == public_key()
    monkeypatch.setenv("NAGARA_SECRET_KEY", "another secret of more than thirty-two characters")
    before = public_key()
    settings.cache_clear()
    assert public_key() != before
    settings.cache_clear()


def test_the_header_that_ends_a_subscription_stays_whole() -> None:
    address = "https://reports.example.org/api/v1/subscriptions/" + "a" * 120 + "/unsubscribe"
    outgoing = message(recipient={"email": "a@example.org"}, unsubscribe=address, body="ខ្មែរ")
    head = write_message("nagara@example.org", outgoing).partition(b"\r\n\r\n")[0].decode()
    assert f"List-Unsubscribe: <{address}>\r\n" in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
