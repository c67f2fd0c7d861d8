"""Commands about cities: which there are, whether their files hold, and why a request goes where it goes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from city_config import Configuration, load_configuration
from nagara.errors import InvalidInput

cities_app = typer.Typer(no_args_is_help=True, help="The cities' configuration.")
Folder = Annotated[Path | None, typer.Option(help="Folder of the configuration; default: the one in use")]


@cities_app.command("list")
def cities_list(folder: Folder = None) -> None:
    """The cities with what they have and what nobody has confirmed yet.

    Example: nagara cities list
    """
    from city_config.checks import check  # noqa: PLC0415 - the checks read every file again

    served = _configuration(folder)
    unconfirmed: dict[str, int] = {}
    for finding in check(served):
        if finding.severity == "unconfirmed":
            unconfirmed[finding.city] = unconfirmed.get(finding.city, 0) + 1
    table = Table(box=None, header_style="bold")
    for column in ("id", "country", "name", "services", "districts", "departments", "unconfirmed"):
        table.add_column(
            column, justify="right" if column in ("services", "districts", "unconfirmed") else "left"
        )
    for city in served.cities.values():
        table.add_row(
            city.id,
            city.country,
            city.name_in(city.names, "en"),
            str(len(city.services)),
            str(len(city.district_names)),
            str(len(city.departments)),
            str(unconfirmed.get(city.id, 0)),
        )
    Console(width=None if Console().is_terminal else 120).print(table)


@cities_app.command("check")
def cities_check(
    folder: Folder = None,
    unconfirmed: Annotated[bool, typer.Option(help="Also list facts nobody has confirmed")] = True,
) -> None:
    """Hold every city's files against each other; exit 1 if one is wrong.

    Example: nagara cities check --no-unconfirmed
    """
    from city_config.checks import check  # noqa: PLC0415

    served = _configuration(folder)
    findings = check(served)
    wrong = [finding for finding in findings if finding.severity == "error"]
    for finding in findings:
        if unconfirmed or finding.severity != "unconfirmed":
            typer.echo(str(finding))
    counts = {kind: sum(f.severity == kind for f in findings) for kind in ("error", "warning", "unconfirmed")}
    summary = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    typer.echo(f"{len(served.cities)} cities: {summary}")
    if wrong:
        raise typer.Exit(1)


@cities_app.command("explain")
def cities_explain(
    city: Annotated[str, typer.Argument(help="City id")],
    service: Annotated[str, typer.Option(help="Service code")],
    at: Annotated[str, typer.Option(help="LAT,LON")],
    when: Annotated[str | None, typer.Option(help="ISO 8601 with zone; default: now")] = None,
) -> None:
    """The walk through a city's routing rules for one request: which did not match and why, and which did.

    Example: nagara cities explain kh-pnh --service waste_missed --at 11.5564,104.9282
    """
    from nagara.cities import city_of, service_of  # noqa: PLC0415
    from nagara.deadlines import promise  # noqa: PLC0415
    from nagara.places import check_coordinates, index_for  # noqa: PLC0415
    from nagara.routing import explain, route  # noqa: PLC0415

    found = city_of(city)
    wanted = service_of(found, service)
    lat, lon = _position(at)
    check_coordinates(lat, lon)
    moment = _moment(when)
    place = index_for(found).locate(lat, lon)
    typer.echo(
        f"place: district {place.district or '-'} ({place.method}), areas {', '.join(place.areas) or '-'}"
    )
    if not place.inside:
        raise InvalidInput(f"{at} is outside {found.name_in(found.names, 'en')}.", field="at")
    for trial in explain(found, wanted, place, moment, wanted.priority):
        typer.echo(f"{'-> ' if trial.matched else '   '}{trial.rule}: {trial.why}")
    chosen = route(found, wanted, place, moment, wanted.priority)
    times = promise(found, wanted, chosen.owner, moment, wanted.priority)
    typer.echo(f"owner: {chosen.owner}" + (f", worked on by {chosen.assignee}" if chosen.assignee else ""))
    typer.echo(f"because: {chosen.reason}")
    for stage in ("acknowledge_by", "respond_by", "resolve_by"):
        due = getattr(times, stage)
        typer.echo(f"{stage}: {due.astimezone(found.zone).isoformat(timespec='minutes') if due else '-'}")
    typer.echo(f"standard: {times.standard}")


def _configuration(folder: Path | None) -> Configuration:
    from nagara.settings import settings  # noqa: PLC0415

    return load_configuration(folder or settings().city_config)


def _position(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"{text!r} is not a position.", field="at", allowed="LAT,LON") from None
    return lat, lon


def _moment(text: str | None) -> dt.datetime:
    if text is None:
        return dt.datetime.now(dt.UTC)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(f"{text!r} is not a time.", field="when", allowed="ISO 8601 with zone")
    return moment
