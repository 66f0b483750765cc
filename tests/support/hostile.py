"""What strangers may send: inputs of every format that are nearly valid, and what programs do with the result."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import samples
from hypothesis import strategies as st
from proto2_samples import ALL as PROTO2
from proto2_samples import EXTENSIONS, extensions_of
from strategies import malformed, messages, mutated

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError, EncodeError
from minirpc.message.delimited import iterate_delimited, write_delimited
from minirpc.message.extendable import present_extensions, resolve_extensions
from minirpc.message.registry import Registry
from minirpc.message.wkt import any_pb, descriptor_pb, field_mask_pb, struct_pb, timestamp_pb, type_pb, wrappers_pb

__all__ = ["CLASSES", "PROPERTIES", "REGISTRY"]


class Special(pb.Message):
    """The types that JSON and text treat in their own way, in each place where a message can be."""

    one_any: any_pb.Any | None = pb.message(1, lambda: any_pb.Any)
    anys: list[any_pb.Any] = pb.message(2, lambda: any_pb.Any, repeated=True)
    struct: struct_pb.Struct | None = pb.message(3, lambda: struct_pb.Struct)
    values: list[struct_pb.Value] = pb.message(4, lambda: struct_pb.Value, repeated=True)
    null: struct_pb.NullValue | None = pb.enum(5, lambda: struct_pb.NullValue, oneof="choice")
    mask: field_mask_pb.FieldMask | None = pb.message(6, lambda: field_mask_pb.FieldMask, oneof="choice")
    times: dict[str, timestamp_pb.Timestamp] = pb.map(7, "string", "message", lambda: timestamp_pb.Timestamp)
    wrapped: dict[bool, wrappers_pb.BytesValue] = pb.map(8, "bool", "message", lambda: wrappers_pb.BytesValue)
    integer: wrappers_pb.Int64Value | None = pb.message(9, lambda: wrappers_pb.Int64Value)


CLASSES: list[Any] = [
    *samples.ALL,
    *PROTO2,
    Special,
    any_pb.Any,
    struct_pb.Value,
    type_pb.Type,
    descriptor_pb.FileDescriptorProto,
]
REGISTRY = Registry(*samples.ALL, *PROTO2, *EXTENSIONS, Special)

_classes = st.sampled_from(CLASSES)
_TOKENS = [
    *("{", "}", "[", "]", "<", ">", ":", ",", ";", "'", '"', "\\", "#", "-", "\0", "\n", "\ud800", "\U0001f600", "é"),
    *("0", "1", "-1", "1e5", "1e536870000", "-1e-536870000", "0x7fffffffffffffff", "1." + "0" * 40, "9" * 5000, "017"),
    *("null", "true", "False", "NaN", "inf", "-Infinity", "nan", '""', '"\\ud800"', "'\\377'", '"\\u0000"', '"1e3"'),
    *("{}", "[]", "[{}]", '{"":{}}', "[null]", '"a":', "[samples.x_int32]", '"[samples.x_strings]":', "[a.b/c]"),
    *('"@type":"type.googleapis.com/google.protobuf.Value"', "[type.googleapis.com/samples.Tree] {}", "key: value: "),
]


def _attempt(call: Callable[[], Any], *documented: type[Exception]) -> Any:
    """What a call returns, or None after one of the documented errors."""
    try:
        return call()
    except documented as error:
        str(error)
        return None


def _use(message: Any) -> None:
    """Does with a message from outside what programs do; errors other than the documented ones come out."""
    cls = type(message)
    twin = copy.deepcopy(message)
    for extension in extensions_of(cls):
        _attempt(lambda: (extension in message, message[extension]), DecodeError)  # noqa: B023  called at once
    if isinstance(message, pb.ExtendableMessage):
        _attempt(lambda: present_extensions(message, REGISTRY), DecodeError)
    _attempt(lambda: resolve_extensions(message, REGISTRY), DecodeError)
    repr(message)
    message == twin  # noqa: B015  it may have no error
    for each in (message, twin):
        binary = _attempt(each.to_binary, EncodeError)
        if binary is not None:
            cls.from_binary(binary)
        json = _attempt(lambda: each.to_json(registry=REGISTRY), EncodeError)  # noqa: B023
        if json is not None:
            cls.from_json(json, registry=REGISTRY)
        text = _attempt(lambda: each.to_text(registry=REGISTRY), EncodeError)  # noqa: B023
        if text is not None:
            cls.from_text(text, registry=REGISTRY)
        _attempt(lambda: each.to_text(unknown_fields=True, single_line=True), EncodeError)  # noqa: B023
        _attempt(lambda: each.to_dict(enum_numbers=True, with_defaults=True, proto_names=True), EncodeError)  # noqa: B023
    if isinstance(message, any_pb.Any):
        _attempt(lambda: message.unpack(REGISTRY), DecodeError, LookupError)


def _binary_of(cls: Any) -> st.SearchStrategy[bytes]:
    return messages(cls).map(lambda message: message.to_binary())


def from_bytes(data: st.DataObject) -> None:
    cls = data.draw(_classes)
    found = _attempt(lambda: cls.from_binary(data.draw(mutated(_binary_of(cls)) | malformed(cls))), DecodeError)
    if found is not None:
        _use(found)


def merged_bytes(data: st.DataObject) -> None:
    """What is merged into a message may leave a part behind: that must be a message still."""
    cls = data.draw(_classes)
    message = data.draw(messages(cls))
    for _ in range(2):
        _attempt(lambda: message.merge_from_binary(data.draw(mutated(_binary_of(cls)))), DecodeError)
    _use(message)


def _changed(data: st.DataObject, text: str) -> str:
    """A text after one to three changes: tokens inserted or put over others, parts cut, doubled."""
    for _ in range(data.draw(st.integers(1, 3))):
        a, b = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        change = data.draw(st.sampled_from(["insert", "replace", "remove", "double", "cut"]))
        if change == "cut":
            text = text[:b]
        elif change == "double":
            text = text[:b] + text[a:b] + text[b:]
        else:
            token = "" if change == "remove" else data.draw(st.sampled_from(_TOKENS))
            text = text[:a] + token + text[a if change == "insert" else min(b, a + 8) :]
    return text


def from_json(data: st.DataObject) -> None:
    cls = data.draw(_classes)
    text = _attempt(lambda: data.draw(messages(cls)).to_json(registry=REGISTRY), EncodeError) or "{}"
    options = {"registry": REGISTRY, "ignore_unknown": data.draw(st.booleans())}
    changed = _changed(data, text)
    found = _attempt(lambda: cls.from_json(changed, **options), DecodeError)
    if found is not None:
        _use(found)


def from_values(data: st.DataObject) -> None:
    """Plain values that were JSON of another message, or of this one but for some of its values."""
    cls, other = data.draw(_classes), data.draw(_classes)
    value = _attempt(lambda: data.draw(messages(other)).to_dict(registry=REGISTRY), EncodeError)
    odd: Any = [value, 1 << 70, 1e300, float("nan"), "\ud800", b"", {1: 2}, [[]], (None,), True, "1e9", -0.0, {"a": {}}]
    names = st.sampled_from([spec.proto_name for spec in cls.__fields__] or [""])
    tree = data.draw(st.dictionaries(names, st.sampled_from(odd), max_size=4) | st.sampled_from(odd))
    found = _attempt(lambda: cls.from_dict(tree, registry=REGISTRY), DecodeError)
    if found is not None:
        _use(found)


def from_text(data: st.DataObject) -> None:
    cls = data.draw(_classes)
    text = _attempt(lambda: data.draw(messages(cls)).to_text(registry=REGISTRY), EncodeError) or ""
    changed = _changed(data, text)
    found = _attempt(lambda: cls.from_text(changed, registry=REGISTRY), DecodeError)
    if found is not None:
        _use(found)


def delimited(data: st.DataObject) -> None:
    cls = data.draw(_classes)
    stream = io.BytesIO()
    for _ in range(data.draw(st.integers(1, 3))):
        write_delimited(stream, data.draw(messages(cls)))
    changed = io.BytesIO(data.draw(mutated(st.just(stream.getvalue()))))
    _attempt(lambda: list(iterate_delimited(changed, cls, max_size=1 << 16)), DecodeError)


def inside_any(data: st.DataObject) -> None:
    cls = data.draw(
        st.sampled_from([*samples.ALL, *PROTO2, Special, any_pb.Any, struct_pb.Struct, timestamp_pb.Timestamp])
    )
    prefix = data.draw(st.sampled_from(["type.googleapis.com", "", "a/b", "\0", "x" * 300]))
    name = data.draw(st.sampled_from([cls.__full_name__(), "", "no.such.Type", "a/", "]"]))
    inner = data.draw(mutated(_binary_of(cls)) | _binary_of(cls))
    packed = any_pb.Any(type_url=f"{prefix}/{name}", value=inner)
    for _ in range(data.draw(st.integers(0, 3))):
        packed = any_pb.Any.pack(packed)
    _use(packed)
    _use(Special(one_any=packed, anys=[packed, packed]))


PROPERTIES: list[Callable[[st.DataObject], None]] = [
    from_bytes,
    merged_bytes,
    from_json,
    from_values,
    from_text,
    delimited,
    inside_any,
]
"""What must hold for all data: nothing but the documented errors escapes."""
