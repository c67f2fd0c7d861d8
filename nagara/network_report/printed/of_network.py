"""What stands on the printed pages of the network's report, in a language. Pure.

The definitions stand in English in every language: they are the published method, and a translated definition would
be another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nagara.network_report.coverage import remarks_needed
from nagara.network_report.printed import network_tables as tables
from nagara.network_report.printed.city_details import notes
from nagara.network_report.printed.network_funnels import funnel, rank_intervals
from nagara.network_report.printed.network_tables import kind_in, name_in
from nagara.network_report.printed.of_city import months, span, was_heard_of
from nagara.network_report.sections import was_heard_of as has_anything
from nagara.network_report.texts import SOURCE, Texts, none_asked, texts_in

Content = Mapping[str, Any]
City = Mapping[str, Any]
OWN_SECTIONS = (
    "headline", "funnels", "ranks", "asked", "kinds", "reference", "methods", "definitions", "provenance",
)  # fmt: skip
INTRODUCED = (
    "data", "funnels", "ranks", "districts", "asked", "kinds", "backlog", "reference", "methods", "definitions",
    "provenance",
)  # fmt: skip
WORDS: Mapping[str, str] = {
    "simulated": "network.simulated", "city": "network.city", "estimate": "network.estimate", "before": "earlier",
    "before-long": "this_city_before", "issues": "network.issues", "provisional": "provisional",
    "reading": "methods", "contents": "network.contents", "care": "before_reading", "share": "network.share",
    "verdict": "network.verdict", "rank": "network.rank", "districts": "network.shown", "difference": "figure.N13",
    "open": "network.open", "median-age": "figure.N7b.median", "few": "few", "no-funnel": "network.no_funnel",
    "none-asked": "network.none_asked",
}  # fmt: skip
"""By its name in the template, the text that stands there."""

LARGEST = 4
"""Codes of the mix that are named."""


def network_pages(
    content: Content, digest: str, draft: bool, with_ranks: bool = False, language: str = SOURCE
) -> dict[str, Any]:
    """The data of the whole report; intervals of ranks only where somebody asked for them."""
    texts = texts_in(language)
    heard = [city for city in content["cities"] if was_heard_of(city)]
    return (
        _frame(content, digest, draft, texts)
        | _words(content, texts)
        | {
            "cover": [tables.cover(city, texts) for city in heard],
            "silent": _silent(content, texts),
            "noted": [
                [name_in(city, texts), " ".join(notes(city, texts))] for city in heard if city["questions"]
            ]
            or [["–", texts.say("questions_held")] for _ in range(any(c.get("asked_held") for c in heard))],
            "headline": [tables.headline(heard, figure, texts) for figure in tables.first_read(content)],
            "beside": tables.beside(heard, texts),
            "funnels": [funnel(content, found, texts) for found in content.get("funnels", ())],
            "ranks": rank_intervals(content, texts) if with_ranks else [],
            "districts": tables.districts(heard, texts),
            "asked": [
                [name_in(city, texts), " ".join(_asked(city, texts))] for city in heard if city["asked"]
            ],
            "kinds": tables.kinds(content, heard, texts),
            "age-names": [texts.say(f"age.{number}") for number in range(4)],
            "backlog": [
                row for city in content["cities"] if (row := tables.backlog(city, texts)) is not None
            ],
            "reference": tables.reference(heard, texts),
            "limits": texts.limits(),
            "definitions": [_definition(line) for line in content["definitions"]],
            "codes": [_code(content, code, texts) for code in content["codes"]],
            "provenance": [_provenance(city, texts) for city in content["cities"]],
        }
    )


def _frame(content: Content, digest: str, draft: bool, texts: Texts) -> dict[str, Any]:
    """Title and language, notices, how to read it, and the line at the foot."""
    period = months(*span(content["period"]), texts)
    form = content.get("report_version") or "1"
    pending = [] if texts.approved else [texts.say("pending")]
    return {
        "lang": texts.language.partition("-")[0],
        "region": "CN" if texts.language == "zh-Hans" else None,
        "title": f"{content['network']}: {texts.say('network.heading')}, {period}",
        "description": texts.say("network.title"),
        "keywords": [content["period"], digest],
        "network": content["network"],
        "kind": texts.say("network.kind", n=len(content["cities"])),
        "heading": texts.say("network.heading"),
        "question": texts.say("network.title"),
        "period": period,
        "draft": texts.say("draft") if draft else None,
        "notices": _remarks(content, texts) + pending,
        "reading": [
            texts.say(key)
            for key in (
                "read.interval",
                "read.open",
                "read.no_ranking",
                "network.read.simulated",
                "network.read.few",
            )
        ],
        "foot": texts.say("network.foot", digest=digest[:16], method=content["method_version"]),
        "page": texts.words["page"],
        "digest-line": texts.say("network.digest", digest=digest, form=form),
    }


def _remarks(content: Content, texts: Texts) -> list[str]:
    """What holds for the comparison as a whole."""
    return [
        texts.say(f"network.remark.{name}", cities=", ".join(name_in(city, texts) for city in cities))
        for name, cities in remarks_needed(content["cities"])
    ]


def _words(content: Content, texts: Texts) -> dict[str, Any]:
    """Titles of sections, what introduces them, and the heads of tables."""
    say = texts.say
    headline = f"{say('network.intro.headline', mix=_mix(content, texts))} {_mix_of(content, texts)}"
    return {
        "words": {name: say(key) for name, key in WORDS.items()}
        | {"none-asked": say(none_asked(content["cities"]))},
        "sections": {key: say(f"network.section.{key}") for key in OWN_SECTIONS}
        | {"data": say("data"), "districts": say("districts"), "backlog": say("open")},
        "intro": {key: say(f"network.intro.{key}") for key in INTRODUCED} | {"headline": headline},
        "cover-head": [
            say("network.city"), say("data.reports"), say("network.issues"), say("network.received"),
            say("data.with_district"), say("data.followed_30_days"), say("data.imported"),
        ],
        "definitions-head": ["Figure", "What it is", "Of whom", "Interval", "Shown from"],
        "codes-head": [
            "", say("kind"), say("network.compared"), say("network.reference_time"), say("network.mix_share"),
        ],
        "provenance-head": [
            say("network.city"), say("source.cut_off"), say("source.events"), say("source.snapshot"),
            say("network.inputs"),
        ],
    }  # fmt: skip


def _mix(content: Content, texts: Texts) -> str:
    names = {code["code"]: kind_in(code, texts) for code in content["codes"]}
    largest = sorted(content["weights"].items(), key=lambda item: -item[1])[:LARGEST]
    return ", ".join(f"{names[code]} {texts.share(weight)}" for code, weight in largest) or "–"


def _mix_of(content: Content, texts: Texts) -> str:
    """Of which time the network's mix is."""
    if not content.get("weights_frozen"):
        return texts.say("network.mix.period")
    return texts.say("network.mix.frozen", year=span(content["period"])[1][:4])


def _silent(content: Content, texts: Texts) -> str | None:
    silent = [name_in(city, texts) for city in content["cities"] if not has_anything(city)]
    return texts.say("network.silent", cities=", ".join(silent)) if silent else None


def _asked(city: City, texts: Texts) -> list[str]:
    """The questions to a city: in English as they were asked, with what they are held against."""
    if texts.language == SOURCE:
        return [one["words"] for one in city["asked"]]
    return [texts.say(f"ask.{one['id']}", share=texts.share(one["share"])) for one in city["asked"]]


def _definition(line: Mapping[str, Any]) -> list[str]:
    least = f"{line['minimum_n']} issues" if line["minimum_n"] else "always"
    return [line["id"], line["name"], line["estimand"], line["denominator"], line["interval"], least]


def _code(content: Content, code: Mapping[str, Any], texts: Texts) -> list[str]:
    weight = content["weights"].get(code["code"])
    hours = code["reference_hours"]
    return [
        code["code"],
        kind_in(code, texts),
        texts.say(f"network.compared.{code['comparability']}"),
        texts.span(hours) if hours else "–",
        texts.share(weight) if weight else "–",
    ]


def _provenance(city: City, texts: Texts) -> list[str]:
    made = city["snapshot"]
    if made is None:
        return [name_in(city, texts), texts.say("network.no_snapshot"), "", "", ""]
    when = made["cut_off"][:16].replace("T", " ") + " UTC"
    inputs = ", ".join(
        [
            f"{texts.say('source.inputs')} {made['inputs_digest'][:24]}…",
            f"{texts.say('source.versions')} {made['method_version']} / {made['holidays_version']}",
            f"{texts.say('source.configuration')} {', '.join(made['config_fingerprints'])}",
        ]
    )
    return [name_in(city, texts), when, texts.number(made["events_seen"]), made["id"], inputs]
