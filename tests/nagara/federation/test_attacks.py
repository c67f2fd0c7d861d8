"""The network's trust as an attacker tries it: whatever is forged is refused by its name, and officials read it.

Who attacks here holds the city's server, its database or its key, or the line between; never the network's own role.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import pytest
from typer.testing import CliRunner

from nagara.cities import configuration
from nagara.cli.main import app
from nagara.database import clock_connection, network_connection, time_told
from nagara.errors import NagaraError
from nagara.federation.bundle import canonical
from nagara.federation.door import receive, refused
from nagara.federation.exporting import make_bundle
from nagara.federation.keeping import forget_contents
from nagara.federation.members import members
from nagara.federation.plausible import NOT_MORE, ONCE_A_REQUEST, Told, refuse_inconsistent
from nagara.federation.registry import retire
from nagara.federation.signing import key_id, new_private_key, public_key_of, sign
from nagara.indicators.cells import Cell
from nagara.network.errors import ImplausibleCounts
from nagara.trust.handing import hand_over
from nagara.trust.proof import root_hash
from nagara.trust.roots import Root
from nagara.trust.sealing import seal
from tests.nagara.federation.conftest import CITY, DAY, JANUARY, Bundle, Take, filed, registered

Db = psycopg.Connection[Any]
Send = Callable[[bytes], Any]
NAME, PHONE = "Chan Dara", "012 345 678"


def refusal(send: Callable[[], Any]) -> NagaraError:
    """What the door says."""
    with pytest.raises(NagaraError) as said:
        send()
    return said.value


def hand_in(content: bytes) -> NagaraError:
    """Push bytes at the door and be refused."""
    return refusal(lambda: receive(configuration(), content))


def written_down() -> list[tuple[str, str]]:
    """City and name of every refusal that officials can read."""
    with network_connection() as connection:
        return [(row["city"], row["code"]) for row in refused(connection, 99)]


def rehashed(root: dict[str, Any]) -> None:
    root["hash"] = root_hash(root | {"city": CITY}).hex()


def test_what_is_replayed_or_signed_anew_is_refused_for_ever(
    owner: Db, bundles: list[Bundle], private: bytes, take: Take
) -> None:
    letters = [canonical(sign(bundle, private)) for bundle in bundles]
    for letter in letters[:2]:
        receive(configuration(), letter)
    assert hand_in(letters[0]).code == "replayed_bundle"
    assert (
        hand_in(orjson.dumps(orjson.loads(letters[0]), option=orjson.OPT_INDENT_2)).code == "replayed_bundle"
    ), "other spaces make nothing new of it"
    second = new_private_key()
    registered(second)
    assert refusal(lambda: take(bundles[1], second)).code == "resigned_bundle"
    stranger = new_private_key()
    assert refusal(lambda: take(bundles[2], stranger)).code == "unknown_signing_key"
    forged = sign(bundles[2], stranger) | {"key": key_id(public_key_of(private))}
    assert hand_in(canonical(forged)).code == "tampered_bundle", (
        "a stranger's signature under the city's name"
    )
    changed = orjson.loads(letters[2])
    changed["bundle"]["snapshot"]["events_seen"] += 1
    assert hand_in(canonical(changed)).code == "tampered_bundle", "changed on its way"

    owner.execute(
        "update federation_bundle set content = null "
        "where made_at < (select max(made_at) from federation_bundle)"
    )
    assert hand_in(letters[0]).code == "replayed_bundle", "its proof outlives its content"
    with network_connection() as connection:
        retire(connection, "officer", key_id(public_key_of(private)))
    assert hand_in(letters[2]).code == "unknown_signing_key", "a stolen key that was retired"
    assert set(written_down()) == {
        (CITY, "replayed_bundle"), (CITY, "resigned_bundle"), (CITY, "unknown_signing_key"),
    }, "what a known key signed; strangers leave no trace"  # fmt: skip


def test_a_letter_that_is_sent_a_hundred_times_is_written_down_once(
    bundles: list[Bundle], private: bytes, take: Take
) -> None:
    take(bundles[0])
    for _ in range(5):
        assert refusal(lambda: take(bundles[0])).code == "replayed_bundle"
    assert written_down() == [(CITY, "replayed_bundle")]


def _dropped(bundle: Bundle) -> None:
    bundle["roots"] = bundle["roots"][:-2]


def _rewritten(bundle: Bundle) -> None:
    bundle["roots"][1]["tree"] = "cd" * 32
    rehashed(bundle["roots"][1])


def _without_hash(bundle: Bundle) -> None:
    bundle["roots"][-1]["events"] += 1


def _slipped_in_late(bundle: Bundle) -> None:
    """A day on which nothing was handed over gets a root afterwards, and the chain is made to fit."""
    first = bundle["roots"][0]
    at = dt.datetime.fromisoformat(first["as_of"]) - DAY
    late = Root.made(CITY, at, 1, 1, bytes(32), None).as_json()
    bundle["roots"] = [{name: value for name, value in late.items() if name != "city"}, *bundle["roots"]]


def _never_rooted(bundle: Bundle) -> None:
    """Figures go on, and roots stop: whatever happened since could be written anew."""
    for name in ("cut_off", "built_at"):
        bundle["snapshot"][name] = bundle["made_at"]
    bundle["roots"] = [bundle["roots"][0]]


ROOTS: tuple[tuple[Callable[[Bundle], None], str], ...] = (
    (_dropped, "rolled_back_root"),
    (_rewritten, "rolled_back_root"),
    (_without_hash, "tampered_root"),
    (_slipped_in_late, "rolled_back_root"),
)


def test_roots_are_neither_rolled_back_nor_put_in_late_nor_left_out(
    bundles: list[Bundle], take: Take
) -> None:
    for bundle in bundles[:2]:
        take(bundle)
    for change, name in ROOTS:
        changed = copy.deepcopy(bundles[2])
        change(changed)
        found = refusal(lambda changed=changed: take(changed))  # type: ignore[misc]
        assert (found.code, found.field) == (name, "roots"), change.__name__
    assert set(written_down()) == {(CITY, name) for _, name in ROOTS}
    assert take(bundles[2]).roots == 1


def test_figures_that_no_root_stands_for_are_refused(bundles: list[Bundle], take: Take) -> None:
    first = copy.deepcopy(bundles[0])
    first["roots"] = []
    found = refusal(lambda: take(first))
    assert (found.code, found.field) == ("unrooted_figures", "roots")
    old = copy.deepcopy(bundles[0])
    root = old["roots"][0]
    as_of = dt.datetime.fromisoformat(root["as_of"]) - 30 * DAY
    root |= {"as_of": as_of.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "day": f"{as_of:%Y-%m-%d}"}
    rehashed(root)
    assert refusal(lambda: take(old)).code == "unrooted_figures"
    assert written_down() == [(CITY, "unrooted_figures")] * 2
    assert take(bundles[0]).roots == 1


def counting(name: str, number: int) -> Cell:
    """A cell in which nothing is counted but this."""
    content: dict[str, Any] = {kind: {} for kind in ("counts", "tables", "promise", "backlog_due", "tallies")}
    *path, last = name.split(".")
    place = content
    for part in path:
        place = place.setdefault(part, {})
    place[last] = number
    return Cell.from_json(content)


def test_parts_beyond_their_whole_are_refused_and_named(bundles: list[Bundle], take: Take) -> None:
    """Months apart each of them could be kept, and every page that adds the months up would fail."""
    changed = copy.deepcopy(bundles[0])
    changed["rows"][0]["cell"]["counts"] |= {"reopened_in_30_days": 3, "resolved_first": 0}
    found = refusal(lambda: take(changed))
    assert (found.code, found.field) == ("implausible_counts", "rows")
    assert "reopened_in_30_days" in found.message
    key = (JANUARY.date().replace(day=1), "road_pothole", "-", False)
    told = Told(JANUARY, JANUARY + 40 * DAY, "1", 10, {})
    alone = [(parts[0], 1) for parts, _ in NOT_MORE] + [(name, 11) for name in ONCE_A_REQUEST]
    for name, number in [*alone, ("counts.watched_seconds", 1)]:
        with pytest.raises(ImplausibleCounts):
            refuse_inconsistent({key: counting(name, number)}, told)
    assert take(bundles[0]).rows > 0


def test_personal_data_in_a_bundle_is_refused_named_and_said_to_nobody(
    bundles: list[Bundle], private: bytes, take: Take, caplog: pytest.LogCaptureFixture
) -> None:
    def planted(where: str) -> Bundle:
        bundle = copy.deepcopy(bundles[0])
        row = bundle["rows"][0]
        if where == "a member of its own":
            row[NAME] = PHONE
        elif where == "a count":
            row["cell"]["counts"][f"{NAME} {PHONE}"] = 1
        elif where == "a district":
            row["district"] = "chan_dara-012345678"
        elif where == "a code":
            row["code"] = "chan_dara_012345678"
        else:
            bundle["restated"] = [{"month": "2026-01", "reason": f"{NAME} {PHONE}"}]
        return bundle

    places = ("a member of its own", "a count", "a district", "a code", "a reason")
    for where in places:
        found = refusal(lambda where=where: take(planted(where)))  # type: ignore[misc]
        assert found.code == "malformed_bundle", where
        assert "ara" not in f"{found.message} {found.field}".lower(), where
    assert written_down() == [(CITY, "malformed_bundle")] * len(places)
    with network_connection() as connection:
        said = str(refused(connection, 99)) + str(members(connection, configuration(), time_told(connection)))
    for told in (said, caplog.text):
        assert "dara" not in told.lower()
        assert "12345678" not in told.replace(" ", "")  # fewer digits are in times and keys by chance


def test_what_a_city_cannot_change_unseen_is_walked_by_one_command(owner: Db, database_url: str) -> None:
    with clock_connection() as connection:
        now = time_told(connection)
        filed(connection, 6, JANUARY)
        seal(connection, CITY, now - 5 * DAY)
        filed(connection, 3, JANUARY + DAY)
        seal(connection, CITY, now)
        connection.commit()
    with network_connection() as connection:
        assert hand_over(connection, CITY) == 2

    def walked() -> tuple[int, str]:
        answer = CliRunner().invoke(app, ["events", "verify", CITY])
        return answer.exit_code, answer.output

    code, said = walked()
    assert (code, said.count("whole")) == (0, 2)
    assert "1 roots came to the network more than two days after they were made" in said, (
        "a root handed in late"
    )

    owner.execute("set session_replication_role = replica")
    owner.execute(
        "update event set data = '{}' || jsonb_build_object('note', 'all fine') where seq = 1 and request_id = "
        "(select request_id from event where city_id = %s order by recorded_at limit 1)",
        (CITY,),
    )
    code, said = walked()
    assert code == 1
    assert "event 1: " in said, "a tampered event is named"
    with clock_connection() as connection:
        assert refusal(lambda: make_bundle(connection, CITY, now)).code == "tampered_event"

    owner.execute("delete from trust_root where city_id = %s and day = %s", (CITY, now.date()))
    code, said = walked()
    assert code == 1
    assert f"the network holds a root of {now:%Y-%m-%d}, and the city has none" in said, "a rolled-back root"
    with network_connection() as connection:
        assert refusal(lambda: hand_over(connection, CITY)).code == "rolled_back_root"


def test_contents_go_after_their_time_and_what_proves_stays(
    owner: Db, bundles: list[Bundle], take: Take
) -> None:
    came = [take(bundle) for bundle in bundles]
    report = owner.execute(
        "insert into network_report (city_id, id, period, created_at, snapshot_ids, content_digest, content, html) "
        "values ('network', gen_random_uuid(), '2026-01', now(), jsonb_build_object(%s::text, %s::text), 'd', "
        "'{}', '') "
        "returning id",
        (CITY, str(came[0].snapshot_id)),
    ).fetchone()
    assert report is not None

    def whole() -> list[bool]:
        rows = owner.execute("select content is not null from federation_bundle order by made_at").fetchall()
        return [row[0] for row in rows]

    def forget(days: int) -> int:
        with network_connection() as connection:
            return forget_contents(connection, time_told(connection), days)

    assert forget(30) == 0, "nothing is old enough"
    owner.execute("set session_replication_role = replica")
    owner.execute("update federation_bundle set received_at = received_at - interval '90 days'")
    owner.execute(
        "insert into report_release (city_id, report_id, review_id, period, edition) "
        "values ('network', %s, gen_random_uuid(), '2026-01', 1)",
        report,
    )
    owner.execute("set session_replication_role = origin")
    assert (forget(30), whole()) == (1, [True, False, True]), (
        "the first is what a published report rests on, and the last is the newest"
    )
    assert forget(30) == 0
    kept = owner.execute("select count(*) from federation_bundle where length(signature) = 64").fetchone()
    assert kept == (3,)
    for statement in (
        "update federation_bundle set content = null",
        "update federation_bundle set signature = null",
        "update federation_bundle set content = 'x'",
        "delete from federation_bundle",
        "truncate federation_bundle",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            owner.execute(statement)
