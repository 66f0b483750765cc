# Generated from oneofs.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb


class Event(_pb.Message):
    class Key(_pb.Enum):
        NONE = 0
        ENTER = 1

    class Click(_pb.Message):
        x: int = _pb.int32(1)
        y: int = _pb.int32(2)

    id: str = _pb.string(1)
    click: Click | None = _pb.message(2, lambda: Event.Click, oneof="kind")
    """A mouse button."""
    key: Key | None = _pb.enum(3, lambda: Event.Key, oneof="kind")
    text: str | None = _pb.string(4, oneof="kind")
    raw: bytes | None = _pb.bytes(5, oneof="kind")
    focus: bool | None = _pb.bool(6, oneof="kind")
    zoom: float | None = _pb.double(7, oneof="kind")
    repeated_event: Event | None = _pb.message(8, lambda: Event, oneof="kind")
    only: int | None = _pb.int32(9, oneof="single")
    note: str | None = _pb.string(10, optional=True)

    @property
    def kind(self) -> (
        _pb.Oneof[Literal["click"], Click]
        | _pb.Oneof[Literal["key"], Key]
        | _pb.Oneof[Literal["text"], str]
        | _pb.Oneof[Literal["raw"], bytes]
        | _pb.Oneof[Literal["focus"], bool]
        | _pb.Oneof[Literal["zoom"], float]
        | _pb.Oneof[Literal["repeated_event"], Event]
        | None
    ):
        """What happened."""
        return _pb.which_oneof(self, "kind")

    @property
    def single(self) -> _pb.Oneof[Literal["only"], int] | None:
        return _pb.which_oneof(self, "single")


class Keywords(_pb.Message):
    import_: str | None = _pb.string(1, oneof="from_", name="import")
    class_: int | None = _pb.int32(2, oneof="from_", name="class")

    @property
    def from_(self) -> _pb.Oneof[Literal["import_"], str] | _pb.Oneof[Literal["class_"], int] | None:
        return _pb.which_oneof(self, "from_")


_pb.file("oneofs.proto", "golden.oneofs", b"\n\x0coneofs.proto\x12\rgolden.oneofs\"\xa3\x03\n\x05Event\x12\x0e\n\x02id\x18\x01 \x01(\tR\x02id\x122\n\x05click\x18\x02 \x01(\x0b2\x1a.golden.oneofs.Event.ClickH\x00R\x05click\x12,\n\x03key\x18\x03 \x01(\x0e2\x18.golden.oneofs.Event.KeyH\x00R\x03key\x12\x14\n\x04text\x18\x04 \x01(\tH\x00R\x04text\x12\x12\n\x03raw\x18\x05 \x01(\x0cH\x00R\x03raw\x12\x16\n\x05focus\x18\x06 \x01(\x08H\x00R\x05focus\x12\x14\n\x04zoom\x18\x07 \x01(\x01H\x00R\x04zoom\x12=\n\x0erepeated_event\x18\x08 \x01(\x0b2\x14.golden.oneofs.EventH\x00R\rrepeatedEvent\x12\x14\n\x04only\x18\t \x01(\x05H\x01R\x04only\x12\x17\n\x04note\x18\n \x01(\tH\x02R\x04note\x88\x01\x01\x1a#\n\x05Click\x12\x0c\n\x01x\x18\x01 \x01(\x05R\x01x\x12\x0c\n\x01y\x18\x02 \x01(\x05R\x01y\"\"\n\x03Key\x12\x0c\n\x08KEY_NONE\x10\x00\x12\r\n\tKEY_ENTER\x10\x01B\x06\n\x04kindB\x08\n\x06singleB\x07\n\x05_note\"D\n\x08Keywords\x12\x18\n\x06import\x18\x01 \x01(\tH\x00R\x06import\x12\x16\n\x05class\x18\x02 \x01(\x05H\x00R\x05classB\x06\n\x04fromb\x06proto3", __name__)
