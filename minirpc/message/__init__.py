"""Messages: plain typed Python classes over the wire codec."""

from minirpc.message.base import Message, Oneof, which_oneof
from minirpc.message.enums import Enum

__all__ = ["Enum", "Message", "Oneof", "which_oneof"]
