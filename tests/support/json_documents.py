"""JSON documents for the messages of ``json_sample.proto``: valid, nearly valid and damaged ones."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

from minirpc.message.json.names import json_name
from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = ["Documents"]

_NUMBERS = """
0 -0 1 -1 1.0 1e5 1E+2 1.5 -0.0 -0e0 2147483647 2147483648 -2147483648 -2147483649 4294967295 4294967296
9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615
18446744073709551616 19999999999999999999 99999999999999999999 123456789012345678901234567890 9007199254740993
0.99999999999999999999 1e400 -1e400 1e-400 1e999999999999 0e99999999999 3.4028235677973366e+38 3.4028235e38 1e-46
5e-324 2.2250738585072011e-308 1.7976931348623159e308 0.000000000000000000000000000001 01 00 -00 1. .5 - +1 1e 1e+
NaN Infinity -Infinity nan 0x1 1_0 ٣
"""
NUMBERS = [*_NUMBERS.split(), "1" * 400, "1" * 401, "1" * 5000, "0." + "0" * 400 + "1"]
_ENUM_VALUES = """
"UNO" "ONE" "GENRE_POETRY" "nope" "NULL_VALUE" 0 1 5 99 -1 2147483648 1.0 null
"""
ENUM_VALUES = _ENUM_VALUES.split()
_STRINGS = """
a é Привіт 😀 \\u041f\\u0440 \\ud83d\\ude00 \\ud83d \\ude00 \\ud83dx \\uD83D\\u0041 \\n\\t\\b\\f\\r\\"\\\\\\/ \\x
\\u12 \\u12g4 \\
AA== AAA= AAAA AA AAA A _-_- +/+/ AB== AAB= AB= A=== ==== AAAA==== =AAA AA==AA== AA\\/A true false null NaN Infinity
-Infinity UNO ONE ZERO class GENRE_POETRY NULL_VALUE nope \\u004fNE
1972-01-01T10:00:20.021Z 0001-01-01T00:00:00Z 9999-12-31T23:59:59.999999999Z 2000-02-29T00:00:00Z
1900-02-29T00:00:00Z 2023-02-29T00:00:00Z 2024-12-31T23:59:60Z 1972-01-01t10:00:20z 1972-01-01T10:00:20+01:00
1972-01-01T10:00:20.Z 1972-01-01T10:00:20.1234567890Z 1972-13-01T10:00:20Z 0000-01-01T00:00:00Z 1972-01-01T24:00:00Z
1.5s -1.5s -0.5s 315576000000s 315576000001s 315576000000.9s .5s 1.s 1.0000000001s -s s 1 a.bC,d fooBar foo_bar a,,b
"""
STRINGS = [
    *_STRINGS.split(),
    "",
    " 1",
    "1 ",
    "\x00",
    "\x1f",
    "\x7f",
    "plain, and longer than a register is",
    "\\u00e9 and more text that is long enough to fill registers, too \\u00e9",
    "є" * 40,
    "\\u0454" * 300,
]
SPACE = ["", "", "", "", "", "", " ", "\n", "\t", "\r", "  ", "\x0b", "\u00a0"]
DAMAGE = b'{}[]",:\\0123456789eE+-. nulltrufas\x00\xff\x80\xc3\xed\xa0'


class Documents:
    """Makes documents, the same ones for the same seed. Most are valid."""

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)

    def document(self, cls: Any) -> str:
        """A document for a message class, which may have faults."""
        return self._message(cls, 3)

    def damaged(self, data: bytes) -> bytes:
        """The bytes after one to three changes."""
        source = self._source
        changed = bytearray(data)
        for _ in range(source.randint(1, 3)):
            at = source.randrange(len(changed) + 1)
            match source.randrange(5):
                case 0:
                    changed[at : at + 1] = bytes([source.choice(DAMAGE)])
                case 1:
                    changed[at:at] = bytes([source.choice(DAMAGE)])
                case 2:
                    del changed[at : at + 1]
                case 3:
                    del changed[at:]
                case _:
                    changed[at:at] = changed[max(at - source.randint(1, 9), 0) : at]
        return bytes(changed)

    def _one_of(self, chance: float) -> bool:
        return self._source.random() < chance

    def _space(self) -> str:
        return self._source.choice(SPACE[:-2] if self._one_of(0.99) else SPACE)

    def _number(self) -> str:
        source = self._source
        match source.randrange(4):
            case 0:
                return source.choice(NUMBERS)
            case 1:
                return repr(source.uniform(-1, 1) * 10 ** source.randrange(-320, 308))
            case _:
                return str(source.randrange(-(2 ** source.randrange(1, 70)), 2 ** source.randrange(1, 70)))

    def _string(self) -> str:
        match self._source.randrange(8):
            case 0:
                return f'"{self._number()}"'
            case 1:
                ranges = [(32, 127), (0x80, 0x800), (0x800, 0xD800), (0x10000, 0x110000)]
                text = "".join(chr(self._source.randrange(*self._source.choice(ranges))) for _ in range(20))
                return json.dumps(text, ensure_ascii=self._one_of(0.5))
            case _:
                return f'"{self._source.choice(STRINGS)}"'

    def _items(self, make: Any, brackets: str) -> str:
        items = [f"{self._space()}{make()}{self._space()}" for _ in range(self._source.randrange(4))]
        return brackets[0] + ",".join(items) + brackets[1]

    def _anything(self, depth: int) -> str:
        kind = self._source.randrange(6 if depth else 3)
        if kind == 0:
            return self._number()
        if kind == 1:
            return self._string()
        if kind == 2:
            return self._source.choice(["true", "false", "null"])
        if kind == 3:
            return self._items(lambda: self._anything(depth - 1), "[]")
        return self._items(lambda: f"{self._string()}{self._space()}:{self._anything(depth - 1)}", "{}")

    def _scalar(self, kind: Kind) -> str:
        if self._one_of(0.05):
            return self._anything(1)
        if kind is Kind.STRING:
            return self._string()
        if kind is Kind.BYTES:
            text = base64.b64encode(self._source.randbytes(self._source.randrange(20))).decode()
            return json.dumps(text.rstrip("=" * self._source.randrange(2)).replace("+", self._source.choice("+-")))
        if kind is Kind.BOOL:
            return self._source.choice(["true", "false"])
        if kind is Kind.ENUM:
            return self._source.choice(ENUM_VALUES)
        number = str(self._source.randrange(-100, 2**31)) if self._one_of(0.7) else self._number()
        return f'"{number}"' if self._one_of(0.4) else number

    def _message(self, cls: Any, depth: int) -> str:
        name = cls.__full_name__().removeprefix("google.protobuf.")
        if name in ("Struct", "Value", "ListValue"):
            return self._anything(3)
        if name == "Any":
            inner = ['"@type":"x/json_sample.Tree","label"', '"@type":"x/google.protobuf.Duration","value"', '"value"']
            return f"{{{self._source.choice(inner)}:{self._string()}}}"
        if name.endswith("Value"):
            return self._scalar(cls.__fields__[0].kind)
        if name in ("Timestamp", "Duration", "FieldMask"):
            return self._string()
        fields = self._source.choices(cls.__fields__, k=self._source.randrange(6)) if cls.__fields__ else []
        if self._one_of(0.9):
            fields = list(dict.fromkeys(fields))  # none of them twice
        members = [f"{self._key(field)}{self._space()}:{self._space()}{self._field(field, depth)}" for field in fields]
        if self._one_of(0.1):
            members.append(f"{self._string()}:{self._anything(2)}")
        return "{" + ",".join(f"{self._space()}{member}{self._space()}" for member in members) + "}"

    def _key(self, field: FieldSpec) -> str:
        name = self._source.choice([json_name(field), field.proto_name])
        return json.dumps(name, ensure_ascii=self._one_of(0.5))

    def _field(self, field: FieldSpec, depth: int) -> str:
        if self._one_of(0.03):
            return "null"
        if field.card is Card.REPEATED:
            return self._items(lambda: self._value(field, depth), "[]")
        if field.card is Card.MAP:
            key, value = field.key, field.value
            assert key is not None
            assert value is not None
            return self._items(lambda: f"{self._map_key(key.kind)}:{self._value(value, depth)}", "{}")
        return self._value(field, depth)

    def _map_key(self, kind: Kind) -> str:
        if kind is Kind.BOOL:
            return self._source.choice(['"true"', '"false"'])
        if kind is Kind.STRING:
            return self._string()
        return f'"{self._source.randrange(9) if self._one_of(0.8) else self._number()}"'

    def _value(self, field: FieldSpec, depth: int) -> str:
        if not field.is_message:
            return self._scalar(field.kind)
        if depth or field.type.__full_name__().startswith("google."):
            return self._message(field.type, depth - 1)
        return "{}"
