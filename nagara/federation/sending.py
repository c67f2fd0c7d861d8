"""Pushing a bundle to the network, and fetching those that cities publish. What comes back is never trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from city_config import Configuration
from nagara.errors import InvalidInput, NagaraError, Unavailable
from nagara.federation.bundle import LARGEST_BYTES
from nagara.federation.door import Received, receive
from nagara.federation.registry import Key
from nagara.outgoing import AddressNotAllowed, Caller, NotReached, stated_places

PATH = "/api/v1/federation/bundles"
JSON = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Nagara"}


class BundleRefused(NagaraError):
    """The network refused a bundle; the message says why in its words."""

    code = "bundle_refused"


class FederationUnavailable(Unavailable):
    """The other side does not answer, or not with a bundle; trying again later is right."""

    code = "federation_unavailable"


def push(letter: Mapping[str, Any], hub: str, *, loopback: bool = False) -> dict[str, Any]:
    """Send a letter to the network's Nagara; returns its receipt. Raises ``BundleRefused`` with its reason.

    ``hub``: as whoever runs this installation wrote it, at a port of its own if it names one. It has to lie on the
    public internet all the same.
    """
    url = hub.rstrip("/") + PATH
    content = orjson.dumps(letter)
    try:
        with Caller(loopback=loopback, stated=stated_places([hub])) as caller:
            answer = caller.call("POST", url, JSON | {"Content-Length": str(len(content))}, content)
    except AddressNotAllowed as error:
        raise InvalidInput(
            f"The address {error}.", field="to", allowed="https, on the public internet"
        ) from None
    except NotReached as error:
        raise FederationUnavailable(f"The network does not answer ({error}).") from None
    told = _object(answer.body)
    if answer.status == 201:
        return told
    refusal = told.get("error")
    if not isinstance(refusal, dict):
        raise FederationUnavailable(f"The network answered {answer.status}.")
    code, message = str(refusal.get("code"))[:60], str(refusal.get("message"))[:500]
    raise BundleRefused(f"The network refuses the bundle ({code}): {message}")


def collect(configuration: Configuration, key: Key, *, loopback: bool = False) -> Received:
    """Fetch what a city publishes at its key's address and take it in by the same door as what is pushed."""
    if key.address is None:
        raise InvalidInput(f"The key {key.id} has no address.", field="key")
    try:
        with Caller(loopback=loopback) as caller:
            answer = caller.call("GET", key.address, JSON, b"", LARGEST_BYTES + 1)
    except (AddressNotAllowed, NotReached) as error:
        raise FederationUnavailable(f"{key.city} does not answer ({error}).") from None
    if answer.status != 200:
        raise FederationUnavailable(f"{key.city} answered {answer.status}.")
    return receive(configuration, answer.body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
