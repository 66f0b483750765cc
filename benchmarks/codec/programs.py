"""Writes, for each library, the program that is measured: what a user of that library would write by hand.

For each dataset there is a function that builds the message, and for each message type one that reads every field. What
differs between the libraries is how one asks for presence, how a oneof is given and read, and the names of methods and
enum values; the rest is the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

from benchmarks.codec.datasets import EnumValue, Tree, Value

__all__ = ["DIALECTS", "OPERATIONS", "Dialect", "write_program"]

OPERATIONS = ("decode", "decode + read", "encode", "build", "build + encode")


@dataclass(frozen=True)
class Dialect:
    """How one library says what differs.

    Attributes:
        module: the generated module.
        decode: the class method that decodes.
        encode: the method that encodes.
        presence: a condition that holds if field ``{field}`` of ``m`` is set.
        oneof_argument: a keyword argument for member ``{field}`` of oneof ``{oneof}``.
        oneof_value: reads oneof ``{oneof}`` of ``m`` into ``case``, and gives the conditions below something to ask.
        oneof_case: a condition that holds if that oneof's member ``{field}`` is set.
        oneof_member: the value of that member.
        enum_value: an enum's value.
        imports: what the program imports besides the generated module.
    """

    module: str
    decode: str
    encode: str
    presence: str
    oneof_argument: str
    oneof_value: str
    oneof_case: str
    oneof_member: str
    enum_value: str
    imports: str = ""


DIALECTS = {
    "google": Dialect(
        module="datasets_pb2",
        decode="FromString",
        encode="SerializeToString",
        presence="m.HasField({field!r})",
        oneof_argument="{field}={value}",
        oneof_value="case = m.WhichOneof({oneof!r})",
        oneof_case="case == {field!r}",
        oneof_member="m.{field}",
        enum_value="{prefix}_{name}",
    ),
    "minirpc": Dialect(
        module="datasets_pb",
        decode="from_binary",
        encode="to_binary",
        presence="m.{field} is not None",
        oneof_argument="{field}={value}",
        oneof_value="",
        oneof_case="m.{field} is not None",
        oneof_member="m.{field}",
        enum_value="{type}.{name}",
    ),
    "protobuf-py": Dialect(
        module="datasets_pb",
        decode="from_binary",
        encode="to_binary",
        presence="m.has_field({field!r})",
        oneof_argument="{oneof}=Oneof({field!r}, {value})",
        oneof_value="case = m.{oneof}",
        oneof_case="case is not None and case.field == {field!r}",
        oneof_member="case.value",
        enum_value="{type}.{name}",
        imports="from protobuf import Oneof",
    ),
}


def write_program(dialect: Dialect, schema: FileDescriptorProto, datasets: Mapping[str, Tree]) -> str:
    """Returns the program for one library.

    The program has a table ``STATEMENTS``: for each dataset and each of ``OPERATIONS`` the statement to be timed, in
    which ``data`` is the encoded message and ``message`` the decoded one.

    Args:
        dialect: the library.
        schema: the descriptor of ``datasets.proto``.
        datasets: the messages.
    """
    types = {message.name: message for message in schema.message_type}
    names = [*types, *(enum.name for enum in schema.enum_type)]
    if "{prefix}" in dialect.enum_value:
        names = [*types, *(value.name for enum in schema.enum_type for value in enum.value)]
    lines = [dialect.imports, f"from {dialect.module} import {', '.join(names)}"]
    for message in types.values():
        lines += ["", *_reader(dialect, message)]
    statements: dict[str, dict[str, str]] = {}
    for number, (name, tree) in enumerate(datasets.items()):
        build = f"build_{number}()"
        lines += ["", f"def {build}:", f"    return {_expression(dialect, types, tree)}"]
        decode = f"{tree.type}.{dialect.decode}(data)"
        encode = f".{dialect.encode}()"
        texts = (decode, f"read_{tree.type}({decode})", f"message{encode}", build, f"{build}{encode}")
        statements[name] = dict(zip(OPERATIONS, texts, strict=True))
    return "\n".join([*lines, "", f"STATEMENTS = {statements!r}", ""])


def _oneof_name(message: DescriptorProto, field: FieldDescriptorProto) -> str:
    """The oneof of a member; "" for other fields, those with ``optional`` among them."""
    if not field.HasField("oneof_index") or field.proto3_optional:
        return ""
    return message.oneof_decl[field.oneof_index].name


def _reader(dialect: Dialect, message: DescriptorProto) -> Iterator[str]:
    yield f"def read_{message.name}(m):"
    entries = {nested.name for nested in message.nested_type if nested.options.map_entry}
    oneofs: set[str] = set()
    for field in message.field:
        values = {"field": field.name, "oneof": _oneof_name(message, field)}
        type_name = field.type_name.rpartition(".")[2]
        nested = field.type == FieldDescriptorProto.TYPE_MESSAGE
        if type_name in entries:
            yield f"    for key, value in m.{field.name}.items(): pass"
        elif field.label == FieldDescriptorProto.LABEL_REPEATED:
            yield f"    for value in m.{field.name}: {f'read_{type_name}(value)' if nested else 'pass'}"
        elif values["oneof"]:
            if values["oneof"] not in oneofs and dialect.oneof_value:
                yield f"    {dialect.oneof_value.format(**values)}"
            oneofs.add(values["oneof"])
            member = dialect.oneof_member.format(**values)
            yield f"    if {dialect.oneof_case.format(**values)}: {f'read_{type_name}({member})' if nested else member}"
        elif nested or field.proto3_optional:
            value = f"m.{field.name}"
            yield f"    if {dialect.presence.format(**values)}: {f'read_{type_name}({value})' if nested else value}"
        else:
            yield f"    m.{field.name}"


def _expression(dialect: Dialect, types: Mapping[str, DescriptorProto], value: Value) -> str:
    match value:
        case Tree():
            message = types[value.type]
            fields = {field.name: field for field in message.field}
            arguments = []
            for name, field_value in value.fields.items():
                oneof = _oneof_name(message, fields[name])
                template = dialect.oneof_argument if oneof else "{field}={value}"
                text = _expression(dialect, types, field_value)
                arguments.append(template.format(field=name, oneof=oneof, value=text))
            return f"{value.type}({', '.join(arguments)})"
        case EnumValue():
            return dialect.enum_value.format(type=value.type, prefix=value.type.upper(), name=value.name)
        case list():
            return f"[{', '.join(_expression(dialect, types, element) for element in value)}]"
        case dict():
            pairs = (f"{key!r}: {_expression(dialect, types, element)}" for key, element in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            return repr(value)
