"""The rules of accounts that need no server: what a password may be, which step a code belongs to, what a key opens."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pyotp
import pytest

from nagara.accounts import passwords, second_factor
from nagara.accounts.account import Account, Lack
from nagara.errors import ForPeopleOnly, NotPermitted, SignInIncomplete, WeakPassword
from nagara.permissions import PERMISSIONS, SCOPES, Permission, Role

NOW = dt.datetime(2026, 11, 21, 8, 0, 15, tzinfo=dt.UTC)
DARA = ("dara", "Dara Sok", "dara.sok@example.org", "kh-pnh")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "11 characters"),
        ("password123456", "breaches"),
        ("letmein12345", "breaches"),
        ("qwertyuiop[]", "quickly|breaches"),
        ("dara@kh-pnh-2026", "your own name"),
        ("DaraSok-Nagara1", "your own name"),
        ("Dara.Sok@example.org", "your own name"),
        ("abcabcabcabcabc", "quickly|breaches"),
        ("x" * 1001, "too long"),
    ],
)
def test_what_is_guessed_first_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why):
        passwords.refuse_weak(password, DARA)


@pytest.mark.parametrize(
    "password", ["four uncommon herons wading", "xK9-vv2m-Lq8z", "ទឹកជំនន់ផ្លូវលេខ៦០", "correct horse " * 70]
)
def test_what_is_hard_to_guess_is_taken_in_any_script(password: str) -> None:
    passwords.refuse_weak(password, DARA)


def test_what_would_take_long_to_judge_is_judged_by_fewer_readings() -> None:
    judged = passwords._judgeable("4@8({[<3694&#!1|0$5+7%2" * 4)
    assert len(judged) == passwords.JUDGED_LENGTH
    assert len(set(judged) & set(passwords.LOOKALIKES)) == passwords.MOST_LOOKALIKES
    assert len(set(judged)) == len(set("4@8({[<3694&#!1|0$5+7%2")), "what differed differs still"
    assert passwords._judgeable("P@ssw0rd-2026") == "P@ssw0rd-2026"


def test_a_temporary_password_is_strong_and_another_each_time() -> None:
    made = {passwords.temporary() for _ in range(20)}
    assert len(made) == 20
    for password in made:
        passwords.refuse_weak(password, DARA)


def test_a_program_in_earnest_makes_each_guess_cost_time_and_memory() -> None:
    """As a program of its own: where tests have a database, they hash with the least there is."""
    asked = "from nagara.accounts import passwords as p; print(p.hashed('four uncommon herons'), p._nobody)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    for kept in done.stdout.split():
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "64 MiB, three times over, four at once"


def test_a_hash_is_argon2id_and_nobody_has_none() -> None:
    kept = passwords.hashed("four uncommon herons wading")
    assert kept.startswith("$argon2id$")
    assert passwords.right("four uncommon herons wading", kept)
    assert not passwords.right("four uncommon herons", kept)
    for none in (None, ""):
        assert not passwords.right("no such account", none), "not even with what the stand-in was made of"


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, taken: bool) -> None:
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(NOW + dt.timedelta(seconds=30 * steps))
    step = second_factor.matching_step(secret, f" {code[:3]} {code[3:]} ", NOW)
    assert (step is not None) is taken
    if taken:
        assert step == int(NOW.timestamp()) // 30 + steps


def test_nonsense_is_no_code() -> None:
    secret = pyotp.random_base32()
    for code in ("", "000", "１２３４５６", "abcdef", "\x00"):
        assert second_factor.matching_step(secret, code, NOW) is None


def test_a_person_may_what_the_role_says_and_a_key_what_its_scopes_say() -> None:
    for role in Role:
        assert Account("kh-pnh", "x", role, (), "X").permissions == PERMISSIONS[role]
    for scope, opened in SCOPES.items():
        key = Account("kh-pnh", "x", Role.SERVICE, (), "X", scopes=(scope,))
        assert key.permissions == opened
    both = Account("kh-pnh", "x", Role.SERVICE, (), "X", scopes=("file", "audit", "gone since"))
    assert both.permissions == {Permission.FILE, Permission.VIEW_AUDIT}
    with pytest.raises(NotPermitted, match="scopes") as refused:
        both.demand(Permission.WORK)
    assert refused.value.allowed == ["work"]
    with pytest.raises(ForPeopleOnly):
        both.demand_person()


def test_no_key_opens_contacts_originals_or_accounts() -> None:
    personal = {
        Permission.VIEW_CONTACT,
        Permission.VIEW_ORIGINAL,
        Permission.ADMINISTER,
        Permission.SUPERVISE,
    }
    assert not any(opened & personal for opened in SCOPES.values())


@pytest.mark.parametrize("lack", Lack)
def test_an_unfinished_sign_in_may_nothing_and_says_what_is_missing(lack: Lack) -> None:
    account = Account("kh-pnh", "x", Role.CITY_ADMIN, (), "X", lacks=lack)
    assert not account.permissions
    with pytest.raises(SignInIncomplete) as refused:
        account.demand(Permission.VIEW_QUEUE)
    assert refused.value.field == lack.value


def test_who_belongs_to_departments_works_for_those() -> None:
    assert Account("kh-pnh", "x", Role.AGENT, (), "X").works_for("roads")
    belongs = Account("kh-pnh", "x", Role.AGENT, ("roads", "parks"), "X")
    assert belongs.works_for("parks")
    assert not belongs.works_for("waste")
