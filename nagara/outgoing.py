"""Calls to addresses that strangers gave us: to the public internet only, without redirects, within bounds.

A name is resolved here and the connection goes to the very address that was checked, so that a name server
cannot answer one thing to the check and another to the call. Loopback is reached only where it is allowed by
name, which the demo does for its own sink. No proxy the environment names is used.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore

TIMEOUT_SECONDS = 5.0
"""For each step: connecting, writing, waiting for the next bytes."""

CALL_SECONDS = 10.0
"""For a whole call."""

LARGEST_ANSWER = 64 * 1024
Place = tuple[str, int]
"""A host, in lower case, and a port."""

SOCKET_OPTION = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class AddressNotAllowed(Exception):
    """The address is not https, or leads into a network of ours; the message does not repeat it."""


class NotReached(Exception):
    """The other side did not answer in time, or not in HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers in lower case, and the body as far as it was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _PublicNetwork(httpcore.NetworkBackend):
    """Connects to addresses of the public internet, and to loopback where that is allowed."""

    def __init__(self, loopback: bool) -> None:
        self._loopback = loopback
        self._plain = httpcore.SyncBackend()
        self.until = time.monotonic()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check every address there is, and connect to the first."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name is not known") from error
        self._check_time()
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(may_be_called(address, loopback=self._loopback) for address in addresses):
            raise AddressNotAllowed("leads into a network that is not public")
        stream = self._plain.connect_tcp(addresses[0], port, timeout, local_address, socket_options)
        return _InTime(stream, self)

    def _check_time(self) -> None:
        self.left(1.0)

    def left(self, timeout: float | None) -> float:
        """Seconds the next step may take; raise ``httpcore.ReadTimeout`` when the call's time is up."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the call took too long")
        return min(left, timeout or left)


class _InTime(httpcore.NetworkStream):
    """A connection on which a whole call has to end in time, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, network: _PublicNetwork) -> None:
        self._stream, self._network = stream, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come."""
        return self._stream.read(max_bytes, self._network.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._stream.write(buffer, self._network.left(timeout))

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt; the certificate is checked against the name that was called."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self._network.left(timeout))
        return _InTime(stream, self._network)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)


def may_be_called(address: str, *, loopback: bool = False) -> bool:
    """Whether an IP address is a public one: not private, local, shared, multicast or reserved."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if inner is not None:
        return may_be_called(str(inner), loopback=loopback)
    if ip.is_loopback:
        return loopback
    if isinstance(ip, ipaddress.IPv6Address) and (
        ip.teredo is not None or ip.is_site_local or any(ip in network for network in _CARRY_IPV4)
    ):
        return False
    return ip.is_global and not ip.is_multicast


_CARRY_IPV4 = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")
)
"""Networks whose addresses carry one of IPv4 that a router of ours might unpack: RFC 6052, 8215, 2765, 4291."""


def stated_places(urls: Iterable[str]) -> frozenset[Place]:
    """Hosts and ports of those addresses that name a port; what is no address is passed over."""
    found = set()
    for url in urls:
        try:
            parts = urlsplit(url)
            if parts.hostname and parts.port:
                found.add((parts.hostname, parts.port))
        except ValueError:
            continue
    return frozenset(found)


def check_url(url: str, *, loopback: bool = False, stated: Collection[Place] = ()) -> None:
    """Raise ``AddressNotAllowed`` unless this is an https address without user data, or allowed loopback.

    Another port than https has is called only where the host and it are ``stated``. Says nothing about where the
    name leads; that is seen when it is called.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressNotAllowed("is no address") from error
    if not host or parts.username is not None or parts.password is not None or not url.isascii():
        raise AddressNotAllowed("is no plain address")
    local = loopback and host in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise AddressNotAllowed("must begin with https")
    if not local and port not in (None, 443) and (host, port) not in stated:
        raise AddressNotAllowed("must have no port of its own")
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return
    if not may_be_called(str(ip), loopback=loopback):
        raise AddressNotAllowed("leads into a network that is not public")


class Caller:
    """Makes one call at a time, keeping connections between them; closed at the end of its ``with``.

    ``stated``: hosts with ports of their own that the installation's files name; strangers cannot choose a port.
    """

    def __init__(self, *, loopback: bool = False, stated: Collection[Place] = ()) -> None:
        self._loopback = loopback
        self._stated = frozenset(stated)
        self._network = _PublicNetwork(loopback)
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            network_backend=self._network,
            max_connections=8,
            keepalive_expiry=10.0,
        )

    def __enter__(self) -> Caller:
        """The caller itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._pool.close()

    def call(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, largest: int = LARGEST_ANSWER
    ) -> Answer:
        """Send a request once. Raises ``AddressNotAllowed`` or ``NotReached``; a redirect is an answer."""
        check_url(url, loopback=self._loopback, stated=self._stated)
        self._network.until = time.monotonic() + CALL_SECONDS
        limits: dict[str, Any] = {
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_SECONDS)
        }
        try:
            with self._pool.stream(
                method, url, headers=list(headers.items()), content=content, extensions=limits
            ) as answer:
                body = b""
                for part in answer.iter_stream():
                    body += part
                    if len(body) > largest:
                        break
                named = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in answer.headers}
                return Answer(answer.status, named, body[:largest])
        except (
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
        ) as error:
            raise NotReached(type(error).__name__) from error
