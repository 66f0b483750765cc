"""The well-known types of protobuf: generated from ``google/protobuf/*.proto``, and shipped.

Generated code that uses them imports them from here. (``descriptor_pb``, which describes .proto files, is not one of
the well-known types, but lies here as well.)
"""

from minirpc.message.wkt.any_pb import Any
from minirpc.message.wkt.api_pb import Api, Method, Mixin
from minirpc.message.wkt.duration_pb import Duration
from minirpc.message.wkt.empty_pb import Empty
from minirpc.message.wkt.field_mask_pb import FieldMask
from minirpc.message.wkt.source_context_pb import SourceContext
from minirpc.message.wkt.struct_pb import ListValue, NullValue, Struct, Value
from minirpc.message.wkt.timestamp_pb import Timestamp
from minirpc.message.wkt.type_pb import Enum, EnumValue, Field, Option, Syntax, Type
from minirpc.message.wkt.wrappers_pb import (
    BoolValue,
    BytesValue,
    DoubleValue,
    FloatValue,
    Int32Value,
    Int64Value,
    StringValue,
    UInt32Value,
    UInt64Value,
)

__all__ = [
    "Any",
    "Api",
    "BoolValue",
    "BytesValue",
    "DoubleValue",
    "Duration",
    "Empty",
    "Enum",
    "EnumValue",
    "Field",
    "FieldMask",
    "FloatValue",
    "Int32Value",
    "Int64Value",
    "ListValue",
    "Method",
    "Mixin",
    "NullValue",
    "Option",
    "SourceContext",
    "StringValue",
    "Struct",
    "Syntax",
    "Timestamp",
    "Type",
    "UInt32Value",
    "UInt64Value",
    "Value",
]
