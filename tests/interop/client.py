"""The interoperability client: ``python -m tests.interop.client --server_port=10000 --test_case=large_unary``.

``--test_case`` takes one case, several with commas between them, or ``all``. Each prints one line, a JSON object; the
exit status is 0 if all of them passed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence

from minirpc.aio import Channel
from tests.interop.cases import CASES, LARGE_REQUEST, LARGE_RESPONSE, Client, Soak
from tests.interop.flags import boolean, metadata

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the cases, and returns the exit status."""
    options = _parser().parse_args(arguments)
    names = list(CASES) if options.test_case == "all" else options.test_case.split(",")
    return asyncio.run(_play(names, options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.interop.client", description=__doc__)
    parser.add_argument("--server_host", default="127.0.0.1")
    parser.add_argument("--server_port", type=int, required=True)
    parser.add_argument(
        "--server_host_override", default=None, help="the name to ask for, and to find in the certificate"
    )
    parser.add_argument("--use_tls", type=boolean, nargs="?", const=True, default=False)
    parser.add_argument("--use_test_ca", type=boolean, nargs="?", const=True, default=False)
    parser.add_argument("--test_case", default="large_unary")
    parser.add_argument(
        "--case_timeout", type=float, default=60.0, metavar="SECONDS", help="for each case (%(default)s)"
    )
    parser.add_argument("--additional_metadata", type=metadata, default=(), metavar="KEY:VALUE;KEY:VALUE")
    parser.add_argument("--soak_iterations", type=int, default=10)
    parser.add_argument("--soak_max_failures", type=int, default=0)
    parser.add_argument("--soak_per_iteration_max_acceptable_latency_ms", type=int, default=1_000)
    parser.add_argument("--soak_overall_timeout_seconds", type=float, default=None)
    parser.add_argument("--soak_min_time_ms_between_rpcs", type=int, default=0)
    parser.add_argument("--soak_request_size", type=int, default=LARGE_REQUEST)
    parser.add_argument("--soak_response_size", type=int, default=LARGE_RESPONSE)
    parser.add_argument("--soak_num_threads", type=int, default=1)
    return parser


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


def _connector(options: argparse.Namespace) -> Callable[[], Channel]:
    target = f"{options.server_host}:{options.server_port}"
    return lambda: Channel(target, authority=options.server_host_override)


async def _play(names: Sequence[str], options: argparse.Namespace) -> int:
    connect = _connector(options)
    status = 0
    for name in names:
        error = await _error_of(name, connect, options)
        line = {"case": name, "ok": not error, "error": error} if error else {"case": name, "ok": True}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        status |= bool(error)
    return status


async def _error_of(name: str, connect: Callable[[], Channel], options: argparse.Namespace) -> str:
    """Plays a case and returns what went wrong, or an empty string."""
    if name not in CASES:
        return "there is no such case"
    try:
        async with asyncio.timeout(options.case_timeout), connect() as channel:
            await CASES[name](Client(connect, channel, options.additional_metadata, _soak(options)))
    except TimeoutError:
        return f"not over within {options.case_timeout:g} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
