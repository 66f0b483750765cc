"""The compiled reader and writer of JSON: what they do is what the careful ones do, on every input."""

from __future__ import annotations

import base64
import contextlib
import gc
import itertools
import json
import math
import os
import random
import struct
import sys
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from typing import Any

import pytest
from json_documents import Documents
from json_twins import twins
from proto2_samples import Extended
from samples import Same

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError, EncodeError
from minirpc.message import float32
from minirpc.message.json import read_carefully
from minirpc.message.json.reader import Reader
from minirpc.message.registry import Registry
from minirpc.message.wkt import ListValue, Struct, Timestamp, Value
from minirpc.wire import IMPLEMENTATION

ours, _ = twins()
REGISTRY = Registry(ours)
CLASSES = [ours.Scalars, ours.Names, ours.Repeated, ours.Maps, ours.Optional, ours.Choice, ours.Tree, ours.Known, Value]
MANY = int(os.environ.get("MINIRPC_EXAMPLES", "1"))

pytestmark = pytest.mark.skipif(IMPLEMENTATION != "compiled", reason="it is the compiled engine's")


def quickly(cls: Any, data: Any, *, ignore_unknown: bool = False, max_depth: int = 100) -> Any:
    """What the compiled reader reads; None if it gives up."""
    return Reader.of(cls).compiled.read(cls, data, ignore_unknown, REGISTRY, max_depth)


def carefully(cls: Any, data: Any, *, ignore_unknown: bool = False, max_depth: int = 100) -> Any:
    """What the careful reader reads; None if it refuses."""
    try:
        return read_carefully(cls, data, ignore_unknown, REGISTRY, max_depth)
    except DecodeError:
        return None


def assert_same(quick: Any, careful: Any) -> None:
    assert type(quick) is type(careful)
    # with the signs of zeros, and NaN; and the kinds of enum values and containers
    assert repr(quick) == repr(careful)
    assert quick.to_binary() == careful.to_binary()


def documents(seed: int, count: int) -> Iterator[tuple[Any, Any]]:
    """Classes, and documents for them as str, bytes and bytearray, every other one damaged."""
    source, made = random.Random(seed), Documents(seed)
    for _ in range(count * MANY):
        cls = source.choice(CLASSES)
        text: Any = made.document(cls)
        yield cls, source.choice([str, str.encode, lambda text: bytearray(text.encode())])(text)
        damaged = made.damaged(text.encode())
        yield cls, damaged
        yield cls, damaged.decode(errors="surrogateescape")


@pytest.mark.parametrize("ignore_unknown", [False, True])
def test_what_both_readers_read_is_the_same(ignore_unknown: bool) -> None:
    read = left = 0
    for cls, data in documents(1 + ignore_unknown, 2_000):
        for max_depth in (100, 2) if isinstance(data, str) else (100,):
            quick = quickly(cls, data, ignore_unknown=ignore_unknown, max_depth=max_depth)
            careful = carefully(cls, data, ignore_unknown=ignore_unknown, max_depth=max_depth)
            if quick is not None:
                assert_same(quick, careful)
                read += 1
            elif careful is not None:
                left += 1
    assert read > 10 * left > 0  # both are tried


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (
            ours.Scalars,
            ' {"fInt64" : "-9223372036854775808" ,\n"f_uint64":18446744073709551615,\t"fEnum":"GENRE_POETRY"}\r',
        ),
        (
            ours.Scalars,
            '{"fSint32":-2147483648,"fFixed32":4294967295,"fBool":true,"fBytes":"_-8","fString":"\\ud83d\\ude00"}',
        ),
        (ours.Scalars, '{"fFloat":3.4028235e38,"fDouble":123456789012345678901234567890,"fInt32":null,"fEnum":99}'),
        (ours.Repeated, '{"fDouble":["NaN","-Infinity",-0,-0.0,"-0",1e-320],"fEnum":[1,"GENRE_FICTION"],"fBool":[]}'),
        (
            ours.Repeated,
            '{"fNull":[null,0],"fValue":[null,1,"x",{"a":[true]}],"fMessage":[{},{"label":""}],"fWrapper":[1]}',
        ),
        (ours.Maps, '{"byBool":{"true":false},"byInt64":{"-1":1},"byString":{"\\u0456":1,"":2},"values":{"a":null}}'),
        (ours.Choice, '{"number":null,"nothing":null,"data":"QQ=="}'),
        (ours.Names, '{"class":1,"fieldName2":2,"_field_name3":3}'),
        (ours.Known, '{"timestamp":"2024-02-29T23:59:59.5Z","duration":"-0.000000001s","fBytes":"","fInt64":"1"}'),
        (ours.Known, '{"struct":{"a":[[]]},"list":[],"value":{},"null":null,"empty":{},"mask":"a.bC","any":{}}'),
        (ours.Known, '{"any":{"@type":"x/json_sample.Tree","left":{"label":"x"}}}'),
        (ListValue, "[1,[2]]"),
        (Struct, '{"":{}}'),
        (Timestamp, '"1969-12-31T23:59:59Z"'),
    ],
)
def test_what_is_common_is_read_quickly(cls: Any, text: str) -> None:
    """Else all the others would be about the careful reader alone."""
    for data in (text, text.encode(), bytearray(text.encode())):
        quick = quickly(cls, data)
        assert quick is not None
        assert_same(quick, carefully(cls, data))
        assert_same(quick, cls.from_json(data, registry=REGISTRY))


def test_what_is_unknown_is_skipped_quickly() -> None:
    text = '{"a":{"b":[1,-2.5e3,{"c":"\\u0454\\n"},null,true,[]]},"é":false,"fInt32":1,"a":0}'
    message = quickly(ours.Scalars, text, ignore_unknown=True)
    assert message == ours.Scalars(f_int32=1) == carefully(ours.Scalars, text, ignore_unknown=True)
    assert quickly(ours.Scalars, text) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"@other "name" é":1}',
        '{"@other \\"name" é":1}',
        '{"fieldName2\\u0000":1}',
        '{"fieldName2" 1}',
        '{"fieldName2":1,}',
        '{"fieldName2":1,,"class":1}',
        '{"fieldName2":1 "class":1}',
        '{"fieldName2":01}',
        '{"fieldName2":1}}',
        '{"fieldName2":1}\0',
        "{'class':1}",
        '{"class":1',
        '{"class":',
        '{"class"',
        '{"class',
        '{"',
        "{",
        "",
        '{"class":1,"class":null}',
        '{"fieldName2":null,"field_name2":1}',
    ],
)
def test_what_is_malformed_is_left_to_the_careful_reader(text: str) -> None:
    assert quickly(ours.Names, text) is None
    with pytest.raises(DecodeError):
        ours.Names.from_json(text)


def test_no_byte_beyond_the_end_is_read() -> None:
    # each prefix ends where something may be looked for that is behind it
    text = (
        '{"fString":"\\ud83d\\ude00é","fBytes":"AAAA","fDouble":-1e-3,"fBool":true,"fEnum":"GENRE_POETRY","fInt64":"1"}'
    )
    known = '{"timestamp":"2024-02-29T23:59:59.123Z","duration":"-12.5s","struct":{"a":[null]},"fInt32":7}'
    for cls, whole in ((ours.Scalars, text.encode()), (ours.Known, known.encode())):
        assert quickly(cls, whole) is not None
        for end in range(len(whole)):
            assert quickly(cls, bytes(whole[:end])) is None


def test_levels_that_are_allowed_may_be_more_than_the_compiled_reader_has() -> None:
    deep = "[" * 300 + "]" * 300
    assert quickly(Value, deep, max_depth=1000) is None
    assert Value.from_json(deep, max_depth=1000) == carefully(Value, deep, max_depth=1000)
    trees = '{"left":' * 100 + "{}" + "}" * 100
    assert quickly(ours.Tree, trees) is not None
    assert quickly(ours.Tree, trees, max_depth=99) is None
    with pytest.raises(DecodeError, match="nested deeper than 99 levels"):
        ours.Tree.from_json(trees, max_depth=99)


def test_classes_with_many_fields() -> None:
    lines = {f"field{number}": pb.int32(number) for number in range(1, 601)}
    annotations = dict.fromkeys(lines, int)
    cls: Any = type(pb.Message)(
        "Wide", (pb.Message,), {"__annotations__": annotations, "__module__": __name__, **lines}
    )
    text = json.dumps({name: index for index, name in enumerate(lines)})
    assert_same(quickly(cls, text), carefully(cls, text))
    assert quickly(cls, text[:-1] + ',"field600":1}') is None


class Text(str):
    __slots__ = ()

    def encode(self, *_: Any) -> Any:
        raise AssertionError("what is a str is read, not asked")


def test_subclasses() -> None:
    class Child(Same):  # type: ignore[misc]
        def __init__(self, **_: Any) -> None:
            raise AssertionError("reading does not run it")

    spec = next(spec for spec in Same.__fields__ if not spec.is_message)
    assert type(quickly(Child, "{}")) is Child
    assert type(Child.from_json("{}")) is Child
    assert spec.name
    assert quickly(ours.Scalars, Text('{"fString":"é"}')).f_string == "é"


def test_extensions_are_left_to_the_careful_reader() -> None:
    assert quickly(Extended, "{}") is not None
    assert quickly(Extended, '{"[acme.none]":1}', ignore_unknown=True) is None
    assert quickly(Extended, '{"acme.none":1}', ignore_unknown=True) is not None


# ---- strings and bytes


def strings(seed: int, count: int) -> Iterator[str]:
    """Of all widths and of lengths around those that are gone through in one go, many with something to be escaped."""
    source = random.Random(seed)
    alphabets = ["abc z~", "é\xffa", "Київ\u2028 ", "漢\ue000\uffff\u8000字", "😀\U0010ffffa"]
    for _ in range(count):
        letters = "".join(source.sample(alphabets, source.choice([1, 1, 2])))
        characters = source.choices(letters, k=source.choice([0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 70]))
        if characters and source.random() < 0.5:
            characters[source.randrange(len(characters))] = source.choice('"\\\n\0\x1f\x7f')
        yield "".join(characters)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def test_strings_of_all_widths() -> None:
    for seed in range(150 * MANY):
        some = list(strings(seed, random.Random(seed).randrange(1, 25)))
        expected = as_json({"fString": some})
        for message in (ours.Repeated(f_string=some), ours.Repeated(f_string=some, f_message=[ours.Tree()])):
            text = message.to_json()
            assert text.startswith(expected[:-1])
            # of the least width that holds it, as all of Python takes for granted
            assert sys.getsizeof(text) == sys.getsizeof(text.encode().decode())
            assert text == type(message).from_binary(message.to_binary()).to_json()
        keys = dict.fromkeys(some, 1)
        assert ours.Maps(by_string=keys).to_json() == as_json({"byString": keys})


@pytest.mark.parametrize("width", ["a", "é", "ї", "😀"])
def test_lone_surrogates_are_found_wherever_they_stand(width: str) -> None:
    for size in (1, 9, 16, 17, 40):
        for place in range(size):
            for surrogate in "\ud800\udfff":
                text = f"{width * place}{surrogate}{width * (size - place - 1)}"
                with pytest.raises(EncodeError):
                    ours.Scalars(f_string=text).to_json()
                with pytest.raises(EncodeError):
                    ours.Maps(by_string={text: 1}).to_json()
                with pytest.raises(EncodeError):
                    ours.Known(value=Value(string_value=text)).to_json()


def test_what_python_functions_write_is_as_wide_as_it_is() -> None:
    for text in strings(1, 100 * MANY):
        message = ours.Known(struct=Struct(fields={text: Value(string_value=text)}))
        assert message.to_json() == as_json({"struct": {text: text}})


def test_an_extension_may_come_first_and_be_wide() -> None:
    class Extendable(pb.ExtendableMessage, name="wide.Extendable"):
        title: str | None = pb.string(1, optional=True)

    nickname = pb.extension("wide.nickname", lambda: Extendable, pb.string(100, optional=True))
    message: Any = Extendable()
    message[nickname] = "Київ"
    assert message.to_json() == '{"[wide.nickname]":"Київ"}'
    message.title = "й"
    assert message.to_json() == '{"title":"й","[wide.nickname]":"Київ"}'


def test_bytes_of_all_lengths() -> None:
    source = random.Random(0)
    for size in (*range(100), 4_096):
        data = source.randbytes(size)
        assert ours.Repeated(f_bytes=[data, b"", data]).to_dict()["fBytes"] == [
            base64.b64encode(part).decode() for part in (data, b"", data)
        ]
    every = bytes(
        byte for number in range(1 << 12) for byte in (number >> 4, number << 4 & 0xFF | number >> 8, number & 0xFF)
    )
    assert ours.Scalars(f_bytes=every).to_dict()["fBytes"] == base64.b64encode(every).decode()


# ---- floating-point numbers


def doubles(count: int) -> Iterator[float]:
    source = random.Random(0)
    for _ in range(count):
        yield from struct.unpack("<d", source.randbytes(8))
        yield source.random()
        yield round(source.uniform(-1e6, 1e6), source.randrange(8))
        yield float(source.randrange(10**17)) * 10.0 ** source.randrange(-30, 20)
    for exponent in range(-1074, 1024):  # numbers below are twice as dense as those above
        power = math.ldexp(1.0, exponent)
        yield from (power, -power, math.nextafter(power, 0.0), math.nextafter(power, math.inf))
    for exponent in range(-323, 309):
        yield float(f"1e{exponent}")
    yield from (0.0, -0.0, 5e-324, sys.float_info.max, sys.float_info.min, 1e15, 1e16, 2.0**53, 2.0**53 + 2, 9.5e15)


def test_doubles_are_written_as_python_writes_them_and_read_back() -> None:
    numbers = [number for number in doubles(5_000 * MANY) if math.isfinite(number)]
    text = ours.Repeated(f_double=numbers).to_json()
    assert text == f'{{"fDouble":[{",".join(map(repr, numbers))}]}}'
    read = quickly(ours.Repeated, text).f_double
    assert struct.pack(f"{len(numbers)}d", *read) == struct.pack(f"{len(numbers)}d", *numbers)


def test_floats_have_the_fewest_digits() -> None:
    source = random.Random(0)
    bits = [source.randrange(1 << 32) for _ in range(10_000 * MANY)]
    bits += [
        exponent << 23 | low for exponent in range(255) for low in (0, 1, 0x7FFFFF)
    ]  # powers of two, and beside them
    bits += [*range(1, 500), *range(0x7F7FFFF0, 0x7F800000), 0x80000000]
    numbers = [
        number for (number,) in (struct.unpack("<f", struct.pack("<I", b)) for b in bits) if math.isfinite(number)
    ]
    text = ours.Repeated(f_float=numbers).to_json()
    assert text == f'{{"fFloat":[{",".join(repr(float32.shortest(number)) for number in numbers)}]}}'
    assert quickly(ours.Repeated, text).f_float.tobytes() == struct.pack(f"{len(numbers)}f", *numbers)


def test_decimals_become_the_double_next_to_them() -> None:
    source = random.Random(0)
    texts = [
        f"{source.randrange(10 ** source.randrange(1, 25))}e{source.randrange(-345, 284)}" for _ in range(10_000 * MANY)
    ]
    for double in itertools.islice(doubles(200), 800):  # the middle between two doubles, and what is beside it
        if math.isfinite(double) and 1e-30 < abs(double) < 1e30:
            middle = format((_exact(double) + _exact(math.nextafter(double, math.inf))) / 2, "f")
            texts += [middle, f"{middle}1" if "." in middle else f"{middle}.1", middle[:-1].rstrip(".")]
    expected = [float(text) for text in texts]
    assert all(map(math.isfinite, expected))
    assert quickly(ours.Repeated, f'{{"fDouble":[{",".join(texts)}]}}').f_double == expected


def _exact(number: float) -> Any:
    return Context(prec=400).create_decimal(Decimal(number))


# ---- memory


def blocks_kept(call: Callable[[], object]) -> int:
    for _ in range(3):
        call()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(5):
        call()
    gc.collect()
    return sys.getallocatedblocks() - before


def test_reading_keeps_no_memory() -> None:
    inputs = list(documents(3, 300))
    count = [0]

    def read_all() -> None:
        count[0] = sum(quickly(cls, data, ignore_unknown=True) is None for cls, data in inputs)

    assert blocks_kept(read_all) < 50
    assert len(inputs) // 5 < count[0] < len(inputs) // 5 * 4


def test_writing_keeps_no_memory() -> None:
    messages = [ours.Repeated(f_string=list(strings(seed, 40))) for seed in range(50)]
    messages += [ours.Scalars(f_string="ї", f_int32="x"), ours.Repeated(f_string=["ї" * 20, "\ud800"] * 20)]

    def write_all() -> None:
        for message in messages:
            with contextlib.suppress(EncodeError):
                message.to_json()

    assert blocks_kept(write_all) < 50
