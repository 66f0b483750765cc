"""Who is played against whom, and what came of it."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from tests.interop import toolchain
from tests.interop.build import PROTOS
from tests.interop.flags import TEST_CA, TEST_CERTIFICATE, TEST_KEY
from tests.interop.processes import ProgramError, free_port, listening, output_of, running
from tests.interop.proxies import proxy

__all__ = ["ETCD", "GEO", "PAIRS", "Outcome", "Pair", "play_pair"]

_CASE_TIMEOUT = 90  # seconds for one case
_PAIR_TIMEOUT = 300.0  # seconds for all cases of a pair
_SERVER_NAME = "interop.test.example"
_DEBIAN = {"nginx": "nginx-light", "haproxy": "haproxy"}


@dataclass(frozen=True)
class Outcome:
    """How one case went.

    Attributes:
        kind: ``passed``, ``failed``, ``missing`` (a program of the pair is not here) or ``impossible`` (the peer has no
            means for this case).
        reason: why, where it did not pass.
    """

    kind: str
    reason: str = ""


@dataclass(frozen=True)
class Pair:
    """A client and a server, and perhaps a proxy between them.

    Attributes:
        name: for the table.
        client: makes the client's command, without flags.
        server: runs the server, with TLS or without, and yields its port.
        impossible: the cases that a peer has no means for, and why.
        concurrent_calls: those of concurrent_large_unary, without TLS and with it.
        tls: whether the pair is played with TLS too.
    """

    name: str
    client: Callable[[], Sequence[str]]
    server: Callable[[bool], AbstractAsyncContextManager[int]]
    impossible: Mapping[str, str] = field(default_factory=dict)
    concurrent_calls: tuple[int, int] = (1_000, 200)
    tls: bool = True


def _python(module: str, *flags: str) -> list[str]:
    return [sys.executable, "-m", f"tests.interop.{module}", *flags]


def _node(program: str) -> list[str]:
    return ["node", str(toolchain.node_folder() / program), f"--protos={PROTOS}"]


def _tls_flags(tls: bool) -> list[str]:
    return [f"--use_tls={tls}".lower(), f"--tls_cert_file={TEST_CERTIFICATE}", f"--tls_key_file={TEST_KEY}"]


def _program(command: Callable[[], Sequence[str]]) -> Callable[[bool], AbstractAsyncContextManager[int]]:
    """A server that takes the official flags and tells its port."""
    return lambda tls: listening([*command(), "--port=0", *_tls_flags(tls)])


_our_server = _program(lambda: _python("server"))


def _behind(
    name: str, back_end: Callable[[bool], AbstractAsyncContextManager[int]]
) -> Callable[[bool], AbstractAsyncContextManager[int]]:
    """A server behind a proxy."""

    @asynccontextmanager
    async def serve(tls: bool) -> AsyncIterator[int]:
        package = _DEBIAN.get(name)
        program = toolchain.envoy() if package is None else toolchain.debian_program(name, package)
        async with back_end(tls) as upstream, proxy(name, program, upstream, tls) as port:
            yield port

    return serve


def _geo(tls: bool) -> AbstractAsyncContextManager[int]:
    return listening([sys.executable, "-m", "examples.geo.back_end", "--port", "0"])


@asynccontextmanager
async def _etcd(tls: bool) -> AsyncIterator[int]:
    program = toolchain.etcd()
    scheme = "https" if tls else "http"
    port, peers = free_port(), free_port()
    security = [f"--cert-file={TEST_CERTIFICATE}", f"--key-file={TEST_KEY}"] if tls else []
    with tempfile.TemporaryDirectory(prefix="etcd-") as folder:
        command = [
            program,
            f"--data-dir={folder}/data",
            f"--listen-client-urls={scheme}://127.0.0.1:{port}",
            f"--advertise-client-urls={scheme}://127.0.0.1:{port}",
            f"--listen-peer-urls=http://127.0.0.1:{peers}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peers}",
            f"--initial-cluster=default=http://127.0.0.1:{peers}",
            "--log-level=error",
            "--unsafe-no-fsync",
            *security,
        ]
        async with running(command, port):
            yield port


def _ours() -> list[str]:
    return _python("client")


_ONLY_A_COMMAND_LINE = {
    "client_compressed_unary": "buf curl does not compress requests",
    "client_compressed_streaming": "buf curl does not compress requests",
    "cancel_after_begin": "buf curl does not cancel",
    "cancel_after_first_response": "buf curl does not cancel",
    "timeout_on_sleeping_server": "buf curl sends no deadline",
    "rpc_soak": "each call of buf curl is a process",
    "channel_soak": "each call of buf curl is a process",
    "concurrent_large_unary": "each call of buf curl is a process",
}
_NO_COMPRESSED_RESPONSES = {
    "server_compressed_unary": "grpc-js servers do not compress responses",
    "server_compressed_streaming": "grpc-js servers do not compress responses",
}

PAIRS = [
    Pair("minirpc → minirpc", _ours, _our_server),
    Pair("minirpc → grpcio", _ours, _program(lambda: _python("peers.grpcio_server"))),
    Pair("grpcio → minirpc", lambda: _python("peers.grpcio_client"), _our_server),
    Pair("minirpc → grpc-js", _ours, _program(lambda: _node("grpcjs_server.mjs")), _NO_COMPRESSED_RESPONSES),
    Pair("grpc-js → minirpc", lambda: _node("grpcjs_client.mjs"), _our_server),
    Pair("connect-node → minirpc", lambda: _node("connect_client.mjs"), _our_server),
    Pair(
        "buf curl → minirpc",
        lambda: _python("peers.buf_curl", f"--buf={toolchain.buf()}"),
        _our_server,
        _ONLY_A_COMMAND_LINE,
    ),
    Pair("minirpc → envoy → minirpc", _ours, _behind("envoy", _our_server), concurrent_calls=(200, 200)),
    Pair("minirpc → nginx → minirpc", _ours, _behind("nginx", _our_server), concurrent_calls=(200, 200)),
    # HAProxy 2.6 loses connections to servers, grpcio's too, when trailers come while its buffer is full.
    Pair("minirpc → haproxy → minirpc", _ours, _behind("haproxy", _our_server), concurrent_calls=(10, 10)),
]
"""The pairs that play the official cases."""

GEO = [
    Pair(f"minirpc → {name} → minirpc", lambda: _python("peers.geo"), _behind(name, _geo), tls=False)
    for name in ("envoy", "nginx", "haproxy")
]
"""The pairs that play the example's calls, through the same proxies."""

ETCD = Pair("minirpc → etcd", lambda: _python("peers.etcd"), _etcd)
"""minirpc's client and etcd, which has cases of its own."""


async def play_pair(pair: Pair, tls: bool, cases: Sequence[str]) -> dict[str, Outcome]:
    """Plays cases between the two of a pair, and returns their outcomes by name."""
    possible = [case for case in cases if case not in pair.impossible]
    outcomes = {case: Outcome("impossible", pair.impossible[case]) for case in cases if case in pair.impossible}
    told = ""
    try:
        command = [
            *await asyncio.to_thread(pair.client),
            f"--use_tls={tls}".lower(),
            f"--use_test_ca={tls}".lower(),
            f"--test_case={','.join(possible)}",
            f"--case_timeout={_CASE_TIMEOUT}",
            f"--ca_file={TEST_CA}",
            f"--server_host_override={_SERVER_NAME if tls else ''}",
            f"--concurrent_calls={pair.concurrent_calls[tls]}",
            "--soak_iterations=100",
            # The machine may be busy; how fast a call is, the benchmarks say.
            "--soak_per_iteration_max_acceptable_latency_ms=10000",
        ]
        async with pair.server(tls) as port:
            told = await output_of([*command, f"--server_port={port}"], _PAIR_TIMEOUT)
    except toolchain.MissingError as error:
        return outcomes | {case: Outcome("missing", str(error)) for case in possible}
    except ProgramError as error:
        told = str(error)
    outcomes |= _read_outcomes(told)
    rest = "\n".join(line for line in told.splitlines() if not line.startswith("{"))[-1_000:].strip()
    silent = Outcome("failed", f"the client told nothing; printed: {rest}")
    return outcomes | {case: silent for case in possible if case not in outcomes}


def _read_outcomes(printed: str) -> dict[str, Outcome]:
    outcomes = {}
    for line in printed.splitlines():
        if line.startswith('{"case"'):
            told = json.loads(line)
            outcomes[told["case"]] = Outcome("passed") if told["ok"] else Outcome("failed", told["error"])
    return outcomes
