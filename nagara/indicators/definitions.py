"""What each published figure is: one table, read by the report, the interface and the documentation.

A figure that is computed has its line here, and a line here is computed; a test holds both to it.
"""

from __future__ import annotations

from nagara.indicators.definition import Definition
from nagara.indicators.definitions_of_handling import HANDLING

METHOD_VERSION = "6"
"""Raised whenever a definition or a formula changes, so that figures of different methods are not mixed."""

RESTRICTED_HOURS = 720.0
"""30 days: the restricted mean counts no request longer than this."""

MATURE_SHARE = 0.9
"""A cohort is mature when this share of it has closed or been followed for 30 days; else provisional."""

ENOUGH_AT_RISK = 10
"""A curve is read at a time only where so many are still under observation, or the cohort is mature there."""

ENOUGH_EVENTS = 10
FEW = 10
"""Public pages say "fewer than 10" instead of a smaller count."""

CODE_MIX_COVERAGE = 0.8
"""A share over all codes needs codes covering this share of the issues."""

SMALLEST_STRATUM = 5

UNKNOWN_OUTCOMES = 0.1
"""A promise is not shown where the outcome of more than this share is unknown: what is known is not a fair part."""


_RECEIPT = "Issues received in the period (duplicates counted once, the city's own inspections left out)"
_CURVE = "log(-log) band of the Kaplan-Meier curve (Greenwood)"
_LOG = "event log: filed to first "

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "N1",
        "Reports received",
        "count",
        "Every report of a resident, duplicates included, the city's own inspections not",
        "None: a count. More reports can mean more problems or more trust",
        "none: a full count",
        "event log: filed",
        0,
        "C",
    ),
    Definition(
        "N11",
        "Reports per issue",
        "ratio",
        "Reports divided by issues; an issue is one problem with its duplicates",
        "Issues received in the period",
        "bootstrap of the issues by their number of reports",
        "event log: filed, duplicate_linked",
        30,
        "C",
    ),
    Definition(
        "N2a",
        "First human answer, median",
        "hours",
        "Calendar hours after receipt by which half were answered by a person; routing by rule is no answer",
        _RECEIPT,
        _CURVE,
        _LOG + "acknowledged, assigned by a person, started, asked, referred, declined or resolved",
        20,
        "B",
    ),
    Definition(
        "N2b",
        "Answered by a person within 24 hours",
        "share",
        "1 - S(24 h) of the time to the first human answer",
        _RECEIPT,
        _CURVE,
        _LOG + "human answer, as N2a",
        20,
        "B",
    ),
    Definition(
        "N2b.target",
        "Answered by a person within the city's own target",
        "share",
        "Answered by a person by the time the city promised at receipt for acknowledging or responding, the earlier "
        "of both, by its published or internal standard and in its own working time",
        _RECEIPT
        + " whose promised time had come by the cut-off, without those withdrawn before it; not shown "
        "where the outcome of more than 10% is unknown",
        "Wilson",
        "event log: filed (acknowledge_by, respond_by), human answer as N2a",
        20,
        "B",
    ),
    Definition(
        "N3a.median",
        "Time to closure, median",
        "hours",
        "Calendar hours after receipt by which half were closed, resolved or otherwise; open ones count as "
        "lasting at least so long",
        _RECEIPT + ", of codes whose resolution compares",
        _CURVE,
        _LOG + "resolved, or declined or withdrawn for good",
        30,
        "A",
    ),
    Definition(
        "N3a.rmst30",
        "Mean time open in the first 30 days",
        "hours",
        "Area under the curve of time to closure up to 720 hours: mean waiting, none counted longer",
        _RECEIPT + ", of codes whose resolution compares",
        "value +- 1.96 standard errors of the area, within 0 and 720",
        _LOG + "closure, as N3a.median",
        30,
        "A",
    ),
    Definition(
        "N3a.share",
        "Resolved within the network's reference time",
        "share",
        "Probability of being resolved within the code's reference time, declining and withdrawing competing "
        "(Aalen-Johansen); over all codes the mean by the city's own mix of codes",
        _RECEIPT + ", of codes whose resolution compares",
        "log(-log) with Aalen's variance; over all codes logit",
        _LOG + "resolved",
        30,
        "A",
    ),
    Definition(
        "N3b.share",
        "Resolved for good within the reference time",
        "share",
        "As N3a.share, but a resolution that was opened again within 30 days does not count",
        _RECEIPT + ", of codes whose resolution compares",
        "as N3a.share",
        "event log: filed to the last resolved that held",
        30,
        "A",
    ),
    Definition(
        "N4.published",
        "Promise kept",
        "share",
        "Resolved by the time the city promised at receipt, by its published standard; pauses and "
        "recategorising do not move it",
        "Issues whose promised time fell in the period and before the cut-off, without those declined or "
        "withdrawn in time; not shown where the outcome of more than 10% is unknown",
        "Wilson",
        "event log: filed (resolve_by), first resolved",
        20,
        "B",
    ),
    Definition(
        "N4.internal",
        "Internal target met",
        "share",
        "As N4.published, for targets a city sets itself without publishing them",
        "As N4.published, for internal targets",
        "Wilson",
        "event log: filed (resolve_by), first resolved",
        20,
        "B",
    ),
    Definition(
        "N4.reference",
        "Within the monitoring reference",
        "share",
        "As N4.published, where nobody promised a time and the network's reference is only watched: "
        "beyond it nothing was broken",
        "As N4.published, for requests under the monitoring reference",
        "Wilson",
        "event log: filed (resolve_by), first resolved",
        20,
        "B",
    ),
    Definition(
        "N7b.median",
        "Age of the backlog, median",
        "hours",
        "Calendar hours since receipt of the issues open at the cut-off",
        "Issues open at the cut-off, whenever received",
        "binomial order statistics",
        "event log: filed, without a closure that stands",
        20,
        "B",
    ),
    Definition(
        "N7b.p90",
        "Age of the backlog, nine tenths",
        "hours",
        "Calendar hours since receipt than which nine of ten issues open at the cut-off are not older",
        "Issues open at the cut-off, whenever received",
        "binomial order statistics",
        "as N7b.median",
        20,
        "B",
    ),
    Definition(
        "N7b.over30",
        "Backlog older than 30 days",
        "share",
        "Share of the open issues received more than 30 days before the cut-off",
        "Issues open at the cut-off, whenever received",
        "Wilson",
        "as N7b.median",
        20,
        "B",
    ),
    Definition(
        "N7b.over90",
        "Backlog older than 90 days",
        "share",
        "Share of the open issues received more than 90 days before the cut-off",
        "Issues open at the cut-off, whenever received",
        "Wilson",
        "as N7b.median",
        20,
        "B",
    ),
    Definition(
        "N7b.past_promise",
        "Backlog past the promised time",
        "share",
        "Share of open issues with a promised time (published or internal) whose time has passed",
        "Issues open at the cut-off that were given a promised time",
        "Wilson",
        "event log: filed (resolve_by)",
        20,
        "B",
    ),
    Definition(
        "N7b.past_reference",
        "Backlog beyond the monitoring reference",
        "share",
        "Share of open issues watched against the monitoring reference that are beyond it",
        "Issues open at the cut-off without a promised time",
        "Wilson",
        "event log: filed (resolve_by)",
        20,
        "B",
    ),
)

DEFINITIONS += HANDLING

BY_ID = {definition.id: definition for definition in DEFINITIONS}
