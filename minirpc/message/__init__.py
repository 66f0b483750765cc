"""Messages: plain typed Python classes over the wire codec."""

from minirpc.message.base import Message, Oneof, which_oneof
from minirpc.message.delimited import iterate_delimited, read_delimited, write_delimited
from minirpc.message.enums import Enum
from minirpc.message.extendable import ExtendableMessage, MessageSet, present_extensions, resolve_extensions
from minirpc.message.extension import Extension
from minirpc.message.registry import Registry

__all__ = [
    "Enum",
    "ExtendableMessage",
    "Extension",
    "Message",
    "MessageSet",
    "Oneof",
    "Registry",
    "iterate_delimited",
    "present_extensions",
    "read_delimited",
    "resolve_extensions",
    "which_oneof",
    "write_delimited",
]
