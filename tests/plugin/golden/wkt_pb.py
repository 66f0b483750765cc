# Generated from wkt.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb
from minirpc.message.wkt import any_pb as _any_pb
from minirpc.message.wkt import api_pb as _api_pb
from minirpc.message.wkt import descriptor_pb as _descriptor_pb
from minirpc.message.wkt import duration_pb as _duration_pb
from minirpc.message.wkt import empty_pb as _empty_pb
from minirpc.message.wkt import field_mask_pb as _field_mask_pb
from minirpc.message.wkt import source_context_pb as _source_context_pb
from minirpc.message.wkt import struct_pb as _struct_pb
from minirpc.message.wkt import timestamp_pb as _timestamp_pb
from minirpc.message.wkt import type_pb as _type_pb
from minirpc.message.wkt import wrappers_pb as _wrappers_pb


class All(_pb.Message):
    any: _any_pb.Any | None = _pb.message(1, lambda: _any_pb.Any)
    api: _api_pb.Api | None = _pb.message(2, lambda: _api_pb.Api)
    file: _descriptor_pb.FileDescriptorProto | None = _pb.message(3, lambda: _descriptor_pb.FileDescriptorProto)
    duration: _duration_pb.Duration | None = _pb.message(4, lambda: _duration_pb.Duration)
    empty: _empty_pb.Empty | None = _pb.message(5, lambda: _empty_pb.Empty)
    mask: _field_mask_pb.FieldMask | None = _pb.message(6, lambda: _field_mask_pb.FieldMask)
    source: _source_context_pb.SourceContext | None = _pb.message(7, lambda: _source_context_pb.SourceContext)
    struct: _struct_pb.Struct | None = _pb.message(8, lambda: _struct_pb.Struct)
    value: _struct_pb.Value | None = _pb.message(9, lambda: _struct_pb.Value)
    null: _struct_pb.NullValue = _pb.enum(10, lambda: _struct_pb.NullValue)
    timestamp: _timestamp_pb.Timestamp | None = _pb.message(11, lambda: _timestamp_pb.Timestamp)
    type: _type_pb.Type | None = _pb.message(12, lambda: _type_pb.Type)
    string: _wrappers_pb.StringValue | None = _pb.message(13, lambda: _wrappers_pb.StringValue)
    int64s: list[_wrappers_pb.Int64Value] = _pb.message(14, lambda: _wrappers_pb.Int64Value, repeated=True)
    blobs: dict[str, _wrappers_pb.BytesValue] = _pb.map(15, "string", "message", lambda: _wrappers_pb.BytesValue)


class Hinted(_pb.Message):
    text: str = _pb.string(1)


hint: _pb.Extension[_descriptor_pb.FieldOptions, str | None] = _pb.extension(
    "golden.wkt.hint", lambda: _descriptor_pb.FieldOptions, _pb.string(50001, optional=True)
)


_pb.file("wkt.proto", "golden.wkt", b"\n\twkt.proto\x12\ngolden.wkt\x1a\x19google/protobuf/any.proto\x1a\x19google/protobuf/api.proto\x1a google/protobuf/descriptor.proto\x1a\x1egoogle/protobuf/duration.proto\x1a\x1bgoogle/protobuf/empty.proto\x1a google/protobuf/field_mask.proto\x1a$google/protobuf/source_context.proto\x1a\x1cgoogle/protobuf/struct.proto\x1a\x1fgoogle/protobuf/timestamp.proto\x1a\x1agoogle/protobuf/type.proto\x1a\x1egoogle/protobuf/wrappers.proto\"\xc4\x06\n\x03All\x12&\n\x03any\x18\x01 \x01(\x0b2\x14.google.protobuf.AnyR\x03any\x12&\n\x03api\x18\x02 \x01(\x0b2\x14.google.protobuf.ApiR\x03api\x128\n\x04file\x18\x03 \x01(\x0b2$.google.protobuf.FileDescriptorProtoR\x04file\x125\n\x08duration\x18\x04 \x01(\x0b2\x19.google.protobuf.DurationR\x08duration\x12,\n\x05empty\x18\x05 \x01(\x0b2\x16.google.protobuf.EmptyR\x05empty\x12.\n\x04mask\x18\x06 \x01(\x0b2\x1a.google.protobuf.FieldMaskR\x04mask\x126\n\x06source\x18\x07 \x01(\x0b2\x1e.google.protobuf.SourceContextR\x06source\x12/\n\x06struct\x18\x08 \x01(\x0b2\x17.google.protobuf.StructR\x06struct\x12,\n\x05value\x18\t \x01(\x0b2\x16.google.protobuf.ValueR\x05value\x12.\n\x04null\x18\n \x01(\x0e2\x1a.google.protobuf.NullValueR\x04null\x128\n\ttimestamp\x18\x0b \x01(\x0b2\x1a.google.protobuf.TimestampR\ttimestamp\x12)\n\x04type\x18\x0c \x01(\x0b2\x15.google.protobuf.TypeR\x04type\x124\n\x06string\x18\r \x01(\x0b2\x1c.google.protobuf.StringValueR\x06string\x123\n\x06int64s\x18\x0e \x03(\x0b2\x1b.google.protobuf.Int64ValueR\x06int64s\x120\n\x05blobs\x18\x0f \x03(\x0b2\x1a.golden.wkt.All.BlobsEntryR\x05blobs\x1aU\n\nBlobsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x121\n\x05value\x18\x02 \x01(\x0b2\x1b.google.protobuf.BytesValueR\x05value:\x028\x01\"'\n\x06Hinted\x12\x1d\n\x04text\x18\x01 \x01(\tB\t\x8a\xb5\x18\x05shownR\x04text2D\n\x06Keeper\x12:\n\x04Keep\x12\x1a.google.protobuf.Timestamp\x1a\x16.google.protobuf.Empty:3\n\x04hint\x12\x1d.google.protobuf.FieldOptions\x18\xd1\x86\x03 \x01(\tR\x04hintb\x06proto3", __name__, ["minirpc.message.wkt.any_pb", "minirpc.message.wkt.api_pb", "minirpc.message.wkt.descriptor_pb", "minirpc.message.wkt.duration_pb", "minirpc.message.wkt.empty_pb", "minirpc.message.wkt.field_mask_pb", "minirpc.message.wkt.source_context_pb", "minirpc.message.wkt.struct_pb", "minirpc.message.wkt.timestamp_pb", "minirpc.message.wkt.type_pb", "minirpc.message.wkt.wrappers_pb"])
