"""Commands about network reports: built, and printed in any form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from nagara import network_report
from nagara.cities import configuration
from nagara.database import clock_connection, network_connection, time_told
from nagara.errors import InvalidInput, UnknownReport
from nagara.indicators.period import Period
from nagara.network_report import read_report
from nagara.network_report.forms import print_city, print_report
from nagara.review.releases import is_released
from nagara.review.reviews import begin

report_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Network reports.")


@report_app.command("build")
def report_build(
    period: Annotated[str, typer.Option(help="YYYY-MM or YYYY-MM..YYYY-MM")],
    html: Annotated[Path | None, typer.Option(help="Also write the page to this file")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Also write the content to this file")] = None,
) -> None:
    """Build the network report of a period from the newest snapshots, as a draft for review.

    The same snapshots give the same report.

    Example: nagara report build --period 2026-09..2026-10 --html report.html
    """
    with clock_connection() as connection:
        now = time_told(connection)
        built = network_report.build_report(connection, configuration(), Period.parse(period), now)
        kept = network_report.read_report(connection, built)
        connection.commit()
    with network_connection() as connection:
        begin(connection, built, "the operator", now)
    if html:
        html.write_text(kept.html, encoding="utf-8")
    if json_:
        json_.write_text(json.dumps(kept.content, ensure_ascii=False, indent=1), encoding="utf-8")
    typer.echo(f"report {built} of {kept.period}")


@report_app.command("print")
def report_print(
    report: Annotated[str, typer.Argument(help="Id of a report, as nagara report build says it")],
    out: Annotated[Path, typer.Option(help="The file to write; - for standard output")],
    form: Annotated[
        str, typer.Option(help="html, pdf, xlsx, csv, csv-metadata.json, json; of a city report, summary")
    ] = "pdf",
    city: Annotated[str | None, typer.Option(help="City id, for the pages of one city")] = None,
    language: Annotated[
        str, typer.Option(help="Language of a city's pages or of the whole PDF: one of its cities', or en")
    ] = "en",
    ranks: Annotated[bool, typer.Option("--ranks", help="Add intervals of rank to the PDF")] = False,
) -> None:
    """Print a kept report; until it is published every page says that it is a draft.

    The same report gives the same bytes.

    Example: nagara report print REPORT --form summary --city kh-pnh --language km --out summary.pdf
    """
    try:
        id_ = UUID(report)
    except ValueError:
        raise UnknownReport(f"There is no network report {report[:40]!r}.", field="report") from None
    if city is None and form in ("report", "summary"):
        raise InvalidInput("Say of which city.", field="city", allowed="--city kh-pnh")
    with network_connection() as connection:
        kept, draft = read_report(connection, id_), not is_released(connection, id_)
    if city is None:
        printed = print_report(kept, form, draft=draft, with_ranks=ranks, language=language)
    else:
        printed = print_city(kept, "report" if form == "pdf" else form, city, language, draft=draft)
    if str(out) == "-":
        sys.stdout.buffer.write(printed)
        return
    out.write_bytes(printed)
    typer.echo(f"{len(printed)} bytes in {out}, {'a draft' if draft else 'published'}", err=True)
