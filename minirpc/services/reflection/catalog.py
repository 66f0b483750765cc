"""What a server can tell about itself: its services, and the .proto files that describe them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator

from minirpc.message.descriptors import FieldDescriptor, FileDescriptor
from minirpc.message.wkt.descriptor_pb import FileDescriptorProto

__all__ = ["Catalog", "without_imports"]

_log = logging.getLogger("minirpc.reflection")

_ENOUGH = 1 << 20
"""Bytes of imports after which an answer carries no more of them: clients ask for what they lack, and the messages that
they accept have a limit, by default 4 MiB."""


class Catalog:
    """The services of a server and the files that describe them.

    Of files with one name, and of files that define one symbol, the first is taken. That they differ is logged as a
    warning: a client could not hold both either.

    Args:
        services: the full names of the services.
        files: the files; what they import comes with them.

    Attributes:
        services: the full names of the services, sorted.
    """

    def __init__(self, services: Iterable[str], files: Iterable[FileDescriptor]) -> None:
        self.services = tuple(sorted({*services}))
        self._files: dict[str, FileDescriptor] = {}
        self._symbols: dict[str, FileDescriptor] = {}
        self._extensions: dict[str, dict[int, FileDescriptor]] = {}
        self._encoded: dict[FileDescriptor, bytes] = {}
        for file in [each for start in files for each in _closure(start)]:
            self._add(file)

    def _add(self, file: FileDescriptor) -> None:
        other = self._files.setdefault(file.name, file)
        if other is not file:
            if other.proto != file.proto:
                _log.warning("there are two different files %s; reflection shows the first alone", file.name)
            return
        shared: dict[str, str] = {}
        for symbol, element in file.symbols.items():
            first = self._symbols.setdefault(symbol, file)
            if first is not file:
                shared.setdefault(first.name, symbol)
            elif isinstance(element, FieldDescriptor) and element.is_extension:
                self._extensions.setdefault(_extendee(element), {}).setdefault(element.number, file)
        for name, symbol in shared.items():
            _log.warning("%s and %s both define %s; reflection shows that of the first", name, file.name, symbol)

    def file(self, name: str) -> FileDescriptor | None:
        """A file, by the name under which others import it."""
        return self._files.get(name)

    def file_of_symbol(self, full_name: str) -> FileDescriptor | None:
        """The file that defines a service, a method, a message, a field, … of this full name."""
        return self._symbols.get(full_name)

    def file_of_extension(self, extendee: str, number: int) -> FileDescriptor | None:
        """The file that defines an extension of a message, by the message's full name and the extension's number."""
        return self._extensions.get(extendee, {}).get(number)

    def extension_numbers(self, extendee: str) -> list[int] | None:
        """The numbers of the extensions of a message, in rising order; None if there is no such message."""
        if extendee in self._extensions:
            return sorted(self._extensions[extendee])
        file = self._symbols.get(extendee)
        if file is None:
            return None
        try:
            file.message(extendee)
        except LookupError:
            return None
        return []

    def descriptions(self, file: FileDescriptor, known: set[str]) -> list[bytes]:
        """A file and what it imports, as serialized ``FileDescriptorProto`` messages.

        Args:
            file: the file; it comes first, and is always there.
            known: the names of the imports to leave out; those that are given are added.
        """
        found = [self._encode(file)]
        known.add(file.name)
        size = 0
        for imported in _closure(file):
            if imported.name not in known:
                encoded = self._encode(imported)
                size += len(encoded)
                if size > _ENOUGH:
                    break
                found.append(encoded)
                known.add(imported.name)
        return found

    def _encode(self, file: FileDescriptor) -> bytes:
        encoded = self._encoded.get(file)
        if encoded is None:
            # No code was generated from these: they give nothing but options, without which clients can live. They
            # cannot link a file whose imports they do not get.
            missing = {name for name, imported in file.imports.items() if imported is None}
            proto = without_imports(file.proto, missing) if missing else file.proto
            encoded = self._encoded[file] = proto.to_binary()
        return encoded


def without_imports(proto: FileDescriptorProto, names: Collection[str]) -> FileDescriptorProto:
    """The description of a file as if it did not import some others."""
    changed = FileDescriptorProto.from_binary(proto.to_binary())
    kept = [index for index, name in enumerate(proto.dependency) if name not in names]
    places = {before: now for now, before in enumerate(kept)}
    changed.dependency = [proto.dependency[index] for index in kept]
    changed.public_dependency = [places[index] for index in proto.public_dependency if index in places]
    changed.weak_dependency = [places[index] for index in proto.weak_dependency if index in places]
    return changed


def _closure(file: FileDescriptor) -> Iterator[FileDescriptor]:
    """A file and all that it imports, the nearest first."""
    waiting = [file]
    seen = {file.name}
    for current in waiting:  # which grows meanwhile
        yield current
        for imported in current.imports.values():
            if imported is not None and imported.name not in seen:
                seen.add(imported.name)
                waiting.append(imported)


def _extendee(extension: FieldDescriptor) -> str:
    try:
        extendee = extension.extendee
    except LookupError:
        extendee = None
    return extendee.full_name if extendee else (extension.proto.extendee or "").removeprefix(".")
