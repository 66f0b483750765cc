"""What is wrong with a text in protobuf's text format, and where."""

from __future__ import annotations

from typing import Any

import pytest

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError

__all__ = ["fault"]


def fault(cls: type[pb.Message], text: str | bytes, **options: Any) -> tuple[str, str, int | None, int | None]:
    """The path, reason, line and column of the error that a text must give."""
    with pytest.raises(DecodeError) as caught:
        cls.from_text(text, **options)
    error = caught.value
    assert error.offset is None
    return error.path, error.reason, error.line, error.column
