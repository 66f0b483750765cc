"""How pure-Python message classes store their values: descriptors, constructor, equality, copies.

The compiled twins of all of these are in ``minirpc/_codec.pyx``.
"""

from __future__ import annotations

import copy as _copy
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from minirpc.numbers import Numbers, adopt
from minirpc.wire.spec import Card, FieldSpec

__all__ = [
    "ContainerSlot",
    "DefaultSlot",
    "OneofSlot",
    "copy",
    "deepcopy",
    "equal",
    "fill_empty_slots",
    "init",
    "install",
    "is_extendable",
    "keep_unknown",
    "settle_unknown",
]

CONTAINERS = (Card.REPEATED, Card.MAP)


class _Accessor(property):
    """A property that says which field it is."""

    def __init__(
        self, name: str, fget: Callable[[Any], Any], fset: Callable[[Any, Any], None], fdel: Callable[[Any], None]
    ) -> None:
        super().__init__(fget, fset, fdel)
        self.name = name

    def __repr__(self) -> str:
        return f"<field {self.name}>"


def ContainerSlot(member: Any, spec: FieldSpec) -> Any:  # noqa: N802  (a class in the compiled twin)
    """The attribute of a repeated field or map: makes its container when it is first read."""
    read, write = member.__get__, member.__set__
    code = spec.typecode
    make: Callable[[], Any] = partial(Numbers, code) if code else dict if spec.card is Card.MAP else list

    def fget(message: Any) -> Any:
        try:
            value = read(message)
        except AttributeError:
            value = None
        if value is None:
            value = make()
            write(message, value)
        return value

    def fset(message: Any, value: Any) -> None:
        write(message, value if value is None or type(value) is list else adopt(value, code))

    return _Accessor(spec.name, fget, fset if code else write, lambda message: write(message, None))


def _reader(member: Any, spec: FieldSpec) -> Callable[[Any], Any]:
    """Reads a slot that holds None, or nothing, while the field is unset."""
    read = member.__get__

    def fget(message: Any) -> Any:
        try:
            value = read(message)
        except AttributeError:
            value = None
        # asked for at each read, since the enum class of a default may not exist any earlier
        return spec.unset_value if value is None else value

    return fget


def DefaultSlot(member: Any, spec: FieldSpec) -> Any:  # noqa: N802  (a class in the compiled twin)
    """The attribute of a field with presence and an explicit default, which is what it reads as while unset."""
    write = member.__set__
    return _Accessor(spec.name, _reader(member, spec), write, lambda message: write(message, None))


def OneofSlot(member: Any, spec: FieldSpec, siblings: Sequence[Any]) -> Any:  # noqa: N802  (a class in the compiled twin)
    """The attribute of a oneof member: setting it to anything but None clears the other members."""
    write = member.__set__
    others = tuple(sibling.__set__ for sibling in siblings)

    def fset(message: Any, value: Any) -> None:
        write(message, value)
        if value is not None:
            for clear in others:
                clear(message, None)

    return _Accessor(spec.name, _reader(member, spec), fset, lambda message: write(message, None))


def _make_init(cls: Any) -> Callable[..., None]:
    """Writes the constructor of one class: a keyword for each field, a plain assignment to each slot."""
    specs: tuple[FieldSpec, ...] = cls.__fields__
    taken = {spec.name for spec in specs}
    self, args = _unused("self", taken), _unused("args", taken)
    positional, two_members = _unused("positional", taken), _unused("two_members", taken)
    type_, list_, adopt_ = _unused("type", taken), _unused("list", taken), _unused("adopt", taken)
    names: dict[str, Any] = {positional: _positional, two_members: _two_members}
    names |= {type_: type, list_: list, adopt_: adopt}
    keywords, body = [], [f"    if {args}: {positional}({cls.__name__!r})", f"    {self}._unknown = b''"]
    if is_extendable(cls):
        body.append(f"    {self}._extensions = None")
    oneofs: dict[str, list[str]] = {}
    for index, spec in enumerate(specs):
        default = _unused(f"d{index}", taken)
        names[default] = spec.default
        keywords.append(f"{spec.name}={default}")
        value = spec.name
        if spec.typecode:
            adopted = f"{adopt_}({value}, {spec.typecode!r})"
            value = f"{value} if {value} is None or {type_}({value}) is {list_} else {adopted}"
        body.append(f"    {self}.{spec.slot} = {value}")
        if spec.card is Card.ONEOF:
            oneofs.setdefault(spec.oneof, []).append(spec.name)
    for oneof, members in oneofs.items():
        if len(members) > 1:
            given = " + ".join(f"({member} is not None)" for member in members)
            pairs = ", ".join(f"({member!r}, {member})" for member in members)
            body.append(f"    if {given} > 1: {two_members}({cls.__name__!r}, {oneof!r}, [{pairs}])")
    source = "\n".join([f"def __init__({', '.join([self, '/', f'*{args}', *keywords])}):", *body])
    exec(source, names)  # noqa: S102  the names stand in a class body, where Python has found them to be identifiers
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = cls.__name__  # what Python calls it when a keyword is wrong
    return made


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _positional(cls_name: str) -> None:
    raise TypeError(f"{cls_name}() takes no positional arguments")


def _two_members(cls_name: str, oneof: str, members: list[tuple[str, Any]]) -> None:
    first, second, *_ = (name for name, value in members if value is not None)
    raise TypeError(f"{cls_name}() got two members of oneof {oneof!r}: {first!r} and {second!r}")


def _owner(cls: Any) -> Any:
    """The class that declares the fields: ``cls`` itself, or the one that it was derived from."""
    return next(base for base in cls.__mro__ if "__fields__" in base.__dict__)


def init(self: Any, /, *args: Any, **fields: Any) -> None:
    """``__init__`` until the first call, which writes the real one: only then do all classes of a module exist."""
    owner = _owner(type(self))
    made = owner.__plans__.get(init)
    if made is None:
        made = owner.__plans__.setdefault(init, _make_init(owner))
        if owner.__dict__["__init__"] is init:  # and not the class's own, which has called this one
            owner.__init__ = made
    made(self, *args, **fields)


def install(cls: type[Any]) -> None:
    """Prepares a new message class; the compiled twin gives it a faster constructor here."""


def is_extendable(cls: Any) -> bool:
    """Whether messages of the class have a slot for the holders of extensions."""
    # kept where the plans are: to look for an attribute that is not there takes a tenth of the copy of a small message
    plans: dict[Any, Any] = cls.__plans__
    if is_extendable not in plans:
        plans[is_extendable] = hasattr(cls, "_extensions")
    known: bool = plans[is_extendable]
    return known


def fill_empty_slots(message: Any, specs: Sequence[FieldSpec]) -> None:
    """Puts the default into every slot that is empty: in an instance made by ``__new__`` alone, or after ``del``."""
    for spec in specs:
        if not hasattr(message, spec.slot):
            setattr(message, spec.slot, spec.default)
    if not hasattr(message, "_unknown"):
        message._unknown = b""
    if is_extendable(type(message)) and not hasattr(message, "_extensions"):
        message._extensions = None


class _Late(threading.local):
    """Unknown fields of messages that were merged into, until the decoding is at its end: by the message's id."""

    def __init__(self) -> None:
        self.of: dict[int, tuple[Any, list[bytes]]] = {}


_late = _Late()


def keep_unknown(message: Any, pieces: list[bytes]) -> None:
    """Notes unknown fields for a message that is merged into, until :func:`settle_unknown`.

    A sub-message may come in a million parts. To join its bytes at each of them would take time by their square.
    """
    found = _late.of.get(id(message))
    if found is None:
        _late.of[id(message)] = message, pieces
    else:
        found[1].extend(pieces)


def settle_unknown() -> None:
    """Gives messages what was noted for them in this thread; to be called when a decoding has ended, well or not."""
    waiting = _late.of
    while waiting:
        _, (message, pieces) = waiting.popitem()
        message._unknown += b"".join(pieces)


def _stored(message: Any, specs: Sequence[FieldSpec]) -> list[Any]:
    """The values of all slots, with what an unset one stands for."""
    values = []
    for spec in specs:
        try:
            value = getattr(message, spec.slot)
        except AttributeError:
            value = spec.default
        if spec.card in CONTAINERS and not value:
            value = None
        values.append(value)
    return values


def _unknown(message: Any) -> bytes:
    unknown: bytes = getattr(message, "_unknown", b"")
    return unknown


def equal(a: Any, b: Any) -> Any:
    """``__eq__``: same class, equal fields (as in tuples: identical or equal), same unknown fields."""
    if type(a) is not type(b):
        return NotImplemented
    if a is b:
        return True
    specs = a.__fields__
    return _stored(a, specs) == _stored(b, specs) and _unknown(a) == _unknown(b)


def _clone(message: Any) -> Any:
    twin: Any = object.__new__(type(message))
    twin._unknown = _unknown(message)
    if is_extendable(type(message)):
        twin._extensions = None
    return twin


def copy(message: Any) -> Any:
    """``__copy__``: a new message that shares the values, containers included."""
    twin = _clone(message)
    for spec in message.__fields__:
        if hasattr(message, spec.slot):
            setattr(twin, spec.slot, getattr(message, spec.slot))
    if hasattr(message, "__dict__"):
        twin.__dict__.update(message.__dict__)
    return twin


_UNSET = object()
# what cannot change is its own copy, as for copy.deepcopy; subclasses may have a say and are left to it
_CONSTANT = frozenset([type(None), bool, int, float, str, bytes])


def deepcopy(message: Any, memo: dict[int, Any] | None = None) -> Any:
    """``__deepcopy__``: a new message that shares nothing that can change."""
    memo = {} if memo is None else memo
    twin = _clone(message)
    memo[id(message)] = twin
    memo.setdefault(id(memo), []).append(message)  # keeps it, so that no other object comes by its id meanwhile
    for spec in message.__fields__:
        value = getattr(message, spec.slot, _UNSET)
        if value is not _UNSET:
            setattr(twin, spec.slot, value if type(value) in _CONSTANT else _deepcopy(value, memo))
    if hasattr(message, "__dict__"):
        twin.__dict__.update(_copy.deepcopy(message.__dict__, memo))
    return twin


def _deepcopy(value: Any, memo: dict[int, Any]) -> Any:
    """``copy.deepcopy``, without a call for each element of a list or dict that cannot change."""
    known = memo.get(id(value))
    if known is not None:
        return known
    cls = type(value)
    copied: Any
    if cls is list:
        if _CONSTANT.issuperset(map(type, value)):
            copied = memo[id(value)] = value.copy()
        else:
            copied = memo[id(value)] = []
            copied.extend(_deepcopy(element, memo) for element in value)
    elif cls is dict:
        # keys are shared: what can be hashed does not change
        if _CONSTANT.issuperset(map(type, value.values())):
            copied = memo[id(value)] = value.copy()
        else:
            copied = memo[id(value)] = {}
            for key, element in value.items():
                copied[key] = _deepcopy(element, memo)
    elif getattr(cls, "__deepcopy__", None) is deepcopy:
        return deepcopy(value, memo)
    else:
        return _copy.deepcopy(value, memo)
    memo.setdefault(id(memo), []).append(value)
    return copied
