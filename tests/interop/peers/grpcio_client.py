"""The interoperability client on grpcio and Google's generated code: ``python -m tests.interop.peers.grpcio_client``.

It takes the flags of minirpc's (:mod:`tests.interop.client`) and plays the same cases.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import random
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
import grpc.aio

from tests.interop.flags import client_parser
from tests.interop.peers.google import empty_pb2, messages_pb2, test_pb2_grpc
from tests.interop.peers.grpcio_common import AS_IT_CAME, receiver
from tests.interop.play import play

__all__ = ["main"]

_LARGE_REQUEST, _LARGE_RESPONSE = 271_828, 314_159
_REQUEST_SIZES, _RESPONSE_SIZES = (27_182, 8, 1_828, 45_904), (31_415, 9, 2_653, 58_979)
_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
_INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
_TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
_CASES: dict[str, Callable[[Client], Awaitable[None]]] = {}


class Client:
    """Makes channels, and calls over one of them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options

    def connect(self, *arguments: tuple[str, Any]) -> Any:
        options = self.options
        target = f"{options.server_host}:{options.server_port}"
        local = [("grpc.use_local_subchannel_pool", 1), *arguments]  # no connection is shared between channels
        if not options.use_tls:
            return grpc.aio.insecure_channel(target, options=local)
        if options.server_host_override:
            local.append(("grpc.ssl_target_name_override", options.server_host_override))
        credentials = grpc.ssl_channel_credentials(options.ca_file.read_bytes())
        return grpc.aio.secure_channel(target, credentials, options=local)


def _case(function: Callable[[Client], Awaitable[None]]) -> Callable[[Client], Awaitable[None]]:
    _CASES[function.__name__] = function
    return function


def _simple_case(function: Callable[[Any], Awaitable[None]]) -> None:
    """A case that needs no more than a stub."""

    async def run(client: Client) -> None:
        async with client.connect() as channel:
            await function(test_pb2_grpc.TestServiceStub(channel))

    _CASES[function.__name__] = run


async def _fails_with(step: Awaitable[Any], code: grpc.StatusCode, message: str | None = None) -> None:
    try:
        await step
    except grpc.aio.AioRpcError as error:
        assert error.code() is code, error
        assert message is None or error.details() == message, error
    else:
        raise AssertionError(f"OK instead of {code}")


def _zeros(size: int) -> Any:
    return messages_pb2.Payload(body=bytes(size))


def _output(*sizes: int, **fields: Any) -> Any:
    parameters = [messages_pb2.ResponseParameters(size=size) for size in sizes]
    return messages_pb2.StreamingOutputCallRequest(response_parameters=parameters, **fields)


async def _large_call(stub: Any, request_size: int = _LARGE_REQUEST, response_size: int = _LARGE_RESPONSE) -> None:
    request = messages_pb2.SimpleRequest(response_size=response_size, payload=_zeros(request_size))
    response = await stub.UnaryCall(request)
    assert response.payload.body == bytes(response_size)


@_simple_case
async def empty_unary(stub: Any) -> None:
    assert await stub.EmptyCall(empty_pb2.Empty()) == empty_pb2.Empty()


@_simple_case
async def large_unary(stub: Any) -> None:
    await _large_call(stub)


def _probe_fails(call: Awaitable[Any]) -> Awaitable[None]:
    return _fails_with(call, grpc.StatusCode.INVALID_ARGUMENT)


def _expecting(compressed: bool) -> Any:
    return messages_pb2.BoolValue(value=compressed)


@_simple_case
async def client_compressed_unary(stub: Any) -> None:
    def request(compressed: bool) -> Any:
        return messages_pb2.SimpleRequest(
            expect_compressed=_expecting(compressed), response_size=_LARGE_RESPONSE, payload=_zeros(_LARGE_REQUEST)
        )

    await _probe_fails(stub.UnaryCall(request(True)))
    for compressed, algorithm in ((True, grpc.Compression.Gzip), (False, None)):
        response = await stub.UnaryCall(request(compressed), compression=algorithm)
        assert response.payload.body == bytes(_LARGE_RESPONSE)


@_case
async def server_compressed_unary(client: Client) -> None:
    async with client.connect(AS_IT_CAME) as channel:
        unary_call = channel.unary_unary(
            "/grpc.testing.TestService/UnaryCall",
            request_serializer=messages_pb2.SimpleRequest.SerializeToString,
            response_deserializer=receiver(messages_pb2.SimpleResponse.FromString),
        )
        for compressed in (True, False):
            request = messages_pb2.SimpleRequest(
                response_compressed=_expecting(compressed),
                response_size=_LARGE_RESPONSE,
                payload=_zeros(_LARGE_REQUEST),
            )
            received = await unary_call(request)
            assert received.message.payload.body == bytes(_LARGE_RESPONSE)
            assert received.compressed == compressed


@_simple_case
async def client_streaming(stub: Any) -> None:
    requests = [messages_pb2.StreamingInputCallRequest(payload=_zeros(size)) for size in _REQUEST_SIZES]
    assert (await stub.StreamingInputCall(requests)).aggregated_payload_size == 74_922


@_simple_case
async def client_compressed_streaming(stub: Any) -> None:
    # grpcio has no switch for one message of a stream, but it leaves uncompressed what compression would not shorten.
    noise = messages_pb2.Payload(body=random.Random(1).randbytes(45_904))
    probe = messages_pb2.StreamingInputCallRequest(expect_compressed=_expecting(True), payload=_zeros(27_182))
    await _probe_fails(stub.StreamingInputCall([probe]))
    requests = [
        probe,
        messages_pb2.StreamingInputCallRequest(expect_compressed=_expecting(False), payload=noise),
    ]
    response = await stub.StreamingInputCall(requests, compression=grpc.Compression.Gzip)
    assert response.aggregated_payload_size == 73_086


@_simple_case
async def server_streaming(stub: Any) -> None:
    responses = [response async for response in stub.StreamingOutputCall(_output(*_RESPONSE_SIZES))]
    assert [response.payload.body for response in responses] == [bytes(size) for size in _RESPONSE_SIZES]


@_case
async def server_compressed_streaming(client: Client) -> None:
    async with client.connect(AS_IT_CAME) as channel:
        streaming_output_call = channel.unary_stream(
            "/grpc.testing.TestService/StreamingOutputCall",
            request_serializer=messages_pb2.StreamingOutputCallRequest.SerializeToString,
            response_deserializer=receiver(messages_pb2.StreamingOutputCallResponse.FromString),
        )
        parameters = [
            messages_pb2.ResponseParameters(size=size, compressed=_expecting(compressed))
            for size, compressed in ((31_415, True), (92_653, False))
        ]
        request = messages_pb2.StreamingOutputCallRequest(response_parameters=parameters)
        received = [(len(one.message.payload.body), one.compressed) async for one in streaming_output_call(request)]
        assert received == [(31_415, True), (92_653, False)]


@_simple_case
async def ping_pong(stub: Any) -> None:
    call = stub.FullDuplexCall()
    for request_size, response_size in zip(_REQUEST_SIZES, _RESPONSE_SIZES, strict=True):
        await call.write(_output(response_size, payload=_zeros(request_size)))
        assert (await call.read()).payload.body == bytes(response_size)
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


@_simple_case
async def empty_stream(stub: Any) -> None:
    assert [response async for response in stub.FullDuplexCall([])] == []


@_simple_case
async def custom_metadata(stub: Any) -> None:
    request = messages_pb2.SimpleRequest(response_size=_LARGE_RESPONSE, payload=_zeros(_LARGE_REQUEST))
    unary = stub.UnaryCall(request, metadata=(_INITIAL, _TRAILING))
    await unary
    stream = stub.FullDuplexCall(
        [_output(_LARGE_RESPONSE, payload=_zeros(_LARGE_REQUEST))], metadata=(_INITIAL, _TRAILING)
    )
    assert len([response async for response in stream]) == 1
    for call in (unary, stream):
        assert _INITIAL in list(await call.initial_metadata())
        assert _TRAILING in list(await call.trailing_metadata())


@_simple_case
async def status_code_and_message(stub: Any) -> None:
    status = messages_pb2.EchoStatus(code=2, message="test status message")
    unary = stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status))
    await _fails_with(unary, grpc.StatusCode.UNKNOWN, status.message)
    stream = stub.FullDuplexCall([_output(response_status=status)])
    await _fails_with(stream.read(), grpc.StatusCode.UNKNOWN, status.message)


@_simple_case
async def special_status_message(stub: Any) -> None:
    status = messages_pb2.EchoStatus(code=2, message=_MESSAGE)
    unary = stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status))
    await _fails_with(unary, grpc.StatusCode.UNKNOWN, _MESSAGE)


@_simple_case
async def unimplemented_method(stub: Any) -> None:
    await _fails_with(stub.UnimplementedCall(empty_pb2.Empty()), grpc.StatusCode.UNIMPLEMENTED)


@_case
async def unimplemented_service(client: Client) -> None:
    async with client.connect() as channel:
        stub = test_pb2_grpc.UnimplementedServiceStub(channel)
        await _fails_with(stub.UnimplementedCall(empty_pb2.Empty()), grpc.StatusCode.UNIMPLEMENTED)


@_simple_case
async def cancel_after_begin(stub: Any) -> None:
    call = stub.StreamingInputCall()
    await asyncio.sleep(0.01)
    call.cancel()
    assert await call.code() is grpc.StatusCode.CANCELLED


@_simple_case
async def cancel_after_first_response(stub: Any) -> None:
    call = stub.FullDuplexCall()
    await call.write(_output(_RESPONSE_SIZES[0], payload=_zeros(_REQUEST_SIZES[0])))
    assert (await call.read()).payload.body == bytes(_RESPONSE_SIZES[0])
    call.cancel()
    assert await call.code() is grpc.StatusCode.CANCELLED


@_simple_case
async def timeout_on_sleeping_server(stub: Any) -> None:
    async def requests() -> Any:
        yield _output(payload=_zeros(_REQUEST_SIZES[0]))
        await asyncio.sleep(10)  # the stream stays open

    call = stub.FullDuplexCall(requests(), timeout=0.001)
    await _fails_with(call.read(), grpc.StatusCode.DEADLINE_EXCEEDED)


@_case
async def rpc_soak(client: Client) -> None:
    async with client.connect() as channel:
        stub = test_pb2_grpc.TestServiceStub(channel)
        await _soak(client.options, lambda: _large_call(stub))


@_case
async def channel_soak(client: Client) -> None:
    async def call() -> None:
        async with client.connect() as channel:
            await _large_call(test_pb2_grpc.TestServiceStub(channel))

    await _soak(client.options, call)


async def _soak(options: argparse.Namespace, call: Callable[[], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    for number in range(options.soak_iterations):
        begin = loop.time()
        await call()
        took = 1000 * (loop.time() - begin)
        assert took <= options.soak_per_iteration_max_acceptable_latency_ms, f"call {number} took {took:.0f} ms"


@_case
async def concurrent_large_unary(client: Client) -> None:
    async with client.connect() as channel:
        stub = test_pb2_grpc.TestServiceStub(channel)
        await asyncio.gather(*(_large_call(stub) for _ in range(client.options.concurrent_calls)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the cases, and returns the exit status."""
    options = client_parser("tests.interop.peers.grpcio_client").parse_args(arguments)
    client = Client(options)
    cases = {name: functools.partial(case, client) for name, case in _CASES.items()}
    return asyncio.run(play(options.test_case.split(","), cases, options.case_timeout))


if __name__ == "__main__":
    sys.exit(main())
