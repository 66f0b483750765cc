"""Open enums."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from samples import Color, Implicit, Packed

from minirpc.codegen import messages_v1 as pb


def test_members() -> None:
    assert Color.RED == 1
    assert Color.RED is Color.CRIMSON is Color(1) is Color["CRIMSON"]
    assert [color.name for color in Color] == ["UNSPECIFIED", "RED", "BLUE", "FAR", "NEGATIVE", "LOWEST", "HIGHEST"]


@pytest.mark.parametrize(("number", "name"), [(99, "UNRECOGNIZED_99"), (-7, "UNRECOGNIZED_MINUS_7")])
def test_numbers_without_a_name(number: int, name: str) -> None:
    color = Color(number)
    assert type(color) is Color
    assert color == number
    assert hash(color) == hash(number)
    assert (color.name, color.value, int(color)) == (name, number, number)
    assert repr(color) == f"<Color.{name}: {number}>"
    assert f"{color}" == str(number)
    assert color == Color(number)


def test_numbers_without_a_name_do_not_stay() -> None:
    before = len(Color), len(Color._value2member_map_)
    for number in range(100, 200):
        Color(number)
    assert (len(Color), len(Color._value2member_map_)) == before
    with pytest.raises(KeyError):
        Color["UNRECOGNIZED_99"]


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**64])
def test_numbers_have_32_bits(number: int) -> None:
    with pytest.raises(ValueError, match=f"{number} is not a valid Color"):
        Color(number)


@pytest.mark.parametrize("value", ["RED", 1.5, None, b"1"])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Color"):
        Color(value)


@pytest.mark.parametrize("color", [Color.BLUE, Color(99), Color(-7), Color.LOWEST])
def test_copies(color: Color) -> None:
    for twin in (copy.copy(color), copy.deepcopy(color), *(pickle.loads(pickle.dumps(color, p)) for p in range(6))):
        assert twin == color
        assert type(twin) is Color
        assert twin.name == color.name


def test_in_messages() -> None:
    message = Packed(f_enum=[Color.BLUE, Color(99)])
    assert copy.deepcopy(message) == message
    assert Packed.from_binary(message.to_binary()).f_enum[1].name == "UNRECOGNIZED_99"
    assert Implicit(f_enum=Color(99)).to_binary() == b"\x70\x63"


def test_names_in_the_proto_file() -> None:
    class Renamed(pb.Enum, name="Original"):
        NONE = 0

    assert Renamed.__proto_name__ == "Original"
    assert Color.__proto_name__ == "Color"
    assert list(Renamed) == [Renamed.NONE]
