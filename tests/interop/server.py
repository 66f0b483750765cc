"""The interoperability server: ``python -m tests.interop.server --port=10000``.

It prints the address that it listens on, serves until SIGTERM or SIGINT, and exits with status 0.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from minirpc.aio import Server, ServerTls
from tests.interop.flags import server_parser
from tests.interop.service import TestService

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves, and returns the exit status."""
    options = server_parser("tests.interop.server").parse_args(arguments)

    def tell(addresses: Sequence[str]) -> None:
        sys.stdout.write(f"listening on {addresses[0]}\n")
        sys.stdout.flush()

    tls = ServerTls(certificate=options.tls_cert_file, key=options.tls_key_file) if options.use_tls else None
    server = Server([TestService()])
    asyncio.run(server.serve(f"{options.host}:{options.port}", tls=tls, grace=1.0, on_listening=tell))
    return 0


if __name__ == "__main__":
    sys.exit(main())
