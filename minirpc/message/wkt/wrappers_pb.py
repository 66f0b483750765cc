# Generated from google/protobuf/wrappers.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class DoubleValue(_pb.Message):
    value: float = _pb.double(1)


class FloatValue(_pb.Message):
    value: float = _pb.float(1)


class Int64Value(_pb.Message):
    value: int = _pb.int64(1)


class UInt64Value(_pb.Message):
    value: int = _pb.uint64(1)


class Int32Value(_pb.Message):
    value: int = _pb.int32(1)


class UInt32Value(_pb.Message):
    value: int = _pb.uint32(1)


class BoolValue(_pb.Message):
    value: bool = _pb.bool(1)


class StringValue(_pb.Message):
    value: str = _pb.string(1)


class BytesValue(_pb.Message):
    value: bytes = _pb.bytes(1)


_pb.file("google/protobuf/wrappers.proto", "google.protobuf", b"\n\x1egoogle/protobuf/wrappers.proto\x12\x0fgoogle.protobuf\"#\n\x0bDoubleValue\x12\x14\n\x05value\x18\x01 \x01(\x01R\x05value\"\"\n\nFloatValue\x12\x14\n\x05value\x18\x01 \x01(\x02R\x05value\"\"\n\nInt64Value\x12\x14\n\x05value\x18\x01 \x01(\x03R\x05value\"#\n\x0bUInt64Value\x12\x14\n\x05value\x18\x01 \x01(\x04R\x05value\"\"\n\nInt32Value\x12\x14\n\x05value\x18\x01 \x01(\x05R\x05value\"#\n\x0bUInt32Value\x12\x14\n\x05value\x18\x01 \x01(\rR\x05value\"!\n\tBoolValue\x12\x14\n\x05value\x18\x01 \x01(\x08R\x05value\"#\n\x0bStringValue\x12\x14\n\x05value\x18\x01 \x01(\tR\x05value\"\"\n\nBytesValue\x12\x14\n\x05value\x18\x01 \x01(\x0cR\x05valueB\x83\x01\n\x13com.google.protobufB\rWrappersProtoP\x01Z1google.golang.org/protobuf/types/known/wrapperspb\xf8\x01\x01\xa2\x02\x03GPB\xaa\x02\x1eGoogle.Protobuf.WellKnownTypesb\x06proto3", __name__)
