"""Frozen value classes that cost next to nothing to define.

``dataclasses.dataclass`` writes the source of six methods for each class and compiles it, about a millisecond each time
that a program starts; the options of channels and servers alone are some dozens of classes. The methods here are shared
by all classes. An instance is made some microseconds slower, so what is made for every call stays a dataclass.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from reprlib import recursive_repr
from typing import Any, Final, TypeVar, dataclass_transform, overload

__all__ = ["frozen"]

T = TypeVar("T")

_set: Final = object.__setattr__


class _Signature:
    """What ``help`` and IDEs show as the parameters of such a class: worked out when somebody asks."""

    def __get__(self, instance: Any, owner: type[Any]) -> inspect.Signature:
        parameters = []
        for field in dataclasses.fields(owner):
            if not field.init:
                continue
            default: Any = inspect.Parameter.empty
            if field.default is not dataclasses.MISSING:
                default = field.default
            elif field.default_factory is not dataclasses.MISSING:
                default = field.default_factory
            kind = inspect.Parameter.KEYWORD_ONLY if field.kw_only else inspect.Parameter.POSITIONAL_OR_KEYWORD
            parameters.append(inspect.Parameter(field.name, kind, default=default, annotation=field.type))
        # fields with keywords come last, as a signature wants it
        return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind), return_annotation=None)


def _init(self: Any, /, *args: Any, **values: Any) -> None:
    cls = type(self)
    if args:
        names = cls.__match_args__
        if len(args) > len(names):
            raise TypeError(f"{cls.__name__}() takes {len(names)} positional arguments, not {len(args)}")
        for name, value in zip(names, args, strict=False):
            if name in values:
                raise TypeError(f"{cls.__name__}() got two values for {name!r}")
            values[name] = value
    missing = dataclasses.MISSING
    for name, field in cls.__dataclass_fields__.items():
        if not field.init:
            continue
        value = values.pop(name, missing)
        if value is missing:
            value = field.default
            if value is missing:
                if field.default_factory is missing:
                    raise TypeError(f"{cls.__name__}() needs a value for {name!r}")
                value = field.default_factory()
        _set(self, name, value)
    if values:
        raise TypeError(f"{cls.__name__}() has no argument {next(iter(values))!r}")
    check = getattr(self, "__post_init__", None)
    if check is not None:
        check()


@recursive_repr()
def _repr(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _compared(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, field.name) for field in dataclasses.fields(self) if field.compare)


def _eq(self: Any, other: object) -> bool:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    fields = dataclasses.fields(self)
    return hash(
        tuple(getattr(self, each.name) for each in fields if (each.compare if each.hash is None else each.hash))
    )


def _setattr(_self: Any, name: str, _value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


# pickle and copy would assign attributes, which a frozen object refuses
def _getstate(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        _set(self, field.name, value)


_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def frozen(cls: type[Any] | None = None, /, *, kw_only: bool = False) -> Any:
    """Makes a class with annotated fields what ``@dataclass(frozen=True, slots=True)`` makes of it.

    ``dataclasses.field``, ``replace``, ``fields`` and ``asdict``, ``__post_init__``, ``match``, ``pickle`` and ``copy``
    work as with a dataclass. A method that the class defines itself stays.

    Args:
        cls: the class.
        kw_only: whether all fields are given by keyword.
    """

    def decorate(cls: type[Any]) -> Any:
        own = vars(cls)
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
        for name, method in _METHODS.items():
            if name not in own:
                setattr(made, name, method)
        made.__signature__ = _Signature()
        return made

    return decorate if cls is None else decorate(cls)
