# Generated from google/protobuf/api.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb

from . import source_context_pb as _source_context_pb
from . import type_pb as _type_pb


class Api(_pb.Message):
    name: str = _pb.string(1)
    methods: list[Method] = _pb.message(2, lambda: Method, repeated=True)
    options: list[_type_pb.Option] = _pb.message(3, lambda: _type_pb.Option, repeated=True)
    version: str = _pb.string(4)
    source_context: _source_context_pb.SourceContext | None = _pb.message(
        5, lambda: _source_context_pb.SourceContext
    )
    mixins: list[Mixin] = _pb.message(6, lambda: Mixin, repeated=True)
    syntax: _type_pb.Syntax = _pb.enum(7, lambda: _type_pb.Syntax)
    edition: str = _pb.string(8)


class Method(_pb.Message):
    name: str = _pb.string(1)
    request_type_url: str = _pb.string(2)
    request_streaming: bool = _pb.bool(3)
    response_type_url: str = _pb.string(4)
    response_streaming: bool = _pb.bool(5)
    options: list[_type_pb.Option] = _pb.message(6, lambda: _type_pb.Option, repeated=True)
    syntax: _type_pb.Syntax = _pb.enum(7, lambda: _type_pb.Syntax)
    """Deprecated."""
    edition: str = _pb.string(8)
    """Deprecated."""


class Mixin(_pb.Message):
    name: str = _pb.string(1)
    root: str = _pb.string(2)


_pb.file("google/protobuf/api.proto", "google.protobuf", b"\n\x19google/protobuf/api.proto\x12\x0fgoogle.protobuf\x1a$google/protobuf/source_context.proto\x1a\x1agoogle/protobuf/type.proto\"\xdb\x02\n\x03Api\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x121\n\x07methods\x18\x02 \x03(\x0b2\x17.google.protobuf.MethodR\x07methods\x121\n\x07options\x18\x03 \x03(\x0b2\x17.google.protobuf.OptionR\x07options\x12\x18\n\x07version\x18\x04 \x01(\tR\x07version\x12E\n\x0esource_context\x18\x05 \x01(\x0b2\x1e.google.protobuf.SourceContextR\rsourceContext\x12.\n\x06mixins\x18\x06 \x03(\x0b2\x16.google.protobuf.MixinR\x06mixins\x12/\n\x06syntax\x18\x07 \x01(\x0e2\x17.google.protobuf.SyntaxR\x06syntax\x12\x18\n\x07edition\x18\x08 \x01(\tR\x07edition\"\xd4\x02\n\x06Method\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12(\n\x10request_type_url\x18\x02 \x01(\tR\x0erequestTypeUrl\x12+\n\x11request_streaming\x18\x03 \x01(\x08R\x10requestStreaming\x12*\n\x11response_type_url\x18\x04 \x01(\tR\x0fresponseTypeUrl\x12-\n\x12response_streaming\x18\x05 \x01(\x08R\x11responseStreaming\x121\n\x07options\x18\x06 \x03(\x0b2\x17.google.protobuf.OptionR\x07options\x123\n\x06syntax\x18\x07 \x01(\x0e2\x17.google.protobuf.SyntaxB\x02\x18\x01R\x06syntax\x12\x1c\n\x07edition\x18\x08 \x01(\tB\x02\x18\x01R\x07edition\"/\n\x05Mixin\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12\x12\n\x04root\x18\x02 \x01(\tR\x04rootBv\n\x13com.google.protobufB\x08ApiProtoP\x01Z,google.golang.org/protobuf/types/known/apipb\xa2\x02\x03GPB\xaa\x02\x1eGoogle.Protobuf.WellKnownTypesb\x06proto3", __name__, [".source_context_pb", ".type_pb"])
