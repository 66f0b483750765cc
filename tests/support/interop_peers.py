"""What the interop tests share whichever library is on which side: generated modules, one sample, what a server saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

PAIRS: tuple[tuple[str, str | bytes], ...] = (
    ("x-data-bin", bytes(range(256))),
    ("x-empty-bin", b""),
    ("x-text", "plain, with spaces and %"),
    ("x-twice", "first"),
    ("x-twice", "second"),
)
"""Metadata that the services send back, both before their answer and behind it; sorted by their keys."""

UNICODE_MESSAGE = "не знайдено: 100% of 'x'\n\t— naïve 🦉"


@dataclass(frozen=True)
class Generated:
    """What the code generators made of ``echo.proto``.

    Attributes:
        pb: minirpc's messages.
        rpc: minirpc's stub and servicer.
        pb2: Google's messages.
        pb2_grpc: grpcio's stub and servicer.
    """

    pb: ModuleType
    rpc: ModuleType
    pb2: ModuleType
    pb2_grpc: ModuleType


@dataclass
class Journal:
    """What a server saw of its calls, whatever library it runs on.

    Attributes:
        peers: the clients' addresses: one for each connection.
        requests: the requests of ``Unary``, as the server's library decoded them.
        time_remaining: seconds to the deadline when ``Wait`` or ``WaitStream`` began.
        cancelled: how many calls of ``Wait`` and ``WaitStream`` were cancelled.
    """

    peers: set[str] = field(default_factory=set)
    requests: list[Any] = field(default_factory=list)
    time_remaining: list[float | None] = field(default_factory=list)
    cancelled: int = 0


def echoed(metadata: Iterable[tuple[str, str | bytes]]) -> tuple[tuple[str, str | bytes], ...]:
    """The pairs of received metadata that a service sends back.

    They are sorted by their keys: gRPC keeps the order of a key's values, but none between keys.
    """
    pairs = [(key, value) for key, value in metadata if key.startswith("x-")]
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


async def eventually(condition: Callable[[], bool]) -> None:
    """Waits until a condition holds. Fails if it does not within ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # conditions are also made true by grpcio's threads
            await asyncio.sleep(0.002)


def sample(pb: Any) -> Any:
    """An ``EveryKind`` with every field set, of the classes in ``pb``: minirpc's or Google's."""
    nested = pb.EveryKind.Nested
    return pb.EveryKind(
        double_value=-0.0,
        float_value=1.5,
        int32_value=-(2**31),
        int64_value=-(2**63),
        uint32_value=2**32 - 1,
        uint64_value=2**64 - 1,
        sint32_value=-(2**31),
        sint64_value=2**63 - 1,
        fixed32_value=2**32 - 1,
        fixed64_value=2**64 - 1,
        sfixed32_value=-1,
        sfixed64_value=-(2**63),
        bool_value=True,
        string_value="Львів 🦁 naïve",
        bytes_value=bytes(range(256)),
        mood=2,
        nested=nested(name="outer", inner=nested(name="inner", inner=nested())),
        optional_int32=0,
        optional_string="",
        doubles=[0.0, float("inf"), 5e-324],
        floats=[-1.25, float("-inf")],
        int32s=[0, -1, 2**31 - 1],
        int64s=[-(2**63), 1],
        uint32s=[0, 127, 128],
        uint64s=[2**63],
        sint32s=[-1, 1],
        sint64s=[-(2**62), 2**62],
        fixed32s=[1],
        fixed64s=[2],
        sfixed32s=[-3],
        sfixed64s=[-4],
        bools=[True, False],
        strings=["", "a", "ї" * 100],
        byte_strings=[b"", b"\xff\x00"],
        moods=[1, 0, 77],  # 77 has no name: enums are open
        nesteds=[nested(), nested(name="second")],
        unpacked=[7, -7],
        string_to_int64={"": 0, "answer": 42, "min": -(2**63)},
        sint32_to_double={-1: -1.5, 0: 0.0},
        fixed64_to_bytes={2**64 - 1: b"max", 0: b""},
        bool_to_mood={False: 1, True: 2},
        uint32_to_nested={0: nested(), 9: nested(name="nine")},
        choice_nested=nested(name="chosen"),
    )
