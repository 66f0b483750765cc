"""How each library says what the benchmark does."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DIALECTS", "Dialect"]


@dataclass(frozen=True)
class Dialect:
    """What differs between the libraries, as pieces of Python with places to fill.

    Attributes:
        module: the module that is generated for ``datasets.proto``.
        descriptors: the module for descriptor.proto, as the library ships it if it does.
        decode: decodes ``data`` as a ``{type}``.
        encode: encodes ``{message}``.
        to_json: writes ``message`` as JSON without spaces between lines.
        from_json: reads ``text`` as a ``{type}``.
        presence: a condition that holds if field ``{field}`` of ``m`` is set.
        oneof_argument: a keyword argument for member ``{field}`` of oneof ``{oneof}``.
        oneof_value: reads oneof ``{oneof}`` of ``m`` into ``case``, and gives the conditions below something to ask.
        oneof_case: a condition that holds if that oneof's member ``{field}`` is set.
        oneof_member: the value of that member.
        nested: what stands between the name of a message and those of its nested types.
        enum_prefix: whether the values of an enum keep its name in front, and stand where the enum does, not in it.
        imports: what the program imports besides the modules.
    """

    module: str
    descriptors: str
    decode: str
    encode: str
    to_json: str
    from_json: str
    presence: str
    oneof_argument: str = "{field}={value}"
    oneof_value: str = ""
    oneof_case: str = "m.{field} is not None"
    oneof_member: str = "m.{field}"
    nested: str = "."
    enum_prefix: bool = False
    imports: str = ""


DIALECTS = {
    "google": Dialect(
        module="datasets_pb2",
        descriptors="google.protobuf.descriptor_pb2",
        decode="{type}.FromString(data)",
        encode="{message}.SerializeToString()",
        to_json="MessageToJson(message, indent=None)",
        from_json="Parse(text, {type}())",
        presence="m.HasField({field!r})",
        oneof_value="case = m.WhichOneof({oneof!r})",
        oneof_case="case == {field!r}",
        enum_prefix=True,
        imports="from google.protobuf.json_format import MessageToJson, Parse",
    ),
    "minirpc": Dialect(
        module="datasets_pb",
        descriptors="minirpc.message.wkt.descriptor_pb",
        decode="{type}.from_binary(data)",
        encode="{message}.to_binary()",
        to_json="message.to_json()",
        from_json="{type}.from_json(text)",
        presence="m.{field} is not None",
    ),
    "protobuf-py": Dialect(
        module="datasets_pb",
        descriptors="protobuf.wkt.google.protobuf.descriptor_pb",
        decode="{type}.from_binary(data)",
        encode="{message}.to_binary()",
        to_json="message.to_json()",
        from_json="{type}.from_json(text)",
        presence="m.has_field({field!r})",
        oneof_argument="{oneof}=Oneof({field!r}, {value})",
        oneof_value="case = m.{oneof}",
        oneof_case="case is not None and case.field == {field!r}",
        oneof_member="case.value",
        imports="from protobuf import Oneof",
    ),
    "betterproto2": Dialect(
        module="generated.minirpc.benchmarks.codec",
        descriptors="generated.google.protobuf",
        decode="{type}.FromString(data)",
        encode="{message}.SerializeToString()",
        to_json="message.to_json()",
        from_json="{type}.from_json(text)",
        presence="m.{field} is not None",
        nested="",
    ),
}
"""The libraries by the names of their generators in :func:`benchmarks.toolchain.generate`."""
