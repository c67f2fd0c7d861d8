"""Who may speak for a city: its registered key alone, each bundle once, and never a history that was tampered with."""

from __future__ import annotations

import pytest

from nagara.cities import configuration
from nagara.database import network_connection, time_told
from nagara.errors import AlreadyThere, InvalidInput, UnknownCity
from nagara.federation import bundle as form
from nagara.federation.bundle import Letter, canonical, read_letter
from nagara.federation.door import receive, refused
from nagara.federation.exporting import make_bundle
from nagara.federation.registry import cities_elsewhere, register, retire
from nagara.federation.signing import encode, key_id, new_private_key, public_key_of, sign
from nagara.indicators.build import build_city
from nagara.network import errors as refusals
from tests.helpers import Connection
from tests.nagara.federation.conftest import CITY, JANUARY, Bundle, Take, filed, registered


def test_a_replay_and_a_new_signature_are_told_apart(
    bundles: list[Bundle], private: bytes, take: Take
) -> None:
    take(bundles[0])
    with pytest.raises(refusals.ReplayedBundle):
        take(bundles[0])
    other = new_private_key()
    registered(other)
    with pytest.raises(refusals.ResignedBundle, match="another signature"):
        take(bundles[0], other)
    take(bundles[1], other)
    with pytest.raises(refusals.OlderBundle):
        take(bundles[0] | {"made_at": bundles[0]["made_at"].replace(":", ":")[:-3] + "00Z"})


def test_only_a_registered_key_of_the_very_city_opens_the_door(bundles: list[Bundle], private: bytes) -> None:
    stranger, bangkok = new_private_key(), new_private_key()
    registered(bangkok, "th-bkk")

    def handed(letter: Bundle) -> None:
        receive(configuration(), canonical(letter))

    with pytest.raises(refusals.UnknownSigningKey, match="Nobody registered"):
        handed(sign(bundles[0], stranger))
    with pytest.raises(refusals.WrongCity, match="speaks for th-bkk"):
        handed(sign(bundles[0], bangkok))
    letter = sign(bundles[0], private)
    with pytest.raises(refusals.TamperedBundle):
        handed(letter | {"bundle": bundles[0] | {"made_at": "2026-02-02T00:00:00.000000Z"}})
    with pytest.raises(refusals.TamperedBundle):
        handed(letter | {"signature": sign(bundles[1], private)["signature"]})
    with pytest.raises(refusals.TamperedBundle):
        handed(sign(bundles[0], stranger) | {"key": letter["key"]})
    with network_connection() as connection:
        retire(connection, "officer", letter["key"])
        assert retire(connection, "another", letter["key"]).retired_by == "officer"
        assert cities_elsewhere(connection) == {CITY, "th-bkk"}
        found = [(row["city"], row["code"]) for row in refused(connection, 9)]
        assert found == [("th-bkk", "wrong_city")], "under the city whose key it is; strangers leave no row"
    with pytest.raises(refusals.UnknownSigningKey, match="retired on"):
        handed(letter)


def test_keys_are_checked_when_they_are_registered(database_url: str) -> None:
    public = encode(public_key_of(new_private_key()))
    with network_connection() as connection:

        def add(city: str = CITY, key: str = public, address: str | None = None) -> None:
            register(connection, configuration(), "officer", city, key, address)

        for wrong, error in (
            ({"city": "xx-yyy"}, UnknownCity),
            ({"key": "short"}, InvalidInput),
            ({"key": "ü" * 43}, InvalidInput),
            ({"address": "http://example.org/bundle.json"}, InvalidInput),
            ({"address": "https://127.0.0.1/bundle.json"}, InvalidInput),
        ):
            with pytest.raises(error):
                add(**wrong)
        add(address="https://city.example.org/bundle.json")
        with pytest.raises(AlreadyThere):
            add("th-bkk")
        with pytest.raises(refusals.UnknownFederationKey):
            retire(connection, "officer", "0" * 16)


def test_a_tampered_history_is_not_signed_and_the_event_is_named(owner: Connection, db: Connection) -> None:
    filed(db, 5, JANUARY)
    db.commit()
    build_city(db, configuration(), CITY, time_told(db))
    db.commit()
    owner.execute("set session_replication_role = replica")
    owner.execute("update event set occurred_at = occurred_at - interval '1 day' where kind = 'resolved'")
    owner.execute("set session_replication_role = origin")
    with pytest.raises(refusals.TamperedEvent, match=r"Request [0-9a-f-]{36}, event 3: its content"):
        make_bundle(db, CITY, time_told(db))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"format": "nagara-signed-bundle"}',
        b"\xff\xfe",
        b'{"a": 1' * 3,
        b"1e999",
        b"NaN",
    ],
)
def test_what_is_no_letter_is_refused(content: bytes) -> None:
    with pytest.raises(refusals.MalformedBundle):
        read_letter(content)


def test_a_letter_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "LARGEST_BYTES", 100)
    with pytest.raises(refusals.MalformedBundle, match="bytes"):
        read_letter(b" " * 101)


def test_signatures_are_those_of_the_standard_and_bound_to_their_purpose(private: bytes) -> None:
    """The first test of RFC 8032, section 7.1."""
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert public_key_of(secret).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert len(key_id(public_key_of(secret))) == 16
    letter = sign({"a": 1}, secret)
    assert letter == sign({"a": 1}, secret), "the same bundle has the same signature"
    assert Letter.model_fields.keys() == letter.keys()
