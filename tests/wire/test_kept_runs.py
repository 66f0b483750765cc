"""Repeated fields that nobody has read yet: the compiled engine keeps them as they came, and nobody can tell."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import threading
from typing import Any

import pytest
from engines import Engine, outcome
from hypothesis import given
from samples import FarTags, Packed, Tree, Unpacked
from strategies import messages

from minirpc.codegen import messages_v1 as pb

_FIELDS = ["f_double", "f_float", "f_int64", "f_uint64", "f_int32", "f_fixed64", "f_fixed32", "f_uint32", "f_sint32"]


def _packed() -> Packed:
    return Packed(
        f_double=[0.5, -1.0],
        f_float=[1.5],
        f_int64=[1, 2**27, 0],
        f_uint64=[127, 128],
        f_int32=[3, 5],
        f_fixed64=[7],
        f_fixed32=[2**32 - 1, 1],
        f_uint32=[0, 16_384],
        f_sint32=[-1, 64, -65],
    )


def _strings() -> Unpacked:
    return Unpacked(f_string=["", "a", "Київ", "b" * 300], f_bytes=[b"\xff\x00", b""])


@pytest.mark.parametrize("make", [_packed, _strings], ids=["numbers", "strings"])
def test_what_was_never_read_is_written_as_it_was(engine: Engine, make: Any) -> None:
    data = engine.encode(make())
    unread = engine.decode(type(make()), data)
    assert engine.encode(unread) == data
    assert unread == make()
    assert engine.encode(unread) == data  # now it was read


def test_what_was_read_can_be_changed(engine: Engine) -> None:
    numbers = engine.decode(Packed, engine.encode(_packed()))
    numbers.f_int64.append(9)
    numbers.f_sint32[0] = 5
    again = engine.decode(Packed, engine.encode(numbers))
    assert (again.f_int64, again.f_sint32) == ([1, 2**27, 0, 9], [5, 64, -65])
    strings = engine.decode(Unpacked, engine.encode(_strings()))
    held = strings.f_string
    held[1] += "!"
    assert strings.f_string is held
    assert engine.decode(Unpacked, engine.encode(strings)).f_string == ["", "a!", "Київ", "b" * 300]


def test_what_comes_later_is_appended_to_what_was_not_read(engine: Engine) -> None:
    for make in (_packed, _strings):
        data = engine.encode(make())
        message = engine.merge(engine.decode(type(make()), data), data)
        for spec in type(message).__fields__:
            assert getattr(message, spec.name) == 2 * list(getattr(make(), spec.name))


def test_the_same_field_in_two_places_is_one_list(engine: Engine) -> None:
    data = engine.encode(Tree(marks=[1, 2])) + engine.encode(Tree(children=[Tree()])) + engine.encode(Tree(marks=[3]))
    assert engine.decode(Tree, data).marks == [1, 2, 3]
    assert engine.decode(FarTags, engine.encode(FarTags(three=["a", "b"]))).three == ["a", "b"]


def test_what_was_not_read_can_be_cleared_and_assigned(engine: Engine) -> None:
    message = engine.decode(Packed, engine.encode(_packed()))
    del message.f_int64
    message.f_int32 = [1]
    message.f_uint32 = None
    assert (message.f_int64, message.f_int32, message.f_uint32) == ([], [1], [])


def test_copies_of_what_was_not_read(engine: Engine) -> None:
    for make in (_packed, _strings):
        data = engine.encode(make())
        message = engine.decode(type(make()), data)
        deep, shallow = copy.deepcopy(message), copy.copy(message)
        for spec in type(message).__fields__:
            if getattr(make(), spec.name):
                assert getattr(shallow, spec.name) is getattr(message, spec.name)
                assert getattr(deep, spec.name) is not getattr(message, spec.name)
        assert message == deep == shallow == pickle.loads(pickle.dumps(message)) == make()
        assert repr(engine.decode(type(make()), data)) == repr(make())


def test_equality_of_what_was_not_read(engine: Engine) -> None:
    data = engine.encode(_packed())
    one, two = engine.decode(Packed, data), engine.decode(Packed, data)
    assert one == two
    assert one != engine.decode(Packed, engine.encode(Packed(f_int64=[1])))
    assert one != Packed()
    one.f_int64[0] += 1
    assert one != two
    strings = engine.decode(Unpacked, engine.encode(Unpacked(f_string=["a", "b"])))
    assert strings != engine.decode(Unpacked, engine.encode(Unpacked(f_string=["a", "c"])))
    assert strings == Unpacked(f_string=["a", "b"])


def test_numbers_that_were_not_read_compare_as_numbers(engine: Engine) -> None:
    not_a_number = engine.encode(Packed(f_double=[math.nan]))
    assert engine.decode(Packed, not_a_number) != engine.decode(Packed, not_a_number)
    plus, minus = (engine.decode(Packed, engine.encode(Packed(f_float=[zero]))) for zero in (0.0, -0.0))
    assert plus == minus


@pytest.mark.parametrize(
    "packed",
    [b"\x81\x00", b"\x80\x80\x00", b"\xff\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\x01" * 65],
    ids=["long one", "long zero", "32 bits", "64 bits", "long run"],
)
def test_numbers_that_encoding_would_write_otherwise(both: list[Engine], packed: bytes) -> None:
    for tag in (0x1A, 0x22, 0x2A, 0x6A, 0x8A):
        head = bytes([tag]) if tag < 0x80 else bytes([tag, 1])
        data = head + bytes([len(packed)]) + packed
        one, two = (engine.encode(engine.decode(Packed, data)) for engine in both)
        assert one == two


def test_strings_that_encoding_would_write_otherwise(both: list[Engine]) -> None:
    data = b"\x4a\x81\x00a\x4a\x80\x00\xca\x00\x01b"  # lengths and a tag that are longer than they need be
    for engine in both:
        message = engine.decode(Unpacked, data)
        assert engine.encode(message) == b"\x4a\x01a\x4a\x00\x4a\x01b"
        assert message.f_string == ["a", "", "b"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x4a\x01a\x4a\x02\xc3\x28",  # not UTF-8
        b"\x4a\x01a\x4a\x02b",
        b"\x4a\x01a\x4a",
        b"\x1a\x02\x01\x80",  # read as Packed: a varint cut short
        b"\x0a\x07\x00\x00\x00\x00\x00\x00\x00",  # and seven bytes of doubles
    ],
)
def test_malformed_runs_are_refused_as_before(both: list[Engine], data: bytes) -> None:
    cls = Unpacked if data[0] == 0x4A else Packed
    one, two = (outcome(engine.decode, cls, data) for engine in both)
    assert one == two
    assert isinstance(one, tuple)


def test_long_runs_of_strings(engine: Engine) -> None:
    for strings in (["x" * 70_000, "é" * 70_000], ["y" * 200_000], [str(number) for number in range(50_000)]):
        message = Unpacked(f_string=strings)
        assert engine.decode(Unpacked, engine.encode(message)) == message


@given(messages(Packed), messages(Unpacked))
def test_the_engines_read_each_others_messages(both: list[Engine], numbers: Any, strings: Any) -> None:
    for message in (numbers, strings):
        for one, two in (both, both[::-1]):
            data = one.encode(message)
            assert two.encode(one.decode(type(message), data)) == data  # unread, by the other engine


def test_who_reads_at_once_reads_one_list(engine: Engine) -> None:
    data = engine.encode(_strings())
    for _ in range(50):
        message = engine.decode(Unpacked, data)
        start, found = threading.Barrier(4), []

        def read(message: Any = message, start: Any = start, found: list[Any] = found) -> None:
            start.wait()
            found.append(message.f_string)

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(one is found[0] for one in found)


def test_json_and_text_of_what_was_not_read() -> None:
    for make in (_packed, _strings):
        cls, data = type(make()), make().to_binary()
        for write in (cls.to_json, cls.to_text, cls.to_dict):
            assert write(cls.from_binary(data)) == write(make())


def test_collections_while_runs_become_lists(engine: Engine) -> None:
    """A finalizer that reads the same field while it is made of the run."""

    class Reader:
        def __init__(self, message: Any) -> None:
            self.message, self.me = message, self

        def __del__(self) -> None:
            seen.append(list(self.message.f_string))

    seen: list[list[str]] = []
    data = engine.encode(_strings())
    threshold = gc.get_threshold()
    gc.collect()
    try:
        for _ in range(20):
            message = engine.decode(Unpacked, data)
            Reader(message)
            gc.set_threshold(1)
            held = message.f_string
            gc.set_threshold(*threshold)
            assert held is message.f_string
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert seen == 20 * [_strings().f_string]


def test_one_string_each() -> None:
    class Names(pb.Message):
        names: list[str] = pb.string(1, repeated=True)

    assert Names.from_binary(b"\x0a\x01a").names == ["a"]
    assert Names.from_binary(b"\x0a\x00").names == [""]
