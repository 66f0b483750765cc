"""Comments of a .proto file, as documentation of what stands next to them."""

from __future__ import annotations

import re
import textwrap

from minirpc.message.descriptors import Descriptor, FileDescriptor

__all__ = ["doc_of", "doc_of_file"]

# field numbers of FileDescriptorProto: paths of its elements
_PACKAGE, _SYNTAX, _EDITION = (2,), (12,), (14,)


def doc_of(element: Descriptor) -> str:
    """The comment before an element; without one, the comment behind it; "" where there is none."""
    comments = element.comments
    return _clean(comments.leading) or _clean(comments.trailing)


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
