"""Commands about cities: which there are, whether their files hold, what a change means, and how to start one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table

from city_config import City, Configuration, Service, load_city, load_configuration
from city_config.basics import Priority
from city_config.checks import check
from city_config.diff import city_changes, configuration_changes
from city_config.starting import NewCity, write_new_city
from nagara.cities import city_of, configuration, service_of
from nagara.database import clock_connection
from nagara.errors import InvalidInput
from nagara.places.finding import check_coordinates, locate_in
from nagara.promises.deadlines import promise
from nagara.routing import explain, route
from nagara.settings import settings
from nagara.staff.replay import Replay, past_requests, replay, sample_requests

cities_app = typer.Typer(add_completion=False, no_args_is_help=True, help="The cities' configuration.")
Folder = Annotated[Path | None, typer.Option(help="Folder of the configuration; default: the one in use")]


@cities_app.command("list")
def cities_list(folder: Folder = None) -> None:
    """The cities with what they have and what nobody has confirmed yet.

    Example: nagara cities list
    """
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
            _found_of_expected(city),
            str(len(city.departments)),
            str(unconfirmed.get(city.id, 0)),
        )
    Console(width=None if Console().is_terminal else 120).print(table)


def _found_of_expected(city: City) -> str:
    """Districts that have an outline today, of those the city has; ``?`` where nobody said how many."""
    found = sum(dates.valid_to is None for dates in city.district_dates.values())
    return f"{found}/{city.districts_expected or '?'}"


@cities_app.command("check")
def cities_check(
    folder: Folder = None,
    unconfirmed: Annotated[bool, typer.Option(help="Also list facts nobody has confirmed")] = True,
) -> None:
    """Hold every city's files against each other; exit 1 if one is wrong.

    Example: nagara cities check --no-unconfirmed
    """
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
    priority: Annotated[
        str | None, typer.Option(help="low, normal, high or urgent; default: the service's")
    ] = None,
    answer: Annotated[
        list[str] | None, typer.Option(help="QUESTION=KEY, what the resident chose; may be repeated")
    ] = None,
) -> None:
    """The walk through a city's routing rules for one request: which did not match and why, and which did.

    Example: nagara cities explain kh-pnh --service waste_missed --at 11.5564,104.9282
    """
    found = city_of(city)
    wanted = service_of(found, service)
    lat, lon = _position(at)
    check_coordinates(lat, lon)
    moment = _moment(when)
    urgency = _priority(priority) or wanted.priority
    answers = _answers(wanted, answer or ())
    place = locate_in(found, lat, lon, configuration(), moment.astimezone(found.zone).date())
    typer.echo(
        f"place: district {place.district or '-'} ({place.method}), areas {', '.join(place.areas) or '-'}"
    )
    for trial in explain(found, wanted, place, moment, urgency, answers):
        typer.echo(f"{'-> ' if trial.matched else '   '}{trial.rule}: {trial.why}")
    chosen = route(found, wanted, place, moment, urgency, answers)
    typer.echo(f"owner: {chosen.owner}" + (f", worked on by {chosen.assignee}" if chosen.assignee else ""))
    typer.echo(f"because: {chosen.reason}")
    _tell_promise(found, wanted, chosen.owner, moment, urgency)


def _tell_promise(city: City, service: Service, owner: str, moment: dt.datetime, priority: Priority) -> None:
    """What would be promised, in local time, and what kind of promise it is."""
    times = promise(city, service, owner, moment, priority)
    for stage in ("acknowledge_by", "respond_by", "resolve_by"):
        due = getattr(times, stage)
        typer.echo(f"{stage}: {due.astimezone(city.zone).isoformat(timespec='minutes') if due else '-'}")
    typer.echo(f"standard: {times.standard}")


@cities_app.command("diff")
def cities_diff(
    old: Annotated[Path, typer.Argument(help="Folder of a city, or of a whole configuration")],
    new: Annotated[Path, typer.Argument(help="The same, changed")],
) -> None:
    """What a change means: services, promises, rules, departments and districts that are not as before.

    Example: nagara cities diff city_config/cities/kh-pnh /tmp/kh-pnh
    """
    whole = [(folder / "network.yaml").is_file() for folder in (old, new)]
    if all(whole):
        changes = configuration_changes(load_configuration(old), load_configuration(new))
    elif not any(whole):
        changes = city_changes(load_city(old), load_city(new))
    else:
        raise InvalidInput(
            "Compare a city with a city, or a configuration with a configuration.", field="new"
        )
    for change in changes:
        typer.echo(str(change))
    typer.echo(f"{len(changes)} changes" if changes else "nothing that matters changed")


@cities_app.command("dry-run")
def cities_dry_run(
    city: Annotated[str, typer.Argument(help="City id")],
    against: Annotated[
        Path | None, typer.Option(help="Changed folder of the city, or of a configuration; default: in use")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Only requests received since, YYYY-MM-DD")] = None,
    sample: Annotated[bool, typer.Option(help="Every service in every district, not past requests")] = False,
) -> None:
    """Replay past requests against changed files: what would move where, and be promised when. Writes nothing.

    Where the city has no requests yet, every service in every district is tried instead.

    Example: nagara cities dry-run kh-pnh --against /tmp/kh-pnh --since 2026-01-01
    """
    if against is None and since is None:
        raise InvalidInput(
            "Say what to replay against, or since when.", field="against", allowed="--against, --since"
        )
    present = city_of(city)
    changed = _changed_city(city, against) if against else present
    found = None if sample else _replayed(changed, _day(since))
    if found is None or not found.replayed:
        typer.echo("no request of this city is stored; a sample instead" if found else "a sample")
        found = replay(changed, sample_requests(present, dt.datetime.now(dt.UTC)))
    for line in found.lines():
        typer.echo(line)


@cities_app.command("new")
def cities_new(
    city: Annotated[str, typer.Argument(help="Id: country and city, like kh-pnh")],
    name: Annotated[list[str], typer.Option(help="The city's name, or LANGUAGE=NAME; may be repeated")],
    country: Annotated[str, typer.Option(help="ISO 3166-1 code, like KH")],
    boundary: Annotated[Path, typer.Option(help="GeoJSON of the city or of its districts")],
    timezone: Annotated[str, typer.Option(help="IANA name, like Asia/Phnom_Penh")],
    language: Annotated[
        list[str] | None, typer.Option(help="BCP-47, the default first; default: the country's")
    ] = None,
    folder: Folder = None,
) -> None:
    """Write a folder for a new city that works at once: the network's services, the country's calendar, one desk.

    Example: nagara cities new kh-kpt --name Kampot --country KH --boundary kampot.geojson --timezone Asia/Phnom_Penh
    """
    served = _configuration(folder)
    names = dict(_language_and_name(given) for given in name)
    wanted = NewCity(city, country, names, timezone, tuple(language or ()))
    made = write_new_city(served, wanted, boundary, served.folder / "cities")
    typer.echo(f"{made}: {', '.join(sorted(path.name for path in made.iterdir()))}")
    typer.echo(
        "next: name the departments in city.yaml, say in routing.yaml what is theirs, run: nagara cities check"
    )


def _language_and_name(given: str) -> tuple[str, str]:
    language, equals, name = given.partition("=")
    return (language, name) if equals else ("en", given)


def _replayed(changed: City, since: dt.date | None) -> Replay:
    """The stored requests of a city held against its changed files, in a transaction that cannot write."""
    start = dt.datetime.combine(since or dt.date.min, dt.time(), changed.zone if since else dt.UTC)
    with clock_connection() as connection:
        connection.read_only = True
        return replay(changed, past_requests(connection, changed.id, start))


def _changed_city(city: str, folder: Path) -> City:
    """The city as a changed folder has it: its own folder, or a configuration that holds it."""
    if not (folder / "network.yaml").is_file():
        changed = load_city(folder)
    else:
        cities = load_configuration(folder).cities
        if city not in cities:
            raise InvalidInput(f"{folder} has no city {city!r}.", field="against", allowed=cities)
        changed = cities[city]
    if changed.id != city:
        raise InvalidInput(f"{folder} is {changed.id}, not {city}.", field="against")
    return changed


def _configuration(folder: Path | None) -> Configuration:
    return load_configuration(folder or settings().city_config)


def _position(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"{text!r} is not a position.", field="at", allowed="LAT,LON") from None
    return lat, lon


def _priority(text: str | None) -> Priority | None:
    known: tuple[Priority, ...] = get_args(Priority)
    found = next((priority for priority in known if priority == text), None)
    if text is not None and found is None:
        raise InvalidInput(f"{text!r} is not a priority.", field="priority", allowed=known)
    return found


def _answers(service: Service, given: Sequence[str]) -> dict[str, list[str]]:
    """Answers by question, as rules look at them; a question given twice has two answers."""
    questions = {question.code: question for question in service.questions}
    answers: dict[str, list[str]] = {}
    for text in given:
        code, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"{text!r} is not an answer.", field="answer", allowed="QUESTION=KEY")
        if code not in questions:
            raise InvalidInput(
                f"{service.code} has no question {code!r}.", field="answer", allowed=questions or "no answer"
            )
        keys = [choice.key for choice in questions[code].choices]
        if keys and value not in keys:
            raise InvalidInput(f"{value!r} is no answer to {code!r}.", field="answer", allowed=keys)
        answers.setdefault(code, []).append(value)
    return answers


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise InvalidInput(f"{text!r} is not a day.", field="since", allowed="YYYY-MM-DD") from None


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
