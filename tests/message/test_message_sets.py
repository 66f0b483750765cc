"""Messages with ``message_set_wire_format``."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from google_twin import google_class, google_values, values
from proto2_samples import Set, extensions_of
from samples import Same

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError, EncodeError
from minirpc.message.extendable import present_extensions
from minirpc.message.registry import Registry
from minirpc.wire.varint import encode_tag, encode_varint

item_same, item_node = extensions_of(Set)  # type ids 4 and 1000


def chunk(number: int, content: bytes) -> bytes:
    return encode_tag(number, 2) + encode_varint(len(content)) + content


def varint(number: int, value: int) -> bytes:
    return encode_tag(number, 0) + encode_varint(value)


def item(*parts: bytes) -> bytes:
    return b"\x0b" + b"".join(parts) + b"\x0c"


TYPE_ID = varint(2, 4)
FIVE = varint(5, 5)


def test_set_read_delete() -> None:
    message = Set()
    assert message[item_same] is None
    assert item_same not in message
    message[item_same] = Same(f_int32=5)
    assert message[item_same] == Same(f_int32=5)
    assert item_same in message
    assert message.to_binary() == item(TYPE_ID, chunk(3, FIVE))
    message[item_same].f_int32 = 6
    assert Set.from_binary(message.to_binary())[item_same] == Same(f_int32=6)
    assert repr(message) == f"Set([{item_same.full_name}]=Same(f_int32=6))"
    del message[item_same]
    assert message == Set()
    assert message.to_binary() == b""


@pytest.mark.parametrize(
    "parts",
    [
        (TYPE_ID, chunk(3, FIVE)),
        (chunk(3, FIVE), TYPE_ID),
        (varint(9, 1), chunk(3, FIVE), chunk(9, b"x"), item(item()), TYPE_ID),
        (TYPE_ID, chunk(3, FIVE), varint(2, 1000), chunk(3, varint(5, 6))),  # the first of each counts
        (chunk(2, b""), varint(3, 1), TYPE_ID, chunk(3, FIVE)),  # wrong wire types do not
        (b"\x10\x84\x80\x00", b"\x1a\x82\x00" + FIVE),
        (varint(2, 2**32 + 4), chunk(3, FIVE)),
    ],
    ids=str,
)
def test_items_in_any_form(parts: tuple[bytes, ...]) -> None:
    data = item(*parts)
    message = Set.from_binary(data)
    assert message.to_binary() == data
    assert message[item_same] == Same(f_int32=5)
    assert message.to_binary() == item(TYPE_ID, chunk(3, FIVE))
    assert google_values(google_class(Set).FromString(data), Set) == values(message)


def test_several_items_with_one_type_id_are_merged() -> None:
    data = item(TYPE_ID, chunk(3, FIVE)) + item(TYPE_ID, chunk(3, varint(9, 1))) + item(chunk(3, b""), TYPE_ID)
    message = Set.from_binary(data)
    assert message[item_same].to_binary() == FIVE + varint(9, 1)
    message.merge_from_binary(item(TYPE_ID, chunk(3, varint(5, 6))))
    assert message[item_same].to_binary() == varint(5, 6) + varint(9, 1)
    assert message.to_binary() == item(TYPE_ID, chunk(3, varint(5, 6) + varint(9, 1)))


def test_unknown_items_are_kept() -> None:
    unknown = [
        item(varint(2, 77), chunk(3, FIVE)),
        item(),
        item(TYPE_ID),  # nothing in it
        item(chunk(3, b"x")),  # nobody's
        varint(9, 1),
        chunk(1, b"x"),
        varint(1, 5),
        encode_tag(7, 3) + TYPE_ID + chunk(3, FIVE) + encode_tag(7, 4),
    ]
    data = b"".join(unknown[:4]) + item(TYPE_ID, chunk(3, FIVE)) + b"".join(unknown[4:])
    message = Set.from_binary(data)
    assert message[item_same] == Same(f_int32=5)
    assert item_node not in message
    assert message.to_binary() == item(TYPE_ID, chunk(3, FIVE)) + b"".join(unknown)
    message[item_same] = None
    unknown.remove(item(TYPE_ID))
    assert message.to_binary() == b"".join(unknown)


def test_items_go_out_in_order_of_their_type_ids() -> None:
    message = Set()
    message[item_node] = item_node.spec.type()
    message[item_same] = Same()
    assert message.to_binary() == item(TYPE_ID, chunk(3, b"")) + item(varint(2, 1000), chunk(3, b""))
    assert present_extensions(message) == [(item_same, Same()), (item_node, item_node.spec.type())]
    assert present_extensions(Set.from_binary(message.to_binary()), Registry(item_same)) == [(item_same, Same())]


def test_malformed_messages_in_items() -> None:
    message = Set.from_binary(item(TYPE_ID, chunk(3, b"\x28")))
    with pytest.raises(DecodeError) as caught:
        message[item_same]
    assert caught.value.path == "Set.[samples.item_same].message.f_int32"
    assert message[item_node] is None
    assert message.to_binary() == item(TYPE_ID, chunk(3, b"\x28"))
    message[item_same] = Same()
    assert message.to_binary() == item(TYPE_ID, chunk(3, b""))


def test_deep_items() -> None:
    data = b""
    for _ in range(20_000):
        data = item(varint(2, 1000), chunk(3, chunk(2, data)))
    message: Any = Set.from_binary(data)
    for _ in range(10):
        message = message[item_node].set
    assert item_node in message
    deep = b"\x0b" * 99 + b"\x0c" * 99
    assert Set.from_binary(item(deep, TYPE_ID, chunk(3, FIVE)))[item_same] == Same(f_int32=5)


def test_wrong_values() -> None:
    message = Set()
    message[item_same] = 5
    with pytest.raises(EncodeError, match=r"^Set\.\[samples\.item_same\]\.message: expected Same, got int$"):
        message.to_binary()


def test_equality_and_copies() -> None:
    data = item(chunk(3, FIVE), TYPE_ID)
    a, b = Set.from_binary(data), Set.from_binary(data)
    assert a[item_same] == Same(f_int32=5)
    assert a == b
    assert copy.copy(a) == copy.deepcopy(a) == pickle.loads(pickle.dumps(a)) == a
    assert copy.copy(a)[item_same] is a[item_same]
    assert copy.deepcopy(a)[item_same] is not a[item_same]
    b[item_same].f_int32 = 6
    assert a != b
    assert repr(a).startswith("Set([samples.item_same]=")


def test_type_ids_beyond_field_numbers() -> None:
    last: Any = pb.extension("acme.last", lambda: Set, pb.message(2**31 - 2, lambda: Same))
    message = Set()
    message[last] = Same(f_int32=5)
    data = item(varint(2, 2**31 - 2), chunk(3, FIVE))
    assert message.to_binary() == data
    assert Set.from_binary(data)[last] == Same(f_int32=5)
    registry = Registry(last)
    read = Set.from_binary(data)
    assert Set.from_json(read.to_json(registry=registry), registry=registry) == message
    assert Set.from_text(read.to_text(registry=registry), registry=registry) == message
    assert repr(read) == "Set([acme.last]=Same(f_int32=5))"
    # a field has such a number nowhere
    with pytest.raises(ValueError, match="is not between 1 and"):
        type(pb.Message)("Wrong", (pb.Message,), {"field": pb.message(2**29, lambda: Same)})
    with pytest.raises(ValueError, match="is not between 1 and"):
        pb.message(2**31 - 1, lambda: Same)


def test_a_message_set_has_no_fields_of_its_own() -> None:
    with pytest.raises(TypeError, match=r"^Wrong is a message set, which has no fields$"):

        class Wrong(pb.MessageSet):
            field: int = pb.int32(1)

    for wrong in (pb.string(5, optional=True), pb.message(5, lambda: Same, repeated=True)):
        extension: Any = pb.extension("acme.wrong", lambda: Set, wrong)
        with pytest.raises(TypeError, match=r"^acme\.wrong extends a message set, but is no optional message$"):
            Set()[extension]
