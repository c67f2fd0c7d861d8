"""Our calls to other systems, verified by a receiver's library that nobody here wrote."""

from __future__ import annotations

import datetime as dt
import time
from types import SimpleNamespace

import pytest
import standardwebhooks.webhooks
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.testclient import TestClient

from nagara.notifications.channels import webhook
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH
from tests.api.test_staff_accounts import send
from tests.api.test_webhooks import HOOKS, Owner, make, tell
from tests.messages import Call, other_side


def taken_by(secret: str, call: Call) -> bool:
    """Whether a receiver who holds this secret takes the call."""
    try:
        Webhook(secret).verify(call.body, call.headers)
    except WebhookVerificationError:
        return False
    return True


def received_at(monkeypatch: pytest.MonkeyPatch, when: dt.datetime) -> None:
    """From here on the library reads this time off its clock."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return when.astimezone(tz)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Clock)


def test_a_receivers_library_takes_our_calls_and_no_others(
    client: TestClient, db: Owner, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Staff(client, "admin@kh-pnh", "city_admin")
    with other_side() as other:
        other.status = 200
        id_, old = make(admin, other)
        reference = client.post(FILE, json=RUBBISH).json()["reference"]
        assert tell(db).sent == 1
        new = send(admin, "POST", f"{HOOKS}/{id_}/secret").json()["secret"]
        send(admin, "POST", f"{HOOKS}/{id_}/test")
        assert tell(db).sent == 1
        owner.execute("update webhook_endpoint set previous_until = now()")
        send(admin, "POST", f"{HOOKS}/{id_}/test")
        assert tell(db).sent == 1
        first, during, after = other.calls
    assert Webhook(old).verify(first.body, first.headers)["subject"] == reference
    by_secret = [(taken_by(old, call), taken_by(new, call)) for call in (first, during, after)]
    assert by_secret == [(True, False), (True, True), (False, True)], "before, while and after both sign"
    assert not taken_by(
        old, Call("POST", first.path, first.headers, first.body.replace(b"kh-pnh", b"kh-xxx"))
    )
    under_another_id = first.headers | {"webhook-id": during.headers["webhook-id"]}
    assert not taken_by(old, Call("POST", first.path, under_another_id, first.body))
    sent = dt.datetime.fromtimestamp(int(first.headers["webhook-timestamp"]), dt.UTC)
    for minutes, taken in ((4, True), (6, False), (-6, False)):
        received_at(monkeypatch, sent + dt.timedelta(minutes=minutes))
        assert taken_by(old, first) is taken, f"replayed after {minutes} minutes"


def test_a_call_that_is_sent_again_days_later_is_signed_for_the_hour_it_leaves(
    client: TestClient, db: Owner, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a receiver that keeps to its window would refuse every call that once failed."""
    admin = Staff(client, "admin@kh-pnh", "city_admin")
    with other_side() as other:
        _, secret = make(admin, other)
        client.post(FILE, json=RUBBISH)
        other.status = 503
        two_days_ago = time.time() - 172_800
        with monkeypatch.context() as then:
            then.setattr(webhook, "time", SimpleNamespace(time=lambda: two_days_ago))
            assert tell(db).put_back == 1
        other.status = 200
        owner.execute("update notification set next_attempt_at = now() where next_attempt_at is not null")
        assert tell(db).sent == 1
        failed, taken = other.calls
    assert failed.headers["webhook-id"] == taken.headers["webhook-id"]
    assert (taken_by(secret, failed), taken_by(secret, taken)) == (False, True)
