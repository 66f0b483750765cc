"""Messages that can be extended: what ``message[extension]`` does, whenever its bytes came."""

from __future__ import annotations

import copy
import pickle
import sys
import threading
from typing import Any

import pytest
from proto2_samples import EXTENSIONS, Extended, Groups, Switch
from samples import Same

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError, EncodeError
from minirpc.message.extendable import present_extensions, resolve_extensions
from minirpc.message.registry import Registry
from minirpc.wire.varint import encode_tag, encode_varint


class Options(pb.ExtendableMessage):
    name: str | None = pb.string(1, optional=True)
    inner: Options | None = pb.message(2, lambda: Options)


class Other(pb.ExtendableMessage):
    pass


class Plain(pb.Message):
    pass


owner: Any = pb.extension("acme.owner", lambda: Options, pb.string(100, optional=True))
level: Any = pb.extension("acme.level", lambda: Options, pb.int32(101, optional=True, default=7))
tags: Any = pb.extension("acme.tags", lambda: Options, pb.string(102, repeated=True))
same: Any = pb.extension("acme.same", lambda: Options, pb.message(103, lambda: Same))
switches: Any = pb.extension("acme.switches", lambda: Options, pb.enum(104, lambda: Switch, repeated=True))
groups: Any = pb.extension(
    "acme.groups", lambda: Options, pb.message(105, lambda: Groups, repeated=True, delimited=True)
)
nested: Any = pb.extension("acme.nested", lambda: Options, pb.message(106, lambda: Options))
foreign: Any = pb.extension("acme.foreign", lambda: Other, pb.string(100, optional=True))


def chunk(number: int, content: bytes) -> bytes:
    return encode_tag(number, 2) + encode_varint(len(content)) + content


def varint(number: int, value: int) -> bytes:
    return encode_tag(number, 0) + encode_varint(value)


# ---- access


def test_unset_extensions_read_like_unset_fields() -> None:
    message = Options()
    assert (message[owner], message[level], message[same], message[tags]) == (None, 7, None, [])
    assert not any(extension in message for extension in (owner, level, same, tags))
    assert message == Options()
    assert message.to_binary() == b""


def test_set_read_delete() -> None:
    message = Options(name="n")
    message[owner], message[level] = "me", 0
    message[same] = Same(f_int32=5)
    assert (message[owner], message[level], message[same]) == ("me", 0, Same(f_int32=5))
    assert owner in message
    assert level in message
    assert message.to_binary() == chunk(1, b"n") + chunk(100, b"me") + varint(101, 0) + chunk(103, varint(5, 5))
    del message[owner]
    message[level] = None
    del message[level]  # twice is no error, as for the attributes of fields
    assert (message[owner], message[level]) == (None, 7)
    assert owner not in message
    assert message.to_binary() == chunk(1, b"n") + chunk(103, varint(5, 5))


def test_what_came_is_read() -> None:
    data = chunk(100, b"me") + varint(101, 3) + chunk(1, b"n") + chunk(103, varint(5, 5)) + chunk(104, b"\x03\x00")
    message = Options.from_binary(data)
    assert message.name == "n"
    assert (message[owner], message[level], message[same]) == ("me", 3, Same(f_int32=5))
    assert message[switches] == [Switch.ON, Switch.NEUTRAL]
    assert Options.from_binary(message.to_binary()) == message
    # a sub-message is the same object each time, so that it can be changed
    message[same].f_int32 = 6
    assert Options.from_binary(message.to_binary())[same] == Same(f_int32=6)


def test_presence_needs_no_reading_before() -> None:
    message = Options.from_binary(varint(101, 7) + chunk(102, b"a"))
    assert level in message  # set, to what is its default
    assert tags in message
    assert owner not in message


def test_a_list_is_appended_to_after_it_was_read() -> None:
    message = Options()
    message[tags].append("a")
    message[tags] += ["b"]
    assert tags in message
    assert message.to_binary() == chunk(102, b"a") + chunk(102, b"b")
    message = Options.from_binary(message.to_binary() + varint(1000, 1))
    read = message[tags]
    read.append("c")
    assert message[tags] is read
    assert message.to_binary() == b"".join(chunk(102, text) for text in (b"a", b"b", b"c")) + varint(1000, 1)
    read.clear()
    assert tags not in message
    message[groups].append(Groups(label="g"))
    assert Options.from_binary(message.to_binary())[groups] == [Groups(label="g")]


def test_merging_after_access() -> None:
    message = Options.from_binary(chunk(102, b"a") + chunk(103, varint(5, 5)) + varint(101, 1))
    read, sub = message[tags], message[same]
    assert message[level] == 1
    message.merge_from_binary(chunk(102, b"b") + chunk(103, varint(9, 1)) + varint(101, 2) + varint(1000, 1))
    assert message[tags] is read
    assert read == ["a", "b"]
    assert message[same] is sub
    assert sub.to_binary() == varint(5, 5) + varint(9, 1)
    assert message[level] == 2
    assert message.to_binary().endswith(varint(1000, 1))
    # what nobody asks for again is written behind what was read, which comes to the same
    message.merge_from_binary(varint(101, 3) + chunk(102, b"c"))
    again = Options.from_binary(message.to_binary())
    assert (again[level], again[tags]) == (3, ["a", "b", "c"])


def test_setting_takes_the_place_of_what_came() -> None:
    data = chunk(100, b"old") + varint(1000, 1) + chunk(102, b"a") + varint(100, 5)
    message = Options.from_binary(data)
    message[owner] = "new"
    message[tags] = ["x"]
    assert message.to_binary() == chunk(100, b"new") + chunk(102, b"x") + varint(1000, 1)
    message = Options.from_binary(data)
    del message[owner]
    assert message.to_binary() == varint(1000, 1) + chunk(102, b"a")


def test_wrong_keys() -> None:
    message: Any = Options()
    for use in (
        lambda key: message[key],
        lambda key: message.__setitem__(key, "x"),
        message.__delitem__,
        lambda key: key in message,
    ):
        with pytest.raises(TypeError, match=r"^acme\.foreign extends Other, and not Options$"):
            use(foreign)
        for key in ("acme.owner", 100, None):
            with pytest.raises(TypeError, match=r"^the key to an extension is an Extension, not \w+$"):
                use(key)
    plain: Any = Plain()
    with pytest.raises(TypeError):
        plain[owner]
    with pytest.raises(TypeError):
        iter(message)
    with pytest.raises(TypeError):
        hash(message)


def test_values_are_checked_when_they_are_written() -> None:
    message = Options()
    message[owner] = 5
    with pytest.raises(EncodeError, match=r"^Options\.\[acme\.owner\]: expected str, got int$"):
        message.to_binary()
    del message[owner]
    message[groups] = [Groups(), Groups(label=5)]  # type: ignore[arg-type]
    with pytest.raises(EncodeError, match=r"^Options\.\[acme\.groups\]\[1\]\.label: expected str, got int$"):
        message.to_binary()


def test_what_an_extension_can_be() -> None:
    for field in (
        pb.string(1),
        pb.string(1, required=True),
        pb.string(1, oneof="x"),
        pb.map(1, "string", "string"),
    ):
        with pytest.raises(TypeError, match=r"^the extension acme\.wrong is neither optional nor repeated$"):
            pb.extension("acme.wrong", lambda: Options, field)


# ---- what came malformed


@pytest.mark.parametrize(
    ("extension", "data", "path"),
    [
        (owner, chunk(100, b"\xff"), "Options.[acme.owner]"),
        (same, chunk(103, b"\x28"), "Options.[acme.same].f_int32"),
        (tags, chunk(102, b"fine") + chunk(102, b"\xff"), "Options.[acme.tags][1]"),
        (switches, chunk(104, b"\x80"), "Options.[acme.switches][0]"),
    ],
)
def test_malformed_bytes_are_told_when_they_are_read(extension: Any, data: bytes, path: str) -> None:
    message = Options.from_binary(data + varint(101, 5))
    for _ in range(2):
        with pytest.raises(DecodeError) as caught:
            message[extension]
        assert caught.value.path == path
        with pytest.raises(DecodeError):
            assert extension in message
    assert message[level] == 5
    # nothing is lost by that, and whoever sets or deletes need not read
    assert Options.from_binary(message.to_binary()) == Options.from_binary(varint(101, 5) + data)
    replaced = copy.deepcopy(message)
    replaced[extension] = None
    assert replaced.to_binary() == varint(101, 5)
    del message[extension]
    assert message.to_binary() == varint(101, 5)


def test_malformed_bytes_behind_what_was_read() -> None:
    message = Options.from_binary(chunk(102, b"a"))
    assert message[tags] == ["a"]
    message.merge_from_binary(chunk(102, b"b") + chunk(102, b"\xff"))
    with pytest.raises(DecodeError):
        message[tags]
    assert message.to_binary() == chunk(102, b"a") + chunk(102, b"b") + chunk(102, b"\xff")


def test_what_does_not_fit_stays_unknown() -> None:
    data = varint(100, 5) + chunk(104, b"\x03\x07") + varint(104, 9) + varint(101, 1)
    message = Options.from_binary(data)
    assert message[owner] is None  # another wire type
    assert message[switches] == [Switch.ON]  # numbers that the closed enum does not name
    rest = varint(100, 5) + varint(104, 7) + varint(104, 9)
    assert message.to_binary() == chunk(104, b"\x03") + rest + varint(101, 1)
    assert message[switches] == [Switch.ON]


def test_deep_extensions_are_told_when_they_are_read() -> None:
    data = b""
    for _ in range(20_000):
        data = chunk(106, data)
    message = Options.from_binary(data)
    for _ in range(10):
        message = message[nested]
    with pytest.raises(DecodeError, match="nested deeper than 100 levels"):
        Options.from_binary(chunk(103, b"\x0b" * 101 + b"\x0c" * 101))[same]


# ---- equality


def test_equality_asked_or_not() -> None:
    data = chunk(102, b"a") + varint(101, 5) + varint(1000, 1)
    a, b = Options.from_binary(data), Options.from_binary(data)
    assert a[tags] == ["a"]
    assert a == b
    b[level]
    assert a == b
    a.name = "n"
    assert a != b
    assert b != a
    # the order of what was not asked for counts, as for all unknown fields; asking settles it
    swapped = Options.from_binary(varint(101, 5) + chunk(102, b"a") + varint(1000, 1))
    assert Options.from_binary(data) != swapped
    assert swapped[level] == 5
    assert Options.from_binary(data) == swapped


def test_equality_of_values() -> None:
    a, b = Options(), Options()
    a[level] = 7
    assert a != b  # set to its default, and unset
    b[level] = 7
    assert a == b
    a[tags].append("x")
    assert a != b
    a[tags].clear()
    assert a == b
    assert a[owner] is None
    assert a == b
    b[same] = Same()
    assert a != b
    assert a != Other()
    assert a != 5


def test_equality_with_malformed_bytes() -> None:
    good, bad = Options(), Options.from_binary(chunk(100, b"\xff"))
    good[owner] = "x"
    assert good != bad
    assert bad != good
    assert bad == Options.from_binary(chunk(100, b"\xff"))


# ---- copies


def test_copies() -> None:
    message = Options.from_binary(chunk(102, b"a") + varint(101, 5) + chunk(103, b""))
    assert message[tags] == ["a"]
    shallow, deep = copy.copy(message), copy.deepcopy(message)
    assert shallow == deep == message
    assert shallow[tags] is message[tags]
    assert deep[tags] is not message[tags]
    shallow[level] = 6
    deep[tags].append("b")
    assert (message[level], message[tags]) == (5, ["a"])
    assert deep[same] is not message[same]


def test_deep_copies_of_messages_that_hold_themselves() -> None:
    message = Options(name="n")
    message[nested] = message
    twin = copy.deepcopy(message)
    assert twin[nested] is twin
    assert twin is not message


def test_replace() -> None:
    message = Options(name="n")
    message[owner] = "me"
    twin = message.__replace__(name="m")
    assert (twin.name, twin[owner], message.name) == ("m", "me", "n")
    if sys.version_info >= (3, 13):
        assert copy.replace(message, name="m") == twin


def test_pickles() -> None:
    message = Options.from_binary(chunk(102, b"a") + varint(101, 5) + varint(1000, 1))
    assert message[tags] == ["a"]
    message[same] = Same(f_int32=1)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(message, protocol))
        assert (twin[tags], twin[level], twin[same]) == (["a"], 5, Same(f_int32=1))
        assert twin == message


def test_repr() -> None:
    message = Options.from_binary(chunk(102, b"a") + varint(1000, 1))
    assert repr(message) == "Options(<7 bytes of unknown fields>)"
    assert message[tags] == ["a"]
    message.name = "n"
    assert message[level] == 7
    assert repr(message) == "Options(name='n', [acme.tags]=['a'], <3 bytes of unknown fields>)"


# ---- several trees, several threads


def test_two_trees_with_the_same_number() -> None:
    class Twin(pb.Message):
        value: int = pb.int32(5)

    copied: Any = pb.extension("acme.same", lambda: Options, pb.message(103, lambda: Twin))
    message = Options.from_binary(chunk(103, varint(5, 5) + varint(9, 1)))
    assert message[same].f_int32 == 5
    assert type(message[copied]) is Twin
    assert message[copied].value == 5
    message[copied].value = 6
    assert message[same].f_int32 == 6
    assert message.to_binary() == chunk(103, varint(5, 6) + varint(9, 1))
    ours, theirs = Options(), Options()
    ours[same], theirs[copied] = Same(f_int32=1), Twin(value=1)
    assert ours == theirs
    theirs[copied].value = 2
    assert ours != theirs


def test_two_trees_of_different_types() -> None:
    number: Any = pb.extension("acme.owner", lambda: Options, pb.int32(100, optional=True))
    message = Options()
    message[owner] = "me"
    assert message[number] is None  # another wire type: unknown
    assert message.to_binary() == chunk(100, b"me")
    assert message[owner] == "me"
    message[number] = 5
    assert message.to_binary() == varint(100, 5)
    message[number] = "no int"
    with pytest.raises(EncodeError):
        message[owner]
    assert message != Options.from_binary(chunk(100, b"me"))
    del message[owner]
    assert message == Options()


def test_extensions_of_a_base_hold_for_derived_classes() -> None:
    class Marked(Options):
        pass

    message = Marked.from_binary(varint(101, 5))
    assert message[level] == 5
    assert copy.deepcopy(message) == message
    assert type(copy.copy(message)) is Marked


def test_threads_read_at_the_same_time() -> None:
    data = b"".join(chunk(102, b"%d" % index) for index in range(50)) + varint(101, 5) + chunk(103, b"") * 20
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            message = Options.from_binary(data)
            barrier = threading.Barrier(4)
            results: list[Any] = []

            def read(order: Any, message: Any = message, barrier: Any = barrier, results: Any = results) -> None:
                barrier.wait()
                results.extend((extension.full_name, message[extension]) for extension in order)

            orders = [[tags, level, same], [same, level, tags], [level, same, tags], [owner, tags, same]]
            threads = [threading.Thread(target=read, args=(order,)) for order in orders]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            expected = {"acme.tags": message[tags], "acme.level": 5, "acme.same": message[same], "acme.owner": None}
            assert len(results) == 12
            assert all(value is expected[name] or value == expected[name] == 5 for name, value in results)
            assert len(message[tags]) == 50
    finally:
        sys.setswitchinterval(interval)


# ---- all that are set


def test_present_extensions() -> None:
    registry = Registry(owner, level, tags, same, switches, foreign)
    message = Options.from_binary(chunk(102, b"a") + varint(101, 5) + varint(1000, 1) + chunk(2, varint(101, 1)))
    assert present_extensions(message) == []
    assert present_extensions(message, registry) == [(level, 5), (tags, ["a"])]
    assert present_extensions(message) == [(level, 5), (tags, ["a"])]
    message[tags].clear()
    assert message[owner] is None
    assert present_extensions(message, registry) == [(level, 5)]
    assert message.inner is not None
    assert present_extensions(message.inner, registry) == [(level, 1)]
    with pytest.raises(DecodeError):
        present_extensions(Options.from_binary(chunk(100, b"\xff")), registry)


@pytest.mark.parametrize(
    "key, first, second", [("x_int32", "null", "1"), ("x_strings", "[]", '["a"]'), ("x_int32", "1", "2")]
)
def test_json_refuses_an_extension_that_comes_twice(key: str, first: str, second: str) -> None:
    registry = Registry(*EXTENSIONS)
    text = f'{{"[samples.{key}]": {first}, "[samples.{key}]": {second}}}'
    for ignore_unknown in (False, True):
        with pytest.raises(DecodeError, match="the field was there before"):
            Extended.from_json(text, registry=registry, ignore_unknown=ignore_unknown)
    # to who does not know it, it is nothing
    assert Extended.from_json(text, ignore_unknown=True) == Extended()


def test_empty_slots_have_no_extensions() -> None:
    resolve_extensions(Extended.__new__(Extended), Registry(*EXTENSIONS))


# ---- inside other messages


class Holder(pb.Message):
    one: Options | None = pb.message(1, lambda: Options)
    many: list[Options] = pb.message(2, lambda: Options, repeated=True)


def test_inside_another_message_extensions_are_compared_and_copied_too() -> None:
    with_owner = Options(name="x")
    with_owner[owner] = "me"
    asked, arrived = Holder(many=[with_owner]), Holder.from_binary(Holder(many=[with_owner]).to_binary())
    assert asked == arrived == asked
    assert asked != Holder(many=[Options(name="x")])
    twin = copy.deepcopy(asked)
    twin.many[0][owner] = "you"
    assert (asked.many[0][owner], twin == asked) == ("me", False)
    twin = copy.deepcopy(arrived)
    assert (twin.many[0][owner], twin == asked) == ("me", True)


def test_inside_another_message_those_without_extensions_are_as_other_messages() -> None:
    inner = Options(name="a", inner=Options(name="b"))
    message = Holder(one=inner, many=[inner, Options()])
    twin = copy.deepcopy(message)
    assert twin == message
    assert twin.one is twin.many[0] is not inner
    twin.one.inner.name = "c"
    assert (twin == message, inner.inner.name) == (False, "b")
    twin.one[owner] = "me"
    assert owner not in inner


def test_inside_another_message_methods_of_ones_own_are_called() -> None:
    class Loose(pb.ExtendableMessage, name="acme.Loose"):
        name: str | None = pb.string(1, optional=True)

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Loose)

        __hash__ = None  # type: ignore[assignment]

        def __deepcopy__(self, memo: object = None) -> Loose:
            return Loose(name="copy")

    class Outer(pb.Message, name="acme.Outer"):
        inner: Loose | None = pb.message(1, lambda: Loose)

    message = Outer(inner=Loose(name="x"))
    assert message == Outer(inner=Loose(name="y"))
    assert copy.deepcopy(message).inner.name == "copy"  # type: ignore[union-attr]
