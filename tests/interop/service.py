"""``grpc.testing.TestService`` on minirpc, as the interoperability tests of all languages expect it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator

from tests.interop.gen.grpc.testing.empty_pb import Empty
from tests.interop.gen.grpc.testing.messages_pb import (
    BoolValue,
    EchoStatus,
    Payload,
    SimpleRequest,
    SimpleResponse,
    StreamingInputCallRequest,
    StreamingInputCallResponse,
    StreamingOutputCallRequest,
    StreamingOutputCallResponse,
)
from tests.interop.gen.grpc.testing.test_rpc import TestServiceServicer

from minirpc import StatusCode
from minirpc.aio import Context

__all__ = ["TestService"]

INITIAL_KEY = "x-grpc-test-echo-initial"
TRAILING_KEY = "x-grpc-test-echo-trailing-bin"


class TestService(TestServiceServicer):
    """The service; ``UnimplementedCall`` stays what the generated servicer makes of it."""

    __test__ = False  # for pytest: no class of tests

    async def empty_call(self, request: Empty, context: Context) -> Empty:
        await _echo_metadata(context)
        return Empty()

    async def unary_call(self, request: SimpleRequest, context: Context) -> SimpleResponse:
        _expect_compressed(request.expect_compressed, context)
        if request.response_compressed is not None and request.response_compressed.value:
            context.set_compression("gzip")
        await _echo_metadata(context)
        _abort_as_told(request.response_status, context)
        return SimpleResponse(
            payload=_payload(request.response_size, context),
            server_id=f"pid {os.getpid()}" if request.fill_server_id else "",
            hostname=socket.gethostname(),
        )

    async def cacheable_unary_call(self, request: SimpleRequest, context: Context) -> SimpleResponse:
        await context.send_initial_metadata([("cache-control", "max-age=60, public")])
        return SimpleResponse(payload=_payload(request.response_size, context))

    async def streaming_output_call(
        self, request: StreamingOutputCallRequest, context: Context
    ) -> AsyncIterator[StreamingOutputCallResponse]:
        if any(parameters.compressed is not None for parameters in request.response_parameters):
            context.set_compression("gzip")
        await _echo_metadata(context)
        async for response in _responses(request, context):
            yield response

    async def streaming_input_call(
        self, requests: AsyncIterator[StreamingInputCallRequest], context: Context
    ) -> StreamingInputCallResponse:
        await _echo_metadata(context)
        size = 0
        async for request in requests:
            _expect_compressed(request.expect_compressed, context)
            size += len(request.payload.body) if request.payload is not None else 0
        return StreamingInputCallResponse(aggregated_payload_size=size)

    async def full_duplex_call(
        self, requests: AsyncIterator[StreamingOutputCallRequest], context: Context
    ) -> AsyncIterator[StreamingOutputCallResponse]:
        await _echo_metadata(context)
        async for request in requests:
            async for response in _responses(request, context):
                yield response

    async def half_duplex_call(
        self, requests: AsyncIterator[StreamingOutputCallRequest], context: Context
    ) -> AsyncIterator[StreamingOutputCallResponse]:
        await _echo_metadata(context)
        for request in [request async for request in requests]:
            async for response in _responses(request, context):
                yield response


async def _echo_metadata(context: Context) -> None:
    """Sends back what the client asks for by two keys, one with the first headers and one with the status."""
    received = dict(context.metadata)
    if TRAILING_KEY in received:
        context.set_trailing_metadata([(TRAILING_KEY, received[TRAILING_KEY])])
    if INITIAL_KEY in received:
        await context.send_initial_metadata([(INITIAL_KEY, received[INITIAL_KEY])])


def _expect_compressed(expected: BoolValue | None, context: Context) -> None:
    if expected is not None and expected.value != context.request_compressed:
        came = "compressed" if context.request_compressed else "uncompressed"
        context.abort(StatusCode.INVALID_ARGUMENT, f"the request came {came}")


def _abort_as_told(status: EchoStatus | None, context: Context) -> None:
    if status is not None and status.code:
        try:
            code = StatusCode(status.code)
        except ValueError:
            code = StatusCode.UNKNOWN
        context.abort(code, status.message)


def _payload(size: int, context: Context) -> Payload:
    if size < 0:
        context.abort(StatusCode.INVALID_ARGUMENT, f"a payload cannot have {size} bytes")
    return Payload(body=bytes(size))


async def _responses(
    request: StreamingOutputCallRequest, context: Context
) -> AsyncIterator[StreamingOutputCallResponse]:
    """Makes the responses that one request of a stream asks for."""
    _abort_as_told(request.response_status, context)
    for parameters in request.response_parameters:
        if parameters.interval_us > 0:
            await asyncio.sleep(parameters.interval_us / 1e6)
        context.compress = parameters.compressed is not None and parameters.compressed.value
        wants_peer = parameters.fill_peer_socket_address is not None and parameters.fill_peer_socket_address.value
        yield StreamingOutputCallResponse(
            payload=_payload(parameters.size, context),
            peer_socket_address=context.peer if wants_peer else "",
        )
