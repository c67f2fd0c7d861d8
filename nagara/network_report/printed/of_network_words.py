"""The sentences of the network's printed report, which is read in English."""

from __future__ import annotations

from collections.abc import Mapping

UNITS: Mapping[str, str] = {
    "N2b": "share", "N3b.std": "share", "N3a.std": "share", "N5b": "share", "N5": "share",
    "N7b.past_promise": "share", "N13": "hours",
}  # fmt: skip
"""Of every headline figure; those of first closings stand in reports of before."""

BACKLOG_UNIT = "hours"
NAMES: Mapping[str, str] = {
    "N2b": "Answered by a person within 24 hours",
    "N3b.std": "Resolved for good within the network's reference time",
    "N3a.std": "Resolved within the network's reference time",
    "N5b": "Promise kept for good",
    "N5": "Promise kept",
    "N7b.past_promise": "Open issues past their promised time",
    "N13": "Typical difference between districts",
}
ABOUT: Mapping[str, str] = {
    "N2b": "Of all issues of comparable kinds; an automatic receipt or routing is no answer.",
    "N3b.std": "Each kind of issue against its own reference time, every city weighted by the network's mix; what was "
    "opened again within 30 days was not resolved.",
    "N3a.std": "Each kind of issue against its own reference time, every city weighted by the network's mix.",
    "N5b": "Resolved by the time the city itself published and gave at receipt, and not opened again within 30 days, "
    "weighted by the same mix. What was declined in time is left out; the share declined is in the data.",
    "N5": "Resolved by the time the city itself published and gave at receipt, weighted by the same mix.",
    "N7b.past_promise": "Of the issues open at the cut-off that had a promised time, published or internal.",
    "N13": "Mean days open in the first 30 days, between districts, with what chance alone would show taken off.",
}
NOTHING: Mapping[str, str] = {
    "N5b": "no published promise fell due 30 days before the cut-off or earlier",
    "N5": "no published promise fell due",
    "N7b.past_promise": "no open issue had a promised time",
}
FUNNEL_NAMES: Mapping[str, str] = {
    "N4.published": "Promises kept, published times",
    "N4.internal": "Internal targets met",
    "N4.reference": "Within the monitoring reference, which nobody promised",
    "N8": "Opened again within 30 days",
}
WORDS: Mapping[str, str] = {
    "simulated": "simulated",
    "city": "City",
    "estimate": "Estimate, 95% interval",
    "before": "Before",
    "before-long": "the period of the same length before",
    "issues": "Issues",
    "provisional": "provisional",
    "reading": "How to read this report",
    "contents": "Contents",
    "care": "Read with care",
    "share": "Share",
    "verdict": "Beside the other cities",
    "rank": "95% interval of rank",
    "districts": "Districts shown",
    "difference": "Typical difference",
    "open": "Open",
    "median-age": "Median age",
    "few": "fewer than 10",
    "no-funnel": "Fewer than three cities have enough for a funnel.",
    "none-asked": "The counts of this period ask no city anything.",
}
INTRO: Mapping[str, str] = {
    "data": "A figure is as good as the records behind it. This table says how many there are and what is missing; it "
    "belongs to every figure that follows.",
    "headline": "Five figures are read first; no index is made of them. The network's mix {when}: {mix} and "
    "others. A diamond is the city's own past.",
    "funnels": "A funnel asks whether a city differs by more than chance and by more than cities usually do. It orders "
    "nobody. A filled square lies beyond the 99.8% limits: look at the data first, then at the service. A hollow "
    "diamond lies at the edge. With many cities, some lie outside 95% by chance alone.",
    "ranks": "Somebody asked for a ranking. What the data support is this: within which ranks 95 of 100 draws within "
    "the figures' own uncertainty put a city; rank 1 is the largest share.",
    "districts": "Each tick is a district with 30 issues or more. The figure is what remains of the differences once "
    "chance is taken off; it needs five districts and the number of their residents. Times are given that somebody "
    "reports: read it beside who reports.",
    "districts_page": "A figure per district needs 30 issues; the typical difference is what remains once chance is "
    "taken off, and needs five districts and the number of their residents. Times are given that somebody reports. "
    "Every district stands in the spreadsheet and in the city's own report.",
    "asked": "Questions, not verdicts: patterns that gaming would leave, and that good reasons leave too. Each city "
    "saw its own before this report was published.",
    "kinds": "The fairest comparison there is: the same kind of issue against the same reference time. Share "
    "resolved within it, with its 95% interval. Who is responsible, and with what means, still differs.",
    "backlog": "Issues open at the cut-off, whenever they were received. Cities with fewer than 20 are left out.",
    "reference": "Where a city has promised its residents no time, the network watches a reference time. Nobody "
    "committed to it: these figures must not be read as promises.",
    "methods": "Every figure is computed from the append-only log of what happened to each request, by the definitions "
    "below, and can be computed again from the snapshot named at the end. Times are calendar hours since the city "
    "received the first report.",
    "provenance": "What each city's figures were computed from, so that they can be computed again.",
}
COVER_HEAD = ["City", "Reports", "Issues", "Received", "In a district", "Followed 30 days", "Imported"]
DEFINITIONS_HEAD = ["Figure", "What it is", "Of whom", "Interval", "Shown from"]
CODES_HEAD = ["Code", "Kind of issue", "Compared", "Reference time", "Share of the mix"]
COMPARED: Mapping[str, str] = {"A": "times of resolution", "B": "answer and promise", "C": "counted only"}
PROVENANCE_HEAD = ["City", "Cut-off (UTC)", "Events", "Snapshot", "Inputs and versions"]
