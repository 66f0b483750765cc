"""The interoperability client: ``python -m tests.interop.client --server_port=10000 --test_case=large_unary``.

``--test_case`` takes one case, several with commas between them, or ``all``. Each prints one line, a JSON object; the
exit status is 0 if all of them passed. The negative HTTP/2 cases, which ``all`` leaves out, need a server that
misbehaves, for each its own: ``python -m tests.interop.negative_server --test_case=goaway``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from functools import partial

from minirpc.aio import Channel, ClientTls
from tests.interop.cases import CASES, Case, Client, Soak
from tests.interop.flags import client_parser
from tests.interop.negative_cases import NEGATIVE_CASES
from tests.interop.play import play

__all__ = ["connector", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the cases, and returns the exit status."""
    options = client_parser("tests.interop.client").parse_args(arguments)
    return asyncio.run(_play(options.test_case.split(","), options))


def _soak(options: argparse.Namespace) -> Soak:
    latency = options.soak_per_iteration_max_acceptable_latency_ms / 1000
    return Soak(
        iterations=options.soak_iterations,
        max_failures=options.soak_max_failures,
        max_latency=latency,
        overall_timeout=options.soak_overall_timeout_seconds or options.soak_iterations * latency,
        min_time_between_calls=options.soak_min_time_ms_between_rpcs / 1000,
        request_size=options.soak_request_size,
        response_size=options.soak_response_size,
        workers=options.soak_num_threads,
    )


def connector(options: argparse.Namespace) -> Callable[[], Channel]:
    """Makes the function that connects to the server that the flags name."""
    target = f"{options.server_host}:{options.server_port}"
    if not options.use_tls:
        return lambda: Channel(target, authority=options.server_host_override)
    tls = ClientTls(ca=options.ca_file if options.use_test_ca else None, server_name=options.server_host_override)
    return lambda: Channel(target, tls=tls)


async def _play(names: Sequence[str], options: argparse.Namespace) -> int:
    connect = connector(options)
    soak = _soak(options)

    async def play_one(case: Case) -> None:
        async with connect() as channel:
            await case(Client(connect, channel, options.additional_metadata, soak, options.concurrent_calls))

    cases = {**CASES, **NEGATIVE_CASES}
    names = list(CASES) if list(names) == ["all"] else names
    return await play(names, {name: partial(play_one, case) for name, case in cases.items()}, options.case_timeout)


if __name__ == "__main__":
    sys.exit(main())
