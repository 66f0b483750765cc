"""The descriptors of generated modules and classes."""

from __future__ import annotations

import importlib
from itertools import zip_longest
from types import ModuleType
from typing import Any, overload

from minirpc.message.base import Message
from minirpc.message.descriptors.declare import declare
from minirpc.message.descriptors.elements import EnumDescriptor, FileDescriptor, MessageDescriptor
from minirpc.message.descriptors.link import Linker
from minirpc.message.enums import Enum
from minirpc.message.registry import File, file_in, file_of, full_name
from minirpc.message.wkt.descriptor_pb import FileDescriptorProto

__all__ = ["describe"]


@overload
def describe(what: ModuleType) -> FileDescriptor: ...
@overload
def describe(what: type[Message]) -> MessageDescriptor: ...
@overload
def describe(what: type[Enum]) -> EnumDescriptor: ...
def describe(what: ModuleType | type[Any]) -> FileDescriptor | MessageDescriptor | EnumDescriptor:
    """The descriptor of a generated module, or of a message or enum class, generated or made at run time.

    The same object each time. Generated modules hold no comments.

    Raises:
        LookupError: it was written by hand, and no .proto file describes it.
    """
    if isinstance(what, ModuleType):
        return _file(_need(file_in(what.__name__), what))
    for cls in what.__mro__:
        found = cls.__dict__.get("__descriptor__")
        if isinstance(found, MessageDescriptor | EnumDescriptor):
            return found
        if issubclass(cls, Message) and "__fields__" in cls.__dict__:
            return _file(_need(file_of(cls), what)).message(full_name(cls))
        if issubclass(cls, Enum):
            return _file(_need(file_of(cls), what)).enum(full_name(cls))
    raise LookupError(f"{what!r} is no message and no enum")


def _need(file: File | None, what: object) -> File:
    if file is None:
        raise LookupError(f"{what!r} was not generated from a .proto file")
    return file


_made: dict[str, FileDescriptor] = {}


def _file(file: File) -> FileDescriptor:
    """The descriptor of a module's file, and of all that it imports."""
    waiting = [file]
    while waiting:
        current = waiting[-1]
        if current.module in _made:
            waiting.pop()
            continue
        imported = [_imported(current, module) for module in current.imports]
        missing = [each for each in imported if each is not None and each.module not in _made]
        if missing:
            waiting += missing
            continue
        proto = FileDescriptorProto.from_binary(current.descriptor)
        imports = {
            name: None if each is None else _made[each.module]
            for name, each in zip_longest(proto.dependency, imported[: len(proto.dependency)])
        }
        descriptor = declare(proto, imports)
        Linker(descriptor.visible, allow_missing=True).link(descriptor)
        _made[current.module] = descriptor
        waiting.pop()
    return _made[file.module]


def _imported(file: File, module: str) -> File | None:
    """What stands for an import of a file; None where nothing was generated from it."""
    package = file.module.rpartition(".")[0]
    if module.startswith(".") and not package:
        return None
    try:
        # a generated module imports only those whose types it uses; the others are needed for options alone
        found = importlib.import_module(module, package)
    except ModuleNotFoundError:
        return None
    return file_in(found.__name__)
