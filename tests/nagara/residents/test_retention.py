"""Personal data go when their time is over; what is counted stays, and a second run finds nothing to do."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import BytesIO
from typing import Any

import psycopg
import pytest
from PIL import Image

from city_config import City
from city_config.policy import Retention
from nagara.database import app_pool, clock_connection, time_told
from nagara.photos import keeping
from nagara.photos.checking import prepare
from nagara.photos.storage import media_store
from nagara.residents import retention
from nagara.settings import settings
from tests.helpers import Known, file

Connection = psycopg.Connection[Any]
WORDS = "My own words"


@pytest.fixture
def city(phnom_penh: City) -> City:
    """The city, keeping everything for ten days after closing, and originals for five."""
    times = Retention(contact_days=10, photo_days=10, description_days=10, source="a test", confirmed=True)
    public = phnom_penh.publication.model_copy(update={"originals_days": 5})
    return phnom_penh.model_copy(update={"retention": times, "publication": public})


def picture(shade: int) -> bytes:
    written = BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 120)).save(written, "JPEG")
    return written.getvalue()


def keep(city: City, shade: int) -> Any:
    """A picture that waits for its report."""

    async def kept() -> Any:
        async with app_pool() as pool:
            return await keeping.keep(pool, media_store(settings()), city, prepare(picture(shade), city.zone))

    return asyncio.run(kept())


def reported(city: City, owner: Connection, shade: int, closed_days_ago: float | None) -> Known:
    """A request with everything personal a resident can leave."""
    known = file(
        city,
        description=WORDS,
        address="Behind the blue gate",
        district=next(iter(city.district_names)),
        contact={"email": "somebody@example.org"},
        media=(keep(city, shade),),
    )
    if closed_days_ago is not None:
        owner.execute(
            "update request set status = 'resolved', closed_at = clock_timestamp() - make_interval(secs => %s) "
            "where id = %s",
            (closed_days_ago * 86_400, known.id),
        )
    return known


def swept(city: City, now_shift: timedelta = timedelta()) -> dict[str, int]:
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        return retention.sweep(connection, media_store(settings()), {city.id: city}, now + now_shift)


def count(owner: Connection, what: str) -> int:
    row = owner.execute(f"select count(*) from {what}").fetchone()
    assert row is not None
    return int(row[0])


def test_what_is_over_goes_and_what_is_counted_stays(city: City, owner: Connection) -> None:
    old, young, still_open = (
        reported(city, owner, shade, days) for shade, days in ((10, 10.01), (60, 9.99), (110, None))
    )
    events = owner.execute("select count(*), max(encode(hash, 'hex')) from event").fetchone()
    store = media_store(settings())
    row = owner.execute("select sha256 from photo where request_id = %s", (old.id,)).fetchone()
    assert row is not None
    assert swept(city) == {"contact": 1, "photos": 1, "words": 1, "originals": 0}
    assert swept(city) == {"contact": 0, "photos": 0, "words": 0, "originals": 0}, "again changes nothing"

    assert count(owner, "request") == 3
    assert owner.execute("select count(*), max(encode(hash, 'hex')) from event").fetchone() == events
    assert count(owner, "contact") == count(owner, "photo") == 2
    shown = owner.execute("select description, address from request where id = %s", (old.id,)).fetchone()
    assert shown == ("", None)
    for kept in (young, still_open):
        assert owner.execute("select description from request where id = %s", (kept.id,)).fetchone() == (
            WORDS,
        )
    stones = owner.execute(
        "select what, why from removal where request_id = %s order by 1", (old.id,)
    ).fetchall()
    assert stones == [("contact", "retention"), ("photos", "retention"), ("words", "retention")]
    with pytest.raises(Exception, match="Pictures cannot be"):
        store.read_now(city.id, bytes(row[0]), "picture")


def test_a_city_without_times_keeps_its_data(phnom_penh: City, owner: Connection) -> None:
    reported(phnom_penh.model_copy(), owner, 20, 4000)
    assert sum(swept(phnom_penh.model_copy(update={"retention": None})).values()) == 0
    assert count(owner, "contact") == 1


def test_chosen_answers_stay_and_words_go(city: City) -> None:
    service = next(s for s in city.services if any(q.datatype == "singlevaluelist" for q in s.questions))
    question = next(q for q in service.questions if q.datatype == "singlevaluelist")
    answers = {question.code: question.choices[0].key, "something": "My aunt's house"}
    assert retention.chosen_answers(city, service.code, answers) == {question.code: question.choices[0].key}
    assert retention.chosen_answers(city, "gone", answers) == {}


def test_originals_go_earlier_and_the_redacted_stay(city: City, owner: Connection) -> None:
    known = reported(city, owner, 30, None)
    new = keep(city, 200)  # any other picture stands for the redacted one
    other = owner.execute("select sha256 from photo where id = %s", (new,)).fetchone()
    assert other is not None
    owner.execute(
        "update photo set redacted_sha256 = %s, redacted_at = clock_timestamp() where request_id = %s",
        (other[0], known.id),
    )
    owner.execute(
        "insert into original_words (city_id, request_id, sealed, redacted_at, redacted_by) "
        "values (%s, %s, 'x', clock_timestamp(), 'supervisor@kh-pnh')",
        (city.id, known.id),
    )
    assert swept(city)["originals"] == 0
    assert swept(city, timedelta(days=5, minutes=1))["originals"] == 2
    assert count(owner, "original_words") == 0
    assert owner.execute(
        "select sha256, redacted_sha256 from photo where request_id = %s", (known.id,)
    ).fetchone() == (other[0], None)


def test_batches_end_when_there_is_no_more_time_and_go_on_later(
    city: City, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for shade in (40, 50, 70, 80, 90):
        reported(city, owner, shade, 20)
    asked = iter([True, True, False])
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        first = retention.sweep(
            connection, media_store(settings()), {city.id: city}, now, lambda: next(asked, False)
        )
    assert first["contact"] == 4
    assert swept(city)["contact"] == 1
    assert count(owner, "contact") == 0


def test_a_reopened_request_is_looked_at_anew(city: City, owner: Connection) -> None:
    known = reported(city, owner, 100, 20)
    swept(city)
    owner.execute("update request set closed_at = null where id = %s", (known.id,))
    owner.execute(
        "insert into contact (city_id, request_id, sealed) values (%s, %s, 'x')", (city.id, known.id)
    )
    assert swept(city)["contact"] == 0
