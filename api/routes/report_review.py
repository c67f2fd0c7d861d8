"""The path of a network report to the public, and the offices that walk it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Depends, Response

from api.answers import json_answer
from api.dependencies import Officer, person_allowed
from api.error_responses import documented
from api.schemas import report_review as review_schemas
from nagara.accounts import Account
from nagara.accounts.people import people_of
from nagara.cities import configuration
from nagara.database import city_session, network_connection, time_told
from nagara.errors import InvalidInput, UnknownAccount
from nagara.network.errors import UnknownReview
from nagara.network_report import read_report
from nagara.network_report.forms import forms
from nagara.permissions import NETWORK, Permission
from nagara.review import comments, offices, reading, reviews, walking
from nagara.review.path import ReviewMove, read_move
from nagara.review.reviews import Review
from nagara.review.seeing import Viewer, part_of, viewer_of

router = APIRouter(prefix="/api/v1/network", tags=["network"])
Reviewer = Annotated[Account, Depends(person_allowed(Permission.REVIEW_REPORT))]
Publisher = Annotated[Account, Depends(person_allowed(Permission.PUBLISH_REPORT))]
Approver = Annotated[Account, Depends(person_allowed(Permission.APPROVE_REPORT))]
Connection = psycopg.Connection[Any]
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
REVIEWS = "/reports/reviews"
"""Before the addresses of single reports, which take any word."""


@router.get(
    REVIEWS,
    response_model=review_schemas.Reviews,
    responses=documented(401, 403),
    operation_id="list_reviews",
)
def list_reviews(account: Reviewer) -> Response:
    """Reviews of which you may see at least a part."""
    with network_connection() as connection:
        viewer = _viewer(connection, account)
        shown = [_shown(review, viewer) for review in reviews.reviews(connection) if viewer.sees(review)]
    return json_answer({"reviews": shown})


@router.post(
    f"{REVIEWS}/corrections",
    status_code=201,
    response_model=review_schemas.Review,
    responses=documented(401, 403, 404, 409),
    operation_id="correct_report",
)
def correct(body: review_schemas.EditionBody, account: Publisher) -> Response:
    """Begin a new edition of a published report that says what it changes; the published one stays as it is."""
    with network_connection() as connection:
        now = time_told(connection)
        review = reviews.correct(connection, body.report_id, body.changes, account.sign_in_name, now)
        return json_answer(_shown(review, _viewer(connection, account)), 201)


@router.get(
    f"{REVIEWS}/{{id}}",
    response_model=review_schemas.ReviewDetail,
    responses=documented(401, 403, 404),
    operation_id="get_review",
)
def get_review(id: UUID, account: Reviewer) -> Response:
    """A review, with the part of the report that is yours to see and what was said about it."""
    with network_connection() as connection:
        viewer = _viewer(connection, account)
        review = _seen(connection, id, viewer)
        content = read_report(connection, review.report_id).content
        whole, now = viewer.sees_whole(review), time_told(connection)
        part = part_of(content, review, viewer, now)
        said = comments.visible(connection, review, viewer, now)
        detail = _shown(review, viewer) | {
            "next": walking.next_moves(connection, review, account.sign_in_name, viewer.held, now),
            "whole": whole,
            "comments_open": comments.may_comment(review, viewer, now),
            "answers_for_network": viewer.is_network,
            "city_first_days": configuration().network.questions.city_first_days,
            "unanswered": comments.unanswered_of(said, review) if whole else 0,
            "steps": reviews.steps(connection, review.id) if whole else [],
            "comments": said,
            "content": part,
            "forms": [one for one in forms(part, review.report_id) if whole or "city" in one],
        }
    return json_answer(detail)


@router.get(
    f"{REVIEWS}/{{id}}/page",
    responses=documented(401, 403, 404) | {200: {"content": {"text/html": {}}}},
    operation_id="get_review_page",
)
def page(id: UUID, account: Reviewer) -> Response:
    """The report as it would be published, for those who see the whole of it."""
    with network_connection() as connection:
        viewer = _viewer(connection, account)
        review = _seen(connection, id, viewer)
        if not viewer.sees_whole(review):
            raise UnknownReview(f"There is no review {id}.", field="id")
        html = reading.read(connection, review.report_id, account, configuration()).report.html
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


@router.post(
    f"{REVIEWS}/{{id}}/comments",
    status_code=201,
    response_model=review_schemas.CommentMade,
    responses=documented(401, 403, 404, 409),
    operation_id="comment_on_report",
)
def comment(id: UUID, body: review_schemas.CommentBody, account: Reviewer) -> Response:
    """Comment on a figure of yours, or answer a comment for the network. What is said stays said."""
    with network_connection() as connection:
        viewer = _viewer(connection, account)
        review = _seen(connection, id, viewer, lock=True)
        now = time_told(connection)
        content = part_of(read_report(connection, review.report_id).content, review, viewer, now)
        made = comments.add(connection, review, viewer, content, body.model_dump(), now)
    return json_answer({"id": made}, 201)


@router.post(
    f"{REVIEWS}/{{id}}/approve",
    response_model=review_schemas.Review,
    responses=documented(401, 403, 404, 409),
    operation_id="approve_report",
)
def approve(id: UUID, body: review_schemas.StepBody, account: Approver) -> Response:
    """Approve for the head of government; an embargo may be set or put off with it."""
    return _walk(id, ReviewMove.APPROVE, body, account)


@router.post(
    f"{REVIEWS}/{{id}}/publish",
    response_model=review_schemas.Review,
    responses=documented(401, 403, 404, 409),
    operation_id="publish_report",
)
def publish(id: UUID, body: review_schemas.StepBody, account: Publisher) -> Response:
    """Release an approved report to everybody, once its embargo is over. It stays as it is from then on."""
    return _walk(id, ReviewMove.PUBLISH, body, account)


@router.post(
    f"{REVIEWS}/{{id}}/{{move}}",
    response_model=review_schemas.Review,
    responses=documented(401, 403, 404, 409),
    operation_id="walk_report",
)
def move(id: UUID, move: str, body: review_schemas.StepBody, account: Reviewer) -> Response:
    """Make another move of the path, in an office that you hold now."""
    return _walk(id, read_move(move), body, account)


@router.get(
    "/appointments",
    response_model=review_schemas.Appointments,
    responses=documented(401, 403),
    operation_id="list_appointments",
)
def list_appointments(officer: Officer) -> Response:
    """Who holds and held which office."""
    with network_connection() as connection:
        found = [asdict(one) for one in offices.appointments(connection)]
    return json_answer({"appointments": found})


@router.post(
    "/appointments",
    status_code=201,
    response_model=review_schemas.Appointment,
    responses=documented(401, 403, 404, 409),
    operation_id="appoint",
)
def appoint(body: review_schemas.AppointmentBody, officer: Officer) -> Response:
    """Give somebody with an account of the network an office for a time; nobody appoints themselves."""
    if body.valid_from.tzinfo is None or body.valid_to.tzinfo is None:
        raise InvalidInput("Times need an offset.", field="valid_from", allowed="2027-01-01T00:00:00Z")
    with city_session(NETWORK) as session:
        known = {person.row.username for person in people_of(session, NETWORK) if person.row.active}
    if body.username not in known:
        raise UnknownAccount(f"The network has no account {body.username!r}.", field="username")
    countries = {city.country for city in configuration().cities.values()}
    new = offices.Appointment(
        UUID(int=0),
        body.username,
        body.office,
        body.country,
        body.valid_from,
        body.valid_to,
        officer.username,
        body.valid_from,
        None,
        None,
    )
    with network_connection() as connection:
        return json_answer(asdict(offices.appoint(connection, officer.username, new, countries)), 201)


@router.post(
    "/appointments/{id}/end",
    response_model=review_schemas.Appointment,
    responses=documented(401, 403, 404),
    operation_id="end_appointment",
)
def end_appointment(id: UUID, officer: Officer) -> Response:
    """End an office before its time; from now on nothing can be done in it."""
    with network_connection() as connection:
        return json_answer(asdict(offices.end(connection, officer.username, id)))


def _viewer(connection: Connection, account: Account) -> Viewer:
    held = offices.held_by(connection, account, time_told(connection))
    return viewer_of(account, held, configuration())


def _seen(connection: Connection, id_: UUID, viewer: Viewer, *, lock: bool = False) -> Review:
    """A review of which somebody may see a part; any other is as unknown as one that is not there."""
    review = reviews.find(connection, id_, lock=lock)
    if not viewer.sees(review):
        raise UnknownReview(f"There is no review {id_}.", field="id")
    return review


def _walk(id_: UUID, move: ReviewMove, body: review_schemas.StepBody, account: Account) -> Response:
    given = walking.Given(**body.model_dump())
    with network_connection() as connection:
        viewer = _viewer(connection, account)
        _seen(connection, id_, viewer)
        now = time_told(connection)
        city_first = configuration().network.questions.city_first
        review = walking.walk(
            connection, id_, move, account.sign_in_name, viewer.held, given, now, city_first
        )
        return json_answer(_shown(review, viewer))


def _shown(review: Review, viewer: Viewer) -> dict[str, Any]:
    return asdict(review) | {"status": review.status.value, "moves": walking.possible(review, viewer.held)}
