"""``frozen`` classes behave as frozen dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest

from minirpc.frozen import frozen


@frozen
class Point:
    """A point."""

    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list, hash=False)
    note: str = field(default="", repr=False, compare=False)


@frozen(kw_only=True)
class Options:
    """Options that are looked at, and from which something is worked out."""

    size: int = 1
    double: int = field(init=False)

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(f"size must not be negative, but is {self.size}")
        object.__setattr__(self, "double", 2 * self.size)


@dataclass(frozen=True, slots=True)
class Model:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list, hash=False)
    note: str = field(default="", repr=False, compare=False)


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, 2), {}),
    ((1,), {"y": 2}),
    ((), {"y": 2, "x": 1}),
    ((1, 2, ["a"], "n"), {}),
    ((), {}),
    ((1, 2, [], "", 5), {}),
    ((1,), {"x": 2}),
    ((1,), {"z": 2}),
]


@pytest.mark.parametrize(("args", "kwargs"), ARGUMENTS)
def test_it_takes_and_refuses_the_arguments_of_a_dataclass(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        expected = repr(Model(*args, **kwargs)).replace("Model", "Point")
    except TypeError:
        with pytest.raises(TypeError, match=r"^Point\(\) "):
            Point(*args, **kwargs)
    else:
        assert repr(Point(*args, **kwargs)) == expected


def test_values_are_equal_and_hashed_by_their_fields() -> None:
    assert Point(1, 2) == Point(1, y=2, note="not compared")
    assert hash(Point(1, 2, ["a list has no hash"])) == hash(Point(1, 2))
    assert Point(1) != Point(2)
    assert Point(1) != Model(1)
    assert len({Options(size=3), Options(size=3), Options()}) == 2


def test_defaults_that_a_factory_makes_are_not_shared() -> None:
    assert Point(1).tags is not Point(1).tags


@pytest.mark.parametrize(
    "change", [lambda p: setattr(p, "x", 2), lambda p: setattr(p, "z", 2), lambda p: delattr(p, "x")]
)
def test_nothing_can_be_changed(change: Callable[[Point], None]) -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        change(point)
    assert point == Point(1)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value)), dataclasses.replace]
)
def test_copies_are_equal(duplicate: Callable[[Any], Any]) -> None:
    point = Point(1, 2, ["a"], "kept")
    made = duplicate(point)
    assert (made, made.note) == (point, "kept")
    assert duplicate(Options(size=4)).double == 8


def test_dataclass_functions_and_match_know_it() -> None:
    assert dataclasses.asdict(Options(size=2)) == {"size": 2, "double": 4}
    assert dataclasses.replace(Options(size=2), size=3).double == 6
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_what_post_init_raises_is_what_the_caller_sees() -> None:
    with pytest.raises(ValueError, match="size must not be negative, but is -1"):
        Options(size=-1)
    with pytest.raises(TypeError, match="takes 0 positional arguments, not 1"):
        Options(1)


def test_the_signature_shows_the_fields() -> None:
    assert list(inspect.signature(Point).parameters) == ["x", "y", "tags", "note"]
    assert str(inspect.signature(Options)).startswith("(*, size: 'int' = 1)")
