"""Faults of a city's external owners: names that lead nowhere, two of them for one department."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from city_config.configuration import KeyPath
from city_config.schema import City

Fault = tuple[KeyPath, str]
SHOWN = 12


def external_owner_faults(city: City) -> Iterator[Fault]:
    """Every such fault, in the order of the file."""
    departments: dict[str, str] = {}
    codes: set[str] = set()
    questions = {question.code: question for service in city.services for question in service.questions}
    for number, owner in enumerate(city.external_owners):
        path: KeyPath = ("external_owners", number)
        if owner.code in codes:
            yield (*path, "code"), f"{owner.code!r} is given twice in external_owners"
        codes.add(owner.code)
        if owner.department not in city.departments_by_code:
            yield (
                (*path, "department"),
                f"no department {owner.department!r}; {_allowed(city.departments_by_code)}",
            )
        elif owner.department in departments:
            yield (
                (*path, "department"),
                f"requests of {owner.department!r} go to {departments[owner.department]!r} already",
            )
        departments.setdefault(owner.department, owner.code)
        for code in owner.services:
            if code not in city.services_by_code:
                yield (*path, "services", code), f"no service {code!r}; {_allowed(city.services_by_code)}"
        for code, theirs in owner.questions.items():
            question = questions.get(code)
            if question is None:
                yield (*path, "questions", code), f"no question {code!r}; {_allowed(questions)}"
                continue
            keys = {choice.key for choice in question.choices}
            for value in theirs.values:
                if value not in keys:
                    where = (*path, "questions", code, "values", value)
                    yield where, f"no choice {value!r} of {code!r}; {_allowed(sorted(keys))}"


def _allowed(values: Iterable[str]) -> str:
    known = list(values)
    rest = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"allowed: {', '.join(known[:SHOWN]) or 'none is defined'}{rest}"
