"""Classes with required fields, explicit defaults, closed enums and delimited messages, as objects."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest
from proto2_samples import Defaults, Groups, Required, Switch
from samples import Color

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import EncodeError
from minirpc.message.registry import Registry
from minirpc.message.wkt import Any as Anything


def test_unset_fields_read_as_their_defaults() -> None:
    message = Defaults()
    assert (message.f_double, message.f_float, message.f_int64, message.f_uint64) == (
        math.inf,
        -1.5,
        -(2**63),
        2**64 - 1,
    )
    assert (message.f_int32, message.f_bool, message.f_string, message.f_bytes) == (0, True, '"Käse"\n', b"\0\xff'")
    assert message.f_switch is Switch.OFF
    assert message.f_color == 7
    assert math.isnan(message.f_nan or 0)
    assert repr(message) == "Defaults()"
    assert message == Defaults()


@pytest.mark.parametrize("name", [spec.name for spec in Defaults.__fields__])
def test_presence_is_not_the_value(name: str) -> None:
    message = Defaults()
    default = getattr(message, name)
    assert not message.has_field(name)
    setattr(message, name, default)
    assert message.has_field(name)
    assert message != Defaults()
    assert repr(message) == f"Defaults({name}={default!r})"
    for clear in (
        lambda: message.clear_field(name),
        lambda: delattr(message, name),
        lambda: setattr(message, name, None),
    ):
        setattr(message, name, default)
        clear()
        assert not message.has_field(name)
        assert repr(getattr(message, name)) == repr(default)
        assert message == Defaults()
    given = Defaults(**{name: default})
    assert given.has_field(name)
    assert not Defaults(**{name: None}).has_field(name)
    for twin in (copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given))):
        assert twin.has_field(name)
        assert [spec.name for spec in Defaults.__fields__ if twin.has_field(spec.name)] == [name]


def test_members_of_a_oneof_with_defaults() -> None:
    message = Defaults(f_uint32=1)
    assert (message.f_uint32, message.f_color) == (1, 7)
    message.f_color = Color.RED
    assert (message.f_uint32, message.has_field("f_uint32"), message.has_field("choice")) == (13, False, True)
    with pytest.raises(TypeError, match="two members of oneof 'choice'"):
        Defaults(f_uint32=1, f_color=Color.BLUE)


def test_instances_without_slots_filled() -> None:
    bare = Defaults.__new__(Defaults)
    assert bare.f_string == '"Käse"\n'
    assert bare.f_uint32 == 13
    assert not bare.has_field("f_string")
    assert bare == Defaults()
    assert Required.__new__(Required).switch is Switch.OFF


def test_required_fields_have_presence() -> None:
    message = Required()
    assert (message.number, message.text, message.same) == (None, None, None)
    assert not message.has_field("number")
    message.number = 0
    assert message.has_field("number")


def test_json_and_text_do_not_check_required_fields_in_an_any_either() -> None:
    registry = Registry(Required)
    inner = Required(text="x", by_name={"b": Required(), "a": Required(number=1)})
    message = Anything.from_json(f'{{"@type":"x/{Required.__full_name__()}",{inner.to_json()[1:]}', registry=registry)
    with pytest.raises(EncodeError, match="a required field is not set"):
        Anything.pack(inner)
    assert message.unpack(registry) == inner
    assert Anything.from_json(message.to_json(registry=registry), registry=registry) == message
    assert Anything.from_dict(message.to_dict(registry=registry), registry=registry) == message
    read = Anything.from_text(message.to_text(registry=registry), registry=registry)
    assert (read.type_url, read.unpack(registry)) == (message.type_url, inner)
    with pytest.raises(EncodeError, match=r"^Required\.text: expected str, got int$"):
        Required(text=3).to_text()  # type: ignore[arg-type]


def test_a_subclass_that_is_read_and_written_first_leaves_its_base_alone() -> None:
    class Base(pb.Message):
        label: str = pb.string(1)

    class Child(Base):  # type: ignore[misc]
        pass

    assert type(Child.from_json(Child(label="x").to_json())) is Child
    assert type(Base.from_json(Base(label="x").to_json())) is Base
    assert type(Base.from_dict({"label": "x"})) is Base
    with pytest.raises(EncodeError, match="expected str, got int"):
        Base(label=3).to_json()  # type: ignore[arg-type]


def test_deprecated_messages_are_read_from_json_without_a_warning() -> None:
    class Old(pb.Message, deprecated=True):
        label: str = pb.string(1)

    assert Old.from_json('{"label":"x"}').label == Old.from_dict({"label": "x"}).label == "x"
    with pytest.warns(DeprecationWarning):
        Old(label="x")


def test_groups_are_messages_like_others() -> None:
    message = Groups(one=Groups(label="x"), many=[Groups()], weight=5)
    assert message.has_field("one")
    assert message == copy.deepcopy(message) == pickle.loads(pickle.dumps(message))
    message.load_group = Groups()
    assert message.weight is None
    assert repr(message) == "Groups(one=Groups(label='x'), many=[Groups()], load_group=Groups())"
    message.clear_field("one")
    assert message.one is None


def test_closed_enums_have_no_other_values() -> None:
    assert Switch(3) is Switch.ON is Switch.ENABLED
    assert Switch(-1) is Switch.OFF
    for wrong in (7, 2**31, "ON", None):
        with pytest.raises(ValueError, match="is not a valid Switch"):
            Switch(wrong)
    assert pickle.loads(pickle.dumps(Switch.ON)) is Switch.ON


@pytest.mark.parametrize(
    "arguments",
    [
        {"required": True, "optional": True},
        {"required": True, "repeated": True},
        {"required": True, "oneof": "x"},
    ],
)
def test_contradictory_lines(arguments: Any) -> None:
    with pytest.raises(TypeError, match="at most one of repeated, optional, required"):
        pb.int32(1, **arguments)


@pytest.mark.parametrize("arguments", [{}, {"repeated": True}])
def test_defaults_need_presence(arguments: Any) -> None:
    with pytest.raises(TypeError, match="has a default of its own only with presence"):
        pb.int32(1, default=5, **arguments)
