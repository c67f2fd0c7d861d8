"""Signed addresses of pictures: what they open, and until when."""

from __future__ import annotations

import datetime as dt
import uuid
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.photos.addresses import STEP_SECONDS, Signed, opens, signed_query

TOKEN, PICTURE = "a" * 40, uuid.UUID("01900000-0000-7000-8000-000000000000")
NOW = dt.datetime(2026, 11, 22, 10, 7, tzinfo=dt.UTC)


def asked(query: str, after: dt.timedelta) -> Signed:
    said = parse_qs(query.lstrip("?"))
    return Signed(int(said["until"][0]), said["key"][0], NOW + after)


@given(st.integers(0, 4 * STEP_SECONDS))
def test_an_address_holds_half_an_hour_at_least_and_an_hour_at_most(seconds: int) -> None:
    held = opens(TOKEN, PICTURE, asked(signed_query(TOKEN, PICTURE, NOW), dt.timedelta(seconds=seconds)))
    assert held or seconds > STEP_SECONDS
    assert not held or seconds < 2 * STEP_SECONDS


def test_it_is_the_same_within_a_step_and_says_nothing_of_the_token() -> None:
    query = signed_query(TOKEN, PICTURE, NOW)
    assert query == signed_query(TOKEN, PICTURE, NOW + dt.timedelta(minutes=20))
    assert query != signed_query(TOKEN, PICTURE, NOW + dt.timedelta(minutes=25))
    assert TOKEN not in query


@pytest.mark.parametrize("field", ["token", "picture", "until", "key"])
def test_nothing_about_it_can_be_changed(field: str) -> None:
    signed = asked(signed_query(TOKEN, PICTURE, NOW), dt.timedelta())
    assert opens(TOKEN, PICTURE, signed)
    if field == "until":
        signed = signed._replace(until=signed.until + STEP_SECONDS)
    elif field == "key":
        signed = signed._replace(key="\u00e9")
    token = "b" * 40 if field == "token" else TOKEN
    assert not opens(token, uuid.UUID(int=1) if field == "picture" else PICTURE, signed)
