"""The interoperability client that ``buf curl`` is, a program in Go: ``python -m tests.interop.peers.buf_curl``.

It takes the flags of minirpc's client (:mod:`tests.interop.client`) and plays the cases that a command line can show:
it cannot cancel, compress requests, or keep a channel.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import functools
import json
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.interop.build import PROTOS
from tests.interop.flags import client_parser
from tests.interop.play import play

__all__ = ["main"]

_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
_UNARY_CALL, _FULL_DUPLEX_CALL = "TestService/UnaryCall", "TestService/FullDuplexCall"
_CASES: dict[str, Callable[[_Curl], Awaitable[None]]] = {}


@dataclass(frozen=True)
class _Outcome:
    """What a run of buf curl gave.

    Attributes:
        code: the status code.
        messages: the responses.
        error: the status as an object with a code and a message; empty if the code is 0.
        trace: what ``--verbose`` tells.
    """

    code: int
    messages: list[Any]
    error: dict[str, Any]
    trace: str

    def bodies(self) -> list[int]:
        """Returns the sizes of the payloads, which must be zeros."""
        bodies = [base64.b64decode(message["payload"]["body"]) for message in self.messages]
        assert not any(map(any, bodies))
        return [len(body) for body in bodies]

    def received(self) -> int:
        """Returns how many bytes of data came over the wire."""
        return sum(map(int, re.findall(r"\{ \(#1\) \[(\d+) bytes data\]", self.trace)))


@dataclass(frozen=True)
class _Curl:
    """``await curl(method, *requests)`` makes a call."""

    options: argparse.Namespace

    async def __call__(self, method: str, *requests: Any, arguments: Sequence[str] = ()) -> _Outcome:
        options = self.options
        security = ["--http2-prior-knowledge"]
        if options.use_tls:
            security = ["--cacert", str(options.ca_file)]
            if options.server_host_override:
                security += ["--servername", options.server_host_override]
        url = f"{'https' if options.use_tls else 'http'}://{options.server_host}:{options.server_port}"
        process = await asyncio.create_subprocess_exec(
            *(options.buf, "curl", "--schema", PROTOS, "--protocol", "grpc", "--verbose", "--data", "@-", *security),
            *(*arguments, f"{url}/grpc.testing.{method}"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            out, err = await process.communicate("\n".join(map(json.dumps, requests)).encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode is not None
        lines = err.decode().splitlines(keepends=True)
        trace = "".join(line for line in lines if line.startswith("buf: "))
        told = "".join(line for line in lines if not line.startswith("buf: "))
        if process.returncode % 8:
            raise AssertionError(f"buf curl failed: {told or trace}")
        return _Outcome(process.returncode // 8, list(_documents(out.decode())), json.loads(told or "{}"), trace)


def _documents(text: str) -> list[Any]:
    """Reads JSON documents that follow each other."""
    decoder, found, position = json.JSONDecoder(), [], 0
    while position < len(text.rstrip()):
        document, end = decoder.raw_decode(text, position)
        found.append(document)
        position = end + len(text[end:]) - len(text[end:].lstrip())
    return found


def _zeros(size: int) -> dict[str, str]:
    return {"body": base64.b64encode(bytes(size)).decode()}


def _case(function: Callable[[_Curl], Awaitable[None]]) -> Callable[[_Curl], Awaitable[None]]:
    _CASES[function.__name__] = function
    return function


@_case
async def empty_unary(curl: _Curl) -> None:
    outcome = await curl("TestService/EmptyCall", {})
    assert (outcome.code, outcome.messages) == (0, [{}]), outcome


@_case
async def large_unary(curl: _Curl) -> None:
    outcome = await curl(_UNARY_CALL, {"responseSize": 314_159, "payload": _zeros(271_828)})
    assert (outcome.code, outcome.bodies()) == (0, [314_159])


@_case
async def server_compressed_unary(curl: _Curl) -> None:
    for compressed in (True, False):
        request = {"responseCompressed": {"value": compressed}, "responseSize": 314_159, "payload": _zeros(271_828)}
        outcome = await curl(_UNARY_CALL, request)
        assert (outcome.code, outcome.bodies()) == (0, [314_159])
        assert (outcome.received() < 10_000) == compressed, outcome.trace


@_case
async def client_streaming(curl: _Curl) -> None:
    requests = [{"payload": _zeros(size)} for size in (27_182, 8, 1_828, 45_904)]
    outcome = await curl("TestService/StreamingInputCall", *requests)
    assert (outcome.code, outcome.messages) == (0, [{"aggregatedPayloadSize": 74_922}]), outcome


@_case
async def server_streaming(curl: _Curl) -> None:
    sizes = [31_415, 9, 2_653, 58_979]
    outcome = await curl("TestService/StreamingOutputCall", {"responseParameters": [{"size": size} for size in sizes]})
    assert (outcome.code, outcome.bodies()) == (0, sizes)


@_case
async def server_compressed_streaming(curl: _Curl) -> None:
    wanted = [(31_415, True), (92_653, False)]
    parameters = [{"size": size, "compressed": {"value": compressed}} for size, compressed in wanted]
    outcome = await curl("TestService/StreamingOutputCall", {"responseParameters": parameters})
    assert (outcome.code, outcome.bodies()) == (0, [31_415, 92_653])
    assert 92_653 < outcome.received() < 100_000, outcome.trace


@_case
async def ping_pong(curl: _Curl) -> None:
    sizes = {27_182: 31_415, 8: 9, 1_828: 2_653, 45_904: 58_979}
    requests = [{"responseParameters": [{"size": reply}], "payload": _zeros(size)} for size, reply in sizes.items()]
    outcome = await curl(_FULL_DUPLEX_CALL, *requests)
    assert (outcome.code, outcome.bodies()) == (0, list(sizes.values()))


@_case
async def empty_stream(curl: _Curl) -> None:
    outcome = await curl(_FULL_DUPLEX_CALL)
    assert (outcome.code, outcome.messages) == (0, []), outcome


@_case
async def custom_metadata(curl: _Curl) -> None:
    headers = ["--header", "x-grpc-test-echo-initial: test_initial_metadata_value"]
    headers += ["--header", "x-grpc-test-echo-trailing-bin: q6ur"]
    for method, request in (
        (_UNARY_CALL, {"responseSize": 314_159, "payload": _zeros(271_828)}),
        (_FULL_DUPLEX_CALL, {"responseParameters": [{"size": 314_159}], "payload": _zeros(271_828)}),
    ):
        outcome = await curl(method, request, arguments=headers)
        assert (outcome.code, outcome.bodies()) == (0, [314_159])
        head, data, tail = outcome.trace.partition("bytes data]\nbuf: { (#1)")
        received = re.findall(r"buf: < \(#1\) (X-Grpc-Test-Echo\S+): (\S+)", head + data)
        assert received == [("X-Grpc-Test-Echo-Initial", "test_initial_metadata_value")], outcome.trace
        assert "buf: < (#1) X-Grpc-Test-Echo-Trailing-Bin: q6ur" in tail, outcome.trace


@_case
async def status_code_and_message(curl: _Curl) -> None:
    request = {"responseStatus": {"code": 2, "message": "test status message"}}
    for method in (_UNARY_CALL, _FULL_DUPLEX_CALL):
        outcome = await curl(method, request)
        assert (outcome.code, outcome.error["message"]) == (2, "test status message"), outcome


@_case
async def special_status_message(curl: _Curl) -> None:
    outcome = await curl(_UNARY_CALL, {"responseStatus": {"code": 2, "message": _MESSAGE}})
    assert (outcome.code, outcome.error["message"]) == (2, _MESSAGE), outcome


@_case
async def unimplemented_method(curl: _Curl) -> None:
    assert (await curl("TestService/UnimplementedCall", {})).code == 12


@_case
async def unimplemented_service(curl: _Curl) -> None:
    assert (await curl("UnimplementedService/UnimplementedCall", {})).code == 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the cases, and returns the exit status."""
    parser = client_parser("tests.interop.peers.buf_curl")
    parser.add_argument("--buf", default="buf", help="the program (%(default)s)")
    options = parser.parse_args(arguments)
    cases = {name: functools.partial(case, _Curl(options)) for name, case in _CASES.items()}
    return asyncio.run(play(options.test_case.split(","), cases, options.case_timeout))


if __name__ == "__main__":
    sys.exit(main())
