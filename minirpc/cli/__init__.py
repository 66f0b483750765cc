"""The command line: ``python -m minirpc COMMAND``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from minirpc import __version__

__all__ = ["main"]

_COMMANDS = {
    "protoc": "run protoc with minirpc's plugin",
}
"""What each command does. A command is a module of this package, imported only when it is used; its ``main(arguments)``
returns an exit status."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: without the name of the program; those of this process if not given.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m minirpc",
        usage="%(prog)s [-h] [--version] COMMAND ...",
        epilog="commands:\n" + "\n".join(f"  {name:10} {summary}" for name, summary in _COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"minirpc {__version__}")
    parser.add_argument("command", metavar="COMMAND", choices=_COMMANDS, help=argparse.SUPPRESS)
    given = list(sys.argv[1:] if arguments is None else arguments)
    # what stands behind the command is the command's own, also where it looks like an option of ours
    command: str = parser.parse_args(given[:1]).command
    status: int = importlib.import_module(f"minirpc.cli.{command}").main(given[1:])
    return status
