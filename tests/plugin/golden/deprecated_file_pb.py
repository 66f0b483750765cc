# Generated from deprecated_file.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


@_pb.deprecated("golden.deprecated_file.Kind is deprecated")
class Kind(_pb.Enum):
    UNKNOWN = 0


@_pb.deprecated("golden.deprecated_file.Whole is deprecated")
class Whole(_pb.Message, deprecated=True):
    class Part(_pb.Message):
        pass


_pb.file("deprecated_file.proto", "golden.deprecated_file", b"\n\x15deprecated_file.proto\x12\x16golden.deprecated_file\"\x0f\n\x05Whole\x1a\x06\n\x04Part*\x18\n\x04Kind\x12\x10\n\x0cKIND_UNKNOWN\x10\x00B\x03\xb8\x01\x01b\x08editionsp\xe8\x07", __name__)
