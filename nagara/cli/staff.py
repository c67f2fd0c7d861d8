"""Commands about staff accounts and the keys of other systems, for who runs the machine."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from nagara import accounts
from nagara.accounts.keys import keys_of
from nagara.accounts.people import Reset, people_of, reset_account
from nagara.cities import city_of
from nagara.database import city_session
from nagara.errors import InvalidInput
from nagara.permissions import NETWORK

staff_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Staff accounts.")
keys_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Keys of other systems.")
City = Annotated[str, typer.Option("--city", help="City id, for example kh-pnh")]
Name = Annotated[str, typer.Argument(help="Sign-in name: name@city, or name@network for officials")]


@staff_app.command("add")
def staff_add(
    name: Name,
    role: Annotated[
        str, typer.Option(help="crew, agent, dispatcher, supervisor, auditor, city_admin; official, ...")
    ],
    department: Annotated[
        list[str] | None, typer.Option(help="Only this department's requests; repeat it for several")
    ] = None,
    display_name: Annotated[str, typer.Option(help="As colleagues see it")] = "",
    email: Annotated[
        str | None, typer.Option(help="For escalations, and to sign in by identity provider")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from input")
    ] = False,
) -> None:
    """Add an account, or give one a new password and role; asks for the password.

    Example: nagara staff add sophea@kh-pnh --role supervisor
    """
    username, city_id = accounts.split_sign_in_name(name)
    departments = tuple(department or ())
    _check_departments(city_id, departments)
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with city_session(city_id) as session:
        account = accounts.add_account(
            session,
            city_id,
            username,
            password,
            role,
            departments=departments,
            display_name=display_name,
            email=email,
        )
    typer.echo(f"{account.sign_in_name} is {account.role.value}")


@staff_app.command("list")
def staff_list(city: City) -> None:
    """The accounts of a city, or of the network.

    Example: nagara staff list --city kh-pnh
    """
    table = _table("name", "role", "departments", "second factor", "active", "last sign-in")
    with city_session(_city_or_network(city)) as session:
        for person in people_of(session, city):
            row = person.row
            table.add_row(
                f"{row.username}@{row.city_id}",
                row.role,
                ", ".join(person.departments) or "all",
                "yes" if row.totp_sealed else "no",
                "yes" if row.active else "no",
                _moment(row.last_sign_in_at),
            )
    Console().print(table)


@staff_app.command("reset")
def staff_reset(
    name: Name,
    second_factor: Annotated[bool, typer.Option("--second-factor", help="Forget the second factor")] = False,
    password: Annotated[
        bool, typer.Option("--password", help="Print a temporary password, to be changed at once")
    ] = False,
) -> None:
    """Help somebody who is locked out, where no administrator of the city can; their sessions end.

    Example: nagara staff reset sophea@kh-pnh --second-factor
    """
    username, city_id = accounts.split_sign_in_name(name)
    with city_session(_city_or_network(city_id)) as session:
        temporary = reset_account(session, city_id, None, username, Reset(password, second_factor))
    typer.echo(temporary or f"{name} is signed out everywhere")


@keys_app.command("add")
def keys_add(
    city: City,
    label: Annotated[str, typer.Option(help="Whose key it is")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it opens: open311, file, read_queue, work, moderate, export, audit"),
    ] = None,
    days: Annotated[int | None, typer.Option(help="How long it lasts, at most 730; none: 365", min=1)] = None,
) -> None:
    """Make a key for another system; it is printed this once. Without a scope it opens GeoReport v2.

    Example: nagara keys add --city kh-pnh --label "city app"
    """
    expires_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=days) if days else None
    with city_session(city_of(city).id) as session:
        typer.echo(accounts.add_key(session, city, label, scope or ["open311"], expires_at))


@keys_app.command("list")
def keys_list(city: City) -> None:
    """The keys of a city, without what would open anything.

    Example: nagara keys list --city kh-pnh
    """
    table = _table("id", "label", "scopes", "ends", "last used", "revoked")
    with city_session(city_of(city).id) as session:
        for row in keys_of(session, city):
            table.add_row(
                str(row.id),
                row.label,
                ", ".join(row.scopes),
                _moment(row.expires_at),
                _moment(row.last_used_at),
                _moment(row.revoked_at),
            )
    Console().print(table)


def _check_departments(city_id: str, departments: Sequence[str]) -> None:
    if city_id == NETWORK:
        return
    known = city_of(city_id).departments_by_code
    for department in departments:
        if department not in known:
            raise InvalidInput(f"There is no department {department!r}.", field="department", allowed=known)


def _city_or_network(city_id: str) -> str:
    """The id, if there is such a city or it is the network; raise ``UnknownCity``."""
    return city_id if city_id == NETWORK else city_of(city_id).id


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _moment(at: dt.datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "-"
