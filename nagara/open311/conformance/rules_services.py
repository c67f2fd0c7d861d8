"""Rules of the service list and of service definitions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from nagara.open311.conformance.judging import (
    CONVERSION,
    PRACTICE,
    SCHEMA,
    SPEC,
    Fault,
    Faults,
    Judge,
    Rule,
    all_status,
    each,
    empty,
    lacking,
    listed,
    members,
    not_boolean,
    not_texts,
)
from nagara.open311.conformance.questions import FORMS, FURTHER
from nagara.open311.conformance.reading import Item, Unreadable, named_in, object_of, word
from nagara.open311.conformance.talking import Exchange, NotJudged, Seen

LISTS = ("services.json", "services.xml")
DEFINITIONS = (
    "definition.json",
    "definition.xml",
    *(f"definition {number}.{form}" for number in FURTHER for form in FORMS),
)
PAIRS = tuple(zip(DEFINITIONS[::2], DEFINITIONS[1::2], strict=True))
"""Each definition in JSON and in XML."""

PLAIN = ("plain definition.json", "plain definition.xml")
UNKNOWN = ("unknown definition.json", "unknown definition.xml")
FIELDS = ("service_code", "service_name", "description", "metadata", "type", "keywords", "group")
NEEDED = ("service_code", "service_name", "metadata", "type")
ATTRIBUTE_NEEDED = ("variable", "code", "datatype", "required")
TYPES = ("realtime", "batch", "blackbox")
DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
LISTED_TYPES = ("singlevaluelist", "multivaluelist")
SAFE_CODE = re.compile(r"[A-Za-z0-9_-]+")
Attribute = Mapping[str, Any]


def _metadata(seen: Seen) -> Faults:
    for exchange in seen.some(*LISTS):
        for item in listed(exchange):
            if "metadata" in item and not_boolean(exchange, item["metadata"]):
                yield Fault(exchange, f"metadata is {item['metadata']!r} instead of true or false")


def _type(item: Item) -> str | None:
    kind = word(item.get("type"))
    return f"type {kind!r} is none of {', '.join(TYPES)}" if kind not in TYPES else None


def _keywords(item: Item) -> str | None:
    kept = item.get("keywords")
    return f"keywords is {kept!r} instead of one text" if isinstance(kept, list | Mapping) else None


def _code(item: Item) -> str | None:
    code = word(item.get("service_code"))
    return (
        f"service_code {code!r} has characters that need encoding" if not SAFE_CODE.fullmatch(code) else None
    )


def _unique(seen: Seen) -> Faults:
    for exchange in seen.some(*LISTS):
        codes = [word(item.get("service_code")) for item in members(exchange)]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            yield Fault(exchange, f"service_code {twice[0]!r} stands for several services")


def _texts(seen: Seen) -> Faults:
    exchange = seen["services.json"]
    for item in members(exchange):
        what = not_texts(exchange, item, ("service_code",))
        if what is not None:
            yield Fault(exchange, what)


def _agree(seen: Seen) -> Faults:
    one, other = seen["services.json"], seen["services.xml"]
    for name in ("service_code", "service_name", "metadata", "type"):
        here, there = ([word(item.get(name)) for item in listed(exchange)] for exchange in (one, other))
        if here != there:
            yield Fault(other, f"{name} of the services is not the same in XML and in JSON")


def _definition(exchange: Exchange) -> Item:
    try:
        return object_of(exchange)
    except Unreadable as why:
        raise NotJudged(f"{exchange}: {why}") from None


def _attributes(exchange: Exchange) -> list[Attribute]:
    found = _definition(exchange).get("attributes")
    if not isinstance(found, list):
        raise NotJudged(f"{exchange} has no list of attributes")
    return [one for one in found if isinstance(one, Mapping)]


def _is_object(seen: Seen) -> Faults:
    for exchange in seen.some(*DEFINITIONS):
        try:
            definition = object_of(exchange)
        except Unreadable as why:
            yield Fault(exchange, str(why))
            continue
        asked = named_in(exchange)
        if word(definition.get("service_code")) != asked:
            yield Fault(exchange, f"service_code is {word(definition.get('service_code'))!r}, not {asked!r}")


def _is_list(seen: Seen) -> Faults:
    for exchange in seen.some(*DEFINITIONS):
        if not isinstance(_definition(exchange).get("attributes"), list):
            yield Fault(exchange, "attributes is not a list")


def _of_each(wrong: Callable[[Exchange, Attribute], str | None]) -> Judge:
    """Every attribute of the definitions is right."""

    def judge(seen: Seen) -> Faults:
        judged = 0
        for exchange in seen.some(*DEFINITIONS):
            for attribute in _attributes(exchange):
                judged += 1
                what = wrong(exchange, attribute)
                if what is not None:
                    yield Fault(exchange, what)
        if not judged:
            raise NotJudged("the definition has no attribute")

    return judge


def _whole(_: Exchange, attribute: Attribute) -> str | None:
    return empty(attribute, ATTRIBUTE_NEEDED, "code")


def _booleans(exchange: Exchange, attribute: Attribute) -> str | None:
    for name in ("variable", "required"):
        if name in attribute and not_boolean(exchange, attribute[name]):
            return f"{name} is {attribute[name]!r} instead of true or false"
    return None


def _datatype(_: Exchange, attribute: Attribute) -> str | None:
    kind = word(attribute.get("datatype"))
    return f"datatype {kind!r} is none of {', '.join(DATATYPES)}" if kind not in DATATYPES else None


def _valued(_: Exchange, attribute: Attribute) -> str | None:
    values = attribute.get("values")
    if word(attribute.get("datatype")) not in LISTED_TYPES:
        return None
    if not isinstance(values, list) or not values:
        return f"{word(attribute.get('code'))!r} is a list and has no values"
    wrong = [one for one in values if not isinstance(one, Mapping) or not {"key", "name"} <= set(one)]
    return f"a value of {word(attribute.get('code'))!r} has no key and name" if wrong else None


def _attribute_texts(exchange: Exchange, attribute: Attribute) -> str | None:
    found = not_texts(exchange, attribute, ("code",))
    for value in attribute.get("values") or ():
        if isinstance(value, Mapping):
            found = found or not_texts(exchange, value, ("key",))
    return found


def _ordered(seen: Seen) -> Faults:
    for exchange in seen.some(*DEFINITIONS):
        orders = [word(one.get("order")) for one in _attributes(exchange)]
        wrong = [order for order in orders if not order.isdigit() or int(order) < 1]
        if wrong:
            yield Fault(exchange, f"order {wrong[0]!r} is no positive whole number")
        elif len(set(orders)) < len(orders):
            yield Fault(exchange, "two attributes have the same order")


def _begins_with_one(seen: Seen) -> Faults:
    for exchange in seen.some(*DEFINITIONS):
        orders = [word(one.get("order")) for one in _attributes(exchange)]
        numbers = [int(order) for order in orders if order.isdigit()]
        if numbers and (numbers[0] != 1 or numbers != sorted(numbers)):
            yield Fault(exchange, f"the attributes stand in the order {', '.join(orders)}")


def _definitions_agree(seen: Seen) -> Faults:
    judged = 0
    for pair in PAIRS:
        found = [exchange for name in pair if (exchange := seen.if_asked(name)) is not None]
        if len(found) < len(pair) or any(exchange.status != 200 for exchange in found):
            continue
        judged += 1
        for name in ("code", "datatype", "required", "order"):
            here, there = ([word(each.get(name)) for each in _attributes(exchange)] for exchange in found)
            if here != there:
                yield Fault(found[1], f"{name} of the attributes is not the same in XML and in JSON")
    if not judged:
        raise NotJudged("no definition was answered in both forms")


def _unique_codes(seen: Seen) -> Faults:
    for exchange in seen.some(*DEFINITIONS):
        codes = [word(one.get("code")) for one in _attributes(exchange)]
        if len(set(codes)) < len(codes):
            yield Fault(exchange, "two attributes have the same code")


def _nothing_asked(seen: Seen) -> Faults:
    for exchange in seen.some(*PLAIN):
        if exchange.status != 200:
            yield Fault(exchange, f"status {exchange.status} instead of 200 with no attributes")
        elif _definition(exchange).get("attributes") != []:
            yield Fault(exchange, "attributes is not an empty list")


RULES = (
    Rule("services-needed", "must", "Each service has service_code, service_name, metadata and type.", SCHEMA, LISTS,
         each(LISTS, lambda item: empty(item, NEEDED, "service_code")), any_of=True),
    Rule("services-fields", "should", "Each service has every documented field, null or empty where unknown.",
         PRACTICE, LISTS, each(LISTS, lambda item: lacking(item, FIELDS, "service_code")), any_of=True),
    Rule("services-unique", "must", "No two services have the same service_code.", SPEC, LISTS, _unique, any_of=True),
    Rule("services-text", "should", "service_code is a text in JSON.", SCHEMA, ("services.json",), _texts),
    Rule("services-code", "should", "service_code needs no encoding in an address.", PRACTICE, LISTS,
         each(LISTS, _code), any_of=True),
    Rule("services-metadata", "must", "metadata is true or false.", SPEC, LISTS, _metadata, any_of=True),
    Rule("services-type", "must", "type is realtime, batch or blackbox.", SPEC, LISTS, each(LISTS, _type), any_of=True),
    Rule("services-keywords", "must", "keywords is one text, separated by commas.", SPEC, LISTS,
         each(LISTS, _keywords), any_of=True),
    Rule("services-agree", "must", "The service list says the same in XML and in JSON.", CONVERSION, LISTS, _agree),
    Rule("definition-served", "must", "A service with metadata has a definition.", SPEC, DEFINITIONS,
         all_status(DEFINITIONS, 200), any_of=True),
    Rule("definition-object", "must", "A definition is one object, which repeats the service_code.", SPEC,
         DEFINITIONS, _is_object, any_of=True),
    Rule("definition-list", "must", "attributes is a list, whether of none, one or many.", CONVERSION, DEFINITIONS,
         _is_list, any_of=True),
    Rule("definition-needed", "must", "Each attribute has variable, code, datatype and required.", SCHEMA,
         DEFINITIONS, _of_each(_whole), any_of=True),
    Rule("definition-booleans", "must", "variable and required are true or false.", SPEC, DEFINITIONS,
         _of_each(_booleans), any_of=True),
    Rule("definition-datatype", "must", "datatype is one of the standard's six.", SPEC, DEFINITIONS,
         _of_each(_datatype), any_of=True),
    Rule("definition-values", "must", "An attribute that is a list has values of key and name.", SPEC, DEFINITIONS,
         _of_each(_valued), any_of=True),
    Rule("definition-text", "should", "code and key are texts in JSON.", SCHEMA, DEFINITIONS,
         _of_each(_attribute_texts), any_of=True),
    Rule("definition-order", "must", "order is a positive whole number, unique in the definition.", SPEC, DEFINITIONS,
         _ordered, any_of=True),
    Rule("definition-first", "should", "Attributes stand in their order, which begins with 1.", PRACTICE, DEFINITIONS,
         _begins_with_one, any_of=True),
    Rule("definition-agree", "must", "A definition says the same in XML and in JSON.", CONVERSION, DEFINITIONS,
         _definitions_agree, any_of=True),
    Rule("definition-unique", "must", "No two attributes have the same code.", SPEC, DEFINITIONS, _unique_codes,
         any_of=True),
    Rule("definition-empty", "should", "A service without metadata has a definition that asks nothing.", PRACTICE,
         PLAIN, _nothing_asked, any_of=True),
    Rule("definition-unknown", "must", "The definition of an unknown service_code is 404.", SPEC, UNKNOWN,
         all_status(UNKNOWN, 404), any_of=True),
)  # fmt: skip
