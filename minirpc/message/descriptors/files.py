"""Sets of .proto files that were described at run time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from minirpc.errors import DescriptorError
from minirpc.message.descriptors.declare import declare
from minirpc.message.descriptors.elements import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MessageDescriptor,
    ServiceDescriptor,
)
from minirpc.message.descriptors.link import Linker
from minirpc.message.wkt.descriptor_pb import FileDescriptorProto, FileDescriptorSet

__all__ = ["Files"]

D = TypeVar("D", bound=Descriptor)


class Files:
    """.proto files with all that they import, and what they define by full names.

    A set is closed and never changes: two sets may define the same names. A file may use whatever another file of the
    set defines, also where it does not import it.

    Args:
        files: the descriptions, in any order: those of a ``FileDescriptorSet`` (which protoc writes with
            ``--include_imports --descriptor_set_out``), or what a server's reflection service gives.

    Raises:
        DescriptorError: the files describe something illegal, import files that are not there or each other in a
            circle, or define one name twice.
    """

    def __init__(self, files: Iterable[FileDescriptorProto] | FileDescriptorSet) -> None:
        protos: dict[str, FileDescriptorProto] = {}
        for proto in files.file if isinstance(files, FileDescriptorSet) else files:
            name = proto.name or ""
            if protos.setdefault(name, proto) is not proto and protos[name] != proto:
                raise DescriptorError("there are two files of this name", name)
        self._files: dict[str, FileDescriptor] = {}
        self._symbols: dict[str, Descriptor] = {}
        for name in _sorted(protos):
            proto = protos[name]
            file = declare(proto, {imported: self._files[imported] for imported in proto.dependency})
            self._files[name] = file
            for full_name, element in file.symbols.items():
                other = self._symbols.setdefault(full_name, element)
                if other is not element:
                    raise DescriptorError(f"is defined in {other.file.name}, too", name, full_name)
        linker = Linker(self._symbols.get)
        for file in self._files.values():
            linker.link(file)

    @classmethod
    def from_binary(cls, data: bytes) -> Files:
        """Makes a set of a serialized ``FileDescriptorSet``.

        Raises:
            DecodeError: ``data`` is none.
            DescriptorError: see the class.
        """
        return cls(FileDescriptorSet.from_binary(data))

    def __iter__(self) -> Iterator[FileDescriptor]:
        """The files, each behind those that it imports."""
        return iter(self._files.values())

    def __len__(self) -> int:
        return len(self._files)

    def file(self, name: str) -> FileDescriptor:
        """A file, by the name under which others import it.

        Raises:
            LookupError: there is none.
        """
        found = self._files.get(name)
        if found is None:
            raise LookupError(f"there is no file {name!r}")
        return found

    def message(self, full_name: str) -> MessageDescriptor:
        """A message, by its full name.

        Raises:
            LookupError: there is none.
        """
        return self._find(full_name, MessageDescriptor, "message")

    def enum(self, full_name: str) -> EnumDescriptor:
        """An enum, by its full name.

        Raises:
            LookupError: there is none.
        """
        return self._find(full_name, EnumDescriptor, "enum")

    def service(self, full_name: str) -> ServiceDescriptor:
        """A service, by its full name.

        Raises:
            LookupError: there is none.
        """
        return self._find(full_name, ServiceDescriptor, "service")

    def extension(self, full_name: str) -> FieldDescriptor:
        """An extension, by its full name.

        Raises:
            LookupError: there is none.
        """
        found = self._find(full_name, FieldDescriptor, "extension")
        if not found.is_extension:
            raise LookupError(f"{full_name} is a field, and no extension")
        return found

    def _find(self, full_name: str, kind: type[D], what: str) -> D:
        found = self._symbols.get(full_name)
        if not isinstance(found, kind):
            raise LookupError(f"there is no {what} {full_name!r}")
        return found

    def __repr__(self) -> str:
        return f"<Files of {len(self._files)}>"


def _sorted(protos: dict[str, FileDescriptorProto]) -> Iterator[str]:
    """The names of the files, each behind those that it imports. Without recursion: chains of imports may be long."""
    done: set[str] = set()
    for first, proto in protos.items():
        if first in done:
            continue
        # the files between the first and the one that is looked at, with those imports that are still to be looked at
        chain = [(first, iter(proto.dependency))]
        in_chain = {first}
        while chain:
            name, imports = chain[-1]
            imported = next((each for each in imports if each not in done), None)
            if imported is None:
                chain.pop()
                in_chain.remove(name)
                done.add(name)
                yield name
            elif imported not in protos:
                raise DescriptorError(f"imports {imported[:200]!r}, which is not there", name)
            elif imported in in_chain:
                names = [name for name, _ in chain]
                circle = names[names.index(imported) :]
                shown = [*circle[:10], "…"] if len(circle) > 10 else circle
                raise DescriptorError(f"imports itself in a circle: {' → '.join([*shown, imported])}", imported)
            else:
                chain.append((imported, iter(protos[imported].dependency)))
                in_chain.add(imported)
