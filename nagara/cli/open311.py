"""Commands about GeoReport: does an endpoint keep to the standard?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from nagara.cli.pull import pull
from nagara.errors import InvalidInput
from nagara.open311 import conformance
from nagara.outgoing import AddressNotAllowed, Caller, stated_places

open311_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="GeoReport v2 (Open311), of anybody's."
)

SIGNS = {
    "holds": "[green]holds     [/]",
    "broken": "[red]BROKEN    [/]",
    "not judged": "[yellow]not judged[/]",
}


@open311_app.callback()
def about() -> None:
    """GeoReport v2 (Open311), of anybody's."""


open311_app.command("pull")(pull)


@open311_app.command("check")
def check(
    url: Annotated[str, typer.Argument(help="Base address of an endpoint, or of its discovery.json or .xml")],
    jurisdiction: Annotated[
        str | None, typer.Option(help="jurisdiction_id, where the endpoint serves several")
    ] = None,
    api_key: Annotated[str | None, typer.Option(help="Key for filing", envvar="OPEN311_API_KEY")] = None,
    position: Annotated[
        str | None, typer.Option(help="lat,long to report at; none: where the newest request lies")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Also send reports, which say that they are tests")
    ] = False,
    loopback: Annotated[
        bool, typer.Option("--loopback", help="Allow an endpoint on this very machine, over plain http")
    ] = False,
    pause: Annotated[float, typer.Option(help="Seconds between two calls", min=0.0, max=60.0)] = 0.5,
    only: Annotated[list[str] | None, typer.Option(help="Only this rule; repeat it for several")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the evidence of what holds, too")] = False,
    json_: Annotated[Path | None, typer.Option("--json", help="Also write everything to this file")] = None,
) -> None:
    """Hold an endpoint against the rules of GeoReport v2, and say with evidence what holds.

    Reads only, one call after the other, unless --write is given. Exit code 0: every must that could be judged holds;
    1: one is broken; 2: nothing could be judged.

    Example: nagara open311 check https://city.example/open311/v2 --jurisdiction city.example --json found.json
    """
    known = [rule.id for rule in conformance.RULES]
    for name in only or ():
        if name not in known:
            raise InvalidInput(f"{name[:40]!r} is no rule.", field="only", allowed=known)
    try:
        with Caller(loopback=loopback, stated=stated_places([url])) as caller:
            target = conformance.target_of(url, caller, jurisdiction, api_key, _position(position))
            report = conformance.check(target, caller, write=write, pause=pause, only=only)
    except AddressNotAllowed as why:
        raise InvalidInput(
            f"The address {why}.",
            field="url",
            allowed="https to the public internet; --loopback for this machine",
        ) from None
    except conformance.NotJudged as why:
        typer.echo(f"nagara: {why}", err=True)
        raise typer.Exit(2) from None
    _show(report, verbose)
    if json_:
        json_.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    raise typer.Exit(report.exit_code)


def _position(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(
            f"{text[:40]!r} is no position.", field="position", allowed="lat,long in degrees"
        ) from None
    return lat, lon


def _show(report: conformance.Report, verbose: bool) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for result in report.results:
        rule = result.rule
        console.print(f"{SIGNS[result.verdict]} {rule.level:6} {rule.id:22} {escape(rule.text)}")
        if result.verdict != "holds":
            console.print(f"           [dim]{escape(rule.source)}[/]")
        if result.verdict != "holds" or verbose:
            for call, what, excerpt in result.evidence:
                for line in (what, call, excerpt):
                    if line:
                        console.print(f"           {escape(line)}")
    console.print(f"\n{report.endpoint}: {report.calls} calls")
    for level in ("must", "should"):
        counts = ", ".join(f"{len(report.of(verdict, level))} {verdict}" for verdict in SIGNS)  # type: ignore[arg-type]
        console.print(f"{level}: {counts}")
