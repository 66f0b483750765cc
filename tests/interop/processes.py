"""The programs of the interoperability tests as processes: started, waited for, and never left behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from tests.interop.build import ROOT

__all__ = ["ProgramError", "free_port", "listening", "output_of", "running"]

_START_TIMEOUT = 30.0  # seconds for a server to listen
_STOP_TIMEOUT = 10.0  # seconds for a server to end after SIGTERM
_ADDRESS = re.compile(rb"127\.0\.0\.1:(\d+)\n")
_KEPT_OUTPUT = 4_000  # characters of what a program printed that are told when it fails


class ProgramError(Exception):
    """A program did not start, or did not end in time."""


def free_port() -> int:
    """Returns a TCP port of the loopback interface on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


async def output_of(command: Sequence[str], seconds: float) -> str:
    """Runs a program to its end and returns what it printed, on stdout and stderr.

    Its exit status does not matter. If it takes too long, it is ended, and what it has printed is returned.
    """
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True
    )
    program = _Server(process)
    reading = asyncio.create_task(program.read())
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        program.printed += f"\nended after {seconds:g} s\n".encode()
    finally:
        await _end(process, signal.SIGKILL)
        await reading
    return program.printed.decode(errors="replace")


@asynccontextmanager
async def listening(command: Sequence[str]) -> AsyncIterator[int]:
    """Runs a server that prints ``listening on 127.0.0.1:PORT``, or the address alone, and yields the port."""
    async with _started(command) as server:

        async def has_told() -> bool:
            return _ADDRESS.search(server.printed) is not None

        await server.wait_until(has_told)
        found = _ADDRESS.search(server.printed)
        assert found is not None
        yield int(found[1])


@asynccontextmanager
async def running(command: Sequence[str], port: int) -> AsyncIterator[None]:
    """Runs a server that says nothing, and waits until it listens on a port."""

    async def answers() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    async with _started(command) as server:
        await server.wait_until(answers)
        yield


class _Server:
    """A process, and what it has printed so far."""

    def __init__(self, process: Process) -> None:
        self.printed = bytearray()
        self._process = process

    async def read(self) -> None:
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(65_536):
            self.printed += data

    async def wait_until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                while not await condition():
                    if self._process.returncode is not None:
                        raise ProgramError(f"a server ended at once; it printed: {self._told()}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise ProgramError(f"a server does not start; it printed: {self._told()}") from None

    def _told(self) -> str:
        return self.printed.decode(errors="replace")[-_KEPT_OUTPUT:]


@asynccontextmanager
async def _started(command: Sequence[str]) -> AsyncIterator[_Server]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True
    )
    server = _Server(process)
    reading = asyncio.create_task(server.read())
    try:
        yield server
    finally:
        await _end(process, signal.SIGTERM)
        await reading


async def _end(process: Process, number: signal.Signals) -> None:
    """Ends a process and all that it has started."""
    if process.returncode is None:
        process.send_signal(number)
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
