"""Comments of a .proto file, as documentation of what stands next to them."""

from __future__ import annotations

import re
import textwrap

from minirpc.message.descriptors import Descriptor, EnumDescriptor, FileDescriptor, MessageDescriptor, ServiceDescriptor

__all__ = ["deprecation", "doc_of", "doc_of_file"]

# field numbers of FileDescriptorProto: paths of its elements
_PACKAGE, _SYNTAX, _EDITION = (2,), (12,), (14,)


def doc_of(element: Descriptor) -> str:
    """The comment before an element; without one, the comment behind it; "" where there is none.

    Of what type checkers cannot be told that it is deprecated (fields, values of enums, methods), it says so.
    """
    comments = element.comments
    doc = _clean(comments.leading) or _clean(comments.trailing)
    if element.deprecated and not isinstance(element, MessageDescriptor | EnumDescriptor | ServiceDescriptor):
        return f"{doc}\n\nDeprecated." if doc else "Deprecated."
    return doc


def deprecation(element: MessageDescriptor | EnumDescriptor | ServiceDescriptor) -> str:
    """What to say to those who use a deprecated type or service; "" if it is none."""
    return f"{element.full_name} is deprecated" if element.deprecated else ""


def doc_of_file(file: FileDescriptor) -> str:
    """The comments at the head of a file: all before ``syntax`` or ``edition``, and the one before ``package``."""
    blocks = []
    for path in (_SYNTAX, _EDITION):
        comments = file.comments_at(path)
        blocks += [*comments.detached, comments.leading]
    blocks.append(file.comments_at(_PACKAGE).leading)
    return "\n\n".join(filter(None, map(_clean, blocks)))


def _clean(comment: str) -> str:
    lines = re.split(r"\r\n|\r|\n", comment)
    return textwrap.dedent("\n".join(line.rstrip() for line in lines)).strip("\n")
