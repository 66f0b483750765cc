"""Uses the codec on valid and malformed input of every kind of field, and prints how many memory blocks stay behind.

Usage: ``python codec_stress.py COUNT``: at least so many malformed inputs are decoded, on the engine that the
environment chooses. Prints ``ENGINE ALLOCATOR MALFORMED KEPT``: the most blocks that any part of the inputs kept
in every round.
"""

from __future__ import annotations

import copy
import gc
import os
import pickle
import random
import sys
from collections.abc import Iterator
from typing import Any

import compiled_samples
import proto2_samples
import samples
from hypothesis import given, settings
from strategies import messages

from minirpc import wire
from minirpc.errors import DecodeError, EncodeError

_CLASSES: list[Any] = [*samples.ALL, *proto2_samples.ALL, compiled_samples.Node]
_CHUNK = 1_000
_ROUNDS = 12
_STILL = 20


def _valid() -> list[Any]:
    """Messages of every class, the same ones in every run."""
    found: list[Any] = []
    for cls in _CLASSES:

        @settings(max_examples=8, derandomize=True, database=None, deadline=None)
        @given(messages(cls))
        def collect(message: Any) -> None:
            found.append(message)

        collect()
    return found


def _malformed(encoded: list[tuple[Any, bytes]], source: random.Random) -> Iterator[tuple[Any, bytes]]:
    """Encoded messages with one to three bytes changed, inserted or taken out, or cut short; without an end."""
    while True:
        cls, data = source.choice(encoded)
        changed = bytearray(data)
        for _ in range(source.randint(1, 3)):
            at = source.randrange(len(changed) + 1)
            match source.randrange(4):
                case 0:
                    changed[at : at + 1] = bytes([source.randrange(256)])
                case 1:
                    changed[at:at] = source.randbytes(source.randint(1, 3))
                case 2:
                    del changed[at : at + 2]
                case _:
                    del changed[at:]
        yield cls, bytes(changed)


def _use(message: Any) -> None:
    """What programs do with a message."""
    twin = type(message).from_binary(message.to_binary())
    twin.merge_from_binary(message.to_binary(deterministic=True))
    for made in (copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        made == message  # noqa: B015  NaN is not equal to itself
    repr(message)
    for spec in type(message).__fields__:
        setattr(twin, spec.name, getattr(message, spec.name))
        delattr(twin, spec.name)


def _refuse(message: Any, source: random.Random) -> None:
    """Encodes a copy of the message with one value of a wrong type."""
    fields = type(message).__fields__
    if not fields:
        return
    wrong = copy.copy(message)
    setattr(
        wrong, source.choice(fields).name, source.choice([object(), [object()], {object(): object()}, 2**70, "\ud800"])
    )
    for deterministic in (False, True):
        try:
            wrong.to_binary(deterministic=deterministic)
        except EncodeError as error:
            str(error)


def _round(valid: list[Any], inputs: list[tuple[Any, bytes]], source: random.Random) -> int:
    """Goes through everything once; returns how many inputs were malformed."""
    faults = 0
    for cls, data in inputs:
        try:
            cls.from_binary(data)
        except DecodeError as error:
            str(error)
            faults += 1
    for message in valid:
        _use(message)
        _refuse(message, source)
    return faults


def main(count: int) -> None:
    """Works until ``count`` malformed inputs were refused."""
    valid = _valid()
    encoded = [(type(message), message.to_binary()) for message in valid]
    generate = _malformed(encoded, random.Random(7))
    faults, kept = 0, 0
    while faults < count:
        inputs = [next(generate) for _ in range(_CHUNK)]
        _round(valid, inputs, random.Random(1))
        # The same inputs again: what caches keep, of enums' pseudo-members and of short strings among others, grows
        # ever slower towards their bound; what leaks is as much in every round.
        growth = []
        for _ in range(_ROUNDS):
            gc.collect()
            before = sys.getallocatedblocks()
            faults += _round(valid, inputs, random.Random(1))
            gc.collect()
            growth.append(sys.getallocatedblocks() - before)
            if growth[-1] < _STILL:
                break
        kept = max(kept, min(growth))
    print(wire.IMPLEMENTATION, os.environ.get("PYTHONMALLOC", ""), faults, kept)


if __name__ == "__main__":
    main(int(sys.argv[1]))
