"""Faults of ladders and posts: names that lead nowhere, rungs out of order, waits nobody ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from city_config.configuration import KeyPath
from city_config.ladder import (
    CONTRACTOR,
    DEPARTMENT_HEAD,
    NETWORK_POST,
    ROLES_TOLD,
    Ladder,
    LadderStep,
    Post,
)
from city_config.schema import City, Network, Service

Fault = tuple[KeyPath, str]
RESERVED = (*ROLES_TOLD, CONTRACTOR, DEPARTMENT_HEAD)
SHOWN = 20


def ladder_faults(city: City, network: Network | None) -> Iterator[Fault]:
    """Every such fault of a city; posts of the network are checked where it is given."""
    yield from posts_faults(city.posts)
    yield from _given_twice(("ladders",), "code", [ladder.code for ladder in city.ladders])
    yield from _holders(city)
    yield from _rungs(("ladder",), city.ladder, city, network)
    for number, ladder in enumerate(city.ladders):
        path: KeyPath = ("ladders", number)
        yield from _rungs((*path, "steps"), ladder.steps, city, network)
        yield from _services_of(path, ladder, city, network)
    yield from _never_reached(city)


def posts_faults(posts: Sequence[Post]) -> Iterator[Fault]:
    """Codes given twice, or that mean something else in `tell`."""
    yield from _given_twice(("posts",), "code", [post.code for post in posts])
    for number, post in enumerate(posts):
        if post.code in RESERVED:
            yield ("posts", number, "code"), f"{post.code!r} has a meaning of its own in `tell`"


def _given_twice(above: KeyPath, field: str, values: Sequence[object]) -> Iterator[Fault]:
    for number, value in enumerate(values):
        if value in values[:number]:
            yield (*above, number, field), f"{value!r} is given twice in {above[-1]}"


def _holders(city: City) -> Iterator[Fault]:
    """Heads of departments and desks of contractors are posts."""
    for number, department in enumerate(city.departments):
        yield from _known(department.head, city.posts_by_code, "post", ("departments", number, "head"))
    for number, contractor in enumerate(city.contractors):
        yield from _known(contractor.desk, city.posts_by_code, "post", ("contractors", number, "desk"))


def _known(read: str | None, known: Iterable[str], what: str, path: KeyPath) -> Iterator[Fault]:
    names = list(known)
    if read is not None and read not in names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        listed = ", ".join(names[:SHOWN]) or "none is defined"
        yield path, f"no {what} {read!r}; allowed: {listed}{more}"


def _rungs(
    above: KeyPath, rungs: Sequence[LadderStep], city: City, network: Network | None
) -> Iterator[Fault]:
    yield from _given_twice(above, "step", [rung.step for rung in rungs])
    for number, (lower, upper) in enumerate(pairwise(rungs), 1):
        if upper.step < lower.step:
            yield (*above, number, "step"), f"step {upper.step} stands after step {lower.step}"
        if _moment(upper) <= _moment(lower):
            yield (*above, number), f"step {upper.step} must come later than step {lower.step}"
    for number, rung in enumerate(rungs):
        path: KeyPath = (*above, number)
        yield from _told(path, rung, city, network)
        departments = [d.code for d in city.departments if d.kind == "department"]
        yield from _known(rung.hand_to, departments, "department", (*path, "hand_to"))
        takers = [*city.contractors_by_code, *(post.code for post in city.posts if post.accounts)]
        yield from _known(rung.assign_to, takers, "contractor or post with accounts", (*path, "assign_to"))
        top = number == len(rungs) - 1
        if top and rung.acknowledge_within and rung.without_acknowledgement == "climb":
            yield (
                (*path, "acknowledge_within"),
                f"step {rung.step} is the last: without an acknowledgement there is nowhere to climb; "
                "allowed: without_acknowledgement: tell_again",
            )


def _told(path: KeyPath, rung: LadderStep, city: City, network: Network | None) -> Iterator[Fault]:
    allowed = [*RESERVED, *city.posts_by_code]
    if network is not None:
        allowed += [NETWORK_POST + code for code in network.posts_by_code]
    for position, name in enumerate(rung.tell):
        if name.startswith(NETWORK_POST) and network is None:
            continue
        yield from _known(name, allowed, "role or post", (*path, "tell", position))


def _moment(step: LadderStep) -> tuple[int, float]:
    """Sorts steps by time: fractions up to the due time, then what comes after it."""
    if step.at_fraction is not None:
        return (0, step.at_fraction)
    after = step.after_due
    hours = (after.calendar_hours or 0) + 24 * (after.calendar_days or 0) if after else 0
    return (1, hours)


def _services_of(path: KeyPath, ladder: Ladder, city: City, network: Network | None) -> Iterator[Fault]:
    for position, code in enumerate(ladder.services):
        yield from _known(code, city.services_by_code, "service", (*path, "services", position))
    if network is not None:
        for position, code in enumerate(ladder.network_codes):
            yield from _known(code, network.codes_by_code, "code", (*path, "network_codes", position))
    held = [service for service in city.services if ladder_holds_for(ladder, service)]
    if not any(_promises(service, ladder) for service in held):
        yield (
            (*path, "promise"),
            f"no service of ladder {ladder.code!r} promises to {ladder.promise}: it would never be climbed",
        )


def ladder_holds_for(ladder: Ladder, service: Service) -> bool:
    """Whether requests of a service can stand on a ladder, whatever their priority."""
    return (not ladder.services or service.code in ladder.services) and (
        not ladder.network_codes or service.network_code in ladder.network_codes
    )


def _promises(service: Service, ladder: Ladder) -> bool:
    promised = [service.promise, *service.promise.by_priority.values()]
    return any(getattr(stages, ladder.promise) is not None for stages in promised)


def _never_reached(city: City) -> Iterator[Fault]:
    """A ladder all of whose services stand on earlier ones, whatever their priority."""
    for number, ladder in enumerate(city.ladders):
        earlier = [one for one in city.ladders[:number] if one.promise == ladder.promise]
        held = [service for service in city.services if ladder_holds_for(ladder, service)]
        covered = [
            any(ladder_holds_for(one, service) and _no_narrower(one, ladder) for one in earlier)
            for service in held
        ]
        if held and all(covered):
            yield (
                ("ladders", number),
                f"ladder {ladder.code!r} is never climbed: earlier ones hold for its services",
            )


def _no_narrower(one: Ladder, other: Ladder) -> bool:
    return not one.priorities or (bool(other.priorities) and set(other.priorities) <= set(one.priorities))
