"""The example's programs as processes: started, asked for their address, stopped, and never left behind."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

__all__ = ["ROOT", "ProgramError", "run", "running"]

ROOT = Path(__file__).resolve().parents[2]
"""The folder in which ``python -m examples.geo…`` works."""

_START_TIMEOUT = 30.0  # seconds for a server to say where it listens
_STOP_TIMEOUT = 20.0  # seconds for a server to end after SIGTERM
_RUN_TIMEOUT = 60.0  # seconds for a program that ends by itself


class ProgramError(Exception):
    """A program did not do its part. What the programs printed goes to stderr."""


async def run(*arguments: str) -> None:
    """Runs ``python`` with arguments, to its end.

    Raises:
        ProgramError: it failed, or did not end in time.
    """
    async with _started(arguments) as program:
        await program.end(_RUN_TIMEOUT)


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[str]:
    """Runs ``python`` with arguments until the block ends: a server, which must then stop cleanly on SIGTERM.

    Yields:
        The first line that it prints.

    Raises:
        ProgramError: it printed none in time, or did not end in time with exit code 0.
    """
    async with _started(arguments) as program:
        yield await program.first_line(_START_TIMEOUT)
        await program.stop(_STOP_TIMEOUT)


class _Program:
    """A process, and what it has printed so far."""

    def __init__(self, name: str, process: Process) -> None:
        self._name = name
        self._process = process
        self._printed: list[str] = []
        self._first_line: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._printed.append(line.decode(errors="replace"))
            if len(self._printed) == 1:
                self._first_line.set_result(self._printed[0].strip())
        if not self._printed:
            self._first_line.set_result("")

    async def first_line(self, seconds: float) -> str:
        line = await self._within(seconds, self._first_line, "print anything")
        if not line:
            raise ProgramError(f"{self._name} printed nothing")
        return line

    async def stop(self, seconds: float) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        await self.end(seconds)

    async def end(self, seconds: float) -> None:
        code = await self._within(seconds, self._process.wait(), "end")
        await self._reading
        if code != 0:
            raise ProgramError(f"{self._name} ended with exit code {code}")

    async def kill(self) -> str:
        """Ends the process at once and returns what it has printed."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading
        return f"--- {self._name} printed:\n{''.join(self._printed)}---\n"

    async def _within(self, seconds: float, event: Awaitable[T], what: str) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await event
        except TimeoutError:
            raise ProgramError(f"{self._name} did not {what} within {seconds:g} seconds") from None


@asynccontextmanager
async def _started(arguments: Sequence[str]) -> AsyncIterator[_Program]:
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
    program = _Program(" ".join(["python", *arguments]), process)
    try:
        yield program
    except BaseException:  # also when the demonstration itself is stopped
        sys.stderr.write(await program.kill())
        raise
