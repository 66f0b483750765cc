"""The contract, version 1, between generated ``x_pb.py`` modules and this library.

Names here are never removed, and never change their meaning: code that was generated once keeps working with every
later minirpc. Code generated for a later contract fails at its import, by the name of the module that is missing.
"""

from math import inf, nan

from minirpc.message.base import Message, Oneof, which_oneof
from minirpc.message.deprecation import deprecated
from minirpc.message.enums import Enum
from minirpc.message.extendable import ExtendableMessage, MessageSet
from minirpc.message.extension import Extension, extension
from minirpc.message.fields import (
    bool_ as bool,  # noqa: A004
)
from minirpc.message.fields import (
    bytes_ as bytes,  # noqa: A004
)
from minirpc.message.fields import (
    double,
    enum,
    fixed32,
    fixed64,
    int32,
    int64,
    message,
    sfixed32,
    sfixed64,
    sint32,
    sint64,
    string,
    uint32,
    uint64,
)
from minirpc.message.fields import (
    float_ as float,  # noqa: A004
)
from minirpc.message.fields import (
    map_ as map,  # noqa: A004
)
from minirpc.message.registry import file

__all__ = [
    "Enum",
    "ExtendableMessage",
    "Extension",
    "Message",
    "MessageSet",
    "Oneof",
    "bool",
    "bytes",
    "deprecated",
    "double",
    "enum",
    "extension",
    "file",
    "fixed32",
    "fixed64",
    "float",
    "inf",
    "int32",
    "int64",
    "map",
    "message",
    "nan",
    "sfixed32",
    "sfixed64",
    "sint32",
    "sint64",
    "string",
    "uint32",
    "uint64",
    "which_oneof",
]
