"""The lines of the table on how cities handle requests, who reports, and how good the data are."""

from __future__ import annotations

from nagara.indicators.definition import Definition

_DUE = (
    "Issues whose promised time fell in the period and at least 30 days before the cut-off, as N4.published"
)
_RECEIVED = "Issues received in the period, of codes whose resolution compares"
_CLOSED = "Issues whose closing in the period still stands"

HANDLING: tuple[Definition, ...] = (
    Definition(
        "N1.rate", "Reports per 1,000 residents and year", "ratio",
        "Reports x 1,000 x 365.25 / days of the period / residents; never read without N11 and N14",
        "Residents of the city, by the source and year it states", "exact Poisson (Garwood)",
        "event log: filed; the city's population", 10, "C", "city",
    ),
    Definition(
        "N3a.p75", "Time to closure, three quarters", "hours",
        "Calendar hours after receipt by which three of four were closed; open ones count as lasting at least so long",
        _RECEIVED, "log(-log) band of the Kaplan-Meier curve (Greenwood)", "as N3a.median", 30, "A",
    ),
    Definition(
        "N3a.rmst90", "Mean time open in the first 90 days", "hours",
        "As N3a.rmst30 up to 2,160 hours: for repairs, which take longer", _RECEIVED,
        "value +- 1.96 standard errors of the area, within 0 and 2,160", "as N3a.median", 30, "A",
    ),
    Definition(
        "N3a.std", "Resolved within the reference time, by the network's mix", "share",
        "As N3a.share, every code weighted by its share of the network's issues in the year before", _RECEIVED
        + "; codes with 5 issues at least that cover 80% of the network's mix",
        "logit, variance sum w^2 V / (sum w)^2", "event log: filed, resolved", 30, "A", "network",
    ),
    Definition(
        "N3b.median", "Time to closure for good, median", "hours",
        "As N3a.median, but a resolution that was opened again within 30 days does not count", _RECEIVED,
        "log(-log) band of the Kaplan-Meier curve (Greenwood)", "event log: filed to the closure that held", 30, "A",
    ),
    Definition(
        "N3b.p75", "Time to closure for good, three quarters", "hours",
        "As N3a.p75, but a resolution that was opened again within 30 days does not count", _RECEIVED,
        "log(-log) band of the Kaplan-Meier curve (Greenwood)", "as N3b.median", 30, "A",
    ),
    Definition(
        "N3b.rmst90", "Mean time until closed for good in the first 90 days", "hours",
        "As N3a.rmst90 on the time to the closure that held", _RECEIVED,
        "value +- 1.96 standard errors of the area, within 0 and 2,160", "as N3b.median", 30, "A",
    ),
    Definition(
        "N3b.rmst30", "Mean time until closed for good in the first 30 days", "hours",
        "As N3a.rmst30 on the time to the closure that held", _RECEIVED,
        "value +- 1.96 standard errors of the area, within 0 and 720", "as N3b.median", 30, "A",
    ),
    Definition(
        "N3b.std", "Resolved for good within the reference time, by the network's mix", "share",
        "As N3b.share, every code weighted by its share of the network's issues in the year before; declining does not "
        "raise it", _RECEIVED + "; codes with 5 issues at least that cover 80% of the network's mix",
        "logit, variance sum w^2 V / (sum w)^2", "event log: filed to the last resolved that held", 30, "A", "network",
    ),
    *(
        Definition(
            f"N4b.{standard}", name, "share",
            f"As N4.{standard}, but kept only if the resolution held for 30 days", _DUE, "Wilson",
            "event log: filed (resolve_by), last resolved that held", 20, "B",
        )
        for standard, name in (
            ("published", "Promise kept for good"),
            ("internal", "Internal target met for good"),
            ("reference", "Within the monitoring reference for good"),
        )
    ),
    Definition(
        "N5", "Promise kept, standardised", "share",
        "Mean of the codes' shares by the network's mix of codes; small codes are merged into their class first",
        "As N4.published; codes with 5 issues at least that cover 80% of the network's mix",
        "logit, variance sum w^2 p (1 - p) / n / (sum w)^2", "event log: filed (resolve_by), first resolved", 20, "B",
        "network",
    ),
    Definition(
        "N5b", "Promise kept for good, standardised", "share",
        "As N5, but kept only if the resolution held for 30 days. What was declined in time had no promise left: read "
        "it beside N5b.undeclined and N10.declined",
        "As N4b.published; codes with 5 issues at least that cover 80% of the network's mix",
        "logit, variance sum w^2 p (1 - p) / n / (sum w)^2",
        "event log: filed (resolve_by), last resolved that held", 20, "B", "network",
    ),
    Definition(
        "N5b.undeclined", "Promise kept for good, declined issues counted as not kept, standardised", "share",
        "As N5b with the issues declined before they were due in the denominator: the least that was kept, whatever "
        "the declined ones were. A city that declines to escape gains nothing here; one that is sent much that is not "
        "its own looks worse than it is",
        "As N5b, and issues declined before their promised time",
        "as N5b", "event log: filed (resolve_by), declined, last resolved that held", 20, "B", "network",
    ),
    Definition(
        "N5i", "Promises kept, observed over expected", "ratio",
        "Promises kept over the number that the network's shares would give on the city's own mix of codes; for "
        "funnels only: two cities' ratios must not be held against each other",
        "As N4.published; expected misses of 5 at least", "exact Poisson (Garwood) over the expected number",
        "as N5", 20, "B", "network",
    ),
    Definition(
        "N6", "Mean time open in the first 30 days, standardised", "hours",
        "Mean of the codes' N3a.rmst30 by the network's mix of codes", "As N3a.rmst30; codes as N5",
        "value +- 1.96 standard errors, within 0 and 720", "as N3a.rmst30", 30, "A", "network",
    ),
    Definition(
        "N6b", "Mean time until closed for good in the first 30 days, standardised", "hours",
        "Mean of the codes' N3b.rmst30 by the network's mix of codes. Declining ends the time: read it beside "
        "N10.declined", "As N3b.rmst30; codes as N5", "value +- 1.96 standard errors, within 0 and 720",
        "as N3b.rmst30", 30, "A", "network",
    ),
    Definition(
        "N7a", "Open issues per 1,000 residents", "ratio", "Issues open at the cut-off x 1,000 / residents",
        "Residents of the city, by the source and year it states", "exact Poisson (Garwood)",
        "event log: filed, without a closure that stands; the city's population", 10, "B", "city",
    ),
    Definition(
        "N7c", "Issues closed for each one received", "ratio",
        "Issues whose closing fell in the period, over issues received in it: below 1 the backlog grows",
        "Issues received in the period", "bootstrap of both counts", "event log: filed, last closing", 20, "B",
    ),
    Definition(
        "N8", "Opened again within 30 days", "share",
        "First resolutions that were opened again within 30 days",
        "Issues first resolved in the period and at least 30 days before the cut-off", "Wilson",
        "event log: resolved, reopened", 20, "B",
    ),
    Definition(
        "N6b.undeclined", "Mean time until resolved for good in the first 30 days, declining ends none, standardised",
        "hours",
        "As N6b, but an issue that was declined counts all 30 days: the longest that residents waited, whatever the "
        "declined ones were", "As N6b",
        "value +- 1.96 standard errors of tau less the area under the incidence of the other closures (delta method)",
        "as N3b.rmst30; declined", 30, "A", "network",
    ),
    *(
        Definition(
            f"N9.{level}", f"Escalated to level {level} or higher", "share",
            f"Issues for which the ladder of the resolving promise reached rung {level} by 30 days after the due time",
            _DUE, "Wilson", "event log: filed (resolve_by), escalated", 20, "B",
        )
        for level in (1, 2, 3)
    ),
    Definition(
        "N10.declined", "Declined as not actionable", "share",
        "Issues closed by declining, for all reasons together; the reasons are listed beside it", _CLOSED, "Wilson",
        "event log: declined (reason)", 20, "B",
    ),
    Definition(
        "N10.declined.std", "Declined as not actionable, by the network's mix", "share",
        "As N10.declined, every code weighted by its share of the network's issues in the year before: so that a city "
        "that is sent much of what is often declined is held against its like", _CLOSED
        + "; codes with 5 issues at least that cover 80% of the network's mix",
        "logit, variance sum w^2 p (1 - p) / n / (sum w)^2", "event log: declined", 20, "B", "network",
    ),
    Definition(
        "N10.rerouted", "Given to another department after being accepted", "share",
        "Accepted issues whose department changed afterwards: they had been routed wrong",
        "Accepted issues whose closing in the period still stands", "Wilson",
        "event log: acknowledged, assigned, recategorised", 20, "B",
    ),
    Definition(
        "N12.mean", "Satisfaction, mean of 1 to 5", "ratio",
        "Mean of residents' latest ratings; not shown with fewer than 20 or where fewer than 5% answered",
        "Ratings given in the period", "bootstrap", "event log: feedback_given", 20, "C",
    ),
    Definition(
        "N12.good", "Satisfied: ratings of 4 and 5", "share", "Share of the ratings that are 4 or 5; shown as N12.mean",
        "Ratings given in the period", "Wilson", "event log: feedback_given", 20, "C",
    ),
    Definition(
        "N12.answered", "Residents who gave a rating", "share",
        "Ratings over issues closed in the period, whose residents are all asked",
        "Issues whose closing in the period still stands", "Wilson", "event log: feedback_given, last closing", 20, "C",
    ),
    Definition(
        "N13", "Typical difference between districts", "hours",
        "Square root of the variance of the districts' N3b.rmst30 between residents, less what chance alone would show."
        " Declining ends the time: read it beside N13.undeclined",
        "Districts with 30 issues and a known population; 5 at least, with 80% of the residents",
        "bootstrap of the districts' values within their errors", "as N3b.rmst30; the city's populations", 30, "A",
        "city",
    ),
    Definition(
        "N13.undeclined", "Typical difference between districts, declining ends no waiting", "hours",
        "As N13 on hours in which an issue that was declined counts all 30 days: a city that declines what is hard in "
        "some districts gains nothing here", "As N13",
        "bootstrap of the districts' values within their errors", "as N3b.rmst30; declined; the city's populations",
        30, "A", "city",
    ),
    Definition(
        "N14.rate", "Further reports of the same problem an hour", "ratio",
        "Duplicates over hours watched, from the first report to the first answer, closing, cut-off or 30 days",
        "Hours in which issues received in the period waited for an answer", "exact Poisson, wider where overdispersed",
        "event log: filed, duplicate_linked, first answer", 20, "C",
    ),
    Definition(
        "N14.delay", "Hours until a problem is first reported", "hours",
        "One over N14.rate: holds where residents can report again what others reported",
        "As N14.rate", "one over the limits of N14.rate", "as N14.rate", 20, "C",
    ),
    Definition(
        "N15", "Resolutions that an audit found fixed", "share",
        "Resolved issues of a random sample, 60 of a quarter or all that were, that were confirmed fixed: by "
        "their reporter, a second picture, or somebody who went there. What was not looked at counts as not confirmed; "
        "not shown before 90% were looked at",
        "Issues drawn at random of those first resolved in the period", "Wilson",
        "event log: audit_drawn, audit_found", 30, "B",
    ),
    Definition(
        "N15.residents", "Resolutions confirmed by residents", "share",
        "Issues whose resident said that it is fixed. Those who answer are not a random sample: read N15 first",
        "Issues whose resident said whether it is fixed", "Wilson", "event log: feedback_given", 30, "B",
    ),
    Definition(
        "N16.sync", "Delay of reports captured without a line, median", "hours",
        "Hours between the phone's own time and receipt; no promise begins before receipt",
        "Issues received in the period whose phone kept the time of the observation", "binomial order statistics",
        "event log: filed (observed_at)", 20, "C",
    ),
    Definition(
        "N16.place", "Placed in a district", "share", "Issues with a known district", "Issues received in the period",
        "Wilson", "event log: filed", 20, "C",
    ),
    Definition(
        "N16.code", "Filed under a common code", "share", "Issues filed under another code than 'other'",
        "Issues received in the period", "Wilson", "event log: filed", 20, "C",
    ),
    Definition(
        "N16.answer", "With a recorded answer", "share", "Issues for which a person's answer is recorded",
        "Issues received in the period", "Wilson", "event log: first answer, as N2a", 20, "C",
    ),
    Definition(
        "N16.order", "With times in order", "share", "Issues of which no event lies before receipt",
        "Issues received in the period", "Wilson", "event log", 20, "C",
    ),
)  # fmt: skip
