# Generated from grpc/reflection/v1/reflection.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from collections.abc import AsyncIterator

from minirpc.codegen import services_v1 as _rpc

from .reflection_pb import ServerReflectionRequest, ServerReflectionResponse


class ServerReflectionStub(_rpc.Stub):
    server_reflection_info = _rpc.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", ServerReflectionRequest, ServerReflectionResponse
    )


class ServerReflectionServicer(_rpc.Servicer):
    methods = ServerReflectionStub  # one table, both sides

    def server_reflection_info(
        self, requests: AsyncIterator[ServerReflectionRequest], context: _rpc.Context
    ) -> AsyncIterator[ServerReflectionResponse]:
        _rpc.unimplemented()
