"""The report's sections, in the order in which they are to be read: the data before the figures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from nagara.network_report.ages import ENOUGH_OPEN, open_in_all
from nagara.network_report.blocks import figure_block, name_of, span_of, table_of
from nagara.network_report.plots import curve, stacked_ages
from nagara.network_report.texts import SOURCE, texts_in
from nagara.network_report.words import count, estimate, round_hours, share, text

Content = Mapping[str, Any]
AGES = ("up to 7 days", "7 to 30 days", "30 to 90 days", "over 90 days")
DAYS = (1, 3, 7, 14, 30)

LIMITS = tuple(texts_in(SOURCE).limits())


def mix_of(content: Content) -> str:
    """Of which time the network's mix is."""
    year = content["period"].rpartition("..")[2][:4]
    return (
        f"of the year before {year}, fixed for {year}" if content.get("weights_frozen") else "of this period"
    )


def was_heard_of(city: Mapping[str, Any]) -> bool:
    """Whether a city has reports in the period, or open ones from before it; without, it has no figures."""
    return city["coverage"]["months"] > 0 or any(number is None or number > 0 for number in city["backlog"])


def data(content: Content) -> str:
    """Coverage and data quality of every city, before any figure."""
    silent = [city["name"] for city in content["cities"] if not was_heard_of(city)]
    head = ("City", "Reports", "Issues", "Received", "Placed in a district", "Followed 30 days or closed")
    rows = []
    for city in content["cities"]:
        if not was_heard_of(city):
            continue
        cover = city["coverage"]
        rows.append(
            [
                name_of(city),
                count(cover["reports"]),
                count(cover["issues"]),
                span_of(cover),
                share(cover["with_district"]),
                share(cover["followed_30_days"]),
            ]
        )
    table = table_of(
        "Reports received in the period, and how complete their records are", head, rows, {1, 2, 4, 5}
    )
    notes = "".join(
        f"<li><strong>{text(city['name'])}</strong>: {text(' '.join(city['questions']))}</li>"
        for city in content["cities"]
        if city["questions"] and was_heard_of(city)
    )
    missing = f"<p>Without reports in this period: {text(', '.join(silent))}.</p>" if silent else ""
    held = any(city.get("asked_held") for city in content["cities"])
    notes += f"<li>{text(texts_in(SOURCE).say('questions_held'))}</li>" if held else ""
    shown = f"<h3>Read with care</h3><ul>{notes}</ul>" if notes else ""
    return (
        "<p>A figure is as good as the records behind it. This table says how many there are and what is missing; "
        f"it belongs to every figure that follows.</p>{table}{missing}{shown}"
    )


def headline(content: Content) -> str:
    """The figures that are read first, each with its interval, side by side."""
    weights = {code["code"]: code["label"] for code in content["codes"]}
    largest = sorted(content["weights"].items(), key=lambda item: -item[1])[:4]
    mix = ", ".join(f"{weights[code].lower()} {share(weight)}" for code, weight in largest)
    parts = [
        figure_block(
            "Answered by a person within 24 hours",
            "Of all issues of comparable kinds; an automatic receipt or routing is not an answer.",
            content,
            lambda city: city["figures"]["N2b"],
            "share",
        ),
        figure_block(
            "Resolved for good within the network's reference time",
            "Each kind of issue against its own reference time; what was opened again within 30 days was not resolved. "
            "Weighted alike for every city by the network's mix "
            f"({mix_of(content)}: {mix} and others), so that a city with easier issues gains nothing.",
            content,
            lambda city: city["standardised"],
            "share",
        ),
        _promises(content),
        _more_figures(content),
    ]
    return "".join(parts)


def _promises(content: Content) -> str:
    """Kept promises and the backlog past them; one sentence where no city has published times."""
    keys = ("N4.published", "N4.internal", "N7b.past_promise")
    if all(city["figures"][key]["n"] == 0 for city in content["cities"] for key in keys):
        return (
            "<h3>Promise kept</h3><p>None of these cities gave its residents a published or internal time in this "
            "period, so there is no promise to have been kept. The network's monitoring reference "
            "stands further on, which nobody promised.</p>"
        )
    return figure_block(
        "Promise kept for good",
        "Resolved by the time the city itself published and gave at receipt, and not opened again within 30 days; "
        "issues whose time came 30 days before the cut-off or earlier, without those declined in time. Cities "
        "that publish no times stand under the monitoring reference.",
        content,
        lambda city: city["figures"]["N4b.published"],
        "share",
    ) + figure_block(
        "Open issues past their promised time",
        "Of the issues open at the cut-off that were promised a time, published or internal.",
        content,
        lambda city: city["figures"]["N7b.past_promise"],
        "share",
    )


def _more_figures(content: Content) -> str:
    head = (
        "City",
        "First answer, median",
        "Closed, median",
        "Mean time open, first 30 days",
        "Resolved for good *",
    )
    rows = [
        [
            name_of(city),
            *(text(estimate(city["figures"][key], "hours")) for key in ("N2a", "N3a.median", "N3a.rmst30")),
            text(estimate(city["figures"]["N3b.share"], "share")),
        ]
        for city in content["cities"]
    ]
    note = "* within the reference time and not opened again within 30 days; by the city's own mix of codes"
    return f"<h3>Times</h3>{table_of('Medians and means with 95% intervals. ' + note, head, rows)}"


def course(content: Content) -> str:
    """Curves of what is still open by day, one city each, and the same in numbers."""
    panels, rows = [], []
    for city in content["cities"]:
        points = city["curve"]
        if not points:
            continue
        title = f"{city['name']}: of 100 issues, how many were not yet closed, by days after receipt"
        drawn = curve(title, points, city["simulated"])
        panels.append(f"<figure><h4>{name_of(city)}</h4>{drawn}</figure>")
        by_day = {point[0]: point for point in points}
        cells = [
            f"{1 - by_day[d][1]:.0%} <span class='local'>({100 - 100 * by_day[d][3]:.0f} to "
            f"{100 - 100 * by_day[d][2]:.0f})</span>"
            if d in by_day
            else "not yet known"
            for d in DAYS
        ]
        rows.append([name_of(city), *cells])
    if not panels:
        return "<p>No city has enough issues of comparable kinds in this period.</p>"
    head = ("City", *(f"after {day} day{'s' if day > 1 else ''}" for day in DAYS))
    return (
        "<p>Of 100 issues received, how many were <em>not yet closed</em> after so many days (Kaplan-Meier, kinds of "
        "issue whose resolution compares). The shaded band is the 95% interval; a steeper fall is a faster city, "
        "a high tail are issues that stay. The mix of issues is each city's own.</p>"
        f'<div class="curves">{"".join(panels)}</div>'
        f"{table_of('Share closed, in any way, by day; 95% interval in brackets', head, rows)}"
    )


def codes(content: Content) -> str:
    """Like with like: one plot for each kind of issue that at least two cities have a figure for."""
    parts, left = [], []
    for code in content["codes"]:
        having = [city for city in content["cities"] if code["code"] in city["by_code"]]
        known = [city for city in having if city["by_code"][code["code"]]["value"] is not None]
        if len(known) < 2:
            left += [code["label"].lower()] if having else []
            continue
        parts.append(
            figure_block(
                f"{code['label']}: resolved within {round_hours(code['reference_hours'])}",
                "",
                {"cities": having},
                partial(_of_code, code["code"]),
                "share",
            )
        )
    rest = (
        f'<p class="note">Not shown, because fewer than two cities have enough of them: {text(", ".join(left))}.</p>'
        if left
        else ""
    )
    if not parts:
        return f"<p>No kind of issue has enough reports in two cities.</p>{rest}"
    return (
        "<p>The fairest comparison there is: the same kind of issue against the same reference time. Who is "
        f"responsible, and with what means, still differs.</p>{''.join(parts)}{rest}"
    )


def _of_code(code: str, city: Content) -> Mapping[str, Any]:
    figure: Mapping[str, Any] = city["by_code"][code]
    return figure


def backlog(content: Content) -> str:
    """How old the open issues are, whenever they were received."""
    shown = [city for city in content["cities"] if open_in_all(city) >= ENOUGH_OPEN]
    plot = ""
    if shown:
        bars = [(city["name"], city["simulated"], city["backlog"], open_in_all(city)) for city in shown]
        drawn = stacked_ages("Share of the open issues by age, by city", bars, AGES)
        plot = f'<figure class="plot">{drawn}</figure>'
    head = ("City", "Median age", "Over 30 days", "Over 90 days")
    rows = [
        [
            name_of(city),
            text(estimate(city["figures"]["N7b.median"], "hours")),
            text(estimate(city["figures"]["N7b.over30"], "share")),
            text(estimate(city["figures"]["N7b.over90"], "share")),
        ]
        for city in content["cities"]
    ]
    return (
        "<p>Issues open at the cut-off, whenever they were received. Imported issues whose source stopped showing "
        "them unfinished are not counted: nobody knows whether they are open.</p>"
        f"{plot}{table_of('Age of open issues, with 95% intervals', head, rows)}"
    )


def reference(content: Content) -> str:
    """Requests nobody promised a time for, against the network's monitoring reference - not a promise."""
    block = figure_block(
        "Within the monitoring reference",
        "",
        content,
        lambda city: city["figures"]["N4.reference"],
        "share",
    )
    head = ("City", "Internal target met", "Open issues beyond the monitoring reference")
    rows = [
        [
            name_of(city),
            text(estimate(city["figures"]["N4.internal"], "share")),
            text(estimate(city["figures"]["N7b.past_reference"], "share")),
        ]
        for city in content["cities"]
    ]
    return (
        "<p>Where a city has promised its residents no time, the network watches a reference time. Nobody committed "
        "to it: being beyond it breaks nothing, and these figures must not be read as promises.</p>"
        f"{block}{table_of('Beside it, with 95% intervals', head, rows)}"
    )


def methods(content: Content) -> str:
    """How it was computed, and what it cannot say."""
    limits = "".join(f"<li>{text(sentence)}</li>" for sentence in LIMITS)
    return (
        "<p>Every figure is computed from the append-only log of what happened to each request, by the definitions "
        "below, and can be computed again from the snapshot named at the end. Times are calendar hours since the "
        f"city received the first report; nights and holidays count, because residents wait through them.</p>"
        f"<ul>{limits}</ul>"
    )


def definitions(content: Content) -> str:
    """The published definition of each figure."""
    head = ("Figure", "What it is", "Of whom", "Interval", "Shown from")
    rows = [
        [
            f"{text(line['id'])}<br>{text(line['name'])}",
            text(line["estimand"]),
            text(line["denominator"]),
            text(line["interval"]),
            f"{line['minimum_n']} issues" if line["minimum_n"] else "always",
        ]
        for line in content["definitions"]
    ]
    head_codes = ("Code", "Kind of issue", "Compared", "Reference time")
    compared = {"A": "times of resolution", "B": "answer and promise", "C": "counted only"}
    rows_codes = [
        [
            f"<code>{text(code['code'])}</code>",
            text(code["label"]),
            compared[code["comparability"]],
            round_hours(code["reference_hours"]) if code["reference_hours"] else "none",
        ]
        for code in content["codes"]
    ]
    return table_of(f"Method version {content['method_version']}", head, rows) + table_of(
        "The network's common codes and their reference times, in calendar time", head_codes, rows_codes
    )


def provenance(content: Content) -> str:
    """The snapshot behind each city's figures."""
    head = ("City", "Cut-off (UTC)", "Events read", "Snapshot", "Digest of its inputs")
    rows = []
    for city in content["cities"]:
        made = city["snapshot"]
        if made is None:
            rows.append([name_of(city), "no snapshot", "", "", ""])
            continue
        when = made["cut_off"][:16].replace("T", " ")
        rows.append(
            [
                name_of(city),
                when,
                count(made["events_seen"]),
                f"<code>{text(made['id'])}</code>",
                f"<code>{text(made['inputs_digest'][:16])}</code>",
            ]
        )
    return table_of("What each city's figures were computed from", head, rows, {2})
