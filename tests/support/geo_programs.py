"""The programs of examples.geo as real processes."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 30.0  # seconds


@dataclass(frozen=True)
class Program:
    """A program of the example that runs.

    Attributes:
        process: its process.
        address: where it says that it listens: the last word of its first line.
    """

    process: subprocess.Popen[bytes]
    address: str

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal and returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)


Start = Callable[..., Program]
"""A fixture: :func:`started`, with the end of the test for the end of the block."""


@contextmanager
def started(module: str, *arguments: str) -> Iterator[Program]:
    """Runs ``python -m examples.geo.MODULE ARGUMENTS`` until the block ends, if it has not ended before."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"examples.geo.{module}", *arguments], cwd=ROOT, stdout=subprocess.PIPE, bufsize=0
    )
    with process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], TIMEOUT)
            line = process.stdout.readline().decode() if ready else ""
            says, _, address = line.strip().rpartition(" ")
            assert says == f"geo {module.rpartition('.')[2].replace('_', ' ')} listening on"
            yield Program(process, address)
        finally:
            process.kill()


def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs ``python -m examples.geo.MODULE ARGUMENTS`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", f"examples.geo.{module}", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=2 * TIMEOUT,
        check=False,
    )
