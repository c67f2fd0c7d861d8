"""What every section is put together from: a plot with its table, a table, a city's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nagara.indicators.publishing import GIVEN_AWAY
from nagara.network_report.plots import Whisker, dot_and_whisker
from nagara.network_report.words import NOT_REACHED, count, estimate, short_month, text

Content = Mapping[str, Any]
City = Mapping[str, Any]


def figure_block(
    title: str, explanation: str, content: Content, pick: Callable[[City], Mapping[str, Any]], unit: str
) -> str:
    """A dot-and-whisker plot of one figure with its table."""
    whiskers, rows = [], []
    for city in content["cities"]:
        figure = pick(city)
        said = estimate(figure, unit)
        reason = f"not shown: {figure['withheld']}" if figure["withheld"] else NOT_REACHED
        if figure["withheld"] == "none":
            said = reason = "none in this period"
        whiskers.append(
            Whisker(
                label=city["name"],
                simulated=city["simulated"],
                provisional=figure["provisional"],
                value=figure["value"],
                low=figure["low"],
                high=figure["high"],
                said=said,
                reason=reason,
            )
        )
        rows.append(
            [name_of(city), text(said), _of_how_many(figure), "provisional" if figure["provisional"] else ""]
        )
    drawn = dot_and_whisker(f"{title}, by city in order of name, with 95% intervals", whiskers, unit)
    explained = f'<p class="note">{text(explanation)}</p>' if explanation else ""
    table = table_of("The same in numbers", ("City", "Estimate (95% interval)", "Issues", ""), rows, {2})
    return f'<h3>{text(title)}</h3>{explained}<figure class="plot">{drawn}</figure>{table}'


def _of_how_many(figure: Mapping[str, Any]) -> str:
    """Of how many a figure is; a dash where that is not told for another's sake."""
    return "–" if figure["n"] is None and figure["withheld"] == GIVEN_AWAY else count(figure["n"])


def name_of(city: City) -> str:
    """A city's name, also in its own language, marked where it is simulated."""
    local = (
        f' <span class="local name" translate="no">{text(city["local_name"])}</span>'
        if city["local_name"] not in (None, city["name"])
        else ""
    )
    badge = ' <span class="badge">simulated</span>' if city["simulated"] else ""
    return f"{text(city['name'])}{local}{badge}"


def span_of(cover: Mapping[str, Any]) -> str:
    """From which month to which a city received reports."""
    first, last = cover["first_month"], cover["last_month"]
    if first is None:
        return "none"
    return short_month(first) if first == last else f"{short_month(first)} to {short_month(last)}"


def table_of(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()
) -> str:
    """A table whose first column names its row; cells are HTML already."""
    right = set(numbers)

    def cell(index: int, value: str) -> str:
        kind = ' class="n"' if index in right else ""
        return f'<th scope="row">{value}</th>' if index == 0 else f"<td{kind}>{value}</td>"

    heads = "".join(
        f'<th scope="col"{" class=n" if index in right else ""}>{text(name)}</th>'
        for index, name in enumerate(head)
    )
    body = "".join(
        "<tr>" + "".join(cell(index, value) for index, value in enumerate(row)) + "</tr>" for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f"<caption>{text(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )
