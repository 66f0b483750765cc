# Generated from google/protobuf/struct.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb

from . import structs as _structs


class NullValue(_pb.Enum):
    NULL_VALUE = 0


class Struct(_structs.StructMethods, _pb.Message):
    fields: dict[str, Value] = _pb.map(1, "string", "message", lambda: Value)


class Value(_structs.ValueMethods, _pb.Message):
    null_value: NullValue | None = _pb.enum(1, lambda: NullValue, oneof="kind")
    number_value: float | None = _pb.double(2, oneof="kind")
    string_value: str | None = _pb.string(3, oneof="kind")
    bool_value: bool | None = _pb.bool(4, oneof="kind")
    struct_value: Struct | None = _pb.message(5, lambda: Struct, oneof="kind")
    list_value: ListValue | None = _pb.message(6, lambda: ListValue, oneof="kind")

    @property
    def kind(self) -> (
        _pb.Oneof[Literal["null_value"], NullValue]
        | _pb.Oneof[Literal["number_value"], float]
        | _pb.Oneof[Literal["string_value"], str]
        | _pb.Oneof[Literal["bool_value"], bool]
        | _pb.Oneof[Literal["struct_value"], Struct]
        | _pb.Oneof[Literal["list_value"], ListValue]
        | None
    ):
        return _pb.which_oneof(self, "kind")


class ListValue(_structs.ListValueMethods, _pb.Message):
    values: list[Value] = _pb.message(1, lambda: Value, repeated=True)


_pb.file("google/protobuf/struct.proto", "google.protobuf", b"\n\x1cgoogle/protobuf/struct.proto\x12\x0fgoogle.protobuf\"\x98\x01\n\x06Struct\x12;\n\x06fields\x18\x01 \x03(\x0b2#.google.protobuf.Struct.FieldsEntryR\x06fields\x1aQ\n\x0bFieldsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12,\n\x05value\x18\x02 \x01(\x0b2\x16.google.protobuf.ValueR\x05value:\x028\x01\"\xb2\x02\n\x05Value\x12;\n\nnull_value\x18\x01 \x01(\x0e2\x1a.google.protobuf.NullValueH\x00R\tnullValue\x12#\n\x0cnumber_value\x18\x02 \x01(\x01H\x00R\x0bnumberValue\x12#\n\x0cstring_value\x18\x03 \x01(\tH\x00R\x0bstringValue\x12\x1f\n\nbool_value\x18\x04 \x01(\x08H\x00R\tboolValue\x12<\n\x0cstruct_value\x18\x05 \x01(\x0b2\x17.google.protobuf.StructH\x00R\x0bstructValue\x12;\n\nlist_value\x18\x06 \x01(\x0b2\x1a.google.protobuf.ListValueH\x00R\tlistValueB\x06\n\x04kind\";\n\tListValue\x12.\n\x06values\x18\x01 \x03(\x0b2\x16.google.protobuf.ValueR\x06values*\x1b\n\tNullValue\x12\x0e\n\nNULL_VALUE\x10\x00B\x7f\n\x13com.google.protobufB\x0bStructProtoP\x01Z/google.golang.org/protobuf/types/known/structpb\xf8\x01\x01\xa2\x02\x03GPB\xaa\x02\x1eGoogle.Protobuf.WellKnownTypesb\x06proto3", __name__)
