"""Descriptors of real .proto files as datasets: those of the distribution ``googleapis-common-protos``."""

from __future__ import annotations

import tempfile
from importlib.metadata import files
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message
from grpc_tools import protoc  # type: ignore[import-untyped]

from benchmarks.codec.datasets import EnumValue, Tree, Value

__all__ = ["descriptor_sets"]

_DISTRIBUTION = "googleapis-common-protos"


def descriptor_sets(*, small: bool) -> dict[str, Tree]:
    """Returns ``FileDescriptorSet`` messages by name: with the comments and positions of the source, and without.

    Options that the files define themselves (``google.api.http``) are left out: to descriptor.proto alone they are
    unknown fields, which a program does not build.

    Args:
        small: take a few of the files only, to try the benchmark itself.

    Raises:
        importlib.metadata.PackageNotFoundError: the distribution is not installed.
        RuntimeError: its files do not compile.
    """
    located = _compile(small=small)
    plain = FileDescriptorSet()
    plain.CopyFrom(located)
    for file in plain.file:
        file.ClearField("source_code_info")
    return {"descriptors": _tree(plain), "descriptors + source": _tree(located)}


def _compile(*, small: bool) -> FileDescriptorSet:
    paths = [path for path in files(_DISTRIBUTION) or [] if path.suffix == ".proto"]
    # the files import each other from the folder that the distribution is installed in
    root = Path(str(paths[0].locate())).parents[len(paths[0].parts) - 1]
    names = sorted(path.as_posix() for path in paths)
    well_known = Path(protoc.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory(prefix="minirpc-benchmark-") as folder:
        output = Path(folder) / "set.bin"
        options = [f"-I{root}", f"-I{well_known}", f"--descriptor_set_out={output}", "--include_source_info"]
        status = protoc.main(["protoc", *options, *(names[:3] if small else names)])
        if status:
            raise RuntimeError(f"the files of {_DISTRIBUTION} do not compile: protoc ended with status {status}")
        message = FileDescriptorSet.FromString(output.read_bytes())
    message.DiscardUnknownFields()
    for file in message.file:
        _forget_extensions(file)
    return message


def _forget_extensions(message: Message) -> None:
    """Clears the extensions that happen to be known in this process, at every level."""
    for field, value in message.ListFields():
        if field.is_extension:
            message.ClearExtension(field)  # type: ignore[arg-type]  # the stubs want the generated object
        elif field.message_type is not None:
            for part in value if field.is_repeated else [value]:
                _forget_extensions(part)


def _tree(message: Message) -> Tree:
    fields = {field.name: _value(field, value) for field, value in message.ListFields()}
    return Tree(_name(message.DESCRIPTOR), fields)


def _value(field: FieldDescriptor, value: Any) -> Value:
    if field.is_repeated:
        return [_single(field, element) for element in value]
    return _single(field, value)


def _single(field: FieldDescriptor, value: Any) -> Value:
    if field.message_type is not None:
        return _tree(value)
    if field.enum_type is not None:
        return EnumValue(_name(field.enum_type), field.enum_type.values_by_number[value].name)
    scalar: Value = value
    return scalar


def _name(descriptor: Any) -> str:
    """The name of a message or enum below its package."""
    name: str = descriptor.full_name.removeprefix(f"{descriptor.file.package}.")
    return name
