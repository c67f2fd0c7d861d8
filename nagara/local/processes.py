"""The supervisor: starts programs in order, shows what they say, brings back what dies, ends everything."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from nagara.local.children import child_options, kill_group
from nagara.local.log_lines import LogLines

OWN_NAME = "nagara"
CHECK_EVERY_SECONDS = 0.1
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 3.0
STEADY_AFTER_SECONDS = 20.0  # a program that lived so long starts again with the first, short delay
LAST_WORDS_WITHIN_SECONDS = 1.0


class StartFailed(Exception):
    """A program did not start; the message says which and what is known."""


@dataclass(frozen=True)
class Service:
    """A program that must always run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None  # called in another thread, may take seconds
    ready_within: float = 120.0
    attempts: int = 3  # how often it may end before it was ever ready
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 10.0


@dataclass(frozen=True)
class _Child:
    """A running program and the reading end of what it says."""

    process: Process
    output: asyncio.StreamReader
    transport: asyncio.ReadTransport


@dataclass
class _Kept:
    """What the supervisor knows of one service while it runs."""

    service: Service
    child: _Child | None = None
    deaths: int = 0
    keeper: asyncio.Task[None] | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """Use as `await supervisor.run_until_stopped(start)`, where `start` starts the services in order."""

    def __init__(self, log: LogLines) -> None:
        self.log = log
        self._stop = asyncio.Event()
        self._stopping = False
        self._kept: list[_Kept] = []
        log.on_closed = self._stop.set

    def say(self, text: str, *, alarming: bool = False) -> None:
        """A line of the supervisor's own."""
        self.log.line(OWN_NAME, text, alarming=alarming)

    async def run_until_stopped(self, start: Callable[[], Awaitable[None]]) -> None:
        """Call `start`, then keep everything running until SIGINT, SIGTERM or SIGHUP; then end all.

        Raises what `start` raises, after everything has ended. Being asked twice to stop changes nothing.
        """
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if ending is not signal.SIGHUP or signal.getsignal(ending) is not signal.SIG_IGN:  # nohup
                loop.add_signal_handler(ending, self._stop.set)
        starting = asyncio.ensure_future(start())
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await stopped
        finally:
            starting.cancel()
            stopped.cancel()
            await asyncio.wait({starting})
            await self._end_all()

    async def start(self, service: Service) -> None:
        """Start a service and wait until it is ready. Raises StartFailed when it is not in time."""
        kept = _Kept(service)
        self._kept.append(kept)
        kept.keeper = asyncio.create_task(self._keep(kept))
        if service.ready is None:
            return
        began = time.monotonic()
        while not await asyncio.to_thread(service.ready):
            if kept.deaths >= service.attempts:
                raise StartFailed(f"{service.name} ends as soon as it starts; its last lines above say why.")
            if time.monotonic() - began > service.ready_within:
                raise StartFailed(f"{service.name} is not ready after {service.ready_within:.0f} s.")
            await asyncio.sleep(CHECK_EVERY_SECONDS)
        self.say(f"{service.name} is ready ({time.monotonic() - began:.1f} s)")

    async def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a program that ends by itself, to its end. Raises StartFailed when it ends with an error."""
        began = time.monotonic()
        child = await _spawn(command, environment, signal.SIGTERM)
        try:
            code = await self._to_the_end(name, child)
        except asyncio.CancelledError:
            await _end(child.process, signal.SIGTERM, Service.stop_within)
            raise
        if code != 0:
            raise StartFailed(f"{name} {_how(code)}; its last lines above say why.")
        self.say(f"{name} done ({time.monotonic() - began:.1f} s)")

    async def _keep(self, kept: _Kept) -> None:
        """Run a service again and again until the supervisor stops."""
        service = kept.service
        delay = FIRST_DELAY_SECONDS
        try:
            while not self._stopping:
                began = time.monotonic()
                code = await self._run_once(kept)
                if self._stopping:
                    return
                kept.deaths += 1
                lived = time.monotonic() - began
                delay = FIRST_DELAY_SECONDS if lived > STEADY_AFTER_SECONDS or kept.deaths == 1 else delay
                self.say(f"{service.name} {_how(code)}; starting it again in {delay:.1f} s", alarming=True)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_DELAY_SECONDS)
        finally:
            kept.gone.set()

    async def _run_once(self, kept: _Kept) -> int | None:
        """One life of a service: its exit code, or None when it could not even be started."""
        service = kept.service
        try:
            kept.child = await _spawn(service.command, service.environment, service.stop_signal)
        except OSError as error:
            self.say(f"{service.name} cannot be started: {error}", alarming=True)
            return None
        announcing = None
        if kept.deaths and service.ready is not None:
            announcing = asyncio.create_task(self._announce_return(service))
        try:
            return await self._to_the_end(service.name, kept.child)
        finally:
            kept.child = None
            if announcing is not None:
                announcing.cancel()

    async def _announce_return(self, service: Service) -> None:
        began = time.monotonic()
        while True:
            if service.ready is None or await asyncio.to_thread(service.ready):
                break
            await asyncio.sleep(CHECK_EVERY_SECONDS)
        self.say(f"{service.name} is back ({time.monotonic() - began:.1f} s)")

    async def _to_the_end(self, name: str, child: _Child) -> int:
        """Show what a program says until it ends, and clear away what it left behind in its process group."""
        copying = asyncio.create_task(self.log.copy(name, child.output))
        code = await child.process.wait()
        kill_group(child.process.pid)  # a killed server leaves workers that would go on holding its port
        await asyncio.wait({copying}, timeout=LAST_WORDS_WITHIN_SECONDS)
        copying.cancel()
        child.transport.close()
        return code

    async def _end_all(self) -> None:
        """Stop what runs, the last started first; each gets its time, then SIGKILL."""
        self._stopping = True
        began = time.monotonic()
        for kept in reversed(self._kept):
            if kept.child is not None:
                self.say(f"stopping {kept.service.name}")
                await _end(kept.child.process, kept.service.stop_signal, kept.service.stop_within)
            elif kept.keeper is not None:
                kept.keeper.cancel()  # it waits to start again
            await kept.gone.wait()
        if self._kept:
            self.say(f"all stopped ({time.monotonic() - began:.1f} s)")


async def _spawn(
    command: Sequence[str], environment: Mapping[str, str] | None, death_signal: signal.Signals
) -> _Child:
    """Start a program; the event loop runs in the main thread, as the death signal needs.

    The pipe is ours and not asyncio's: asyncio would report the end of a program only when everything that
    inherited its output has ended too, and what a killed server leaves behind may hold it for long.
    """
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=writing, stderr=writing, **child_options(death_signal)
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    output = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(output), os.fdopen(reading, "rb", buffering=0)
    )
    return _Child(process, output, transport)


async def _end(process: Process, stop_signal: signal.Signals, within: float) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(stop_signal)
    try:
        await asyncio.wait_for(process.wait(), timeout=within)
    except TimeoutError:
        kill_group(process.pid)
        await process.wait()


def _how(code: int | None) -> str:
    if code is None:
        return "did not start"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with {code}"
