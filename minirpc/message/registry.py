"""Which .proto file a generated module stands for, and message classes by their full names.

Nothing here is shared between modules: files are kept by the name of the Python module that was generated from them,
so two trees that hold the same .proto file live side by side in one process. For the same reason there is no pool of
all types: whoever needs to find a class by its name makes a :class:`Registry` of those that may be found.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from minirpc.message.extension import Extension

if TYPE_CHECKING:
    from minirpc.message.base import Message

__all__ = ["WELL_KNOWN_TYPES", "File", "Registry", "file", "file_in", "file_of", "full_name"]


class File:
    """A .proto file.

    Attributes:
        name: the path under which protoc knows it, ``acme/library.proto``.
        package: its proto package, or "".
        descriptor: a serialized ``FileDescriptorProto``.
        module: the name of the Python module that was generated from it.
        imports: the names of the modules that stand for its imports, in order, relative to ``module`` where they begin
            with dots. They may be missing: code need not be generated for a file that only gives options.
    """

    __slots__ = ("descriptor", "imports", "module", "name", "package")

    def __init__(self, name: str, package: str, descriptor: bytes, module: str, imports: Sequence[str] = ()) -> None:
        self.name = name
        self.package = package
        self.descriptor = descriptor
        self.module = module
        self.imports = tuple(imports)

    def __repr__(self) -> str:
        return f"<File {self.name!r} in {self.module}>"


_FILES: dict[str, File] = {}


def file(name: str, package: str, descriptor: bytes, module: str, imports: Sequence[str] = ()) -> None:
    """Notes that ``module`` was generated from a .proto file; the descriptor is parsed only when somebody asks."""
    _FILES[module] = File(name, package, descriptor, module, imports)


def file_in(module: str) -> File | None:
    """The .proto file of a generated module, by the module's name; None if it was not generated."""
    return _FILES.get(module)


def file_of(cls: type[Any]) -> File | None:
    """The .proto file of a generated class; None for a class that was written by hand."""
    return _FILES.get(cls.__module__)


def full_name(cls: Any) -> str:
    """The full name of a message or enum class: package, enclosing messages, and its own name."""
    if cls.__proto_full_name__:
        return str(cls.__proto_full_name__)
    file = file_of(cls)
    names = [file.package] if file and file.package else []
    scope: Any = sys.modules.get(cls.__module__)
    *outer, _ = cls.__qualname__.rpartition("<locals>.")[2].split(".")
    for part in outer:
        scope = getattr(scope, part, None)
        names.append(getattr(scope, "__proto_name__", part))
    return ".".join([*names, cls.__proto_name__])


class Registry:
    """Message classes and extensions by their full names, for whatever finds them by name: ``google.protobuf.Any``, and
    extensions in JSON and text.

    The well-known types are in every registry.

    Args:
        sources: generated modules, message classes and extensions. Nested classes and extensions come with the ones
            that hold them; the modules that a module imports do not.

    Raises:
        TypeError: a source is none of these.
        ValueError: two different classes or extensions have one full name, or two extensions of a message one number.
    """

    __slots__ = ("_by_extendee", "_extensions", "_messages")

    def __init__(self, *sources: ModuleType | type[Message] | Extension[Any, Any]) -> None:
        self._messages: dict[str, type[Message]] = {}
        self._extensions: dict[str, Extension[Any, Any]] = {}
        self._by_extendee: dict[type[Message], dict[int, Extension[Any, Any]]] | None = None
        for source in sources:
            if isinstance(source, Extension):
                self._add_extension(source)
                continue
            if not isinstance(source, ModuleType) and not _is_message(source):
                raise TypeError(
                    f"a registry is made of generated modules, message classes and extensions, not of {source!r}"
                )
            for cls in _messages_in(source):
                name = cls.__full_name__()
                if self._messages.setdefault(name, cls) is not cls:
                    raise ValueError(f"two classes are {name}: {self._messages[name]!r} and {cls!r}")
            for extension in _extensions_in(source):
                self._add_extension(extension)

    def _add_extension(self, extension: Extension[Any, Any]) -> None:
        name = extension.full_name
        if self._extensions.setdefault(name, extension) is not extension:
            raise ValueError(f"two extensions are {name}")

    def message(self, full_name: str) -> type[Message]:
        """The class of a message type.

        Args:
            full_name: package, enclosing messages and name: ``acme.library.v1.Book.Location``.

        Raises:
            LookupError: there is none of this name.
        """
        found = self._messages.get(full_name) or _well_known_types().get(full_name)
        if found is None:
            raise LookupError(f"no message type {full_name!r} in the registry")
        return found

    def extension(self, full_name: str) -> Extension[Any, Any]:
        """An extension.

        Args:
            full_name: ``acme.owner``.

        Raises:
            LookupError: there is none of this name.
        """
        found = self._extensions.get(full_name)
        if found is None:
            raise LookupError(f"no extension {full_name!r} in the registry")
        return found

    def extensions(self, message_class: type[Message]) -> tuple[Extension[Any, Any], ...]:
        """The extensions of a message class, in the order of their numbers.

        Raises:
            ValueError: two extensions of one message have the same number.
        """
        if self._by_extendee is None:
            # not before: the classes that extensions name may not have existed when the registry was made
            self._by_extendee = self._index()
        return tuple(
            extension
            for extendee in message_class.__mro__
            for _, extension in sorted(self._by_extendee.get(extendee, {}).items())
        )

    def _index(self) -> dict[type[Message], dict[int, Extension[Any, Any]]]:
        index: dict[type[Message], dict[int, Extension[Any, Any]]] = {}
        for extension in self._extensions.values():
            numbers = index.setdefault(extension.extendee, {})
            other = numbers.setdefault(extension.number, extension)
            if other is not extension:
                raise ValueError(
                    f"{other.full_name} and {extension.full_name} both extend "
                    f"{extension.extendee.__full_name__()} with number {extension.number}"
                )
        return index

    def __repr__(self) -> str:
        return f"<Registry of {len(self._messages)} message types and {len(self._extensions)} extensions>"


WELL_KNOWN_TYPES = Registry()
"""The registry of the well-known types alone."""


def _is_message(value: object) -> bool:
    return isinstance(value, type) and "__fields__" in value.__dict__


def _messages_in(source: ModuleType | type[Message]) -> Iterator[type[Message]]:
    if isinstance(source, type):
        yield source
    for value in list(vars(source).values()):
        if _is_message(value):
            yield from _messages_in(value)


def _extensions_in(source: ModuleType | type[Message]) -> Iterator[Extension[Any, Any]]:
    for value in list(vars(source).values()):
        if isinstance(value, Extension):
            yield value
        elif _is_message(value):
            yield from _extensions_in(value)


_WELL_KNOWN = "minirpc.message.wkt"
_well_known: dict[str, type[Message]] = {}


def _well_known_types() -> dict[str, type[Message]]:
    # found by name and at first use: their modules are generated code, which stands above this one
    if not _well_known:
        _well_known.update((cls.__full_name__(), cls) for cls in _messages_in(importlib.import_module(_WELL_KNOWN)))
    return _well_known
