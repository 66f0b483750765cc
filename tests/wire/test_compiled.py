"""What is the compiled engine's business alone: references, memory, the garbage collector, user code in between."""

from __future__ import annotations

import copy
import gc
import random
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from compiled_samples import Leaf, Node, sample
from engines import PURE

from minirpc import wire
from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError, EncodeError

pytestmark = pytest.mark.skipif(wire.IMPLEMENTATION != "compiled", reason="the pure engine runs")


def mutations(data: bytes, count: int) -> Iterator[bytes]:
    """``data`` with a byte changed, or cut short."""
    chosen = random.Random(20)  # the same ones in every run
    for _ in range(count):
        at = chosen.randrange(len(data))
        yield data[:at] + bytes([chosen.randrange(256)]) + data[at + 1 :] if chosen.random() < 0.8 else data[:at]


# ---- memory and references


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


def test_decoding_keeps_no_memory() -> None:
    inputs = list(mutations(sample().to_binary(), 2000))
    faults = []

    def decode_all() -> None:
        faults.clear()
        for data in inputs:
            try:
                Node.from_binary(data)
            except DecodeError as error:
                faults.append(error.reason)
        faults[:] = [str(len(faults))]

    assert blocks_kept(decode_all, 10) < 50
    assert int(faults[0]) > 1000  # or the test would be about nothing


def misfits() -> list[Node]:
    deep = Node()
    deep.right = deep
    return [
        Node(names=["a", 3]),  # type: ignore[list-item]
        Node(by_name={"k": Node(numbers=[2**64])}),
        Node(by_name={3: Node()}),  # type: ignore[dict-item]
        Node(children=[Node(left="\ud800")]),
        Node(children=(Node(),)),  # type: ignore[arg-type]
        Node(text_of={2: "", 1: 5}),  # type: ignore[dict-item]
        deep,
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
    message = sample()
    data = message.to_binary()

    def use() -> None:
        twin = Node.from_binary(data)
        assert twin == message
        assert copy.deepcopy(twin) == copy.copy(twin)
        twin.merge_from_binary(data)
        twin.left, twin.names = "y", []
        del twin.children
        assert twin != message
        for arguments in ({"left": "", "right": Node()}, {"nodes": []}):
            with pytest.raises(TypeError):
                Node(**arguments)

    assert blocks_kept(use, 100) < 50


def test_values_have_the_references_they_should() -> None:
    text, number = "".join(["a text", " of its own"]), 10**15
    base = sys.getrefcount(text), sys.getrefcount(number)
    message = Node(left=text, names=[text], numbers=[number])
    message.to_binary()
    assert (sys.getrefcount(text), sys.getrefcount(number)) == (base[0] + 2, base[1] + 1)
    message.left = None
    del message.names, message.numbers
    assert (sys.getrefcount(text), sys.getrefcount(number)) == base


def test_unknown_fields_of_somebody_else_are_not_written_into() -> None:
    message = Leaf.from_binary(b"\x7a\x01a")
    held = message._unknown
    message.merge_from_binary(b"\x7a\x01b\x7a\x01c")
    assert (held, message._unknown) == (b"\x7a\x01a", b"\x7a\x01a\x7a\x01b\x7a\x01c")
    hash(message._unknown)
    message.merge_from_binary(b"\x78\x00")
    assert {message._unknown: 1}[b"\x7a\x01a\x7a\x01b\x7a\x01c\x78\x00"] == 1


# ---- the garbage collector


def test_only_messages_that_can_be_in_cycles_are_tracked() -> None:
    decoded = Node.from_binary(sample().to_binary())
    inner = decoded.children[0]
    assert inner.leaf is not None
    assert gc.is_tracked(decoded)
    assert gc.is_tracked(inner)
    assert gc.is_tracked(Node())
    assert not gc.is_tracked(inner.leaf)
    assert not gc.is_tracked(Leaf())
    assert not gc.is_tracked(copy.copy(inner.leaf))


def test_cycles_are_collected() -> None:
    def make_cycle() -> None:
        node = Node(children=[Node()])
        node.children[0].by_name["up"] = node

    assert blocks_kept(make_cycle, 200) < 50


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("tail", [b"", b"\x07"], ids=["whole", "malformed"])
def test_collection_pauses_during_a_large_decode(enabled: bool, tail: bytes) -> None:
    data = Node(children=[Node(children=[Node()]) for _ in range(5000)]).to_binary() + tail
    collections: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        collections.append(phase)

    gc.collect()
    (gc.enable if enabled else gc.disable)()
    gc.callbacks.append(note)
    try:
        message = None if tail else Node.from_binary(data)
        if tail:
            with pytest.raises(DecodeError):
                Node.from_binary(data)
        assert gc.isenabled() is enabled
    finally:
        gc.callbacks.remove(note)
        gc.enable()
    assert message is None or len(message.children) == 5000
    # 10,000 messages and lists would set off a dozen; the first object made afterwards may well set off one
    assert collections.count("start") <= 1


def test_classes_are_collected() -> None:
    class Passing(pb.Message):
        again: Passing | None = pb.message(1, lambda: Passing)  # noqa: F821
        names: list[str] = pb.string(2, repeated=True)

    message = Passing.from_binary(b"\x0a\x03\x12\x01a")
    assert message.again == Passing(names=["a"])
    gone = weakref.ref(Passing)
    del message, Passing
    gc.collect()
    assert gone() is None


# ---- the encoder's buffer and its guesses at lengths


@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 129, 960, 1000, 1010, 1024, 16382, 16384, 2**21, 2**21 + 8])
def test_lengths_around_the_edges(size: int) -> None:
    message = Node(right=Node(right=Node(data=b"d" * size), names=["n"]))
    for other in (3, 200, 20000, 3):  # what the field took last is the guess at what it takes next
        Node(right=Node(data=b"o" * other)).to_binary()
        data = message.to_binary()
        assert Node.from_binary(data) == message
        # sizes are written in as few bytes as possible (encoding specification, "Length-Delimited Records")
        assert len(data) == len(PURE.encode(message))


def test_packed_runs_of_all_lengths_through_one_field() -> None:
    for count in (1, 200, 1, 20000, 127, 128, 1):
        message = Node(numbers=list(range(count)))
        assert message.to_binary() == PURE.encode(message)


# ---- depth


def nested(levels: int) -> bytes:
    data = b""
    for _ in range(levels):
        size = wire.encode_varint(len(data))
        data = b"\x3a" + size + data
    return data


def test_a_depth_beyond_the_interpreters_is_an_error_not_a_crash() -> None:
    with pytest.raises(RecursionError):
        Node.from_binary(nested(20_000), max_depth=10**9)
    with pytest.raises(RecursionError):
        Node.from_binary(b"\x7b" * 20_000, max_depth=10**9)
    with pytest.raises(RecursionError):
        wire.skip_field(b"\x7b" * 20_000, 1, 15, 3, 10**9)
    assert Node.from_binary(nested(100)).to_binary() == nested(100)
    assert Node.from_binary(nested(150), max_depth=150).right is not None


def test_cyclic_messages() -> None:
    node = Node()
    node.right = Node(children=[node], by_name={"n": node})
    other = Node()
    other.right = Node(children=[other], by_name={"n": other})
    with pytest.raises(EncodeError, match="nested deeper than 100 levels"):
        node.to_binary()
    with pytest.raises(RecursionError):
        assert node == other
    twin = copy.deepcopy(node)
    assert twin.right is not None
    assert twin.right.children[0] is twin
    assert twin.right.by_name["n"] is twin


def test_a_deep_chain_is_copied_or_refused() -> None:
    node = Node()
    for _ in range(100_000):
        node = Node(right=node)
    with pytest.raises(RecursionError):
        copy.deepcopy(node)
    while node.right is not None:  # taken apart from the top: the interpreter destroys chains level by level
        node = node.right


# ---- code of the user's that runs in between


def test_a_message_is_changed_while_an_enum_is_asked() -> None:
    kept: list[Any] = []

    class Meddling(pb.Enum):
        ZERO = 0

        @classmethod
        def _missing_(cls, value: object) -> Any:
            if kept and isinstance(value, int):
                kept[0].shades = None
                kept[0].shades = [Meddling.ZERO] * 3
                gc.collect()
            return super()._missing_(value)

    class Shades(pb.Message):
        shades: list[Meddling] = pb.enum(1, lambda: Meddling, repeated=True)
        by_name: dict[str, Meddling] = pb.map(2, "string", "enum", lambda: Meddling)
        shade: Meddling = pb.enum(3, lambda: Meddling)

    message = Shades()
    kept.append(message)
    message.merge_from_binary(
        b"\x0a\x03\x07\x08\x09" + b"\x08\x05\x08\x06" + b"\x12\x05\x0a\x01a\x10\x07" + b"\x18\x63"
    )
    assert message.shade == 99
    assert message.by_name == {"a": 7}
    assert message.shades == [0, 0, 0]


def test_an_enum_that_raises_ends_the_decoding() -> None:
    class Strict(pb.Enum):
        ZERO = 0

        @classmethod
        def _missing_(cls, value: object) -> Any:
            raise KeyError(value)

    class Holder(pb.Message):
        entries: dict[str, Strict] = pb.map(1, "string", "enum", lambda: Strict)

    with pytest.raises(KeyError, match=r"^7$"):
        Holder.from_binary(b"\x0a\x05\x0a\x01a\x10\x07")


def test_a_list_is_changed_while_it_is_compared_or_copied() -> None:
    class Meddler:
        def __init__(self, victim: list[Any]) -> None:
            self.victim = victim

        def __eq__(self, other: object) -> bool:
            self.victim.clear()
            return True

        def __hash__(self) -> int:
            return 1

        def __deepcopy__(self, memo: object) -> str:
            self.victim.clear()
            return "copied"

    message, other = Node(), Node()
    message.children = [Node(), Meddler(message.children), Node()]  # type: ignore[list-item]
    message.children[1].victim = message.children  # type: ignore[attr-defined]
    other.children = [Node(), Node(), Node()]
    assert message != other
    message.children = [Node(), Meddler([]), Node()]  # type: ignore[list-item]
    message.children[1].victim = message.children  # type: ignore[attr-defined]
    assert copy.deepcopy(message).children == [Node(), "copied"]


def test_encoding_runs_no_code_of_the_values() -> None:
    class Number(int):
        def __index__(self) -> int:
            raise AssertionError

        __int__ = __index__

        def __eq__(self, other: object) -> bool:
            raise AssertionError

        __hash__ = int.__hash__

    class Text(str):
        __slots__ = ()

        def encode(self, *args: Any) -> bytes:
            raise AssertionError

    class List(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            raise AssertionError

        def __len__(self) -> int:
            raise AssertionError

    message = Node(names=List([Text("a"), Text("ä")]), numbers=List([Number(3), Number(2**62)]), left=Text("x"))
    assert message.to_binary() == Node(names=["a", "ä"], numbers=[3, 2**62], left="x").to_binary()


# ---- several threads


def test_threads_share_messages_and_plans() -> None:
    message = sample()
    data = message.to_binary()
    wrong: list[object] = []

    def work() -> None:
        for _ in range(300):
            results = message.to_binary(), Node.from_binary(data), copy.deepcopy(message)
            wrong.extend(result for result in results if result not in (data, message))

    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(old)
    assert wrong == []
