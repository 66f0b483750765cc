"""Registries, and the names of enum values."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
from json_twins import twins
from samples import Color

from minirpc.codegen import messages_v1
from minirpc.message import wkt
from minirpc.message.enum_names import numbers_by_name
from minirpc.message.registry import Registry
from minirpc.message.wkt import api_pb, descriptor_pb, type_pb

pb, _ = twins()


def test_modules_and_classes_are_found_by_full_name() -> None:
    registry = Registry(descriptor_pb, pb.Tree)
    assert registry.message("json_sample.Tree") is pb.Tree
    nested = registry.message("google.protobuf.DescriptorProto.ExtensionRange")
    assert nested is descriptor_pb.DescriptorProto.ExtensionRange
    assert Registry(descriptor_pb.DescriptorProto).message("google.protobuf.DescriptorProto.ExtensionRange") is nested
    assert repr(Registry(pb.Tree)) == "<Registry of 1 message types and 0 extensions>"


@pytest.mark.parametrize("name", ["json_sample.Tree", "json_sample.Genre", "Tree", "", "google.protobuf.FileOptions"])
def test_what_was_not_given_is_not_found(name: str) -> None:
    with pytest.raises(LookupError, match="no message type"):
        Registry(pb.Scalars).message(name)


def test_the_well_known_types_are_always_there() -> None:
    for cls in (
        wkt.Any,
        wkt.Struct,
        wkt.Timestamp,
        wkt.Int32Value,
        wkt.FieldMask,
        wkt.Empty,
        api_pb.Method,
        type_pb.Option,
    ):
        assert Registry().message(cls.__full_name__()) is cls
    code = "import minirpc.message, sys; assert 'minirpc.message.wkt' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("source", ["json_sample", object(), int, messages_v1.Message, pb.Genre, pb.Tree()])
def test_other_sources_are_refused(source: Any) -> None:
    with pytest.raises(TypeError, match="generated modules, message classes and extensions"):
        Registry(source)


def test_one_name_stands_for_one_class() -> None:
    class Tree(messages_v1.Message):
        pass

    twin = ModuleType("twin")
    twin.Tree = Tree  # type: ignore[attr-defined]

    assert Registry(twin, Tree, twin).message("Tree") is Tree
    other = type(messages_v1.Message)(
        "Tree", (messages_v1.Message,), {"__qualname__": "Tree", "__module__": "elsewhere"}
    )
    with pytest.raises(ValueError, match="two classes are Tree"):
        Registry(Tree, other)  # type: ignore[arg-type]


def test_enum_values_have_the_names_of_their_proto_file() -> None:
    assert numbers_by_name(pb.Genre) == {"GENRE_UNSPECIFIED": 0, "GENRE_FICTION": 1, "GENRE_POETRY": 5}
    assert list(numbers_by_name(pb.Alias).items()) == [("ZERO", 0), ("ONE", 1), ("UNO", 1), ("class", 2)]
    label = descriptor_pb.FieldDescriptorProto.Label
    assert numbers_by_name(label) == {"LABEL_OPTIONAL": 1, "LABEL_REPEATED": 3, "LABEL_REQUIRED": 2}


def test_enums_without_a_proto_file_have_the_names_of_their_members() -> None:
    names = numbers_by_name(Color)
    assert names["CRIMSON"] == names["RED"] == 1
    assert names["LOWEST"] == -(2**31)
    assert numbers_by_name(Color) is names
