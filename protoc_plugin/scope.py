"""How one generated module refers to classes: its own, those of other modules, and those of Python."""

from __future__ import annotations

import builtins
from collections.abc import Collection
from dataclasses import dataclass

from minirpc.message.descriptors import EnumDescriptor, Files, MessageDescriptor
from protoc_plugin import names
from protoc_plugin.options import Options

__all__ = ["Module", "ModuleScope", "Type", "TypeIndex"]

_WKT = ("minirpc", "message", "wkt")
_GOOGLE_RPC = ("minirpc", "google_rpc")
SHIPPED = {
    "google/protobuf/any.proto": _WKT,
    "google/protobuf/api.proto": _WKT,
    "google/protobuf/compiler/plugin.proto": ("protoc_plugin",),
    "google/protobuf/descriptor.proto": _WKT,
    "google/protobuf/duration.proto": _WKT,
    "google/protobuf/empty.proto": _WKT,
    "google/protobuf/field_mask.proto": _WKT,
    "google/protobuf/source_context.proto": _WKT,
    "google/protobuf/struct.proto": _WKT,
    "google/protobuf/timestamp.proto": _WKT,
    "google/protobuf/type.proto": _WKT,
    "google/protobuf/wrappers.proto": _WKT,
    "google/rpc/code.proto": _GOOGLE_RPC,
    "google/rpc/error_details.proto": _GOOGLE_RPC,
    "google/rpc/status.proto": _GOOGLE_RPC,
    "grpc/channelz/v1/channelz.proto": ("minirpc", "services", "channelz"),
    "grpc/health/v1/health.proto": ("minirpc", "services", "health"),
    "grpc/reflection/v1/reflection.proto": ("minirpc", "services", "reflection", "v1"),
    "grpc/reflection/v1alpha/reflection.proto": ("minirpc", "services", "reflection", "v1alpha"),
}
"""The files whose modules come with minirpc, and the packages that hold them."""


@dataclass(frozen=True)
class Module:
    """A generated module.

    Attributes:
        folders: the packages that it lies in, from the output folder or, where it is installed, from the import root.
        name: its own name.
        installed: whether it comes with minirpc.
    """

    folders: tuple[str, ...]
    name: str
    installed: bool = False

    @property
    def path(self) -> str:
        """Its file, from the output folder."""
        return "/".join((*self.folders, f"{self.name}.py"))


@dataclass(frozen=True)
class Type:
    """A message or an enum.

    Attributes:
        module: the module that defines it.
        path: the names that lead to the class inside it: ``("Book", "Location")``.
        deprecated: whether the .proto file calls it deprecated.
    """

    module: Module
    path: tuple[str, ...]
    deprecated: bool = False


class TypeIndex:
    """The files of a request, the modules that they become, and the classes that their types become.

    Args:
        files: all files of the request.
        to_generate: the names of those to generate.
    """

    def __init__(self, files: Files, to_generate: Collection[str]) -> None:
        self.files = files
        self._to_generate = frozenset(to_generate)

    def type(self, descriptor: MessageDescriptor | EnumDescriptor) -> Type:
        """The class that a message or enum becomes."""
        parents: list[str] = []
        outermost = descriptor
        while outermost.parent is not None:
            parents.append(names.member_name(outermost.name))
            outermost = outermost.parent
        path = (names.top_level_name(outermost.name), *reversed(parents))
        deprecated = descriptor.deprecated
        while descriptor.parent is not None:
            descriptor = descriptor.parent
            deprecated = deprecated or descriptor.deprecated
        return Type(self.module(descriptor.file.name), path, deprecated)

    def module(self, proto_file: str, suffix: str = "pb") -> Module:
        """The module that a file becomes: ``x_pb`` for its messages, ``x_rpc`` for its services."""
        folders, stem = names.module_path(proto_file)
        if proto_file in SHIPPED and proto_file not in self._to_generate:
            return Module(SHIPPED[proto_file], f"{stem}_{suffix}", installed=True)
        return Module(folders, f"{stem}_{suffix}")


class ModuleScope:
    """The names of one module, and the import lines that it needs.

    Annotations in a class body see the names of that body before those of the module, so a field that is called
    ``int`` hides the builtin from all annotations beside it, and a field ``Bar`` hides a class ``Bar``. Where a name is
    hidden, the annotation goes another way: ``_builtins.int``, or an alias ``_Bar`` at the end of the module. Names
    that begin with an underscore are free for that, since those of .proto files never do (:mod:`protoc_plugin.names`).

    Args:
        module: the module that is generated.
        options: the user's.
        top_level: the public names that the module binds.
    """

    def __init__(self, module: Module, options: Options, top_level: Collection[str]) -> None:
        self.module = module
        self.uses_deprecated = False
        """Whether the module refers to something deprecated, which is no business of its users' type checkers."""
        self.aliases: dict[str, str] = {}
        self._options = options
        self._top_level = frozenset(top_level)
        self._private = {"_pb", "_rpc", "_builtins", "_typing"}
        self._modules: dict[Module, str] = {}
        self._standard: set[str] = set()
        self._clauses: dict[Module, set[str]] = {}

    def builtin(self, name: str, members: Collection[str]) -> str:
        """A reference to a builtin, from a class body that binds ``members``."""
        if name not in members and name not in self._top_level:
            return name
        self._standard.add("import builtins as _builtins")
        return f"_builtins.{name}"

    def typing(self, name: str, members: Collection[str]) -> str:
        """A reference to ``typing.Literal`` or ``ClassVar``, from a class body that binds ``members``."""
        if name not in members and name not in self._top_level:
            self._standard.add(f"from typing import {name}")
            return name
        self._standard.add("import typing as _typing")
        return f"_typing.{name}"

    def annotation(self, found: Type, owner: tuple[str, ...], members: Collection[str]) -> str:
        """A reference to a class, in an annotation.

        Args:
            found: the class.
            owner: the path of the class whose body holds the annotation.
            members: the names that this body binds.
        """
        self.uses_deprecated |= found.deprecated
        if found.module == self.module:
            inside = found.path[len(owner) :] if found.path[: len(owner)] == owner else ()
            # where an outer scope has the name too, mypy (as Python) takes that of the body, pyright the outer one
            if inside and inside[0] not in self._top_level and not _may_be_known_outside(inside[0]):
                return ".".join(inside)
            if found.path[0] in members:
                first = self.aliases.get(found.path[0]) or self._claim(f"_{found.path[0]}")
                self.aliases[found.path[0]] = first
                return ".".join((first, *found.path[1:]))
        return self.expression(found)

    def expression(self, found: Type) -> str:
        """A reference to a class, in a lambda: such a body sees the names of the module alone."""
        self.uses_deprecated |= found.deprecated
        if found.module == self.module:
            return ".".join(found.path)
        return ".".join((self._module_alias(found.module), *found.path))

    def import_name(self, module: Module, clause: str) -> None:
        """Adds ``from module import clause``."""
        self._clauses.setdefault(module, set()).add(clause)

    def import_standard(self, line: str) -> None:
        """Adds an import of the standard library."""
        self._standard.add(line)

    def imports(self, contract: str) -> tuple[tuple[str, ...], ...]:
        """The import lines, in groups: the standard library, minirpc, and the modules of the output.

        Args:
            contract: the line that imports minirpc's side.
        """
        lines: dict[bool, list[str]] = {True: [contract], False: []}
        for module, alias in self._modules.items():
            package = self._package(module)
            source = f"from {package} import {module.name}" if package else f"import {module.name}"
            lines[module.installed].append(f"{source} as {alias}")
        for module, clauses in self._clauses.items():
            lines[module.installed].append(f"from {self.relative_name(module)} import {', '.join(sorted(clauses))}")
        standard = self._joined()
        groups = (sorted(group, key=_import_order) for group in (standard, lines[True], lines[False]) if group)
        return tuple(map(tuple, groups))

    def _joined(self) -> list[str]:
        """The imports of the standard library, those from one module in one line."""
        names_of: dict[str, list[str]] = {}
        lines = []
        for line in sorted(self._standard):
            source, found, name = line.partition(" import ")
            if found:
                names_of.setdefault(source, []).append(name)
            else:
                lines.append(line)
        return [*lines, *(f"{source} import {', '.join(found)}" for source, found in names_of.items())]

    def relative_name(self, module: Module) -> str:
        """The name of a module, as ``importlib.import_module`` takes it in this module's package."""
        package = self._package(module)
        dot = "" if not package or package.endswith(".") else "."
        return f"{package}{dot}{module.name}"

    def _package(self, module: Module) -> str:
        """What stands between ``from`` and ``import`` for a module's package; "" for the import root."""
        if module.installed:
            return ".".join(module.folders)
        if self._options.root_package is not None:
            return ".".join((*filter(None, (self._options.root_package,)), *module.folders))
        here = self.module.folders
        common = 0
        while here[common : common + 1] == module.folders[common : common + 1] != ():
            common += 1
        return "." * (len(here) - common + 1) + ".".join(module.folders[common:])

    def _module_alias(self, module: Module) -> str:
        if module not in self._modules:
            self._modules[module] = self._claim(f"_{module.name}", *reversed(module.folders))
        return self._modules[module]

    def _claim(self, name: str, *folders: str) -> str:
        """A free private name: ``name``, with folders in front of it as needed to tell it from others."""
        for folder in folders:
            if name in self._private:
                name = f"_{folder}{name}"
        if name.startswith("__"):  # which Python mangles in class bodies
            name = f"_u{name}"
        while name in self._private:
            name += "_"
        self._private.add(name)
        return name


def _may_be_known_outside(name: str) -> bool:
    # type checkers know builtins that this Python does not have, all of them in lower case
    return name in vars(builtins) or name in ("ClassVar", "Literal") or not name[0].isupper()


def _import_order(line: str) -> tuple[bool, int, str]:
    """As isort has it: ``import`` before ``from``, and of relative imports the farthest first."""
    keyword, source = line.split(" ", 1)
    return keyword == "from", len(source.lstrip(".")) - len(source), source
