"""The pure-Python engine: one decoder and one encoder written for each message class.

The functions are made with ``exec`` at first use: unrolled per field, tags found by a binary tree of comparisons,
values in local variables until the end. They are optimistic: they notice that something is wrong, not what. Then
:mod:`minirpc.wire.diagnose` walks over the same input with care and raises the exact error, the one that the compiled
engine raises too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minirpc.errors import EncodeError
from minirpc.wire import diagnose, faults
from minirpc.wire.decoder import decoder_source
from minirpc.wire.encoder import DETERMINISTIC, PARTIAL, encoder_source
from minirpc.wire.slots import fill_empty_slots, is_extendable, settle_unknown
from minirpc.wire.spec import MAX_DEPTH, FieldSpec

__all__ = ["Plan", "from_binary", "to_binary"]

Buffer = bytes | bytearray | memoryview

_MAX_SIZE = (1 << 31) - 1


class Plan:
    """How to read and write the messages of one class. See :class:`minirpc.wire.spec.AnyPlan` for its methods."""

    __slots__ = ("_cls", "_extendable", "decode_group", "decode_new", "encode_pieces", "fields", "merge", "merge_group")

    decode_new: Callable[[bytes, int, int, Any, int], Any]
    """``(data, pos, end, cls, depth)`` → a message; anything raised means: malformed."""
    merge: Callable[[bytes, int, int, Any, int], None]
    """``(data, pos, end, message, depth)``: the same into a message that is there."""
    decode_group: Callable[[bytes, int, int, Any, int, int], tuple[Any, int]]
    """``(data, pos, end, cls, depth, end_tag)`` → a message that stands between the tags of a group, and the position
    behind the end tag, which is not beyond ``end``."""
    merge_group: Callable[[bytes, int, int, Any, int, int], int]
    """``(data, pos, end, message, depth, end_tag)`` → the position: the same into a message that is there."""
    encode_pieces: Callable[[Any, int, int], bytes]
    """``(message, depth, mode)``, with the bits of the encoder's module → bytes; anything raised means: look closer."""

    def __init__(self, cls: Any) -> None:
        self._cls = cls
        self.fields: tuple[FieldSpec, ...] = tuple(sorted(cls.__fields__, key=lambda spec: spec.number))
        self._extendable = is_extendable(cls)
        # the types of fields may not exist yet: each function is written when it is first called
        self.decode_new = self._first_decode_new
        self.merge = self._first_merge
        self.decode_group = self._first_decode_group
        self.merge_group = self._first_merge_group
        self.encode_pieces = self._first_encode

    @staticmethod
    def of(message_class: Any) -> Plan:
        """The plan of a message class, made once and kept on the class."""
        plans: dict[Any, Any] = message_class.__plans__
        plan = plans.get(Plan)
        if plan is None:
            plan = plans.setdefault(Plan, Plan(message_class))
        found: Plan = plan
        return found

    @property
    def cls(self) -> type[Any]:
        """The message class."""
        cls: type[Any] = self._cls
        return cls

    def encode(self, message: Any, deterministic: bool = False, partial: bool = False) -> bytes:
        mode = (DETERMINISTIC if deterministic else 0) | (PARTIAL if partial else 0)
        try:
            try:
                data: bytes = self.encode_pieces(message, MAX_DEPTH, mode)
            except AttributeError:
                _fill_all_slots(message, self)
                data = self.encode_pieces(message, MAX_DEPTH, mode)
        except Exception:
            diagnose.encode(self.fields, message, self._cls.__full_name__(), MAX_DEPTH, partial=partial)
            raise
        if len(data) > _MAX_SIZE:
            raise EncodeError(faults.too_large(len(data)), self._cls.__full_name__())
        return data

    def decode(self, cls: type[Any], data: Buffer, depth: int = MAX_DEPTH) -> Any:
        data, depth = _as_bytes(data), max(depth, 0)
        try:
            return self.decode_new(data, 0, len(data), cls, depth)
        except Exception:
            self._explain(data, depth, {})
            raise
        finally:
            settle_unknown()

    def decode_into(self, message: Any, data: Buffer, depth: int = MAX_DEPTH) -> None:
        data, depth = _as_bytes(data), max(depth, 0)
        before = diagnose.element_counts(self.fields, message)
        try:
            self.merge(data, 0, len(data), message, depth)
        except TypeError:  # a field that must be merged into holds a value of a wrong type
            raise
        except Exception:
            self._explain(data, depth, before)
            raise
        finally:
            settle_unknown()

    def _explain(self, data: bytes, depth: int, counts: diagnose.Counts) -> None:
        diagnose.decode(self.fields, data, self._cls.__full_name__(), depth, counts)

    def _first_decode_new(self, data: bytes, pos: int, end: int, cls: Any, depth: int) -> Any:
        self.decode_new = self._decoder(merging=False)
        return self.decode_new(data, pos, end, cls, depth)

    def _first_merge(self, data: bytes, pos: int, end: int, message: Any, depth: int) -> None:
        self.merge = self._decoder(merging=True)
        self.merge(data, pos, end, message, depth)

    def _first_decode_group(self, data: bytes, pos: int, end: int, cls: Any, depth: int, stop: int) -> tuple[Any, int]:
        self.decode_group = self._decoder(merging=False, group=True)
        found: tuple[Any, int] = self.decode_group(data, pos, end, cls, depth, stop)
        return found

    def _first_merge_group(self, data: bytes, pos: int, end: int, message: Any, depth: int, stop: int) -> int:
        self.merge_group = self._decoder(merging=True, group=True)
        behind: int = self.merge_group(data, pos, end, message, depth, stop)
        return behind

    def _first_encode(self, message: Any, depth: int, mode: int) -> bytes:
        self.encode_pieces = self._compile(*encoder_source(self.fields, Plan.of, extendable=self._extendable))
        data: bytes = self.encode_pieces(message, depth, mode)
        return data

    def _decoder(self, *, merging: bool, group: bool = False) -> Callable[..., Any]:
        source = decoder_source(self.fields, Plan.of, merging=merging, group=group, extendable=self._extendable)
        return self._compile(*source)

    def _compile(self, source: str, names: dict[str, Any]) -> Callable[..., Any]:
        exec(compile(source, f"<minirpc plan of {self._cls.__qualname__}>", "exec"), names)  # noqa: S102  our own source
        function: Callable[..., Any] = names["run"]
        return function


def to_binary(self: Any, *, deterministic: bool = False) -> bytes:
    """``Message.to_binary``: serializes the message. ``SerializeToString`` is Google's name for it.

    Args:
        self: a message.
        deterministic: write map entries in the order of their keys, so that equal messages give equal bytes.

    Raises:
        EncodeError: a value does not fit its field; the error names the field's path.
    """
    data: bytes = type(self).__plan__.encode(self, deterministic)
    return data


def from_binary(cls: Any, data: Buffer, *, max_depth: int = MAX_DEPTH) -> Any:
    """``Message.from_binary``: reads a message from all of ``data``. ``FromString`` is Google's name for it.

    Args:
        cls: the message class.
        data: one serialized message.
        max_depth: how many levels of messages and groups may nest below this one.

    Raises:
        DecodeError: ``data`` is malformed; the error names the field's path and the byte offset.
    """
    return cls.__plan__.decode(cls, data, max_depth)


def _as_bytes(data: Buffer) -> bytes:
    if type(data) is bytes:
        return data
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    raise TypeError(f"expected bytes, bytearray or memoryview, got {type(data).__name__}")


def _fill_all_slots(message: Any, plan: Plan) -> None:
    """Fills the empty slots of a message and of all messages in it, which may hold each other."""
    seen: set[int] = set()
    waiting = [(message, plan)]
    while waiting:
        message, plan = waiting.pop()
        if id(message) in seen:
            continue
        seen.add(id(message))
        fill_empty_slots(message, plan.fields)
        for spec in plan.fields:
            children = diagnose.children(spec, getattr(message, spec.slot))
            waiting += [(child, Plan.of(diagnose.message_type(spec))) for child in children]
        waiting += [(holder, Plan.of(type(holder))) for holder in diagnose.holders(message)]
