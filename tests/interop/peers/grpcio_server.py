"""The interoperability server on grpcio and Google's generated code: ``python -m tests.interop.peers.grpcio_server``.

It takes the same flags as minirpc's (:mod:`tests.interop.server`).
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from tests.interop.flags import server_parser
from tests.interop.peers.google import empty_pb2, messages_pb2, test_pb2_grpc
from tests.interop.peers.grpcio_common import AS_IT_CAME, Received, receiver

__all__ = ["main"]

_THREADS = 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves, and returns the exit status."""
    options = server_parser("tests.interop.peers.grpcio_server").parse_args(arguments)
    server = grpc.server(ThreadPoolExecutor(_THREADS), interceptors=[_SeeCompression()], options=[AS_IT_CAME])
    test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
    address = f"{options.host}:{options.port}"
    if options.use_tls:
        key, certificate = options.tls_key_file.read_bytes(), options.tls_cert_file.read_bytes()
        port = server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
    else:
        port = server.add_insecure_port(address)
    server.start()
    sys.stdout.write(f"listening on {options.host}:{port}\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.stop(1.0).wait()
    return 0


class _SeeCompression(grpc.ServerInterceptor):  # type: ignore[misc]
    """Gives the service's methods :class:`Received` in place of messages."""

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        handler = continuation(details)
        return handler and handler._replace(request_deserializer=receiver(handler.request_deserializer))


class TestService(test_pb2_grpc.TestServiceServicer):  # type: ignore[misc]
    """The service; what it lacks answers UNIMPLEMENTED."""

    __test__ = False

    def EmptyCall(self, request: Received, context: Any) -> Any:
        _echo_metadata(context)
        return empty_pb2.Empty()

    def UnaryCall(self, request: Received, context: Any) -> Any:
        message = request.message
        _expect_compressed(request, context)
        if message.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        _echo_metadata(context)
        _abort_as_told(message, context)
        return messages_pb2.SimpleResponse(payload=_payload(message.response_size))

    def StreamingOutputCall(self, request: Received, context: Any) -> Iterator[Any]:
        if any(parameters.compressed.value for parameters in request.message.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        _echo_metadata(context)
        yield from _responses(request.message, context)

    def StreamingInputCall(self, requests: Iterator[Received], context: Any) -> Any:
        _echo_metadata(context)
        size = 0
        for request in requests:
            _expect_compressed(request, context)
            size += len(request.message.payload.body)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=size)

    def FullDuplexCall(self, requests: Iterator[Received], context: Any) -> Iterator[Any]:
        _echo_metadata(context)
        for request in requests:
            yield from _responses(request.message, context)

    def HalfDuplexCall(self, requests: Iterator[Received], context: Any) -> Iterator[Any]:
        _echo_metadata(context)
        for request in list(requests):
            yield from _responses(request.message, context)


def _echo_metadata(context: Any) -> None:
    initial, trailing = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
    received = dict(context.invocation_metadata())
    if initial in received:
        context.send_initial_metadata([(initial, received[initial])])
    if trailing in received:
        context.set_trailing_metadata([(trailing, received[trailing])])


def _expect_compressed(request: Received, context: Any) -> None:
    message = request.message
    if message.HasField("expect_compressed") and message.expect_compressed.value != request.compressed:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the request came with compressed = {request.compressed}")


def _abort_as_told(message: Any, context: Any) -> None:
    status = message.response_status
    if status.code:
        code = next(code for code in grpc.StatusCode if code.value[0] == status.code)
        context.abort(code, status.message)


def _payload(size: int) -> Any:
    return messages_pb2.Payload(body=bytes(size))


def _responses(message: Any, context: Any) -> Iterator[Any]:
    _abort_as_told(message, context)
    for parameters in message.response_parameters:
        time.sleep(parameters.interval_us / 1e6)
        if parameters.HasField("compressed") and not parameters.compressed.value:
            context.disable_next_message_compression()
        yield messages_pb2.StreamingOutputCallResponse(payload=_payload(parameters.size))


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})  # for sigwait, in all threads
    sys.exit(main())
