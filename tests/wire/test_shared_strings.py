"""Strings that repeat, in values and in keys: each is the one that was written, whatever was read before."""

from __future__ import annotations

import random
from typing import Any

from compiled_samples import Leaf, Node
from engines import Engine
from samples import Packed, Unpacked

_LETTERS = ["ab", "é\u00ff", "Київ", "\N{GRINNING FACE}x", "a\0"]


def _strings(count: int) -> list[str]:
    """Strings of up to 70 characters, many of which differ in one place only, and many of which repeat."""
    source = random.Random(3)
    words = ["".join(source.choices(source.choice(_LETTERS), k=source.randrange(1, 70))) for _ in range(count // 8)]
    words += [
        f"{'same beginning ' * source.randrange(3)}{n}{' same end' * source.randrange(3)}" for n in range(count // 8)
    ]
    return source.choices(words, k=count)


def test_strings_that_repeat(engine: Engine) -> None:
    strings = _strings(16_000)
    for _ in range(2):
        for start in range(0, len(strings), 1_000):
            message = Unpacked(f_string=strings[start : start + 1_000])
            assert engine.decode(Unpacked, engine.encode(message)).f_string == message.f_string


def test_single_strings_that_repeat(engine: Engine) -> None:
    for text in [*_strings(2_000), *map(str, range(1_000)), *_strings(200)]:
        data = engine.encode(Leaf(text=text))
        assert engine.decode(Leaf, data).text == text


def test_keys_that_repeat(engine: Engine) -> None:
    keys = _strings(300)
    for _ in range(3):
        message = Node(by_name={key: Node(left=key) for key in keys}, text_of=dict(enumerate(keys)))
        twin = engine.decode(Node, engine.encode(message))
        assert twin == message
        assert twin.by_name[keys[0]].left == keys[0]


def test_bytes_that_are_no_string_stay_refused(engine: Engine) -> None:
    good = b"\x12\x04" + "éé".encode()
    bad: list[Any] = [b"\x12\x04\xc3\xa9\xc3\x28", b"\x12\x02\xc3\xa9"[:-1] + b"\x28", b"\x12\x03\xed\xa0\x80"]
    for data in bad:
        assert engine.decode(Leaf, good).text == "éé"
        assert engine.fault(Leaf, data)[0].startswith("invalid UTF-8")


def test_strings_that_only_their_message_holds(engine: Engine) -> None:
    """They are written from their characters, without CPython's copy in UTF-8."""
    for text in _strings(400):
        message = Leaf(text="".join(reversed(text)))
        assert engine.encode(message)[2:] == text[::-1].encode() or len(text.encode()) > 127
        assert engine.decode(Leaf, engine.encode(message)) == message
    for head in ("", "abcdefghi", "é", "ї", "\N{GRINNING FACE}"):
        for tail in ("", "abcdefghi"):
            whole = Leaf(text="".join([head, chr(0xD800), tail]))
            assert "is a lone surrogate" in engine.misfit(whole)[0]


def test_integers_of_every_size(both: list[Engine]) -> None:
    edges = {sign * (2**bits + more) for bits in range(65) for more in (-1, 0, 1) for sign in (1, -1)}
    for name, least, most in (
        ("f_int64", -(2**63), 2**63 - 1),
        ("f_sint64", -(2**63), 2**63 - 1),
        ("f_uint64", 0, 2**64 - 1),
        ("f_int32", -(2**31), 2**31 - 1),
        ("f_sint32", -(2**31), 2**31 - 1),
        ("f_uint32", 0, 2**32 - 1),
    ):
        fitting = sorted(number for number in edges if least <= number <= most)
        message = Packed(**{name: fitting})
        one, two = (engine.encode(message) for engine in both)
        assert one == two
        assert both[1].decode(Packed, one) == message
        for wrong in edges - set(fitting):
            one, two = (engine.misfit(Packed(**{name: [1, wrong, 1]})) for engine in both)
            assert one == two
