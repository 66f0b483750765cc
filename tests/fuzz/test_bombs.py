"""Small inputs that promise, repeat or nest much: an error or a result, at a small multiple of their size in memory."""

from __future__ import annotations

import io
import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from hostile import REGISTRY
from proto2_samples import Closed, Extended, Groups, Node
from samples import Empty, Maps, Optional, Packed, Unpacked

from minirpc.errors import DecodeError
from minirpc.message.delimited import read_delimited
from minirpc.message.extendable import resolve_extensions
from minirpc.message.wkt import any_pb, field_mask_pb, struct_pb
from minirpc.wire.varint import encode_varint

DEEP = 10_000
ANY = "type.googleapis.com/google.protobuf.Any"


def nested(head: bytes, count: int = DEEP) -> bytes:
    """``count`` length-delimited fields within each other; ``head`` stands before the length of each."""
    parts, size = [], 0
    for _ in range(count):
        parts.append(head + encode_varint(size))
        size += len(parts[-1])
    return b"".join(reversed(parts))


def nested_maps(count: int = DEEP) -> bytes:
    """Entries of ``Groups.by_name``, each the value in the one around it."""
    parts, size = [], 0
    for _ in range(count):
        value = b"\x12" + encode_varint(size)
        parts.append(b"\x3a" + encode_varint(size + len(value)) + value)
        size += len(parts[-1])
    return b"".join(reversed(parts))


def in_thread(call: Callable[[], Any], stack: int) -> Any:
    """What a call returns or raises in a thread with a stack of so many bytes."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    before = threading.stack_size(stack)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return future.result()


ANY_JSON = '{"@type":"' + ANY + '","value":'
DEEP_ANY = nested(b"\x0a" + encode_varint(len(ANY)) + ANY.encode() + b"\x12")
DEEP_EXTENSION = nested(b"\xd2\x06")
BOTTOMLESS: dict[str, Callable[[], Any]] = {
    "groups": lambda: Groups.from_binary(b"\x13" * DEEP + b"\x14" * DEEP),
    "open groups": lambda: Groups.from_binary(b"\x13" * DEEP),
    "unknown groups": lambda: Empty.from_binary(b"\x13" * DEEP + b"\x14" * DEEP),
    "messages": lambda: Groups.from_binary(nested(b"\x22")),
    "maps": lambda: Groups.from_binary(nested_maps()),
    "extensions": lambda: resolve_extensions(Extended.from_binary(DEEP_EXTENSION), REGISTRY),
    "JSON messages": lambda: Groups.from_json('{"one":' * DEEP + "{}" + "}" * DEEP),
    "JSON maps": lambda: Groups.from_json('{"byName":{"a":' * DEEP + "{}" + "}}" * DEEP),
    "JSON lists": lambda: struct_pb.Value.from_json("[" * DEEP + "]" * DEEP),
    "JSON, ignored": lambda: Empty.from_json('{"x":' + "[" * DEEP + "]" * DEEP + "}", ignore_unknown=True),
    "JSON Anys": lambda: any_pb.Any.from_json(ANY_JSON * DEEP + "{}" + "}" * DEEP),
    "JSON extensions": lambda: Extended.from_json(
        '{"[samples.x_message]":' * DEEP + "{}" + "}" * DEEP, registry=REGISTRY
    ),
    "text messages": lambda: Groups.from_text("one {" * DEEP + "}" * DEEP),
    "text maps": lambda: Groups.from_text("by_name { value {" * DEEP + "}}" * DEEP),
    "text Anys": lambda: any_pb.Any.from_text(f"[{ANY}] {{" * DEEP + "}" * DEEP),
    "text extensions": lambda: Extended.from_text("[samples.x_message] {" * DEEP + "}" * DEEP, registry=REGISTRY),
}


@pytest.mark.parametrize("read", BOTTOMLESS.values(), ids=BOTTOMLESS.keys())
def test_bottomless_input_is_an_error_also_on_a_small_stack(read: Callable[[], Any]) -> None:
    # CPython's own JSON parser takes nearly 200 KiB until it sees that it is too deep
    with pytest.raises(DecodeError, match="nested"):
        in_thread(read, 256 << 10)


def test_what_is_bottomless_inside_is_written_without_it() -> None:
    """Bytes that nobody has looked into yet can be as deep as they like."""
    message = any_pb.Any.from_binary(DEEP_ANY)
    with pytest.raises(ValueError, match="nested deeper than 100 levels"):
        message.to_json()
    assert message.to_text().count(f"[{ANY}]") == 100  # and the innermost as it is stored
    with pytest.raises(ValueError, match="nested deeper than"):
        Extended.from_binary(DEEP_EXTENSION).to_json(registry=REGISTRY)
    assert Empty.from_binary(nested(b"\x12")).to_text(unknown_fields=True).count("2 {") == 10


@pytest.mark.parametrize(
    "read",
    [
        lambda: Groups.from_binary(nested_maps(100)),
        lambda: Groups.from_json('{"byName":{"":' * 100 + "{}" + "}}" * 100),
        lambda: Groups.from_text("by_name { value {" * 100 + "}}" * 100),
    ],
    ids=["binary", "JSON", "text"],
)
def test_as_many_levels_as_are_allowed_are_read_and_written(read: Callable[[], Groups]) -> None:
    def round_trips() -> None:
        message = read()
        assert Groups.from_binary(message.to_binary()) == message
        assert Groups.from_json(message.to_json()) == message
        assert Groups.from_text(message.to_text()) == message

    in_thread(round_trips, 512 << 10)


def peak(call: Callable[[], Any]) -> int:
    """How many bytes Python had at once while a call ran, beyond what it had before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def refused(call: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        with pytest.raises(DecodeError):
            call()

    return run


PROMISES = [2**20, 2**31 - 1, 2**32, 2**63 - 1, 2**64 - 1]


@pytest.mark.parametrize("size", PROMISES)
def test_promised_lengths_take_no_memory(size: int) -> None:
    length = encode_varint(size)
    for cls in (Packed, Unpacked, Optional, Maps, Groups, Closed, Empty):
        for number in range(1, 19):
            data = encode_varint(number << 3 | 2) + length + b"\x01\x02\x03"
            read = refused(lambda: cls.from_binary(data))  # noqa: B023  called at once
            read()  # which writes the decoder, in the pure engine
            assert peak(read) < 500_000
    assert peak(refused(lambda: read_delimited(io.BytesIO(length + b"abc"), Empty, max_size=1 << 62))) < 3 << 20


def test_repeated_promises_take_no_memory() -> None:
    """A packed run of one byte for each of many fields, an extension that is not there in each of many messages."""
    runs = b"\x1a\x01\x7f" * 5_000
    assert peak(lambda: Closed.from_binary(runs)) < 100 * len(runs)
    groups = b"\x1b\xd0\x3f\x01\x1c" * 4_000  # Node.groups: unknown field 1018
    node = Node.from_binary(groups)
    assert peak(lambda: resolve_extensions(node, REGISTRY)) < 10 * len(groups)
    assert not any(message._extensions for message in node.groups)


def test_numbers_and_strings_take_memory_as_they_are_long() -> None:
    numbers = '{"x": [' + ",".join(["1e0"] * 50_000) + '], "f_int64": [1e18]}'
    assert peak(lambda: Packed.from_json(numbers, ignore_unknown=True)) < 50 * len(numbers)
    long = '{"fString": "' + "x" * 1_000_000 + '", "fInt32": "x"}'
    assert peak(refused(lambda: Optional.from_json(long))) < 10 * len(long)


@pytest.mark.parametrize(
    "number", ["1e536870000", "-1e536870000", "1e-536870000", "9" * 1_000_000, "1e" + "9" * 100_000]
)
@pytest.mark.parametrize("spec", Optional.__fields__, ids=lambda spec: spec.name)
def test_numbers_beyond_everything_cost_nothing(spec: Any, number: str) -> None:
    for value in (number, f'"{number}"'):
        try:
            Optional.from_json(f'{{"{spec.name}": {value}}}')
        except DecodeError as error:
            assert len(str(error)) < 300
    try:
        Optional.from_text(f"{spec.name}: {number}")
    except DecodeError as error:
        assert len(str(error)) < 300


def test_a_message_that_comes_in_many_parts_takes_time_by_their_number() -> None:
    # time by its square would be minutes
    parts = 200_000
    message = Groups.from_binary(b"\x22\x03\xa0\x06\x01" * parts)
    assert message.prefixed is not None
    assert message.prefixed.to_binary() == b"\xa0\x06\x01" * parts
    merged = Groups.from_binary(b"\x22\x00")
    with pytest.raises(DecodeError):
        merged.merge_from_binary(b"\x22\x03\xa0\x06\x01" * 3 + b"\x22")
    assert b"\xa0\x06\x01" * 3 in merged.to_binary()


def test_paths_are_made_for_errors_alone() -> None:
    # made for each value, they would be copied for minutes
    name = "a" * 8_000_000
    values = struct_pb.ListValue(values=[struct_pb.Value(bool_value=True)] * 50_000)
    struct = struct_pb.Struct(fields={name: struct_pb.Value(list_value=values)})
    assert struct.to_python() == {name: [True] * 50_000}
    assert struct_pb.Struct.from_python(struct.to_python()) == struct
    message = Groups(by_name={name: Groups(many=[Groups()] * 50_000)})
    resolve_extensions(message, REGISTRY)


def test_masks_of_many_names_are_masks() -> None:
    path = ".".join(["a"] * 20_000)
    assert field_mask_pb.FieldMask(paths=[path, path + ".b"]).normalized().paths == [path]


def test_errors_are_located_at_every_depth_that_can_be_parsed() -> None:
    """The place of an error is found behind a value that is as deep as Python's parser goes, and not a level less."""
    for depth in range(850, 1010):
        text = '{"x":' + "[" * depth + "]" * depth + ',"fInt32":"x"}'
        with pytest.raises(DecodeError):
            Optional.from_json(text, ignore_unknown=True)
