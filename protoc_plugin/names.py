"""Names of modules; those of classes, attributes and methods are the business of :mod:`minirpc.message.names`.

Like there, every escape is injective: two names that differ in the .proto file differ in Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from minirpc.message.json.names import camel_case as json_name
from minirpc.message.names import (
    ENUM_ATTRIBUTES,
    KEYWORDS,
    MESSAGE_ATTRIBUTES,
    SERVICE_ATTRIBUTES,
    enum_value_names,
    member_name,
    method_names,
    snake_case,
    top_level_name,
)

__all__ = [
    "ENUM_ATTRIBUTES",
    "KEYWORDS",
    "MESSAGE_ATTRIBUTES",
    "SERVICE_ATTRIBUTES",
    "enum_value_names",
    "json_name",
    "member_name",
    "method_names",
    "module_path",
    "snake_case",
    "top_level_name",
]


def module_path(proto_file: str) -> tuple[tuple[str, ...], str]:
    """The packages and the stem of the modules that a .proto file becomes.

    ``acme/v1/book.proto`` → ``("acme", "v1"), "book"``, for ``acme/v1/book_pb.py``; ``my-api/v1.proto`` →
    ``("my__api",), "v1"``.
    """
    *folders, name = proto_file.split("/")
    # no file's name holds a slash: with one in it, the stem of "book" differs from that of "book.proto"
    stem = name.removesuffix(".proto") if name.endswith(".proto") else f"{name}/"
    return tuple(_package_name(folder) for folder in folders), _identifier(stem)


def _package_name(folder: str) -> str:
    name = _identifier(folder)
    # a package shadows a module of the same name: leave modules the names that end in _pb and _rpc
    return f"{name}_" if name.rstrip("_") in KEYWORDS or re.search("_(pb|rpc)_*$", name) else name


_SEPARATORS = {"_": "_", "-": "__", ".": "___"}


def _identifier(text: str) -> str:
    """Writes any text as an identifier.

    A single underscore, dash or dot between letters or digits becomes one, two or three underscores. Whatever else is
    no letter or digit becomes four underscores, its code point in hexadecimal, and an underscore. Read from the left,
    that has one meaning.
    """
    out = []
    for index, char in enumerate(text):
        if _is_alphanumeric(char):
            out.append(char)
        elif char in _SEPARATORS and all(map(_is_alphanumeric, _neighbours(text, index))):
            out.append(_SEPARATORS[char])
        else:
            out.append(f"____{ord(char):x}_")
    name = "".join(out)
    return f"u_{name}" if re.match("(u_)*[0-9]", name) else name


def _is_alphanumeric(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _neighbours(text: str, index: int) -> Iterable[str]:
    # a slice past an end gives "", which is not alphanumeric
    return text[index - 1 : index] if index else "", text[index + 1 : index + 2]
