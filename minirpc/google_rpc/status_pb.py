# Generated from google/rpc/status.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb
from minirpc.message.wkt import any_pb as _any_pb


class Status(_pb.Message):
    """How a call ended: what the trailer grpc-status-details-bin carries."""

    code: int = _pb.int32(1)
    """A number of google.rpc.Code."""
    message: str = _pb.string(2)
    """What went wrong, for developers."""
    details: list[_any_pb.Any] = _pb.message(3, lambda: _any_pb.Any, repeated=True)
    """What went wrong, for programs: messages of error_details.proto, or of one's own."""


_pb.file("google/rpc/status.proto", "google.rpc", b"\n\x17google/rpc/status.proto\x12\ngoogle.rpc\x1a\x19google/protobuf/any.proto\"f\n\x06Status\x12\x12\n\x04code\x18\x01 \x01(\x05R\x04code\x12\x18\n\x07message\x18\x02 \x01(\tR\x07message\x12.\n\x07details\x18\x03 \x03(\x0b2\x14.google.protobuf.AnyR\x07detailsb\x06proto3", __name__)
