"""Erasure: what is personal goes from every table and store, what is counted stays, and nothing comes back."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from nagara import event_log
from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.indicators.build import count_events
from nagara.settings import settings
from tests.api.conftest import Staff
from tests.api.residents.holding import WORDS, Connection, Holder, kinds, refused
from tests.api.test_media import count, filed, files, picture, sent


def test_a_contact_goes_with_the_messages_to_it(holder: Holder, owner: Connection) -> None:
    from nagara.notifications.composing import compose

    with clock_connection() as connection:
        compose(connection)
        connection.commit()
    assert count(owner, "notification where audience = 'resident'") == 1
    done = holder.done("erase", what="contact")
    assert done["outcome"] == "erased"
    assert count(owner, "contact") == count(owner, "notification where audience = 'resident'") == 0
    assert done["request"]["description"] == WORDS
    assert "erase_contact" not in done["request"]["can"]
    assert holder.done("erase", what="contact")["outcome"] == "nothing_to_erase"
    assert count(owner, "event") == 2


def all_rows(owner: Connection) -> str:
    """Every row of every table, as text."""
    names = owner.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    rows = [
        owner.execute(f"select coalesce(json_agg(t)::text, '') from {name} t").fetchone() for [name] in names
    ]
    return json.dumps([row[0] for row in rows if row], ensure_ascii=False)


def test_everything_personal_goes_and_what_is_counted_stays(
    client: TestClient, supervisor: Staff, owner: Connection, db: Connection
) -> None:
    shared = picture("blue")
    first, second = sent(client, picture("green")), sent(client, shared)
    holder = Holder(
        client,
        address="house 12",
        lat=11.5601,
        media=[first, second],
        observed_at="2026-11-20T08:00:00+07:00",
    )
    other = Holder(client, media=[sent(client, shared)], description="Somebody else's words.")
    holder.done("additions", text="my second thought")
    owner.execute(
        "insert into original_words (city_id, request_id, sealed, redacted_at, redacted_by) "
        "select city_id, id, 'x', now(), 'agent' from request"
    )
    owner.execute(
        "insert into subscription (city_id, id, kind, request_id, channel, sealed, digest, own, created_at) "
        "select city_id, gen_random_uuid(), 'request', id, 'push', 'x', sha256(own::text::bytea), own, now() "
        "from request, (values (true), (false)) as of (own) where reference = %s",
        (holder.reference,),
    )
    supervisor.move(holder.reference, "resolve", reason="cleaned", note="Told the family at house 12.")
    holder.done("feedback", fixed=True, text="my second thought")
    as_of = dt.datetime.now(dt.UTC)

    def figures() -> dict[Any, Any]:
        with clock_connection() as connection:
            city = configuration().cities["kh-pnh"]
            counted = count_events(connection, city, as_of, dt.datetime.now(dt.UTC))
        return {key: cell.to_json() for key, cell in counted.cells.items()}

    before, kept_files = figures(), len(files())
    done = holder.done("erase", what="everything")["request"]
    assert figures() == before
    assert len(files()) == kept_files - 2, "the shared picture stays, the other and its thumbnail go"
    assert done["erased"] is True
    for gone in ("description", "address", "position", "note"):
        assert done[gone] in (None, "")
    assert done["photos"] == []
    assert [said["text"] for said in done["said"]] == [""], "that it was fixed is counted, the words are gone"
    assert (done["status"], done["service"]["code"]) == ("resolved", "waste_missed")
    assert done["district"]["code"]
    assert done["can"] == ["link"]
    everything = all_rows(owner)
    for word in ("my second thought", "ស្រីមុំ", "11.5601", "resident@example.org"):
        assert word not in everything
    assert count(owner, "subscription") == count(owner, "original_words") == 1, "those of others stay"
    removed = owner.execute("select what, why from removal order by what").fetchall()
    assert removed == [("contact", "resident"), ("photos", "resident"), ("words", "resident")]
    assert other.status()["description"] == "Somebody else's words."
    assert "house 12" not in client.get(f"/api/v1/requests/{holder.reference}").text
    assert "house 12" not in supervisor.get(f"/requests/{holder.reference}").text
    assert not event_log.verify(db, "kh-pnh").faults
    assert holder.done("erase", what="everything")["outcome"] == "nothing_to_erase"
    refused(holder.do("feedback", fixed=False), 409, "move_not_allowed")


def test_an_open_report_is_withdrawn_with_its_data(holder: Holder, owner: Connection) -> None:
    assert holder.done("erase", what="everything")["request"]["status"] == "withdrawn"
    assert kinds(holder) == ["filed", "withdrawn"]


def test_a_late_retry_does_not_bring_erased_data_back(client: TestClient, owner: Connection) -> None:
    fields = {"key": "k9", "description": WORDS}
    report = filed(client, **fields)
    url = f"/api/v1/requests/{report['reference']}/erase"
    client.post(url, json={"what": "everything"}, params={"token": report["token"]})
    again = client.post(
        "/api/v1/cities/kh-pnh/requests",
        json={"service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282, "description": WORDS},
        headers={"Idempotency-Key": "k9"},
    )
    refused(again, 409, "report_erased")
    assert "erased by its owner" in again.json()["error"]["message"]
    assert count(owner, "request") == 1


def test_nothing_goes_where_the_pictures_cannot(holder: Holder, owner: Connection) -> None:
    holder.done("additions", media=[sent(holder.client)])
    folder = settings().data / "media"
    away = Path(f"{folder}-away")
    folder.rename(away)
    folder.write_text("no folder")
    try:
        answer = holder.do("erase", what="everything")
    finally:
        folder.unlink()
        away.rename(folder)
    refused(answer, 503, "media_unavailable")
    assert holder.status()["description"] == WORDS
    assert count(owner, "contact") == 1
