"""A server in a process of its own: prints its address, and serves ``Echo``."""

from __future__ import annotations

import asyncio

from echo import Echo

from minirpc.aio import Server


def main() -> None:
    server = Server([Echo()], max_concurrent_streams=100)
    asyncio.run(server.serve("127.0.0.1:0", on_listening=lambda bound: print(bound[0], flush=True), grace=0))


if __name__ == "__main__":
    main()
