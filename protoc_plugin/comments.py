"""Comments of a .proto file, as documentation of what stands next to them."""

from __future__ import annotations

import re
import textwrap

from minirpc.message.wkt.descriptor_pb import FileDescriptorProto, SourceCodeInfo

__all__ = ["Comments"]

Path = tuple[int, ...]

_PACKAGE: Path = (2,)
_SYNTAX: Path = (12,)


class Comments:
    """The comments of one file, by the path of the element that they belong to.

    A path is that of ``SourceCodeInfo.Location``: field numbers and indices that lead from the ``FileDescriptorProto``
    to the element.
    """

    def __init__(self, file: FileDescriptorProto) -> None:
        locations = file.source_code_info.location if file.source_code_info else []
        self._locations = {tuple(location.path): location for location in locations}

    def of(self, *path: int) -> str:
        """The comment before an element; without one, the comment behind it; "" where there is none."""
        location = self._locations.get(path)
        if location is None:
            return ""
        return _clean(location.leading_comments) or _clean(location.trailing_comments)

    def of_file(self) -> str:
        """The comments at the head of the file: all before ``syntax``, and the one before ``package``."""
        syntax = self._locations.get(_SYNTAX, SourceCodeInfo.Location())
        package = self._locations.get(_PACKAGE, SourceCodeInfo.Location())
        blocks = [*syntax.leading_detached_comments, syntax.leading_comments, package.leading_comments]
        return "\n\n".join(filter(None, map(_clean, blocks)))


def _clean(comment: str | None) -> str:
    lines = re.split(r"\r\n|\r|\n", comment or "")
    return textwrap.dedent("\n".join(line.rstrip() for line in lines)).strip("\n")
