"""What fields are called in JSON."""

from __future__ import annotations

import re

from minirpc.wire.spec import FieldSpec

__all__ = ["camel_case", "json_name"]


def camel_case(name: str) -> str:
    """The lowerCamelCase of a field name, as protoc makes it: ``page_count`` → ``pageCount``, ``_a`` → ``A``."""
    return re.sub("_+([a-z]?)", lambda match: match[1].upper(), name)


def json_name(spec: FieldSpec) -> str:
    """The member name of a field: its ``json_name`` option, or its name in lowerCamelCase."""
    return spec.json_name or camel_case(spec.proto_name)
