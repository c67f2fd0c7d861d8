"""What cities sign is merged as if they were hosted; whatever is wrong with it is refused by its name."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from nagara.cities import configuration
from nagara.database import app_connection, clock_connection, network_connection, time_told
from nagara.errors import AlreadyThere, InvalidInput, NagaraError, UnknownCity
from nagara.federation import bundle as form
from nagara.federation.bundle import Letter, canonical, read_letter, schema
from nagara.federation.door import receive, received, refused
from nagara.federation.exporting import make_bundle
from nagara.federation.registry import cities_elsewhere, register, retire
from nagara.federation.signing import encode, key_id, new_private_key, public_key_of, sign
from nagara.indicators import sheets
from nagara.indicators.build import build_city
from nagara.indicators.life_table import hours_of
from nagara.indicators.period import Period
from nagara.indicators.snapshots import district_cells, figures_for, latest_snapshot
from nagara.network import errors as refusals
from nagara.network.view import indicators
from nagara.trust.proof import root_hash
from nagara.trust.roots import held_roots
from nagara.trust.sealing import seal
from tests.nagara.federation.conftest import CITY, DAY, JANUARY, OWN, Bundle, Take, filed, registered

Db = psycopg.Connection[Any]
EVER = Period.parse("2026-01..2026-12")


def test_a_merged_city_has_the_figures_it_would_have_if_it_were_hosted(
    owner: Db, db: Db, private: bytes, bundles: list[Bundle], take: Take
) -> None:
    came = take(bundles[0])
    assert (came.city, came.rows, came.roots) == (CITY, len(bundles[0]["rows"]), 1)
    snapshot = latest_snapshot(db, CITY)
    assert snapshot is not None
    assert snapshot.id == came.snapshot_id
    merged = figures_for(db, configuration(), CITY, EVER)
    assert merged["figures"]["N1"]["value"] == 30
    with app_connection() as connection:
        assert figures_for(connection, configuration(), CITY, EVER) == merged, "read by everybody like others"
    db.commit()
    filed(db, 30, JANUARY)
    build_city(db, configuration(), CITY, time_told(db))
    hosted = figures_for(db, configuration(), CITY, EVER)
    assert hosted["figures"] == merged["figures"]
    here = latest_snapshot(db, CITY)
    assert here is not None
    assert district_cells(db, CITY, here.id) == district_cells(db, CITY, came.snapshot_id)


def test_bundles_follow_each_other_and_the_network_holds_every_root(
    db: Db, bundles: list[Bundle], take: Take
) -> None:
    assert [take(bundle).roots for bundle in bundles] == [1, 1, 1]
    roots = held_roots(db, CITY)
    assert [root.as_json() for root in roots] == [{"city": CITY} | root for root in bundles[-1]["roots"]]
    with network_connection() as connection:
        assert next(row["digest"] for row in received(connection, 9))
        assert refused(connection, 9) == []


def test_a_bundle_may_be_missed(db: Db, bundles: list[Bundle], take: Take) -> None:
    assert take(bundles[0]).roots == 1
    assert take(bundles[2]).roots == 2


Change = Callable[[Bundle], None]


def _set(*path: str | int, to: Any) -> Change:
    def change(bundle: Bundle) -> None:
        inner: Any = bundle
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = to(inner[path[-1]]) if callable(to) else to

    return change


def _later(text: str) -> str:
    return text.replace("202", "209", 1)


def _new_root(bundle: Bundle) -> None:
    """Another past: the last root is made anew, with a true hash of its own."""
    root = bundle["roots"][-1]
    root["tree"] = "ab" * 32
    root["hash"] = root_hash(root | {"city": CITY}).hex()


def _fewer_events_under_the_root(bundle: Bundle) -> None:
    root = bundle["roots"][-1]
    root["events"] = 3
    root["hash"] = root_hash(root | {"city": CITY}).hex()


def _fewer_reports(bundle: Bundle) -> None:
    for row in bundle["rows"]:
        if row["month"] == "2026-01":
            left = row["cell"]["counts"]["reports"] - 1
            row["cell"] = {key: {} for key in row["cell"]} | {"counts": {"reports": left, "issues": left}}


def _more_reports(count: int) -> Change:
    def change(bundle: Bundle) -> None:
        row = next(row for row in bundle["rows"] if row["month"] == "2026-01")
        for name in ("reports", "issues"):
            row["cell"]["counts"][name] += count

    return change


REFUSED: tuple[tuple[Change, type[NagaraError]], ...] = (
    (_set("made_at", to=_later), refusals.FromTheFuture),
    (_set("snapshot", "cut_off", to=_later), refusals.FromTheFuture),
    (_set("snapshot", "built_at", to=_later), refusals.FromTheFuture),
    (_set("made_at", to=lambda text: text.replace("202", "192", 1)), refusals.MalformedBundle),
    (_set("made_at", to="2026-01-05T00:00:00.000000Z"), refusals.OlderBundle),
    (_set("snapshot", "cut_off", to="2026-01-05T00:00:00.000000Z"), refusals.FromTheFuture),
    (_set("snapshot", "events_seen", to=60), refusals.ShrunkCounts),
    (_set("snapshot", "events_seen", to=5), refusals.ImplausibleCounts),
    (_set("roots", -1, "events", to=10_000), refusals.TamperedRoot),
    (_set("roots", 0, "hash", to="00" * 32), refusals.RolledBackRoot),
    (_set("roots", to=[]), refusals.RolledBackRoot),
    (_set("roots", to=lambda roots: [*roots, roots[0]]), refusals.MalformedBundle),
    (_fewer_events_under_the_root, refusals.RolledBackRoot),
    (_fewer_reports, refusals.ShrunkCounts),
    (_more_reports(4), refusals.RewrittenMonth),
    (_more_reports(500), refusals.ImplausibleCounts),
    (_set("rows", 0, "cell", "counts", "issues", to=1), refusals.ImplausibleCounts),
    (_set("rows", 0, "code", to="elephants"), refusals.MalformedBundle),
    (_set("rows", 0, "district", to="9999"), refusals.MalformedBundle),
    (_set("rows", to=lambda rows: [*rows, rows[0]]), refusals.MalformedBundle),
    (_set("rows", 0, "month", to="2026-00"), refusals.MalformedBundle),
    (_set("city", to="th-bkk"), refusals.WrongCity),
    (_set("city", to="xx-yyy"), refusals.WrongCity),
    (_set("version", to=2), refusals.MalformedBundle),
)
ACCEPTED: tuple[Change, ...] = (
    _set("roots", to=lambda roots: roots[1:]),
    _set("roots", to=lambda roots: roots[2:]),
    _new_root,
    _more_reports(1),
)
"""Roots may be told again or left out, what nobody holds yet cannot contradict, and few requests move."""


def test_what_is_wrong_is_refused_by_its_name_and_leaves_nothing(
    owner: Db, bundles: list[Bundle], take: Take
) -> None:
    """The second of three bundles was received; the third is changed and signed by the city itself."""
    for bundle in bundles[:2]:
        take(bundle)
    before, told = everything(owner), []
    for change, refusal in REFUSED:
        changed = copy.deepcopy(bundles[2])
        change(changed)
        with pytest.raises(NagaraError) as said:
            take(changed)
        assert type(said.value) is refusal, f"{said.value.code}: {said.value.message}"
        assert said.value.field
        assert everything(owner) == before, "nothing of it was kept"
        told.append(said.value.code)
    with network_connection() as connection:
        found = [row["code"] for row in refused(connection, 99)]
    assert set(found) == set(told), (
        "every refusal of what the key signed is written down, under the key's city"
    )
    assert take(bundles[2]).roots == 1, "the true one is taken in afterwards"


@pytest.mark.parametrize("change", ACCEPTED)
def test_what_may_be_is_taken_in(bundles: list[Bundle], take: Take, change: Change) -> None:
    for bundle in bundles[:2]:
        take(bundle)
    changed = copy.deepcopy(bundles[2])
    change(changed)
    assert take(changed).city == CITY


def everything(owner: Db) -> list[Any]:
    """What the network holds of its cities."""
    tables = ("network_root", "indicator_snapshot", "indicator_figure", "federation_bundle")
    return [owner.execute(f"select count(*) from {table}").fetchone() for table in tables]


def test_a_closed_month_may_be_stated_anew_with_a_reason(bundles: list[Bundle], take: Take) -> None:
    take(bundles[0])
    changed = copy.deepcopy(bundles[1])
    _more_reports(4)(changed)
    changed["restated"] = [{"month": "2026-01", "reason": "history_imported"}]
    take(changed)
    fewer = copy.deepcopy(bundles[2])
    with pytest.raises(refusals.ShrunkCounts):
        take(fewer | {"restated": [{"month": "2026-01", "reason": "history_imported"}]})
    take(fewer | {"restated": [{"month": "2026-01", "reason": "times_corrected"}]})


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


def test_a_tampered_history_is_not_signed_and_the_event_is_named(owner: Db, db: Db) -> None:
    filed(db, 5, JANUARY)
    db.commit()
    build_city(db, configuration(), CITY, time_told(db))
    db.commit()
    owner.execute("set session_replication_role = replica")
    owner.execute("update event set occurred_at = occurred_at - interval '1 day' where kind = 'resolved'")
    owner.execute("set session_replication_role = origin")
    with pytest.raises(refusals.TamperedEvent, match=r"Request [0-9a-f-]{36}, event 3: its content"):
        make_bundle(db, CITY, time_told(db))


def parts(found: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a JSON Schema."""
    if isinstance(found, dict):
        yield found
        for inner in found.values():
            yield from parts(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from parts(inner)


def test_every_object_is_closed_every_list_and_number_bounded_and_every_text_a_code() -> None:
    published = schema()
    closed = [part for part in parts(published) if part.get("type") == "object"]
    assert len(closed) > 15
    assert all(part.get("additionalProperties") is False for part in closed)
    texts = [part for part in parts(published) if part.get("type") == "string"]
    assert len(texts) > 8
    for part in texts:
        assert "pattern" in part or "const" in part or "enum" in part, part
        pattern = part.get("pattern", "")
        assert not re.search(r"[ *+]|[^A-Za-z0-9_]\.[^0-9]", pattern.replace("\\.", "")), (
            f"{pattern} takes a sentence"
        )
    for part in parts(published):
        if part.get("type") == "array":
            assert "maxItems" in part
        if part.get("type") == "integer":
            assert "maximum" in part or "const" in part, part
        assert part.get("type") != "number"


PERSONAL = {
    "name": "Sok Dara",
    "email": "resident@example.org",
    "phone": "+85512345678",
    "description": "Nobody came on Monday",
    "lat": 11.5564,
    "reference": "PNH-7K3M9QX-C",
    "received_at": "2026-01-05T03:00:00.000000Z",
}


def test_personal_data_finds_no_place_in_a_bundle(bundles: list[Bundle], private: bytes) -> None:
    """Into every object of a real bundle, as a further member, as a name of a count, and in place of every text."""
    tried, taken = 0, []
    for field, value in PERSONAL.items():
        for changed, where in put_in(bundles[0], field, value):
            if field == "received_at" and where in ("made_at", "cut_off", "built_at", "as_of"):
                continue  # a time of the bundle itself
            tried += 1
            try:
                Letter.model_validate_json(canonical(sign(changed, private)))
                taken.append((where, field))
            except ValidationError:
                pass
    assert taken == []
    assert tried > 400


def put_in(bundle: Bundle, field: str, value: Any) -> Iterator[tuple[Bundle, str]]:
    """The bundle with something personal in each of its places, and where."""
    for place in places(bundle):
        for member in (field, str(value)):
            changed = copy.deepcopy(bundle)
            inner = at(changed, place)
            if isinstance(inner, dict):
                inner[member] = value
            else:
                inner.append(value)
            yield changed, str(place)
    for place in leaves(bundle):
        changed = copy.deepcopy(bundle)
        at(changed, place[:-1])[place[-1]] = value
        yield changed, str(place[-1])


Place = tuple[str | int, ...]


def places(found: Any, where: Place = ()) -> Any:
    """Every object and list, of a list its first."""
    if isinstance(found, dict):
        yield where
        for name, inner in found.items():
            yield from places(inner, (*where, name))
    elif isinstance(found, list):
        yield where
        if found:
            yield from places(found[0], (*where, 0))


def leaves(found: Any, where: Place = ()) -> Any:
    """Every value that holds no others, of a list its first."""
    if isinstance(found, dict):
        for name, inner in found.items():
            yield from leaves(inner, (*where, name))
    elif isinstance(found, list):
        if found:
            yield from leaves(found[0], (*where, 0))
    else:
        yield where


def at(found: Any, place: Place) -> Any:
    for part in place:
        found = found[part]
    return found


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


def test_the_bounds_are_those_of_life_tables_and_of_the_shipped_cities() -> None:
    assert hours_of([form.LAST_BIN]).size == 1
    with pytest.raises(IndexError):
        hours_of([form.LAST_BIN + 1])
    row = form.Row.__pydantic_validator__
    cell: dict[str, Any] = {"counts": {}, "tables": {}, "promise": {}, "backlog_due": {}, "tallies": {}}
    for city in configuration().cities.values():
        for district in [*city.district_names, "-"]:
            for code in [*configuration().network.codes_by_code, "other"]:
                row.validate_python({"month": "2026-01", "code": code, "district": district, "cell": cell})


def test_the_future_begins_a_little_after_now(bundles: list[Bundle], take: Take) -> None:
    with clock_connection() as connection:
        soon = time_told(connection) + dt.timedelta(minutes=4)
    take(bundles[0] | {"made_at": soon.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})
    far = soon + DAY
    with pytest.raises(refusals.FromTheFuture):
        take(bundles[1] | {"made_at": far.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})


def test_a_city_cannot_leave_out_of_its_figures_what_its_roots_hold(
    bundles: list[Bundle], take: Take
) -> None:
    """Its first bundle, with nothing before it to be held against, without a third of its requests."""
    changed = copy.deepcopy(bundles[0])
    for row in changed["rows"]:
        counts = row["cell"]["counts"]
        left = {name: counts.get(name, 0) * 2 // 3 for name in ("reports", "issues")}
        row["cell"] = {key: {} for key in row["cell"]} | {"counts": left}
    with pytest.raises(refusals.ImplausibleCounts, match="20 filed requests, and 30 under a root"):
        take(changed)
    without_root = changed | {"roots": []}
    with pytest.raises(refusals.UnrootedFigures):
        take(without_root)
    assert take(bundles[0]).roots == 1
    later = copy.deepcopy(bundles[1])
    later["roots"] = later["roots"][1:]
    assert take(later).roots == 1, "what was told before need not be told again, and counts all the same"


def test_an_emergency_of_a_federated_city_is_shown_apart_like_a_hosted_ones(
    owner: Db, db: Db, private: bytes, take: Take
) -> None:
    owner.execute(
        "insert into declared_emergency (city_id, id, kind, districts, declared_by, source, valid_from, valid_to, "
        "recorded_by, recorded_at) values (%s, gen_random_uuid(), 'flood', '{}', 'governor', 'decree', "
        "'2026-01-05 12:00Z', '2026-01-06Z', 'admin', now())",
        (CITY,),
    )
    filed(db, 30, JANUARY)
    now = time_told(db)
    build_city(db, configuration(), CITY, now)
    seal(db, CITY, now)
    bundle = make_bundle(db, CITY, now)
    db.commit()
    sheets.forget()

    def shown() -> dict[str, Any]:
        with app_connection() as connection:
            (row,) = indicators(connection, configuration(), EVER, [CITY])["cities"]
        return {"whole": row["figures"], "without": row["without_emergencies"]}

    hosted = shown()
    assert hosted["without"]["N1"]["value"] == 18 < hosted["whole"]["N1"]["value"] == 30
    assert {row.get("emergency", False) for row in bundle["rows"]} == {True, False}
    owner.execute("set session_replication_role = replica")
    owner.execute(f"truncate {OWN}, declared_emergency, indicator_sheet cascade")
    owner.execute("set session_replication_role = origin")
    take(bundle)
    sheets.forget()
    assert shown() == hosted
    with pytest.raises(refusals.ReplayedBundle):
        take(bundle)
