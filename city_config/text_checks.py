"""A city's own words for notices: names that lead nowhere, and words that nobody would ever read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from string import Formatter

from city_config.configuration import KeyPath
from city_config.schema import City, Network
from city_config.texts import Audience, Notification, ServiceTexts

Fault = tuple[KeyPath, str]
SHOWN = 12
FIELDS: tuple[tuple[str, Audience], ...] = (("notifications", "resident"), ("for_staff", "staff"))
FILLED_IN = ("reference", "city", "service", "department", "promise", "status_url", "note", "reason")
"""What notices of events speak of; the other placeholders belong to codes and digests."""


def text_faults(city: City, network: Network | None) -> Iterator[Fault]:
    """Services and network codes that are not there; codes are checked where the network is given."""
    for language, texts in city.texts.items():
        for number, one in enumerate(texts.for_services):
            path: KeyPath = ("texts", language, "for_services", number)
            yield from _unknown(one.services, city.services_by_code, "service", (*path, "services"))
            if network is not None:
                codes = network.codes_by_code
                yield from _unknown(one.network_codes, codes, "network code", (*path, "network_codes"))


def texts_without_effect(city: City, languages: Collection[str]) -> Iterator[Fault]:
    """Words of a language, of services or with placeholders that no notice has. ``languages``: those with texts."""
    for language, texts in city.texts.items():
        above: KeyPath = ("texts", language)
        if language not in languages:
            yield above, f"nobody is told anything in {language!r} (there is no messages/{language}.yaml)"
        for field, audience in FIELDS:
            yield from _never_filled((*above, field), texts.wording(audience))
        for number, one in enumerate(texts.for_services):
            path: KeyPath = (*above, "for_services", number)
            held = [s for s in city.services if one.holds_for(s.code, s.network_code)]
            if not held:
                yield path, "no service of the city fits these words"
            for field, audience in FIELDS:
                yield from _never_filled((*path, field), one.wording(audience))
                for kind in one.wording(audience) if held else ():
                    earlier = [e for e in texts.for_services[:number] if kind in e.wording(audience)]
                    if all(_any_holds(earlier, s.code, s.network_code) for s in held):
                        yield (
                            (*path, field, kind),
                            f"never said: earlier words for {kind!r} hold for these services",
                        )


def _any_holds(those: Iterable[ServiceTexts], service: str, network_code: str | None) -> bool:
    return any(one.holds_for(service, network_code) for one in those)


def _never_filled(above: KeyPath, worded: Mapping[str, Notification]) -> Iterator[Fault]:
    for kind, text in worded.items():
        for part, template in (("subject", text.subject), ("body", text.body)):
            for _, name, _, _ in Formatter().parse(template):
                if name is not None and name not in FILLED_IN:
                    allowed = ", ".join(f"{{{one}}}" for one in FILLED_IN)
                    yield (*above, kind, part), f"{{{name}}} is always empty here; allowed: {allowed}"


def _unknown(read: Iterable[str], known: Iterable[str], what: str, above: KeyPath) -> Iterator[Fault]:
    names = list(known)
    for position, code in enumerate(read):
        if code not in names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            yield (*above, position), f"no {what} {code!r}; allowed: {', '.join(names[:SHOWN])}{more}"
