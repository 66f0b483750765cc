# Generated from google/protobuf/compiler/plugin.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb
from minirpc.message.wkt import descriptor_pb as _descriptor_pb


class Version(_pb.Message):
    major: int | None = _pb.int32(1, optional=True)
    minor: int | None = _pb.int32(2, optional=True)
    patch: int | None = _pb.int32(3, optional=True)
    suffix: str | None = _pb.string(4, optional=True, utf8=False)


class CodeGeneratorRequest(_pb.Message):
    file_to_generate: list[str] = _pb.string(1, repeated=True, utf8=False)
    parameter: str | None = _pb.string(2, optional=True, utf8=False)
    proto_file: list[_descriptor_pb.FileDescriptorProto] = _pb.message(
        15, lambda: _descriptor_pb.FileDescriptorProto, repeated=True
    )
    source_file_descriptors: list[_descriptor_pb.FileDescriptorProto] = _pb.message(
        17, lambda: _descriptor_pb.FileDescriptorProto, repeated=True
    )
    compiler_version: Version | None = _pb.message(3, lambda: Version)


class CodeGeneratorResponse(_pb.Message):
    class Feature(_pb.Enum, closed=True):
        NONE = 0
        PROTO3_OPTIONAL = 1
        SUPPORTS_EDITIONS = 2

    class File(_pb.Message):
        name: str | None = _pb.string(1, optional=True, utf8=False)
        insertion_point: str | None = _pb.string(2, optional=True, utf8=False)
        content: str | None = _pb.string(15, optional=True, utf8=False)
        generated_code_info: _descriptor_pb.GeneratedCodeInfo | None = _pb.message(
            16, lambda: _descriptor_pb.GeneratedCodeInfo
        )

    error: str | None = _pb.string(1, optional=True, utf8=False)
    supported_features: int | None = _pb.uint64(2, optional=True)
    minimum_edition: int | None = _pb.int32(3, optional=True)
    maximum_edition: int | None = _pb.int32(4, optional=True)
    file: list[File] = _pb.message(15, lambda: CodeGeneratorResponse.File, repeated=True)


_pb.file("google/protobuf/compiler/plugin.proto", "google.protobuf.compiler", b"\n%google/protobuf/compiler/plugin.proto\x12\x18google.protobuf.compiler\x1a google/protobuf/descriptor.proto\"c\n\x07Version\x12\x14\n\x05major\x18\x01 \x01(\x05R\x05major\x12\x14\n\x05minor\x18\x02 \x01(\x05R\x05minor\x12\x14\n\x05patch\x18\x03 \x01(\x05R\x05patch\x12\x16\n\x06suffix\x18\x04 \x01(\tR\x06suffix\"\xcf\x02\n\x14CodeGeneratorRequest\x12(\n\x10file_to_generate\x18\x01 \x03(\tR\x0efileToGenerate\x12\x1c\n\tparameter\x18\x02 \x01(\tR\tparameter\x12C\n\nproto_file\x18\x0f \x03(\x0b2$.google.protobuf.FileDescriptorProtoR\tprotoFile\x12\\\n\x17source_file_descriptors\x18\x11 \x03(\x0b2$.google.protobuf.FileDescriptorProtoR\x15sourceFileDescriptors\x12L\n\x10compiler_version\x18\x03 \x01(\x0b2!.google.protobuf.compiler.VersionR\x0fcompilerVersion\"\x85\x04\n\x15CodeGeneratorResponse\x12\x14\n\x05error\x18\x01 \x01(\tR\x05error\x12-\n\x12supported_features\x18\x02 \x01(\x04R\x11supportedFeatures\x12'\n\x0fminimum_edition\x18\x03 \x01(\x05R\x0eminimumEdition\x12'\n\x0fmaximum_edition\x18\x04 \x01(\x05R\x0emaximumEdition\x12H\n\x04file\x18\x0f \x03(\x0b24.google.protobuf.compiler.CodeGeneratorResponse.FileR\x04file\x1a\xb1\x01\n\x04File\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12'\n\x0finsertion_point\x18\x02 \x01(\tR\x0einsertionPoint\x12\x18\n\x07content\x18\x0f \x01(\tR\x07content\x12R\n\x13generated_code_info\x18\x10 \x01(\x0b2\".google.protobuf.GeneratedCodeInfoR\x11generatedCodeInfo\"W\n\x07Feature\x12\x10\n\x0cFEATURE_NONE\x10\x00\x12\x1b\n\x17FEATURE_PROTO3_OPTIONAL\x10\x01\x12\x1d\n\x19FEATURE_SUPPORTS_EDITIONS\x10\x02Br\n\x1ccom.google.protobuf.compilerB\x0cPluginProtosZ)google.golang.org/protobuf/types/pluginpb\xaa\x02\x18Google.Protobuf.Compiler", __name__, ["minirpc.message.wkt.descriptor_pb"])
