# Generated from grpc/reflection/v1/reflection.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from collections.abc import AsyncIterator

from minirpc.codegen import services_v1 as _rpc

from .reflection_pb import ServerReflectionRequest, ServerReflectionResponse


class ServerReflectionStub(_rpc.Stub[_rpc.ChannelT]):
    """Tells tools what a server can do, so that they can call it without its .proto files."""

    server_reflection_info = _rpc.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", ServerReflectionRequest, ServerReflectionResponse
    )
    """Answers questions one by one, in order, until the caller has no more. A question without an answer gets an
    ErrorResponse, and the stream goes on.
    """


class ServerReflectionServicer(_rpc.Servicer):
    """Tells tools what a server can do, so that they can call it without its .proto files."""

    methods = ServerReflectionStub  # one table, both sides

    def server_reflection_info(
        self, requests: AsyncIterator[ServerReflectionRequest], context: _rpc.Context
    ) -> AsyncIterator[ServerReflectionResponse]:
        """Answers questions one by one, in order, until the caller has no more. A question without an answer gets an
        ErrorResponse, and the stream goes on.
        """
        _rpc.unimplemented()
