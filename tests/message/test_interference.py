"""What runs in the middle of the codec's work: the collector and its callbacks, finalizers, other threads, values with
methods of their own. On the engine that is chosen."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from compiled_samples import Color, Leaf, Node, sample
from samples import Implicit, Maps, Packed, Tree, Unpacked

from minirpc import wire
from minirpc.errors import DecodeError, EncodeError


@contextmanager
def collecting(callback: Callable[[], object]) -> Iterator[list[int]]:
    """Has the collector run as often as it can, and calls back each time; gives how many times that was."""
    count = [0]
    running = []

    def call(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and not running:
            running.append(True)
            try:
                count[0] += 1
                callback()
            finally:
                running.clear()

    old = gc.get_threshold()
    gc.callbacks.append(call)
    gc.set_threshold(1, 1, 1)
    try:
        yield count
    finally:
        gc.set_threshold(*old)
        gc.callbacks.remove(call)


def wide(children: int) -> Node:
    return Node(
        children=[Node(leaf=Leaf(text="x"), names=["a"], numbers=[1, 2]) for _ in range(children)],
        by_name={f"key {number}": Node(left="y", colors=[Color.RED]) for number in range(children)},
        names=["n"] * children,
        text_of=dict.fromkeys(range(children), "t"),
    )


# ---- the collector


@pytest.mark.parametrize("tail", [b"", b"\x07"], ids=["whole", "malformed"])
def test_collections_use_other_messages_while_one_is_decoded(tail: bytes) -> None:
    expected = wide(20)
    data = expected.to_binary()
    small, bystander = sample().to_binary(), sample()
    wrong: list[object] = []

    def use() -> None:
        if bystander.to_binary() != small or Node.from_binary(small) != bystander:
            wrong.append("what was decoded in between")
        copy.deepcopy(bystander)
        repr(bystander)

    with collecting(use) as count:
        if tail:
            with pytest.raises(DecodeError):
                Node.from_binary(data + tail)
        else:
            assert Node.from_binary(data) == expected
    assert wrong == []
    assert count[0] > 0


def test_collections_change_the_message_that_is_merged_into() -> None:
    data = wide(20).to_binary()
    message = Node()
    turns = [
        lambda: setattr(message, "children", []),
        lambda: message.names.__delitem__(slice(None)),
        lambda: message.by_name.update(dict.fromkeys(message.by_name, Node())),
        lambda: delattr(message, "text_of"),
        lambda: setattr(message, "leaf", None),
        lambda: setattr(message, "right", Node()),
        lambda: message.children.extend([Node()] * 50),
        lambda: setattr(message, "names", None),
    ]

    def change() -> None:
        turns.append(turns.pop(0))
        turns[-1]()

    for _ in range(20):
        with collecting(change):
            message.merge_from_binary(data)
        # whatever is left of it, it is a message
        assert Node.from_binary(message.to_binary()) == message


def test_collections_during_encoding_see_and_change_nothing_halfway() -> None:
    message = wide(20)
    expected = message.to_binary(deterministic=True)

    def use() -> None:
        message.names.append("more")
        message.by_name[f"another {len(message.by_name)}"] = Node()

    for deterministic in (False, True):
        with collecting(use):
            try:
                data = message.to_binary(deterministic=deterministic)
            except RuntimeError as error:  # what Python itself says of a dict that changes under a loop
                assert wire.IMPLEMENTATION == "pure"
                assert "changed size" in str(error)
                continue
        assert Node.from_binary(data).names[:20] == ["n"] * 20
    assert len(message.to_binary()) >= len(expected)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was_after_every_outcome(enabled: bool) -> None:
    large = wide(400)
    data = large.to_binary()
    large.children[-1].numbers = [2**64]
    (gc.enable if enabled else gc.disable)()
    try:
        Node.from_binary(data)
        assert gc.isenabled() is enabled
        for malformed in (data[:-1], data + b"\x07", data + b"\x0a"):
            with pytest.raises(DecodeError):
                Node.from_binary(malformed)
            with pytest.raises(DecodeError):
                Node().merge_from_binary(malformed)
            assert gc.isenabled() is enabled
        for deterministic in (False, True):
            with pytest.raises(EncodeError):
                large.to_binary(deterministic=deterministic)
            assert gc.isenabled() is enabled
        copy.deepcopy(large)
        with pytest.raises(TypeError):
            Node(children=[], nonsense=1)  # type: ignore[call-arg]
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


def test_cycles_are_collected_however_they_came_about() -> None:
    class Watched(Node):
        __slots__ = ("__weakref__",)

    def decoded() -> Watched:
        node = Watched.from_binary(sample().to_binary())
        node.children[0].right = node
        return node

    def built() -> Watched:
        node = Watched(right=Node())
        assert node.right is not None
        node.right.by_name["up"] = node
        return node

    def copied() -> Watched:
        return copy.deepcopy(built())

    def shallow() -> Watched:
        node = copy.copy(Watched(names=["a"]))
        node.children.append(node)
        return node

    def unpickled() -> Watched:
        node = Watched(left="x")
        node.children = [Node(right=node)]
        twin = Watched.from_binary(Node(children=[Node()]).to_binary())
        twin.children[0].right = node
        node.children.append(twin)
        return node

    def frozen() -> Watched:
        node = decoded()
        gc.freeze()
        gc.unfreeze()
        return node

    for make in (decoded, built, copied, shallow, unpickled, frozen):
        gc.collect()
        reference = weakref.ref(make())
        gc.collect()
        assert reference() is None, make.__name__


def test_a_message_that_cannot_be_in_a_cycle_may_hold_one_all_the_same() -> None:
    class Held:
        pass

    # a slot takes any value, wrong ones too: they must not be lost to the collector with the message, nor before it
    leaf: Any = Leaf()
    held: Any = Held()
    leaf.text = held
    gc.collect()
    assert leaf.text is held
    reference = weakref.ref(held)
    del held, leaf
    gc.collect()
    assert reference() is None


def test_frozen_messages_work_on() -> None:
    message = Node.from_binary(sample().to_binary())
    gc.freeze()
    try:
        message.children.append(Node(left="new"))
        message.by_name["n"].right = None
        del message.names
        assert Node.from_binary(message.to_binary()) == message
    finally:
        gc.unfreeze()
    gc.collect()
    assert message.children[-1].left == "new"


# ---- finalizers of what is replaced


class Farewell(str):
    """A text that does something when it goes."""

    __slots__ = ("then",)

    then: Callable[[], object]

    def __del__(self) -> None:
        self.then()


def farewell(then: Callable[[], object]) -> Any:
    text = Farewell("x")
    text.then = then
    return text


def test_a_replaced_value_changes_its_message() -> None:
    gone: list[str] = []
    message = Node()

    def change() -> None:
        gone.append("value")
        message.left = None
        message.right = Node(left="from the finalizer")
        del message.names
        message.by_name.clear()
        message.to_binary()

    for replace in (
        lambda: message.merge_from_binary(Node(left="new", names=["a"] * 3, by_name={"k": Node()}).to_binary()),
        lambda: message.merge_from_binary(Node(right=Node(right=Node()), names=["a"]).to_binary()),
        lambda: setattr(message, "left", "new"),
        lambda: setattr(message, "right", Node()),
        lambda: delattr(message, "left"),
        lambda: message.clear_field("left"),
        lambda: message.__init__(left="again"),  # type: ignore[misc]
    ):
        message.left = farewell(change)
        replace()
        assert gone == ["value"]
        gone.clear()
        assert Node.from_binary(message.to_binary()) == message


def test_a_value_that_a_merge_replaces_empties_its_map() -> None:
    message = Node(text_of={1: "old", 2: "other"})
    message.text_of[1] = farewell(message.text_of.clear)
    message.merge_from_binary(Node(text_of={1: "new", 3: "third"}).to_binary())
    assert message.text_of.get(3) == "third"
    assert Node.from_binary(message.to_binary()) == message


# ---- values with methods of their own


def meddlers(victim: list[Any]) -> list[Any]:
    """Values that would empty a list, if they were asked for their value as numbers."""

    def empty(result: object) -> Callable[..., Any]:
        def method(*args: object) -> Any:
            victim.clear()
            return result

        return method

    methods = {
        "__index__": empty(1),
        "__int__": empty(1),
        "__float__": empty(1.0),
        "__bool__": empty(True),
        "__len__": empty(1),
        "__eq__": empty(True),
        "__str__": empty("1"),
        "__bytes__": empty(b"1"),
        "__iter__": empty(iter(())),
        "__hash__": empty(1),
    }
    plain = [type("Meddler", (base,), methods) for base in (object, int, float)]
    return [plain[0](), plain[1](3), plain[2](3.0)]


@pytest.mark.parametrize("spec", Unpacked.__fields__, ids=lambda spec: spec.name)
def test_a_list_of_numbers_is_not_changed_by_what_is_in_it(spec: Any) -> None:
    for cls in (Packed, Unpacked):
        if not hasattr(cls, spec.name):
            continue
        for index in range(3):
            message = cls()
            values: list[Any] = []
            setattr(message, spec.name, values)
            values += [meddlers(values)[index] for _ in range(5)]
            try:
                data = message.to_binary()
            except EncodeError:
                continue  # refused: nothing was asked
            assert len(values) == 5
            assert len(getattr(cls.from_binary(data), spec.name)) == 5


@pytest.mark.parametrize("spec", Implicit.__fields__, ids=lambda spec: spec.name)
def test_a_single_number_is_not_asked(spec: Any) -> None:
    for index in range(3):
        called: list[Any] = [1]
        message = Implicit()
        setattr(message, spec.name, meddlers(called)[index])
        try:
            message.to_binary()
        except EncodeError:
            continue
        assert called == [1]


# ---- subclasses with attributes, and odd states


class Noted(Node):
    __slots__ = ("__dict__", "__weakref__")


def test_attributes_of_a_subclass_live_and_die_with_it() -> None:
    class Held:
        pass

    noted: Any = Noted.from_binary(sample().to_binary())
    noted.note = Held()
    noted.self = noted
    reference, message_reference = weakref.ref(noted.note), weakref.ref(noted)
    for make in (copy.copy, copy.deepcopy):
        twin: Any = make(noted)
        assert type(twin) is Noted
        assert (twin.note is noted.note) == (make is copy.copy)
        del twin
    noted.merge_from_binary(sample().to_binary())
    assert noted.note is reference()
    assert noted.to_binary()
    del noted
    gc.collect()
    assert reference() is None
    assert message_reference() is None


def test_every_field_can_be_deleted_and_used_again() -> None:
    for cls in (Implicit, Packed, Unpacked, Maps, Node, Tree):
        message: Any = cls()
        for _ in range(2):
            for spec in cls.__fields__:
                delattr(message, spec.name)
                assert message == cls()
                message.clear_field(spec.name)
                setattr(message, spec.name, getattr(message, spec.name))
        for spec in cls.__fields__:
            delattr(message, spec.name)
        assert message == cls()
        assert message.to_binary() == b""
        assert pickle.loads(pickle.dumps(message)) == copy.deepcopy(message) == copy.copy(message) == cls()


# ---- threads


def test_threads_change_what_others_encode_copy_and_compare() -> None:
    message, data = sample(), sample().to_binary()
    wrong: list[BaseException] = []
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            message.names = ["a"] * (number % 7)
            message.names.append("b")
            message.by_name[str(number % 5)] = Node(left="x")
            message.by_name.pop(str((number + 2) % 5), None)
            message.children[:] = [Node(numbers=[number])] * (number % 3)
            message.left = None if number % 2 else "left"
            del message.text_of
            message.text_of[number] = "t"

    def use(action: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                for _ in range(300):
                    try:
                        action()
                    except RuntimeError as error:  # what Python itself says of a dict that changes under a loop
                        assert "changed" in str(error)
            except BaseException as error:
                wrong.append(error)

        return run

    actions: list[Callable[[], object]] = [
        lambda: Node.from_binary(message.to_binary()),
        lambda: message.to_binary(deterministic=True),
        lambda: (copy.deepcopy(message), message == sample(), repr(message)),
        lambda: message.merge_from_binary(data) if len(message.names) < 100 else None,
    ]
    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    changing = threading.Thread(target=change)
    threads = [threading.Thread(target=use(action)) for action in actions]
    try:
        for thread in [changing, *threads]:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stop.set()
        changing.join()
        sys.setswitchinterval(old)
    assert wrong == []
