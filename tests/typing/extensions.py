"""What type checkers make of proto2, extensions and descriptors. Not run: mypy and pyright read it (test_typing.py)."""

from typing import assert_type

from golden import deprecated_pb, deprecated_rpc, extensions_pb
from golden.acme.library.v1 import library_pb
from golden.extensions_pb import Base, Level, Pair, Payload
from golden.proto2_pb import Defaults, Everything

from minirpc.message import Message
from minirpc.message.descriptors import (
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    Files,
    MessageDescriptor,
    describe,
)
from minirpc.message.dynamic import Classes
from minirpc.message.wkt.descriptor_pb import FieldOptions

assert_type(Everything().id, int | None)
assert_type(Everything().name, str)
assert_type(Everything().inner, Everything.Inner | None)
assert_type(Everything().number, int)
assert_type(Everything().result, Everything.Result | None)
assert_type(Defaults().infinite, float)

base = Base(name="x")
assert_type(base[extensions_pb.number], int | None)
assert_type(base[extensions_pb.number_or_seven], int)
assert_type(base[extensions_pb.numbers], list[int])
assert_type(base[extensions_pb.level_or_high], Level)
assert_type(base[extensions_pb.pair], Pair | None)
assert_type(base[Payload.payload], Payload | None)
assert_type(base[Payload.class_], str | None)
base[extensions_pb.number] = 3
del base[extensions_pb.number]
assert_type(extensions_pb.number in base, bool)

file = describe(extensions_pb)
assert_type(file, FileDescriptor)
assert_type(describe(Base), MessageDescriptor)
assert_type(describe(Level), EnumDescriptor)
field = describe(Base).field("name")
assert_type(field, FieldDescriptor)
assert_type(field.options, FieldOptions)
assert_type(field.options[extensions_pb.owner], str | None)
assert_type(field.options[extensions_pb.tags], list[str])
assert_type(field.message_type, MessageDescriptor | None)
assert_type(Classes(Files([])).message("x"), type[Message])

# each of these is an error
base[extensions_pb.number] = "x"  # type: ignore[misc]
base[extensions_pb.owner]  # type: ignore[index]
Payload()[Payload.payload]  # type: ignore[index]
library_pb.Book()[extensions_pb.number]  # type: ignore[index]
old_stub = deprecated_rpc.OldServiceStub  # type: ignore[deprecated]
describe(3)  # type: ignore[call-overload]
Payload(payload=None)  # type: ignore[call-arg]
deprecated_pb.Old()  # type: ignore[deprecated]
