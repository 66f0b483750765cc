"""The interoperability server: ``python -m tests.interop.server --port=10000``.

It prints the address that it listens on, serves until SIGTERM or SIGINT, and exits with status 0.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from minirpc.aio import Server
from tests.interop.flags import boolean
from tests.interop.service import TestService

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="the port; 0, the default, takes any")
    parser.add_argument("--use_tls", type=boolean, nargs="?", const=True, default=False)
    options = parser.parse_args(arguments)

    def tell(addresses: Sequence[str]) -> None:
        sys.stdout.write(f"listening on {addresses[0]}\n")
        sys.stdout.flush()

    server = Server([TestService()])
    asyncio.run(server.serve(f"{options.host}:{options.port}", grace=1.0, on_listening=tell))
    return 0


if __name__ == "__main__":
    sys.exit(main())
