"""Commands for samples of resolved requests: draw one, see it, say what was found, draw it again."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from nagara.cities import city_of
from nagara.database import city_session
from nagara.field_work.jobs import now_told
from nagara.resolution_audit import findings

audits_app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Random samples of resolved requests, and what was found of them.",
)
CityId = Annotated[str, typer.Argument(help="City id, for example kh-pnh")]
Quarter = Annotated[str, typer.Argument(help="For example 2026-Q3")]
By = Annotated[str, typer.Option("--by", help="Who does it: a name of the city's staff, for the history")]


@audits_app.command()
def draw(
    city: CityId,
    quarter: Quarter,
    by: By,
    size: Annotated[int, typer.Option(min=60, max=400, help="Issues; all where fewer were resolved")] = 60,
) -> None:
    """Draw the sample of a quarter that has ended; once, by a seed that nobody chose.

    Example: nagara audits draw kh-pnh 2026-Q3 --by sophea@kh-pnh
    """
    known = city_of(city)
    with city_session(known.id) as session:
        row = findings.begin(session, known, quarter, size, by, now_told(session))
        drawn = min(size, row.resolved)
        Console().print(f"drew {drawn} of {row.resolved} issues resolved in {quarter}; seed {row.seed[:16]}")


@audits_app.command()
def show(
    city: CityId,
    quarter: Quarter,
    json_: Annotated[bool, typer.Option("--json", help="As JSON")] = False,
) -> None:
    """The requests of a sample and what was found of each.

    Example: nagara audits show kh-pnh 2026-Q3
    """
    known = city_of(city)
    with city_session(known.id) as session:
        found = findings.items(session, known, quarter)
    if json_:
        typer.echo(json.dumps(found, default=str, ensure_ascii=False, indent=1))
        return
    table = Table("no.", "request", "service", "district", "resolved", "reporter said", "finding", "way")
    said = {True: "fixed", False: "not fixed", None: "-"}
    for one in found:
        table.add_row(
            str(one["number"]), one["reference"], one["service_code"], one["district"] or "-",
            f"{one['resolved_at']:%Y-%m-%d}", said[one["reporter_said"]], one["finding"] or "-", one["way"] or "-",
        )  # fmt: skip
    Console().print(table)


@audits_app.command()
def find(
    city: CityId,
    quarter: Quarter,
    number: Annotated[int, typer.Argument(help="Number in the sample")],
    finding: Annotated[str, typer.Argument(help="fixed, not_fixed or no_trace")],
    by: By,
    way: Annotated[str, typer.Option(help="reporter, photo or field")] = "field",
    note: Annotated[str, typer.Option(help="For staff; kept for ever")] = "",
) -> None:
    """Say what was found of one request of a sample.

    Example: nagara audits find kh-pnh 2026-Q3 12 not_fixed --by sophea@kh-pnh
    """
    known = city_of(city)
    with city_session(known.id) as session:
        item = findings.find(session, known, quarter, number, finding, way, by, note)
    Console().print(f"{item['reference']}: {item['finding']} ({item['way']})")


@audits_app.command()
def verify(city: CityId, quarter: Quarter) -> None:
    """Draw a sample again from the log as it was known then, and say what differs; exit status 1 where anything does.

    Example: nagara audits verify kh-pnh 2026-Q3
    """
    known = city_of(city)
    with city_session(known.id) as session:
        found = findings.differences(session, known, quarter)
    for line in found or ["the seed draws the same sample"]:
        Console().print(line)
    raise typer.Exit(1 if found else 0)
