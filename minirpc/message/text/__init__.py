"""Protobuf's text format: messages as people write them, in configuration files and tests."""

from minirpc.message.text.parser import from_text
from minirpc.message.text.printer import to_text

__all__ = ["from_text", "to_text"]
