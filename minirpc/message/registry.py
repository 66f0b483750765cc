"""Which .proto file a generated module stands for.

Nothing here is shared between modules: files are kept by the name of the Python module that was generated from them,
so two trees that hold the same .proto file live side by side in one process.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["File", "file", "file_of", "full_name"]


class File:
    """A .proto file.

    Attributes:
        name: the path under which protoc knows it, ``acme/library.proto``.
        package: its proto package, or "".
        descriptor: a serialized ``FileDescriptorProto``.
        module: the name of the Python module that was generated from it.
    """

    __slots__ = ("descriptor", "module", "name", "package")

    def __init__(self, name: str, package: str, descriptor: bytes, module: str) -> None:
        self.name = name
        self.package = package
        self.descriptor = descriptor
        self.module = module

    def __repr__(self) -> str:
        return f"<File {self.name!r} in {self.module}>"


_FILES: dict[str, File] = {}


def file(name: str, package: str, descriptor: bytes, module: str) -> None:
    """Notes that ``module`` was generated from a .proto file; the descriptor is parsed only when somebody asks."""
    _FILES[module] = File(name, package, descriptor, module)


def file_of(cls: type[Any]) -> File | None:
    """The .proto file of a generated class; None for a class that was written by hand."""
    return _FILES.get(cls.__module__)


def full_name(cls: type[Any]) -> str:
    """The full name of a generated message or enum class: package, enclosing messages, and its own name."""
    file = file_of(cls)
    names = [file.package] if file and file.package else []
    scope: Any = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.rpartition("<locals>.")[2].split("."):
        scope = cls if part == cls.__name__ else getattr(scope, part, None)
        names.append(getattr(scope, "__proto_name__", part))
    return ".".join(names)
