"""Reflection: what .proto files define, from generated code or from descriptions that came at run time."""

from minirpc.message.descriptors.elements import (
    Comments,
    Descriptor,
    EnumDescriptor,
    EnumValueDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MessageDescriptor,
    MethodDescriptor,
    OneofDescriptor,
    ServiceDescriptor,
)
from minirpc.message.descriptors.features import Features
from minirpc.message.descriptors.files import Files
from minirpc.message.descriptors.generated import describe
from minirpc.wire.spec import Card, Kind

__all__ = [
    "Card",
    "Comments",
    "Descriptor",
    "EnumDescriptor",
    "EnumValueDescriptor",
    "Features",
    "FieldDescriptor",
    "FileDescriptor",
    "Files",
    "Kind",
    "MessageDescriptor",
    "MethodDescriptor",
    "OneofDescriptor",
    "ServiceDescriptor",
    "describe",
]
