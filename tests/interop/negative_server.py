"""A server that misbehaves: ``python -m tests.interop.negative_server --test_case=goaway --port=10000``.

For any client that plays gRPC's negative HTTP/2 cases. It prints the address that it listens on, and serves until
SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.interop.gen.grpc.testing.messages_pb import Payload, SimpleRequest, SimpleResponse

sys.path.append(str(Path(__file__).parents[1] / "support"))  # pytest finds it by its configuration
from frames import frame_server
from negative import OFFICIAL

__all__ = ["main"]


def _answer(request: bytes) -> bytes:
    """TestService/UnaryCall."""
    size = SimpleRequest.from_binary(request).response_size
    return SimpleResponse(payload=Payload(body=bytes(size))).to_binary()


async def _serve(case: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with frame_server(lambda peer: OFFICIAL[case](peer, _answer), port=port) as server:
        sys.stdout.write(f"listening on {server.address}\n")
        sys.stdout.flush()
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.negative_server")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free one")
    parser.add_argument("--test_case", choices=list(OFFICIAL), required=True)
    options = parser.parse_args(arguments)
    asyncio.run(_serve(options.test_case, options.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
