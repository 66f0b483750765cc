"""Writes the program that is measured, in the words of each library.

One program has the same text for all libraries but for what :class:`~benchmarks.codec.dialects.Dialect` says, as a user
of that library would write it by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

from benchmarks.codec.datasets import EnumValue, Tree, Value
from benchmarks.codec.dialects import Dialect

__all__ = ["OPERATIONS", "write_program"]

OPERATIONS = (
    "decode",
    "decode + read",
    "encode",
    "build",
    "build + encode",
    "modify",
    "equality",
    "deepcopy",
    "to_json",
    "from_json",
)
"""What is timed."""


def write_program(dialect: Dialect, schemas: Sequence[FileDescriptorProto], datasets: Mapping[str, Tree]) -> str:
    """Returns the program for one library.

    The program has a table ``STATEMENTS``: for each dataset and each of ``OPERATIONS`` the statement to be timed, in
    which ``data`` is the encoded message, ``message`` the decoded one, ``other`` another one decoded of the same bytes,
    and ``text`` the message as JSON.

    Args:
        dialect: the library.
        schemas: the descriptors of ``datasets.proto`` and of descriptor.proto, in this order.
        datasets: the messages.
    """
    writer = _Writer(dialect, schemas)
    # all names, as the libraries differ in what they call types that are not used here
    lines = [f"from {module} import *" for module in (dialect.module, dialect.descriptors)]
    lines += ["from copy import deepcopy", dialect.imports]
    for name in writer.messages:
        lines += ["", *writer.reader(name)]
    statements: dict[str, dict[str, str]] = {}
    for number, (dataset, tree) in enumerate(datasets.items()):
        build = f"build_{number}()"
        lines += ["", f"def {build}:", f"    return {writer.expression(tree)}"]
        modify = f"modify_{number}(data)"
        cls = writer.cls(tree.type)
        decode = dialect.decode.format(type=cls)
        lines += ["", f"def {modify}:", f"    m = {decode}", f"    {writer.change('m', tree)}"]
        lines.append(f"    return {dialect.encode.format(message='m')}")
        texts = (
            decode,
            f"{writer.reads(tree.type)}({decode})",
            dialect.encode.format(message="message"),
            build,
            dialect.encode.format(message=build),
            modify,
            "message == other",
            "deepcopy(message)",
            dialect.to_json,
            dialect.from_json.format(type=cls),
        )
        statements[dataset] = dict(zip(OPERATIONS, texts, strict=True))
    return "\n".join([*lines, "", f"STATEMENTS = {statements!r}", ""])


class _Writer:
    """Writes expressions and functions in one library's words.

    Attributes:
        messages: the descriptors of all messages by their names below the package, map entries among them.
    """

    def __init__(self, dialect: Dialect, schemas: Sequence[FileDescriptorProto]) -> None:
        self._dialect = dialect
        self._packages = [f".{schema.package}." for schema in schemas]
        self._enums: dict[str, EnumDescriptorProto] = {}
        self.messages: dict[str, DescriptorProto] = {}
        self._proto2: set[str] = set()
        for schema in schemas:
            self._enums |= {enum.name: enum for enum in schema.enum_type}
            before = set(self.messages)
            for message in schema.message_type:
                self._collect(message.name, message)
            if schema.syntax != "proto3":
                self._proto2 |= self.messages.keys() - before

    def _collect(self, name: str, message: DescriptorProto) -> None:
        self.messages[name] = message
        self._enums |= {f"{name}.{enum.name}": enum for enum in message.enum_type}
        for nested in message.nested_type:
            self._collect(f"{name}.{nested.name}", nested)

    def _is_entry(self, name: str) -> bool:
        return name in self.messages and self.messages[name].options.map_entry

    def cls(self, name: str) -> str:
        """A message class or an enum."""
        return name.replace(".", self._dialect.nested)

    @staticmethod
    def reads(name: str) -> str:
        """The function that reads every field of a message."""
        return f"read_{name.replace('.', '_')}"

    def _type(self, field: FieldDescriptorProto) -> str:
        """The message or enum of a field, below its package."""
        name = field.type_name
        for package in self._packages:
            name = name.removeprefix(package)
        return name

    def _oneof(self, message: DescriptorProto, field: FieldDescriptorProto) -> str:
        """The oneof of a member; "" for other fields, those with ``optional`` among them."""
        if not field.HasField("oneof_index") or field.proto3_optional:
            return ""
        return message.oneof_decl[field.oneof_index].name

    def _has_presence(self, name: str, field: FieldDescriptorProto) -> bool:
        proto2 = name in self._proto2 and field.label == FieldDescriptorProto.LABEL_OPTIONAL
        return field.type == FieldDescriptorProto.TYPE_MESSAGE or field.proto3_optional or proto2

    def reader(self, name: str) -> Iterator[str]:
        """The lines of the function that reads every field that is set."""
        dialect, message = self._dialect, self.messages[name]
        yield f"def {self.reads(name)}(m):"
        oneofs: set[str] = set()
        for field in message.field:
            values = {"field": field.name, "oneof": self._oneof(message, field)}
            value = f"m.{field.name}"
            nested = field.type == FieldDescriptorProto.TYPE_MESSAGE
            template = f"{self.reads(self._type(field))}({{}})" if nested else "{}"
            if nested and self._is_entry(self._type(field)):
                yield f"    for key, value in {value}.items(): pass"
            elif field.label == FieldDescriptorProto.LABEL_REPEATED:
                yield f"    for value in {value}: {template.format('value') if nested else 'pass'}"
            elif values["oneof"]:
                if values["oneof"] not in oneofs and dialect.oneof_value:
                    yield f"    {dialect.oneof_value.format(**values)}"
                oneofs.add(values["oneof"])
                member = template.format(dialect.oneof_member.format(**values))
                yield f"    if {dialect.oneof_case.format(**values)}: {member}"
            elif self._has_presence(name, field):
                yield f"    if {dialect.presence.format(**values)}: {template.format(value)}"
            else:
                yield f"    {value}"
        if not message.field:
            yield "    pass"

    def expression(self, value: Value) -> str:
        """Makes a value."""
        match value:
            case Tree():
                message = self.messages[value.type]
                fields = {field.name: field for field in message.field}
                arguments = []
                for name, field_value in value.fields.items():
                    oneof = self._oneof(message, fields[name])
                    template = self._dialect.oneof_argument if oneof else "{field}={value}"
                    arguments.append(template.format(field=name, oneof=oneof, value=self.expression(field_value)))
                return f"{self.cls(value.type)}({', '.join(arguments)})"
            case EnumValue():
                return self._enum_value(value)
            case list():
                return f"[{', '.join(self.expression(element) for element in value)}]"
            case dict():
                pairs = (f"{key!r}: {self.expression(element)}" for key, element in value.items())
                return f"{{{', '.join(pairs)}}}"
            case _:
                return repr(value)

    def _enum_value(self, value: EnumValue) -> str:
        scope, _, name = value.type.rpartition(".")
        if self._dialect.enum_prefix:
            return f"{scope}.{value.name}" if scope else value.name
        prefix = re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
        return f"{self.cls(value.type)}.{value.name.removeprefix(f'{prefix}_')}"

    def change(self, path: str, value: Value) -> str:
        """The statement that changes the first scalar in a value: of a message, of its first field's first element…"""
        match value:
            case Tree():
                name, inner = next(iter(value.fields.items()))
                return self.change(f"{path}.{name}", inner)
            case list():
                return self.change(f"{path}[0]", value[0])
            case dict():
                key, inner = next(iter(value.items()))
                return self.change(f"{path}[{key!r}]", inner)
            case str():
                return f"{path} = 'changed'"
            case bytes():
                return f"{path} = b'changed'"
            case _:
                return f"{path} = 7"
