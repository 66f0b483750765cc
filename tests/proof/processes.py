"""Programs of the proof: started, read line by line, told things, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["ROOT", "Program", "ProgramError"]

ROOT = Path(__file__).resolve().parents[2]
"""The folder in which ``python -m tests.proof`` works."""


class ProgramError(Exception):
    """A program has not done its part; with what it has printed to stderr."""


class Program:
    """A process of its own.

    Attributes:
        name: for messages.
        process: the process.
    """

    def __init__(self, name: str, process: Process, on_line: Callable[[str], object] | None) -> None:
        self.name = name
        self.process = process
        self._on_line = on_line
        self._errors = b""
        self._said = asyncio.Event()  # a first line
        self._reading = asyncio.gather(self._read(), self._read_errors())

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], object] | None = None,
    ) -> Program:
        """Starts a program; ``on_line`` gets what it prints."""
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
        return cls(name, process, on_line)

    @classmethod
    async def start_python(
        cls,
        name: str,
        *arguments: str,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], object] | None = None,
    ) -> Program:
        """Starts ``python`` with arguments, as :meth:`start`."""
        command = [*prefix, sys.executable, *arguments]
        return await cls.start(name, command, environment=environment, on_line=on_line)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if self._on_line is not None:
                self._on_line(line.decode())
            self._said.set()
        self._said.set()

    async def _read_errors(self) -> None:
        assert self.process.stderr is not None
        while data := await self.process.stderr.read(65_536):
            self._errors = (self._errors + data)[-20_000:]

    async def first_line(self, seconds: float = 30.0) -> None:
        """Waits until it has printed something.

        Raises:
            ProgramError: it has not, or has ended.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._said.wait()
        except TimeoutError:
            raise self._error(f"said nothing within {seconds:g} s") from None
        if self.process.stdout is not None and self.process.stdout.at_eof():
            raise self._error("ended")

    def tell(self, line: str) -> None:
        """Writes a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    def close_input(self) -> None:
        """Ends its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, if it still runs."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def wait(self, seconds: float) -> int:
        """Waits for its end, kills it after so many seconds, and returns its exit code: negative for a signal."""
        try:
            async with asyncio.timeout(seconds):
                await self.process.wait()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.process.wait()
        await self._reading
        return self.process.returncode or 0

    async def end_well(self, seconds: float) -> None:
        """Waits for its end, which must be one with exit code 0.

        Raises:
            ProgramError: it was not.
        """
        code = await self.wait(seconds)
        if code:
            raise self._error(f"ended with {code} (-9: not within {seconds:g} s)")

    def _error(self, what: str) -> ProgramError:
        return ProgramError(f"{self.name} {what}; it printed:\n{self._errors.decode(errors='replace')}")

    async def kill(self) -> None:
        """Ends it at once."""
        self.signal(signal.SIGKILL)
        await self.wait(10)
