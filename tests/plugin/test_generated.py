"""Generated modules do what their .proto files say."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import PurePath
from types import ModuleType
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as GoogleMessage
from plugin_runs import GOLDEN

from minirpc.codegen import messages_v1 as pb
from minirpc.message import wkt
from minirpc.message.registry import file_of
from minirpc.message.wkt import descriptor_pb
from protoc_plugin import names

Load = Callable[[str], ModuleType]

MODULES = sorted(".".join(path.relative_to(GOLDEN).with_suffix("").parts) for path in GOLDEN.rglob("*_pb.py"))


def classes_of(module: ModuleType) -> Iterator[type]:
    return (each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__)


class Files:
    """Google's classes, made from the descriptors that our modules hold."""

    def __init__(self, load: Load) -> None:
        self._pool = descriptor_pool.DescriptorPool()
        self._files: dict[str, bytes] = {}
        self.classes: dict[str, list[type]] = {}
        shipped = [*(getattr(wkt, name) for name in wkt.__all__), *classes_of(descriptor_pb)]
        for cls in [*shipped, *(cls for module in MODULES for cls in classes_of(load(module)))]:
            file = file_of(cls)
            assert file is not None
            assert file.module == cls.__module__
            self._files[file.name] = file.descriptor
            self.classes.setdefault(file.module, []).append(cls)
        for name in [*self._files]:
            self._add(name)

    def _add(self, name: str) -> None:
        if name in self._files:
            file = descriptor_pb2.FileDescriptorProto.FromString(self._files.pop(name))
            for dependency in file.dependency:
                self._add(dependency)
            for message in file.message_type:
                name_json_as_proto(message)
            self._pool.Add(file)

    def messages(self, module: ModuleType) -> Iterator[tuple[type[pb.Message], Any]]:
        for cls in self.classes.get(module.__name__, []):
            if issubclass(cls, pb.Message):
                yield from nested(cls, self._pool.FindMessageTypeByName(cls.__full_name__()))

    def enums(self, module: ModuleType) -> Iterator[tuple[type[pb.Enum], Any]]:
        for cls in self.classes.get(module.__name__, []):
            if issubclass(cls, pb.Enum):
                file = file_of(cls)
                assert file is not None
                full_name = ".".join(filter(None, (file.package, cls.__proto_name__)))
                yield cls, self._pool.FindEnumTypeByName(full_name)
        for message, descriptor in self.messages(module):
            for enum in descriptor.enum_types:
                yield getattr(message, names.member_name(enum.name)), enum


def name_json_as_proto(message: descriptor_pb2.DescriptorProto) -> None:
    """Google's runtime mixes fields up whose names in JSON are equal, such as ``class`` and ``class_``."""
    for field in message.field:
        field.json_name = field.name
    for inner in message.nested_type:
        name_json_as_proto(inner)


def nested(cls: type[pb.Message], descriptor: Any) -> Iterator[tuple[type[pb.Message], Any]]:
    yield cls, descriptor
    for inner in descriptor.nested_types:
        if not inner.GetOptions().map_entry:
            yield from nested(getattr(cls, names.member_name(inner.name)), inner)


@pytest.fixture(scope="module")
def files(golden: Load) -> Files:
    return Files(golden)


@functools.singledispatch
def plain(message: Any, descriptor: Any) -> Any:
    """A message as a dict from the names of the .proto file to values, without what is unset."""
    raise TypeError(type(message))


@plain.register
def _(message: GoogleMessage, descriptor: Any) -> Any:
    out: dict[str, Any] = {}
    fields: list[tuple[Any, Any]] = [*message.ListFields()]
    for field, value in fields:
        if is_map(field):
            values = field.message_type.fields_by_name["value"]
            out[field.name] = {key: plain_value(each, values) for key, each in value.items()}
        elif field.is_repeated:
            out[field.name] = [plain_value(each, field) for each in value]
        else:
            out[field.name] = plain_value(value, field)
    return out


@plain.register
def _(message: pb.Message, descriptor: Any) -> Any:
    out: dict[str, Any] = {}
    for field in descriptor.fields:
        name = names.member_name(field.name)
        value = getattr(message, name)
        if field.has_presence:
            assert value is not None or not field.has_default_value
            if not message.has_field(name):
                assert value == field.default_value or value is None or value != value
                continue
        elif value in ([], {}, field.default_value):
            continue
        if is_map(field):
            values = field.message_type.fields_by_name["value"]
            out[field.name] = {key: plain_value(each, values) for key, each in value.items()}
        elif field.is_repeated:
            out[field.name] = [plain_value(each, field) for each in value]
        else:
            out[field.name] = plain_value(value, field)
    return out


def plain_value(value: Any, field: Any) -> Any:
    return plain(value, field.message_type) if field.message_type else value


def is_map(field: Any) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


SAMPLES = {
    FieldDescriptor.CPPTYPE_STRING: "ы",
    FieldDescriptor.CPPTYPE_BOOL: True,
    FieldDescriptor.CPPTYPE_DOUBLE: 2.5,
    FieldDescriptor.CPPTYPE_FLOAT: 0.5,
    FieldDescriptor.CPPTYPE_UINT32: 2**32 - 1,
    FieldDescriptor.CPPTYPE_UINT64: 2**64 - 1,
    FieldDescriptor.CPPTYPE_INT32: -(2**31),
    FieldDescriptor.CPPTYPE_INT64: -(2**63),
}


def sample(field: Any) -> Any:
    if field.type == field.TYPE_BYTES:
        return b"\x00\xff"
    if field.enum_type:
        return field.enum_type.values[-1].number
    return SAMPLES[field.cpp_type]


def fill(message: Any, member: int, depth: int = 2) -> None:
    """Sets all fields, and of each oneof the member with this index."""
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if oneof and len(oneof.fields) > 1 and field.index != oneof.fields[member % len(oneof.fields)].index:
            continue
        if field.message_type and not is_map(field) and not depth:
            continue
        value = getattr(message, field.name)
        if is_map(field):
            key, values = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            if values.message_type:
                value[sample(key)].SetInParent()
            else:
                value[sample(key)] = sample(values)
        elif field.message_type:
            target = value.add() if field.is_repeated else value
            target.SetInParent()
            fill(target, member, depth - 1)
        elif field.is_repeated:
            value.extend([sample(field), sample(field)])
        else:
            setattr(message, field.name, sample(field))


@pytest.mark.parametrize("module", MODULES)
def test_messages_are_those_of_protobuf(golden: Load, files: Files, module: str) -> None:
    """Google's protobuf, given our descriptors, writes messages that ours read with equal values, and the reverse."""
    for cls, descriptor in files.messages(golden(module)):
        assert cls.__full_name__() == descriptor.full_name
        theirs_class = message_factory.GetMessageClass(descriptor)
        for member in range(max((len(oneof.fields) for oneof in descriptor.oneofs), default=1)):
            theirs = theirs_class()
            fill(theirs, member)
            data = theirs_class.SerializeToString(theirs, deterministic=True)  # a field may have that name
            ours = cls.from_binary(data)
            assert plain(ours, descriptor) == plain(theirs, descriptor)
            # of one length as well: packed where theirs is
            assert len(ours.to_binary()) == len(data)
            assert theirs_class.FromString(ours.to_binary()) == theirs


@pytest.mark.parametrize("module", MODULES)
def test_enums_are_those_of_protobuf(golden: Load, files: Files, module: str) -> None:
    for cls, descriptor in files.enums(golden(module)):
        chosen = names.enum_value_names(descriptor.name, [value.name for value in descriptor.values])
        assert [int(cls.__members__[name]) for name in chosen] == [value.number for value in descriptor.values]
        assert len(cls.__members__) == len(descriptor.values)


def test_every_module_is_tested(golden: Load, files: Files) -> None:
    empty = {module for module in MODULES if not files.classes.get(golden(module).__name__)}
    assert empty == {"empty_pb"}


def test_oneof_property(golden: Load) -> None:
    oneofs = golden("oneofs_pb")
    event = oneofs.Event(click=oneofs.Event.Click(x=1))
    assert event.kind == ("click", oneofs.Event.Click(x=1))
    event.key = oneofs.Event.Key.ENTER
    assert event.kind == pb.Oneof("key", oneofs.Event.Key.ENTER)
    assert event.click is None
    assert event.single is None
    keywords = oneofs.Keywords(class_=3)
    assert keywords.from_ == ("class_", 3)


def test_unlucky_names(golden: Load) -> None:
    unlucky = golden("unlucky_pb")
    both = unlucky.Keywords(class_="a", class__="b", class___="c", None_="d")
    assert unlucky.Keywords.from_binary(both.to_binary()) == both
    assert unlucky.Builtins(int=1, self="x", type=2).property == ("type", 2)
    nested_none = unlucky.None_.None_()
    assert unlucky.None_(None__=nested_none, true=unlucky.None_.True_.FALSE).None__ is nested_none
    assert type(nested_none).__full_name__() == "golden.unlucky.None.None"


def test_public_imports_hand_classes_on(golden: Load) -> None:
    public = golden("acme.common.public_pb")
    assert public.Money is golden("acme.common.money_pb").Money
    assert public.Duration is wkt.Duration


def test_services(golden: Load) -> None:
    library = golden("acme.library.v1.library_rpc")
    methods = vars(library.LibraryStub)
    assert {name: type(methods[name]).__name__ for name in methods if not name.startswith("_")} == {
        "get_book": "UnaryUnary",
        "list_books": "UnaryStream",
        "add_books": "StreamUnary",
        "trade": "StreamStream",
    }
    assert library.LibraryServicer.methods is library.LibraryStub
    assert library.LibraryStub.get_book.path == "/acme.library.v1.Library/GetBook"
    assert golden("root_rpc").RootServiceStub.get.path == "/RootService/Get"
    twins = golden("services_rpc").TwinsStub
    assert {twins.GetBook.path, twins.getBook.path, twins.get_book.path} == {
        "/golden.services.Twins/GetBook",
        "/golden.services.Twins/getBook",
        "/golden.services.Twins/get_book",
    }


def test_descriptors_hold_no_comments(golden: Load) -> None:
    file = file_of(golden("comments_pb").OneLine)
    assert file is not None
    assert PurePath(file.name).name == "comments.proto"
    assert not descriptor_pb2.FileDescriptorProto.FromString(file.descriptor).HasField("source_code_info")
