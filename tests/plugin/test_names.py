"""Escapes: two names that differ in the .proto file differ in Python, and every result can stand where it is put."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from hypothesis import given
from hypothesis import strategies as st

from minirpc.codegen import messages_v1, services_v1
from protoc_plugin import names

# short and from few letters, so that collisions would be found: what escapes make is what they must also take
STEMS = ["class", "None", "to_binary", "name", "methods", "annotations", "a", "u", "A", "1", ""]
IDENTIFIERS = st.builds(
    "".join, st.lists(st.sampled_from(["_", "__", "u_", "u", "_1", *STEMS]), min_size=1, max_size=4)
).filter(lambda name: name.isidentifier())
FILES = st.one_of(
    st.builds("".join, st.lists(st.sampled_from([*"_-./ab1x2f", "__", "class", "_pb", "u_", ".proto"]), max_size=8)),
    st.text(max_size=8),
).map(lambda path: "/".join(filter(None, path.split("/"))) or "x")


def is_usable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")


@pytest.mark.parametrize("escape", [names.member_name, names.top_level_name])
def test_names_are_usable_and_differ(escape: Callable[[str], str]) -> None:
    @given(IDENTIFIERS, IDENTIFIERS)
    def check(one: str, other: str) -> None:
        assert is_usable(escape(one))
        assert (escape(one) == escape(other)) == (one == other)

    check()


@given(st.lists(IDENTIFIERS, unique=True, min_size=1), IDENTIFIERS)
def test_enum_value_names_are_usable_and_differ(values: list[str], enum: str) -> None:
    chosen = names.enum_value_names(enum, values)
    assert all(map(is_usable, chosen))
    assert len(set(chosen)) == len(values)
    assert not names.ENUM_ATTRIBUTES.intersection(chosen)


@given(st.lists(st.from_regex(r"\A[a-zA-Z_][a-zA-Z0-9_]{0,8}\Z"), unique=True))
def test_method_names_are_usable_and_differ(methods: list[str]) -> None:
    chosen = names.method_names(methods)
    assert all(map(is_usable, chosen))
    assert len(set(chosen)) == len(methods)


@given(FILES, FILES)
def test_modules_are_usable_and_differ(one: str, other: str) -> None:
    folders, stem = names.module_path(one)
    assert f"{stem}_pb".isidentifier()
    assert all(folder.isidentifier() and not keyword.iskeyword(folder) for folder in folders)
    assert not any(re.search("_(pb|rpc)$", folder) for folder in folders)
    assert (names.module_path(one) == names.module_path(other)) == (one == other)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("book.proto", "book"),
        ("acme/v1/book.proto", "acme/v1/book"),
        ("my-api/user_profile.proto", "my__api/user_profile"),
        ("user.v1.proto", "user___v1"),
        ("import/class.proto", "import_/class"),
        ("1st/2nd.proto", "u_1st/u_2nd"),
        ("net/udp_x86_64.proto", "net/udp_x86_64"),
        ("a b.proto", "a____20_b"),
        ("foo_pb/x.proto", "foo_pb_/x"),
    ],
)
def test_module_paths(file: str, path: str) -> None:
    folders, stem = names.module_path(file)
    assert "/".join((*folders, stem)) == path


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("GetBook", "get_book"),
        ("get_book", "get_book"),
        ("GetHTTPRoute", "get_http_route"),
        ("HTTP", "http"),
        ("GetV1Beta", "get_v1_beta"),
        ("Get_Book", "get_book"),
    ],
)
def test_snake_case(name: str, snake: str) -> None:
    assert names.snake_case(name) == snake


def test_names_that_stay() -> None:
    for name in ("title", "u_id", "type", "id", "match", "print", "self", "klass_", "int"):
        assert names.member_name(name) == name


def test_reserved_names_are_all_that_python_and_the_runtime_take() -> None:
    assert set(keyword.kwlist) <= names.KEYWORDS
    assert public(messages_v1.Message) <= names.MESSAGE_ATTRIBUTES
    assert public(messages_v1.Enum) | public(type(messages_v1.Enum)) | {"name", "value"} <= names.ENUM_ATTRIBUTES
    assert public(services_v1.Stub) | public(services_v1.Servicer) <= names.SERVICE_ATTRIBUTES


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


@given(st.from_regex(r"\A[a-zA-Z_][a-zA-Z0-9_]{0,12}\Z"))
def test_default_json_names_are_those_of_protobuf(name: str) -> None:
    file = descriptor_pb2.FileDescriptorProto(name="x.proto", syntax="proto3")
    field = file.message_type.add(name="M").field.add(name=name, number=1)
    field.type, field.label = field.TYPE_INT32, field.LABEL_OPTIONAL
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    assert pool.FindMessageTypeByName("M").fields[0].json_name == names.json_name(name)
