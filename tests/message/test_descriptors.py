"""Descriptors say what Google's say, from generated modules and from descriptions at run time alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FieldDescriptor as GoogleField
from plugin_runs import GOLDEN_MODULES, golden_module, golden_set

from minirpc.codegen import messages_v1 as pb
from minirpc.message import wkt
from minirpc.message.descriptors import (
    Card,
    Comments,
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    Files,
    Kind,
    MessageDescriptor,
    describe,
)
from minirpc.message.descriptors.features import EDITIONS
from minirpc.message.wkt import descriptor_pb
from minirpc.message.wkt.descriptor_pb import Edition, FeatureSet, FieldOptions


@pytest.fixture(scope="module")
def files() -> Files:
    return Files.from_binary(golden_set())


@pytest.fixture(scope="module")
def pool() -> descriptor_pool.DescriptorPool:
    """Google's descriptors of the same files."""
    found = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(golden_set()).file:
        # Google's runtime is older than 2024, and mixes up fields whose JSON names are equal
        if file.edition == descriptor_pb2.EDITION_2024:
            file.edition = descriptor_pb2.EDITION_2023
        found.Add(file)
    return found


def everything(file: FileDescriptor) -> Iterator[Descriptor]:
    return iter(file.symbols.values())


def in_generated_code() -> Iterator[FileDescriptor]:
    return (describe(golden_module(name)) for name in GOLDEN_MODULES)


def test_fields_are_those_of_protobuf(files: Files, pool: descriptor_pool.DescriptorPool) -> None:
    seen = 0
    for file in [*files, *in_generated_code()]:
        for element in everything(file):
            if isinstance(element, FieldDescriptor):
                find = pool.FindExtensionByName if element.is_extension else pool.FindFieldByName
                same_field(element, find(element.full_name))
                seen += 1
    assert seen > 1000


def same_field(ours: FieldDescriptor, theirs: Any) -> None:
    kind = Kind.MESSAGE if ours.card is Card.MAP else ours.kind
    assert (ours.name, ours.number, kind) == (theirs.name, theirs.number, theirs.type), theirs.full_name
    assert ours.has_presence == theirs.has_presence, theirs.full_name
    assert ours.required == theirs.is_required, theirs.full_name
    assert (ours.card in (Card.REPEATED, Card.MAP)) == theirs.is_repeated
    assert ours.packed == theirs.is_packed, theirs.full_name
    assert ours.is_extension == theirs.is_extension
    if not ours.is_extension:
        assert ours.json_name == theirs.json_name
    assert (ours.default is not None) == theirs.has_default_value
    if ours.default is not None:
        assert same_value(ours.default, theirs.default_value)
    assert full_name(ours.message_type) == full_name(theirs.message_type)
    assert full_name(ours.enum_type) == full_name(theirs.enum_type)
    oneof = theirs.containing_oneof
    # theirs has the oneofs that protoc makes for "optional" in proto3
    assert (ours.oneof.name if ours.oneof else None) == (oneof.name if oneof and not synthetic(oneof) else None)


def full_name(descriptor: Any) -> str | None:
    return descriptor.full_name if descriptor else None


def same_value(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float):
        return math.isnan(ours) == math.isnan(theirs) and (
            math.isnan(ours) or (ours == theirs and math.copysign(1, ours) == math.copysign(1, theirs))
        )
    return type(ours) is type(theirs) and ours == theirs


def synthetic(oneof: Any) -> bool:
    proto = descriptor_pb2.DescriptorProto()
    oneof.containing_type.CopyToProto(proto)
    return any(field.proto3_optional and field.oneof_index == oneof.index for field in proto.field)


def test_elements_are_those_of_protobuf(files: Files, pool: descriptor_pool.DescriptorPool) -> None:
    for file in files:
        theirs = pool.FindFileByName(file.name)
        assert file.package == theirs.package
        assert [message.name for message in file.messages] == [*theirs.message_types_by_name]
        assert [service.name for service in file.services] == [*theirs.services_by_name]
        assert [each.name for each in file.public_imports] == [each.name for each in theirs.public_dependencies]
        for element in everything(file):
            if isinstance(element, EnumDescriptor):
                enum = pool.FindEnumTypeByName(element.full_name)
                assert element.is_closed == enum.is_closed
                assert [(value.name, value.number) for value in element.values] == [
                    (value.name, value.number) for value in enum.values
                ]
            if isinstance(element, MessageDescriptor):
                message = pool.FindMessageTypeByName(element.full_name)
                assert [field.name for field in element.fields] == [field.name for field in message.fields]
                assert element.is_extendable == message.is_extendable
        for service in file.services:
            methods = pool.FindServiceByName(service.full_name).methods
            assert [(method.name, method.input.full_name, method.output.full_name) for method in service.methods] == [
                (method.name, method.input_type.full_name, method.output_type.full_name) for method in methods
            ]
            assert [(method.client_streaming, method.server_streaming) for method in service.methods] == [
                (method.client_streaming, method.server_streaming) for method in methods
            ]


@pytest.mark.parametrize("feature", [field.name for field in describe(FeatureSet).fields if field.number <= 6])
def test_the_features_of_each_edition_are_those_of_descriptor_proto(feature: str) -> None:
    """descriptor.proto says of each feature from which edition on it is what."""
    defaults = describe(FeatureSet).field(feature).options.edition_defaults
    for edition, features in EDITIONS.items():
        since = max((each for each in defaults if (each.edition or 0) <= edition), key=lambda each: each.edition or 0)
        assert getattr(features, feature).name == since.value


def test_features_are_inherited(files: Files) -> None:
    presence = files.message("golden.editions.Presence")
    assert presence.features.field_presence is FeatureSet.FieldPresence.IMPLICIT
    assert presence.field("explicit").features.field_presence is FeatureSet.FieldPresence.EXPLICIT
    assert files.enum("golden.editions.Closed").is_closed
    assert not files.enum("golden.editions.Open").is_closed
    encodings = files.message("golden.editions.encodings.Encodings")
    kinds = {field.name: field.kind for field in encodings.fields}
    assert kinds["delimited"] is kinds["many_delimited"] is kinds["member"] is Kind.GROUP
    assert kinds["prefixed"] is kinds["map"] is Kind.MESSAGE
    value = encodings.field("map").map_value
    assert value is not None
    assert value.kind is Kind.MESSAGE
    strings = files.message("golden.editions.Strings")
    assert [field.utf8 for field in strings.fields] == [True, False, True]
    entry = strings.field("map")
    assert entry.map_key is not None
    assert not entry.map_key.utf8


def test_custom_options_are_extensions() -> None:
    extensions, newer = golden_module("extensions_pb"), golden_module("editions_2024_pb")
    annotated = describe(extensions.Annotated)
    assert annotated.options.deprecated
    assert annotated.options[extensions.Payload.inside] == extensions.Payload(x=3)
    secret = annotated.field("secret").options
    assert secret[extensions.owner] == "security"
    assert secret[extensions.tags] == ["a", "b"]
    # a file that is imported for options alone need not be there
    assert describe(newer.Sample).field("name").options[extensions.owner] == "us"
    assert describe(newer.Sample).field("numbers").options == FieldOptions()


def test_comments_come_from_source_code_info(files: Files) -> None:
    one = files.message("golden.comments.OneLine")
    assert one.comments == Comments(" One line.\n", "", (" Detached from everything.\n",))
    assert one.field("before").comments == Comments(" Before the field.\n", " Behind it as well.\n")
    assert one.field("none").comments == Comments()
    several = files.message("golden.comments.SeveralLines")
    assert several.messages[0].comments.leading == " A nested message.\n"
    assert several.enums[0].values[1].comments.trailing == " Not fine.\n"
    assert several.oneofs[0].comments.leading == " The choice.\n"
    service = files.service("golden.comments.Documented")
    assert service.comments.leading == " A service.\n"
    assert service.methods[0].comments.leading.startswith(" A method.\n")
    assert files.extension("golden.extensions.Payload.payload").comments.leading == " Declared inside a message.\n"
    assert describe(golden_module("comments_pb").OneLine).comments == Comments()


def test_generated_modules_and_classes_are_described() -> None:
    library = golden_module("acme.library.v1.library_pb")
    file = describe(library)
    assert file is describe(library)
    assert (file.name, file.package) == ("acme/library/v1/library.proto", "acme.library.v1")
    assert file.edition is Edition.EDITION_PROTO3
    book = describe(library.Book)
    assert book is file.message("acme.library.v1.Book")
    assert describe(library.Book.Location) is book.messages[0]
    assert describe(library.Genre) is file.enum("acme.library.v1.Genre")
    assert file.services[0] is file.service("acme.library.v1.Library")
    assert file.services[0].methods[0].output is book
    assert describe(wkt.Timestamp).full_name == "google.protobuf.Timestamp"
    order = describe(golden_module("acme.shop.v1.order_pb").Order)
    assert order.field("created").message_type is describe(wkt.Timestamp)

    class Shelf(library.Book):  # type: ignore[misc]
        pass

    assert describe(Shelf) is book


def test_elements_are_found_by_name(files: Files) -> None:
    assert files.file("root.proto").messages[0] is files.message("Root")
    assert len(files) == len([*files])
    for find, name in [
        (files.file, "none.proto"),
        (files.message, "golden.extensions.Level"),
        (files.enum, "golden.extensions.Base"),
        (files.service, "Root"),
        (files.extension, "golden.extensions.Base.name"),
        (files.file("extensions.proto").message, "Root"),
        (files.file("extensions.proto").extension, "golden.extensions.Base.name"),
        (files.message("Root").field, "none"),
    ]:
        with pytest.raises(LookupError, match=name.rpartition(".")[2]):
            find(name)  # type: ignore[operator]


def test_what_was_written_by_hand_has_no_descriptor() -> None:
    class ByHand(pb.Message):
        x: int = pb.int32(1)

    class EnumByHand(pb.Enum):
        X = 0

    for what in (ByHand, EnumByHand, pb.Message, pb.Enum, pytest, int):
        with pytest.raises(LookupError):
            describe(what)  # type: ignore[call-overload]


def test_a_file_that_was_not_generated_is_missed_only_where_it_is_needed() -> None:
    # as if code for the second of its imports had not been generated
    proto = descriptor_pb.FileDescriptorProto(
        name="a.proto",
        syntax="proto3",
        dependency=["google/protobuf/timestamp.proto", "gone/b.proto"],
        message_type=[
            descriptor_pb.DescriptorProto(
                name="A",
                field=[
                    descriptor_pb.FieldDescriptorProto(
                        name="at",
                        number=1,
                        label=descriptor_pb.FieldDescriptorProto.Label.OPTIONAL,
                        type=descriptor_pb.FieldDescriptorProto.Type.MESSAGE,
                        type_name=".google.protobuf.Timestamp",
                    ),
                    descriptor_pb.FieldDescriptorProto(
                        name="gone",
                        number=2,
                        label=descriptor_pb.FieldDescriptorProto.Label.OPTIONAL,
                        type=descriptor_pb.FieldDescriptorProto.Type.MESSAGE,
                        type_name=".gone.B",
                    ),
                ],
            )
        ],
    )
    body = {"__module__": "lone_module_pb", "__qualname__": "A"}
    cls: Any = type(pb.Message)("A", (pb.Message,), body)
    imports = ["minirpc.message.wkt.timestamp_pb", ".gone.b_pb"]
    pb.file("a.proto", "", proto.to_binary(), "lone_module_pb", imports)
    message = describe(cls)
    assert message.field("at").message_type is describe(wkt.Timestamp)
    assert dict(message.file.imports) == {
        "google/protobuf/timestamp.proto": describe(wkt.Timestamp).file,
        "gone/b.proto": None,
    }
    with pytest.raises(LookupError, match=r"A\.gone refers to gone\.B, which no file that is there defines"):
        _ = message.field("gone").message_type


def test_google_and_we_number_kinds_alike() -> None:
    assert {kind.name: int(kind) for kind in Kind} == {
        name.removeprefix("TYPE_"): number for name, number in vars(GoogleField).items() if name.startswith("TYPE_")
    }
