"""The interoperability cases, as minirpc's client plays them (gRPC's "Interoperability Test Case Descriptions").

Each case is a function of :class:`Client` that raises for whatever is not as it must be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.interop.gen.grpc.testing.empty_pb import Empty
from tests.interop.gen.grpc.testing.messages_pb import (
    BoolValue,
    EchoStatus,
    Payload,
    ResponseParameters,
    SimpleRequest,
    SimpleResponse,
    StreamingInputCallRequest,
    StreamingOutputCallRequest,
    StreamingOutputCallResponse,
)
from tests.interop.gen.grpc.testing.test_rpc import TestServiceStub, UnimplementedServiceStub

from minirpc import RpcError, StatusCode
from minirpc.aio import Channel, Metadata

__all__ = ["CASES", "Case", "CaseError", "Client", "Soak"]

LARGE_REQUEST = 271_828
LARGE_RESPONSE = 314_159
REQUEST_SIZES = (27_182, 8, 1_828, 45_904)
RESPONSE_SIZES = (31_415, 9, 2_653, 58_979)
METADATA: tuple[tuple[str, str | bytes], ...] = (
    ("x-grpc-test-echo-initial", "test_initial_metadata_value"),
    ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"),
)
WHITESPACE_AND_UNICODE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"


class CaseError(Exception):
    """Something is not as the case wants it."""


@dataclass(frozen=True)
class Soak:
    """The numbers of the soak cases.

    Attributes:
        iterations: calls in all.
        max_failures: calls that may fail, or take too long.
        max_latency: seconds that a call may take.
        overall_timeout: seconds for all of them.
        min_time_between_calls: seconds from the start of a call to the start of the next.
        request_size: bytes.
        response_size: bytes.
        workers: how many make calls at the same time.
    """

    iterations: int = 10
    max_failures: int = 0
    max_latency: float = 1.0
    overall_timeout: float = 10.0
    min_time_between_calls: float = 0.0
    request_size: int = LARGE_REQUEST
    response_size: int = LARGE_RESPONSE
    workers: int = 1


@dataclass(frozen=True)
class Client:
    """What a case has to play with.

    Attributes:
        connect: makes a further channel to the same server.
        channel: the channel of this case alone.
        metadata: sent with each call.
        soak: the numbers of the soak cases.
        concurrent_calls: the calls of concurrent_large_unary.
    """

    connect: Callable[[], Channel]
    channel: Channel
    metadata: Metadata = ()
    soak: Soak = Soak()
    concurrent_calls: int = 1_000

    @property
    def stub(self) -> TestServiceStub:
        return TestServiceStub(self.channel)


Case = Callable[[Client], Awaitable[None]]


def _expect(actual: object, wanted: object, what: str) -> None:
    if actual != wanted:
        raise CaseError(f"{what}: {_short(actual)} instead of {_short(wanted)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"{text[:200]}…"


async def _expect_status(step: Awaitable[object], code: StatusCode, message: str | None = None) -> None:
    """Awaits what must fail with this status."""
    try:
        await step
    except RpcError as error:
        _expect(f"{error.code.name} ({error.message})" if error.code is not code else code.name, code.name, "status")
        if message is not None:
            _expect(error.message, message, "status message")
    else:
        raise CaseError(f"status: OK instead of {code.name}")


def _zeros(size: int) -> Payload:
    return Payload(body=bytes(size))


def _expect_payload(response: SimpleResponse | StreamingOutputCallResponse | None, size: int) -> None:
    if response is None:
        raise CaseError(f"the stream ended where a response of {size} bytes was due")
    payload = response.payload or Payload()
    _expect(len(payload.body), size, "size of the payload")
    _expect(payload.body, bytes(size), "the payload")


async def _expect_end(receive: Awaitable[object | None]) -> None:
    _expect(await receive, None, "what follows the last response")


def _output(*sizes: int, payload: int | None = None, status: EchoStatus | None = None) -> StreamingOutputCallRequest:
    return StreamingOutputCallRequest(
        response_parameters=[ResponseParameters(size=size) for size in sizes],
        payload=None if payload is None else _zeros(payload),
        response_status=status,
    )


async def empty_unary(client: Client) -> None:
    _expect(await client.stub.empty_call(Empty(), metadata=client.metadata), Empty(), "response")


async def _large_call(
    stub: TestServiceStub, client: Client, request_size: int = LARGE_REQUEST, response_size: int = LARGE_RESPONSE
) -> None:
    request = SimpleRequest(response_size=response_size, payload=_zeros(request_size))
    _expect_payload(await stub.unary_call(request, metadata=client.metadata), response_size)


async def large_unary(client: Client) -> None:
    await _large_call(client.stub, client)


async def client_compressed_unary(client: Client) -> None:
    async def call(*, expect: bool, compression: str | None) -> None:
        request = SimpleRequest(
            expect_compressed=BoolValue(value=expect),
            response_size=LARGE_RESPONSE,
            payload=_zeros(LARGE_REQUEST),
        )
        response = await client.stub.unary_call(request, compression=compression, metadata=client.metadata)
        _expect_payload(response, LARGE_RESPONSE)

    await _expect_status(call(expect=True, compression=None), StatusCode.INVALID_ARGUMENT)  # does the server look?
    await call(expect=True, compression="gzip")
    await call(expect=False, compression=None)


async def server_compressed_unary(client: Client) -> None:
    for compressed in (True, False):
        request = SimpleRequest(
            response_compressed=BoolValue(value=compressed),
            response_size=LARGE_RESPONSE,
            payload=_zeros(LARGE_REQUEST),
        )
        call = client.stub.unary_call(request, metadata=client.metadata)
        _expect_payload(await call, LARGE_RESPONSE)
        _expect(call.response_compressed, compressed, "the response is compressed")


async def client_streaming(client: Client) -> None:
    requests = [StreamingInputCallRequest(payload=_zeros(size)) for size in REQUEST_SIZES]
    response = await client.stub.streaming_input_call(requests, metadata=client.metadata)
    _expect(response.aggregated_payload_size, 74_922, "sum of the sizes")


async def client_compressed_streaming(client: Client) -> None:
    def request(size: int, *, expect: bool) -> StreamingInputCallRequest:
        return StreamingInputCallRequest(expect_compressed=BoolValue(value=expect), payload=_zeros(size))

    probe = client.stub.streaming_input_call([request(27_182, expect=True)], metadata=client.metadata)
    await _expect_status(probe, StatusCode.INVALID_ARGUMENT)  # does the server look?
    async with client.stub.streaming_input_call(compression="gzip", metadata=client.metadata) as call:
        await call.send(request(27_182, expect=True))
        await call.send(request(45_904, expect=False), compress=False)
        response = await call.finish()
    _expect(response.aggregated_payload_size, 73_086, "sum of the sizes")


async def server_streaming(client: Client) -> None:
    call = client.stub.streaming_output_call(_output(*RESPONSE_SIZES), metadata=client.metadata)
    for size in RESPONSE_SIZES:
        _expect_payload(await call.receive(), size)
    await _expect_end(call.receive())


async def server_compressed_streaming(client: Client) -> None:
    wanted = ((31_415, True), (92_653, False))
    request = StreamingOutputCallRequest(
        response_parameters=[
            ResponseParameters(size=size, compressed=BoolValue(value=compressed)) for size, compressed in wanted
        ]
    )
    call = client.stub.streaming_output_call(request, metadata=client.metadata)
    for size, compressed in wanted:
        _expect_payload(await call.receive(), size)
        _expect(call.response_compressed, compressed, f"the response of {size} bytes is compressed")
    await _expect_end(call.receive())


async def ping_pong(client: Client) -> None:
    async with client.stub.full_duplex_call(metadata=client.metadata) as call:
        for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES, strict=True):
            await call.send(_output(response_size, payload=request_size))
            _expect_payload(await call.receive(), response_size)
        await call.done_writing()
        await _expect_end(call.receive())


async def empty_stream(client: Client) -> None:
    async with client.stub.full_duplex_call(metadata=client.metadata) as call:
        await call.done_writing()
        await _expect_end(call.receive())


async def custom_metadata(client: Client) -> None:
    def expect_echo(initial: Metadata, trailing: Metadata) -> None:
        (initial_key, initial_value), (trailing_key, trailing_value) = METADATA
        _expect([value for key, value in initial if key == initial_key], [initial_value], f"initial {initial_key}")
        _expect([value for key, value in trailing if key == trailing_key], [trailing_value], f"trailing {trailing_key}")

    metadata = (*client.metadata, *METADATA)
    request = SimpleRequest(response_size=LARGE_RESPONSE, payload=_zeros(LARGE_REQUEST))
    unary = client.stub.unary_call(request, metadata=metadata)
    _expect_payload(await unary, LARGE_RESPONSE)
    expect_echo(await unary.initial_metadata(), await unary.trailing_metadata())

    async with client.stub.full_duplex_call(metadata=metadata) as stream:
        await stream.send(_output(LARGE_RESPONSE, payload=LARGE_REQUEST))
        _expect_payload(await stream.receive(), LARGE_RESPONSE)
        await stream.done_writing()
        await _expect_end(stream.receive())
        expect_echo(await stream.initial_metadata(), await stream.trailing_metadata())


async def status_code_and_message(client: Client) -> None:
    status = EchoStatus(code=StatusCode.UNKNOWN, message="test status message")
    unary = client.stub.unary_call(SimpleRequest(response_status=status), metadata=client.metadata)
    await _expect_status(unary, StatusCode.UNKNOWN, status.message)
    async with client.stub.full_duplex_call(metadata=client.metadata) as stream:
        await stream.send(_output(status=status))
        await stream.done_writing()
        await _expect_status(stream.receive(), StatusCode.UNKNOWN, status.message)


async def special_status_message(client: Client) -> None:
    status = EchoStatus(code=StatusCode.UNKNOWN, message=WHITESPACE_AND_UNICODE)
    call = client.stub.unary_call(SimpleRequest(response_status=status), metadata=client.metadata)
    await _expect_status(call, StatusCode.UNKNOWN, WHITESPACE_AND_UNICODE)


async def unimplemented_method(client: Client) -> None:
    await _expect_status(client.stub.unimplemented_call(Empty(), metadata=client.metadata), StatusCode.UNIMPLEMENTED)


async def unimplemented_service(client: Client) -> None:
    stub = UnimplementedServiceStub(client.channel)
    await _expect_status(stub.unimplemented_call(Empty(), metadata=client.metadata), StatusCode.UNIMPLEMENTED)


async def cancel_after_begin(client: Client) -> None:
    async with client.stub.streaming_input_call(metadata=client.metadata) as call:
        # The headers go out as soon as there is a connection.
        while not call.peer():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        call.cancel()
        _expect((await call.status()).code, StatusCode.CANCELLED, "status")


async def cancel_after_first_response(client: Client) -> None:
    async with client.stub.full_duplex_call(metadata=client.metadata) as call:
        await call.send(_output(RESPONSE_SIZES[0], payload=REQUEST_SIZES[0]))
        _expect_payload(await call.receive(), RESPONSE_SIZES[0])
        call.cancel()
        await _expect_status(call.receive(), StatusCode.CANCELLED)


async def timeout_on_sleeping_server(client: Client) -> None:
    async with client.stub.full_duplex_call(timeout=0.001, metadata=client.metadata) as call:
        try:
            await call.send(_output(payload=REQUEST_SIZES[0]))
        except RpcError as error:  # where it is over before everything has been sent
            _expect(error.code, StatusCode.DEADLINE_EXCEEDED, "status")
        await _expect_status(call.receive(), StatusCode.DEADLINE_EXCEEDED)


async def concurrent_large_unary(client: Client) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(client.concurrent_calls):
            group.create_task(_large_call(client.stub, client))


async def rpc_soak(client: Client) -> None:
    await _soak(client, fresh_channels=False)


async def channel_soak(client: Client) -> None:
    await _soak(client, fresh_channels=True)


async def _soak(client: Client, *, fresh_channels: bool) -> None:
    soak = client.soak
    loop = asyncio.get_running_loop()
    failures: list[str] = []
    left = iter(range(soak.iterations))

    async def call_once() -> None:
        if fresh_channels:
            async with client.connect() as channel:
                await _large_call(TestServiceStub(channel), client, soak.request_size, soak.response_size)
        else:
            await _large_call(client.stub, client, soak.request_size, soak.response_size)

    async def work() -> None:
        for number in left:
            begin = loop.time()
            try:
                await call_once()
            except (RpcError, CaseError) as error:
                failures.append(f"call {number}: {error}")
            else:
                if loop.time() - begin > soak.max_latency:
                    failures.append(f"call {number} took {loop.time() - begin:.3f} s")
            await asyncio.sleep(begin + soak.min_time_between_calls - loop.time())

    try:
        async with asyncio.timeout(soak.overall_timeout), asyncio.TaskGroup() as group:
            for _ in range(soak.workers):
                group.create_task(work())
    except TimeoutError:
        done = next(left, soak.iterations)
        raise CaseError(f"about {done} of {soak.iterations} calls within {soak.overall_timeout} s") from None
    if len(failures) > soak.max_failures:
        raise CaseError(f"{len(failures)} of {soak.iterations} calls failed, the first: {failures[0]}")


CASES: Mapping[str, Case] = {
    case.__name__: case
    for case in (
        empty_unary,
        large_unary,
        client_compressed_unary,
        server_compressed_unary,
        client_streaming,
        client_compressed_streaming,
        server_streaming,
        server_compressed_streaming,
        ping_pong,
        empty_stream,
        custom_metadata,
        status_code_and_message,
        special_status_message,
        unimplemented_method,
        unimplemented_service,
        cancel_after_begin,
        cancel_after_first_response,
        timeout_on_sleeping_server,
        rpc_soak,
        channel_soak,
        concurrent_large_unary,
    )
}
"""All cases by their official names."""
