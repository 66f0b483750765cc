"""Classes that are made at run time are those that the plugin writes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from plugin_runs import GOLDEN_MODULES, golden_module, golden_set

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import EncodeError
from minirpc.message import wkt
from minirpc.message.descriptors import Files, describe
from minirpc.message.dynamic import Classes
from minirpc.message.enum_names import numbers_by_name
from minirpc.message.registry import Registry, full_name
from minirpc.message.wkt import descriptor_pb
from minirpc.wire.spec import FieldSpec


@pytest.fixture(scope="module")
def classes() -> Classes:
    return Classes(Files.from_binary(golden_set()))


def generated() -> Iterator[Any]:
    """All message and enum classes of the golden modules, and their extensions."""
    waiting = [golden_module(name) for name in GOLDEN_MODULES]
    modules = {module.__name__ for module in waiting}
    while waiting:
        source: Any = waiting.pop()
        for name, value in vars(source).items():
            if isinstance(value, pb.Extension):
                yield value
            elif isinstance(value, type) and value.__module__ in modules and not name.startswith("_"):
                yield value
                waiting.append(value)


def facts(spec: FieldSpec | None) -> Any:
    """Everything that a field line says, types by their names."""
    if spec is None:
        return None
    kind = spec.kind.name
    has_type = spec._resolve is not None
    return (
        *(spec.number, kind, spec.card, spec.name, spec.proto_name, spec.json_name, spec.slot),
        *(spec.packed, spec.required, spec.utf8, repr(spec.explicit_default), spec.oneof, spec.siblings),
        *(full_name(spec.type) if has_type else None, facts(spec.key), facts(spec.value)),
    )


def test_they_are_made_like_generated_ones(classes: Classes) -> None:
    seen = 0
    for ours in generated():
        seen += 1
        if isinstance(ours, pb.Extension):
            made = classes.extension(ours.full_name)
            # without its names: specs get one when they are first used
            assert [each for each in facts(made.spec) if each not in ("", f"[{made.full_name}]", "s_")] == [
                each for each in facts(ours.spec) if each not in ("", f"[{made.full_name}]", "s_")
            ]
            assert full_name(made.extendee) == full_name(ours.extendee)
        elif issubclass(ours, pb.Enum):
            enum: Any = classes.enum(full_name(ours))
            assert [*enum.__members__.items()] == [*ours.__members__.items()]
            assert enum.__closed__ == ours.__closed__
            assert numbers_by_name(enum) == numbers_by_name(ours)
            assert describe(enum) is classes.files.enum(full_name(ours))
        else:
            message: Any = classes.message(ours.__full_name__())
            assert [*map(facts, message.__fields__)] == [*map(facts, ours.__fields__)]
            assert (message.__name__, message.__qualname__) == (ours.__name__, ours.__qualname__)
            assert message.__bases__ == ours.__bases__
            assert message.__reserved__ == ours.__reserved__
            assert {name for name in vars(message) if not name.startswith("_")} == {
                name for name in vars(ours) if not name.startswith("_")
            }
            assert describe(message).full_name == ours.__full_name__()
    assert seen > 150


def test_they_behave_like_generated_ones(classes: Classes) -> None:
    library = golden_module("acme.library.v1.library_pb")
    cls: Any = classes.message("acme.library.v1.Book")
    genre: Any = classes.enum("acme.library.v1.Genre")
    book = cls(title="Kobzar", genre=genre.FICTION, ratings={"x": 5}, location=cls.Location(shelf="A"), isbn="1")
    twin = library.Book.from_binary(book.to_binary())
    assert twin == library.Book(
        title="Kobzar",
        genre=library.Genre.FICTION,
        ratings={"x": 5},
        location=library.Book.Location(shelf="A"),
        isbn="1",
    )
    assert repr(book) == repr(twin)
    assert cls.from_json(twin.to_json()) == cls.from_text(twin.to_text()) == cls.from_dict(twin.to_dict()) == book
    assert book.identifier == ("isbn", "1")
    assert copy.deepcopy(book) == book
    with pytest.raises(EncodeError, match=r'acme\.library\.v1\.Book\.ratings\["y"\]: expected int, got str'):
        cls(ratings={"y": "z"}).to_binary()
    with pytest.raises(AttributeError, match="titel"):
        book.titel = ""
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(book)


def test_extensions_are_keys_to_their_values(classes: Classes) -> None:
    base: Any = classes.message("golden.extensions.Base")
    number, pair = (classes.extension(f"golden.extensions.{name}") for name in ("number", "pair"))
    payload: Any = classes.message("golden.extensions.Payload")
    message = base(name="x")
    message[number] = 4
    message[pair] = pair.spec.type(left=1)
    message[payload.payload] = payload(x=3)
    extensions = golden_module("extensions_pb")
    ours = extensions.Base.from_binary(message.to_binary())
    assert (ours[extensions.number], ours[extensions.pair]) == (4, extensions.Pair(left=1))
    assert ours[extensions.Payload.payload] == extensions.Payload(x=3)
    assert payload.payload is classes.extension("golden.extensions.Payload.payload")
    assert message[classes.extension("golden.extensions.level_or_high")].name == "HIGH"


def test_custom_options_are_read_with_them(classes: Classes) -> None:
    secret = classes.files.message("golden.extensions.Annotated").field("secret")
    assert secret.options[classes.extension("golden.extensions.owner")] == "security"


def test_well_known_types_are_the_shipped_ones(classes: Classes) -> None:
    assert classes.message("google.protobuf.Timestamp") is wkt.Timestamp
    assert classes.message("google.protobuf.FieldOptions") is descriptor_pb.FieldOptions
    assert classes.enum("google.protobuf.NullValue") is wkt.NullValue
    order: Any = classes.message("acme.shop.v1.Order")
    made = order(created=wkt.Timestamp(seconds=1))
    assert made.to_dict()["created"] == "1970-01-01T00:00:01Z"


def test_registries_find_them(classes: Classes) -> None:
    registry = classes.registry()
    point: Any = registry.message("golden.extensions.Payload")
    assert point is classes.message("golden.extensions.Payload")
    packed = wkt.Any(type_url="type.googleapis.com/golden.extensions.Payload", value=point(x=3).to_binary())
    assert packed.to_dict(registry=registry) == {"@type": packed.type_url, "x": 3}
    assert wkt.Any.from_dict(packed.to_dict(registry=registry), registry=registry) == packed
    assert registry.extension("golden.extensions.number") is classes.extension("golden.extensions.number")
    assert [extension.number for extension in registry.extensions(classes.message("golden.extensions.Set"))] == [
        1547769,
        2147483646,
    ]
    assert isinstance(registry, Registry)


def test_two_sets_live_together() -> None:
    one, other = (Classes(Files.from_binary(golden_set())) for _ in range(2))
    assert one.message("Root") is one.message("Root")
    assert one.message("Root") is not other.message("Root")
    with pytest.raises(TypeError, match=r"golden\.extensions\.number extends golden\.extensions\.Base"):
        other.message("golden.extensions.Base")()[one.extension("golden.extensions.number")]  # type: ignore[index]


def test_threads_get_one_class() -> None:
    classes = Classes(Files.from_binary(golden_set()))
    wanted = ["golden.nested.Outer", "golden.nested.Outer.Middle.Inner", "golden.nested.Outer"] * 8
    with ThreadPoolExecutor(8) as pool:
        found = dict(zip(wanted, pool.map(classes.message, wanted), strict=True))
        assert [*pool.map(classes.message, wanted)] == [found[name] for name in wanted]


def test_what_is_not_there_is_not_found(classes: Classes) -> None:
    for find in (classes.message, classes.enum, classes.extension):
        with pytest.raises(LookupError, match=r"golden\.None"):
            find("golden.None")
    with pytest.raises(LookupError, match="is a field, and no extension"):
        classes.extension("golden.extensions.Base.name")
