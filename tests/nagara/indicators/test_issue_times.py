"""One request's events, row by row of the published table of how each kind of record is handled."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from nagara.indicators.issue_times import Ending, IssueTimes, LoggedEvent, PromiseOutcome, issue_times
from nagara.indicators.survival import CENSORED, NOT_ACTIONABLE, RESOLVED, WITHDRAWN

T0 = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
CUT_OFF = T0 + dt.timedelta(days=90)


def at(hours: float) -> dt.datetime:
    return T0 + dt.timedelta(hours=hours)


def filed(actor: str = "resident", due: float | None = 72, **data: Any) -> LoggedEvent:
    content = {
        "network_code": "road_pothole",
        "district": "12",
        "promise_standard": "published",
        "resolve_by": at(due).isoformat() if due is not None else None,
        "channel": "web",
    }
    return LoggedEvent("filed", T0, actor, "received", content | data)


def event(kind: str, hours: float, actor: str = "staff", to: str | None = None, **data: Any) -> LoggedEvent:
    return LoggedEvent(kind, at(hours), actor, to, data)


def times(*events: LoggedEvent, cut_off: dt.datetime = CUT_OFF) -> IssueTimes:
    found = issue_times(events, cut_off)
    assert found is not None
    return found


class TestOpen:
    def test_unanswered_is_censored_at_the_cut_off_and_misses_a_due_promise(self) -> None:
        found = times(filed(), event("escalated", 73, "system"))
        assert found.response == found.resolution == found.sustained == Ending(CUT_OFF, CENSORED)
        assert found.promise == PromiseOutcome.MISSED
        assert found.open_at_cut_off

    def test_not_yet_due_is_in_no_cohort(self) -> None:
        assert times(filed(due=24 * 91)).promise == PromiseOutcome.PENDING

    def test_without_a_promise_there_is_nothing_to_keep(self) -> None:
        assert times(filed(due=None)).promise == PromiseOutcome.NONE

    def test_a_slip_that_was_taken_back_answers_nobody(self) -> None:
        slip = [event("assigned", 5), event("assigned", 6, undid="assign")]
        assert times(filed(), *slip).response == Ending(CUT_OFF, CENSORED)
        assert times(filed(), *slip, event("assigned", 9)).response == Ending(at(9), RESOLVED)
        closed = [event("acknowledged", 2), event("declined", 5), event("reopened", 6, undid="decline")]
        assert times(filed(), *closed).response == Ending(at(2), RESOLVED)
        assert times(filed(), *closed[1:]).response == Ending(CUT_OFF, CENSORED)

    def test_answered_has_its_answer_and_a_censored_resolution(self) -> None:
        found = times(filed(), event("acknowledged", 5))
        assert found.response == Ending(at(5), RESOLVED)
        assert found.resolution.cause == CENSORED
        assert not found.answered_by_closing


class TestAnswers:
    @pytest.mark.parametrize(
        "kind", ["acknowledged", "assigned", "started", "asked", "referred", "resolved", "declined"]
    )
    def test_these_by_a_person_are_answers(self, kind: str) -> None:
        assert times(filed(), event(kind, 7)).response == Ending(at(7), RESOLVED)

    @pytest.mark.parametrize("kind", ["noted", "prioritised", "recategorised", "paused", "escalated"])
    def test_these_tell_the_resident_nothing(self, kind: str) -> None:
        assert times(filed(), event(kind, 7)).response.cause == CENSORED

    def test_routing_by_rule_is_no_answer(self) -> None:
        found = times(filed(), event("assigned", 0, "system"), event("started", 9))
        assert found.response == Ending(at(9), RESOLVED)

    def test_withdrawn_before_an_answer_owes_none_after(self) -> None:
        found = times(filed(), event("withdrawn", 3, "resident"))
        assert found.response == Ending(at(3), CENSORED)


class TestClosures:
    def test_resolved_in_time_keeps_the_promise(self) -> None:
        found = times(filed(), event("acknowledged", 1), event("resolved", 72))
        assert found.resolution == found.sustained == Ending(at(72), RESOLVED)
        assert found.promise == PromiseOutcome.MET
        assert not found.open_at_cut_off

    def test_resolved_late_misses_it(self) -> None:
        assert times(filed(), event("resolved", 72.01)).promise == PromiseOutcome.MISSED

    @pytest.mark.parametrize(("kind", "cause"), [("declined", NOT_ACTIONABLE), ("withdrawn", WITHDRAWN)])
    def test_closed_otherwise_competes_and_misses_only_after_the_due_time(
        self, kind: str, cause: int
    ) -> None:
        early, late = times(filed(), event(kind, 10)), times(filed(), event(kind, 100))
        assert early.resolution == Ending(at(10), cause)
        assert early.promise == PromiseOutcome.EXCLUDED
        assert late.promise == PromiseOutcome.MISSED

    def test_closed_by_the_first_answer_is_marked(self) -> None:
        assert times(filed(), event("resolved", 30)).answered_by_closing

    def test_closures_after_the_cut_off_are_not_seen(self) -> None:
        found = times(filed(), event("resolved", 50), cut_off=at(40))
        assert found.resolution == Ending(at(40), CENSORED)
        assert found.promise == PromiseOutcome.PENDING


class TestReopening:
    def test_within_thirty_days_the_first_resolution_stays_and_the_sustained_one_moves(self) -> None:
        found = times(filed(), event("resolved", 20), event("reopened", 100), event("resolved", 200))
        assert found.resolution == Ending(at(20), RESOLVED)
        assert found.sustained == Ending(at(200), RESOLVED)
        assert found.reopened

    def test_open_again_at_the_cut_off_is_not_sustained_and_ages_from_receipt(self) -> None:
        found = times(filed(), event("resolved", 20), event("reopened", 100))
        assert found.sustained == Ending(CUT_OFF, CENSORED)
        assert found.open_at_cut_off

    def test_after_thirty_days_the_resolution_had_held(self) -> None:
        found = times(filed(), event("resolved", 20), event("reopened", 20 + 721))
        assert found.sustained == Ending(at(20), RESOLVED)

    def test_declining_that_was_taken_back_closed_nothing(self) -> None:
        found = times(filed(), event("declined", 20), event("reopened", 30), event("resolved", 90))
        assert found.resolution == found.sustained == Ending(at(90), RESOLVED)
        assert found.promise == PromiseOutcome.MISSED


class TestFixedAtReceipt:
    def test_recategorising_changes_neither_code_nor_promise(self) -> None:
        moved = event(
            "recategorised",
            60,
            to_network_code="noise",
            resolve_by=at(9999).isoformat(),
            network_code="noise",
        )
        found = times(filed(), moved, event("resolved", 100))
        assert (found.network_code, found.due) == ("road_pothole", at(72))
        assert found.promise == PromiseOutcome.MISSED

    def test_pausing_moves_nothing(self) -> None:
        found = times(filed(), event("paused", 1), event("resumed", 70), event("resolved", 100))
        assert found.promise == PromiseOutcome.MISSED

    def test_referring_answers_but_does_not_end_the_wait(self) -> None:
        found = times(filed(), event("referred", 4, to="referred"))
        assert found.response == Ending(at(4), RESOLVED)
        assert found.resolution.cause == CENSORED
        assert found.referred
        assert found.referred_at_cut_off


class TestDuplicatesAndOwnFindings:
    def test_a_linked_duplicate_is_no_issue(self) -> None:
        assert times(filed(), event("duplicate_linked", 2, parent="X")).duplicate

    def test_one_taken_back_by_whoever_joined_stays_one_and_is_no_resolution(self) -> None:
        found = times(filed(), event("duplicate_linked", 0), event("withdrawn", 9, "resident"))
        assert found.duplicate
        assert found.resolution == found.sustained == Ending(at(9), WITHDRAWN)
        assert not found.open_at_cut_off

    def test_one_taken_apart_again_is(self) -> None:
        assert not times(filed(), event("duplicate_linked", 2), event("reopened", 9)).duplicate

    def test_the_clock_starts_with_the_earliest_report_of_the_problem(self) -> None:
        found = issue_times([filed(), event("resolved", 10)], CUT_OFF, received_earlier=at(-5))
        assert found is not None
        assert found.received_at == at(-5)
        assert found.consistent

    @pytest.mark.parametrize(
        ("actor", "channel", "own"),
        [
            ("staff", "staff", True),
            ("staff", None, True),
            ("staff", "phone", False),
            ("resident", "web", False),
            ("import", "inspection", True),
            ("api_key", "open311", False),
        ],
    )
    def test_a_city_does_not_report_to_itself(self, actor: str, channel: str | None, own: bool) -> None:
        assert times(filed(actor, channel=channel)).staff_created is own


class TestImports:
    def test_unfinished_is_censored_where_its_source_last_showed_it(self) -> None:
        seen = event("observed", 50, "import", observed_until=at(50).isoformat())
        found = times(filed("import"), event("started", 20, "import"), seen)
        assert found.resolution == Ending(at(50), CENSORED)
        assert found.promise == PromiseOutcome.UNOBSERVED
        assert found.lost_from_sight
        assert not found.open_at_cut_off

    def test_due_before_it_was_lost_from_sight_was_missed(self) -> None:
        seen = event("observed", 80, "import", observed_until=at(80).isoformat())
        assert times(filed("import"), seen).promise == PromiseOutcome.MISSED

    def test_the_ladder_does_not_bring_it_back_into_sight_but_staff_do(self) -> None:
        seen = event("observed", 50, "import", observed_until=at(50).isoformat())
        assert times(filed("import"), seen, event("escalated", 400, "system")).lost_from_sight
        assert times(filed("import"), seen, event("acknowledged", 400)).open_at_cut_off

    def test_closed_before_it_was_filed_is_inconsistent(self) -> None:
        assert not times(filed("import"), event("resolved", -3, "import")).consistent


def test_not_received_by_the_cut_off_is_not_there() -> None:
    assert issue_times([filed()], at(-1)) is None


def test_a_history_that_does_not_begin_with_filing_is_refused() -> None:
    with pytest.raises(ValueError, match="filed"):
        issue_times([event("resolved", 1)], CUT_OFF)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        times(filed(resolve_by="2026-01-01T00:00:00"))
