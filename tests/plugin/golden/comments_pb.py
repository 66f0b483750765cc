# Generated from comments.proto by protoc-gen-python_minirpc. DO NOT EDIT.
"""Copyright nobody in particular.

The file's own comment: "quoted", with a \\ in it.

  * indented

About the package.
"""

from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb


class OneLine(_pb.Message):
    """One line."""

    before: str = _pb.string(1)
    """Before the field."""
    behind: str = _pb.string(2)
    """Behind the field."""
    none: str = _pb.string(3)
    block: str = _pb.string(4)
    """A block
    of several lines,

    with a gap.
    """


class SeveralLines(_pb.Message):
    """Several lines.

    With a paragraph, `code`, and
        an indented line.
    """

    class Mood(_pb.Enum):
        """A nested enum."""

        FINE = 0
        """Fine."""
        BAD = 1
        """Not fine."""

    class Nested(_pb.Message):
        """A nested message."""

    this: str | None = _pb.string(1, oneof="choice")
    """This one."""

    @property
    def choice(self) -> _pb.Oneof[Literal["this"], str] | None:
        """The choice."""
        return _pb.which_oneof(self, "choice")


class Quotes(_pb.Message):
    """Three quotes \"\"\" inside, four \"\"\"\" too, and at the end \"\"\""""

    one: str = _pb.string(1)
    """Ends with a quote \""""
    two: str = _pb.string(2)
    """Ends with a backslash \\"""
    three: str = _pb.string(3)
    """"Begins with one"""
    four: str = _pb.string(4)
    """\"\""""
    five: str = _pb.string(5)
    """\\\"\"\""""
    six: str = _pb.string(6)
    """\\N{DASH} \\x41 \\u0041 {braces} %s"""


class NonAscii(_pb.Message):
    """Grüße, Київ, 東京, 🚀."""


class LongLine(_pb.Message):
    """A line that is far longer than any formatter would like to have it, which is left as its author wrote it because to break it might break what it shows, a table or an address for instance."""


class Blank(_pb.Message):
    nothing: str = _pb.string(1)


_pb.file("comments.proto", "golden.comments", b"\n\x0ecomments.proto\x12\x0fgolden.comments\"c\n\x07OneLine\x12\x16\n\x06before\x18\x01 \x01(\tR\x06before\x12\x16\n\x06behind\x18\x02 \x01(\tR\x06behind\x12\x12\n\x04none\x18\x03 \x01(\tR\x04none\x12\x14\n\x05block\x18\x04 \x01(\tR\x05block\"]\n\x0cSeveralLines\x12\x14\n\x04this\x18\x01 \x01(\tH\x00R\x04this\x1a\x08\n\x06Nested\"#\n\x04Mood\x12\r\n\tMOOD_FINE\x10\x00\x12\x0c\n\x08MOOD_BAD\x10\x01B\x08\n\x06choice\"|\n\x06Quotes\x12\x10\n\x03one\x18\x01 \x01(\tR\x03one\x12\x10\n\x03two\x18\x02 \x01(\tR\x03two\x12\x14\n\x05three\x18\x03 \x01(\tR\x05three\x12\x12\n\x04four\x18\x04 \x01(\tR\x04four\x12\x12\n\x04five\x18\x05 \x01(\tR\x04five\x12\x10\n\x03six\x18\x06 \x01(\tR\x03six\"\n\n\x08NonAscii\"\n\n\x08LongLine\"!\n\x05Blank\x12\x18\n\x07nothing\x18\x01 \x01(\tR\x07nothing2\x8a\x01\n\nDocumented\x128\n\x02Do\x12\x18.golden.comments.OneLine\x1a\x18.golden.comments.OneLine\x12B\n\x0cUndocumented\x12\x18.golden.comments.OneLine\x1a\x18.golden.comments.OneLineb\x06proto3", __name__)
