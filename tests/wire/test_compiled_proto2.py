"""What of proto2 and editions is the compiled engine's business alone: memory, references, user code in between."""

from __future__ import annotations

import codecs
import gc
import random
import sys
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from proto2_samples import Closed, Defaults, Extended, Groups, Loose, Required, Switch

from minirpc import wire
from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError, EncodeError

pytestmark = pytest.mark.skipif(wire.IMPLEMENTATION != "compiled", reason="the pure engine runs")


class Holder(pb.Message, full_name="samples.Extended"):
    """What stands for an extension: a message with one field."""

    held: Extended | None = pb.message(700, lambda: Extended)


def blocks_kept(call: Callable[[], object], times: int) -> int:
    """How many memory blocks are left behind by many calls, once caches are warm."""
    for _ in range(3):
        call()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(times):
        call()
    gc.collect()
    return sys.getallocatedblocks() - before


def groups() -> bytes:
    inner = Groups(label="in", many=[Groups(weight=3), Groups()], far=pb_same())
    return Groups(
        one=inner, many=[inner, Groups(prefixed=inner)], load_group=Groups(), by_name={"a": inner}
    ).to_binary()


def pb_same() -> Any:
    (spec,) = [spec for spec in Groups.__fields__ if spec.name == "far"]
    return spec.type()


# fields of Closed: named and other numbers, alone, in runs, in map entries, as members of a oneof
NUMBERS = bytes.fromhex(
    "0803 0809 1003 1009 1063 1a03030900 1a0cffffffffffffffffff010309 2009 2803 2003"
    "3a050a01611003 3a050a01621063 3a070a016310631003"
)


@pytest.mark.parametrize(("cls", "data"), [(Groups, groups()), (Closed, NUMBERS), (Loose, b"\x0a\x02\xff\xc3\x1a\x00")])
def test_decoding_keeps_no_memory(cls: Any, data: bytes) -> None:
    chosen = random.Random(20)  # the same bytes in every run
    inputs = [data]
    for _ in range(1000):
        at = chosen.randrange(len(data))
        changed = data[:at] + bytes([chosen.randrange(256)]) + data[at + 1 :]
        inputs.append(changed if chosen.random() < 0.8 else data[:at])
    faults = 0

    def use_all() -> None:
        nonlocal faults
        faults = 0
        for changed in inputs:
            try:
                message = cls.from_binary(changed)
            except DecodeError:
                faults += 1
                continue
            message.merge_from_binary(data)
            message.to_binary()

    assert blocks_kept(use_all, 10) < 50
    assert 0 < faults < len(inputs)


def misfits() -> list[Any]:
    deep = Groups()
    deep.one = deep
    unset = Required()
    wrong: Any = [3, 9]
    extended = Extended()
    extended._extensions = {700: Holder(held=Extended(name="\ud800"))}  # type: ignore[misc]
    return [
        deep,
        unset,
        Closed(packed=wrong),
        Closed(unpacked=wrong),
        Closed(by_name={"a": wrong[1]}),
        Loose(one="a\ud800"),
        Loose(by_name={"\udfff": ""}),
        extended,
    ]


@pytest.mark.parametrize("deterministic", [False, True])
def test_refused_encoding_keeps_no_memory(deterministic: bool) -> None:
    messages = misfits()

    def encode_all() -> None:
        for message in messages:
            with pytest.raises(EncodeError):
                message.to_binary(deterministic=deterministic)

    assert blocks_kept(encode_all, 100) < 50


def test_objects_keep_no_memory() -> None:
    def use() -> None:
        message = Defaults(f_string="x")
        assert (message.f_int32, message.f_color, message.f_switch) == (0, 7, Switch.OFF)
        message.f_color, message.f_uint32 = None, 3
        del message.f_string, message.f_uint32
        assert (message.f_string, message.f_uint32) == ('"Käse"\n', 13)
        extended = Extended(name="a")
        extended._extensions = {700: Holder(held=Extended())}  # type: ignore[misc]
        assert wire.copy(extended)._extensions is wire.deepcopy(extended)._extensions is None
        wire.init(extended)
        assert extended._extensions is None

    assert blocks_kept(use, 100) < 50


# ---- holders of extensions


def fresh_holder(*bases: type[Any]) -> Any:
    """A holder whose class has not been used."""
    body = {"held": pb.message(700, lambda: Extended), "more": pb.message(701, lambda: Groups, delimited=True)}
    made: Any = type(pb.Message)("Fresh", bases or (pb.Message,), body, full_name="samples.Extended")
    return made(held=Extended(name="a"))


def test_holders_of_new_classes_are_written() -> None:
    inner = Extended(last=1)
    inner._extensions = {700: fresh_holder(), 800: fresh_holder()}  # type: ignore[misc]
    outer = Extended(name="b")
    outer._extensions = {700: Holder(held=inner), 900: fresh_holder()}  # type: ignore[misc]
    held = bytes.fromhex("e22b03 0a0161".replace(" ", ""))
    written = bytes.fromhex("a01f01") + held + held
    assert inner.to_binary() == written
    assert outer.to_binary(deterministic=True) == b"\x0a\x01b\xe2\x2b" + bytes([len(written)]) + written + held


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda _: {1: 3}, id="no message"),
        pytest.param(lambda _: {1: None}, id="None"),
        pytest.param(lambda _: {1: Extended}, id="a class"),
        pytest.param(lambda message: {1: message}, id="the message itself"),
        pytest.param(lambda _: {1: fresh_holder(pb.ExtendableMessage)}, id="a message that can be extended"),
        pytest.param(lambda _: [fresh_holder()], id="a list"),
        pytest.param(lambda _: 3, id="no container"),
    ],
)
def test_what_is_no_holder_is_refused(wrong: Any) -> None:
    message = Extended()
    message._extensions = wrong(message)  # type: ignore[misc]
    for _ in range(2):
        with pytest.raises(TypeError, match="does not hold extensions"):
            message.to_binary()
        with pytest.raises(TypeError, match="does not hold extensions"):
            Extended.__plan__.encode(message, deterministic=True)


def test_holders_that_lead_back_nest_too_deeply() -> None:
    message = Extended()
    message._extensions = {700: Holder(held=message)}  # type: ignore[misc]
    with pytest.raises(EncodeError, match="nested deeper than 100 levels"):
        message.to_binary()


def test_cycles_through_extensions_are_collected() -> None:
    class Watched(Extended):
        __slots__ = ("__weakref__",)

    for make in (Watched, lambda: Watched.from_binary(b"")):
        message = make()
        message._extensions = {700: Holder(held=message)}  # type: ignore[misc]
        watch = weakref.ref(message)
        del message
        gc.collect()
        assert watch() is None
    assert gc.is_tracked(Extended())
    assert gc.is_tracked(Extended.from_binary(b""))


def test_merging_fills_empty_slots() -> None:
    message = Extended.__new__(Extended)
    message.merge_from_binary(b"\x0a\x01a")
    assert (message.name, message._extensions, message._unknown) == ("a", None, b"")


# ---- user code in between


def test_encoding_runs_no_code_of_numbers_and_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    class Number(int):
        def __hash__(self) -> int:
            ran.append("hash")
            return 1

        def __eq__(self, other: object) -> bool:
            ran.append("eq")
            return True

    for number in (3, 2**31 - 1):
        Closed(packed=[Number(number)]).to_binary()  # type: ignore[list-item]
    with pytest.raises(EncodeError):
        Closed(packed=[Number(9)]).to_binary()  # type: ignore[list-item]
    assert ran == []

    original = codecs.lookup_error("surrogateescape")

    def handler(error: UnicodeError) -> Any:
        ran.append("handler")
        return original(error)

    codecs.register_error("surrogateescape", handler)
    try:
        text = "a\udcffé\udc80\U0001f600ß漢"
        data = Loose(one=text).to_binary()
        assert Loose.from_binary(data).one == text
    finally:
        codecs.register_error("surrogateescape", original)
    assert data == b"\x12\x0ea\xff\xc3\xa9\x80\xf0\x9f\x98\x80\xc3\x9f\xe6\xbc\xa2"
    assert ran == []


def test_the_class_of_a_default_may_come_later() -> None:
    class Late(pb.Message):
        mode: Any = pb.enum(1, lambda: later[0], optional=True, default=3)
        other: Any = pb.enum(2, lambda: later[0], oneof="choice", default=-1)

    later: list[type[pb.Enum]] = []
    message = Late.__new__(Late)
    for name in ("mode", "other"):
        with pytest.raises(IndexError):
            getattr(message, name)
    later.append(Switch)
    assert (message.mode, message.other) == (Switch.ON, Switch.OFF)
    later.clear()  # it is asked for once
    assert (Late.__new__(Late).mode, Late.__new__(Late).other) == (Switch.ON, Switch.OFF)
