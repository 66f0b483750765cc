"""The codec engines, side by side."""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from minirpc.errors import DecodeError, EncodeError
from minirpc.wire import plan, slots, varint

__all__ = ["COMPILED_IS_HERE", "ENGINES", "PURE", "Engine", "outcome"]


class Engine(NamedTuple):
    """One of the two engines."""

    name: str
    Plan: Any
    varint: ModuleType
    slots: ModuleType

    def encode(self, message: Any, deterministic: bool = False) -> bytes:
        return self.Plan.of(_declaring(type(message))).encode(message, deterministic)

    def decode(self, cls: Any, data: Any, depth: int = 100) -> Any:
        return self.Plan.of(_declaring(cls)).decode(cls, data, depth)

    def merge(self, message: Any, data: Any, depth: int = 100) -> Any:
        self.Plan.of(_declaring(type(message))).decode_into(message, data, depth)
        return message

    def fault(self, cls: Any, data: Any, depth: int = 100) -> tuple[str, str, int]:
        """The reason, path and offset of the error that ``data`` must give."""
        with pytest.raises(DecodeError) as caught:
            self.decode(cls, data, depth)
        return caught.value.reason, caught.value.path, caught.value.offset

    def misfit(self, message: Any, deterministic: bool = False) -> tuple[str, str]:
        """The reason and path of the error that encoding must give."""
        with pytest.raises(EncodeError) as caught:
            self.encode(message, deterministic)
        return caught.value.reason, caught.value.path


def _declaring(cls: Any) -> Any:
    return next(base for base in cls.__mro__ if "__fields__" in base.__dict__)


def outcome(call: Any, *args: Any) -> Any:
    """What a call returns, or its error of the codec, in a form in which the engines can be compared."""
    try:
        return call(*args)
    except DecodeError as error:
        return DecodeError, error.reason, error.path, error.offset
    except EncodeError as error:
        return EncodeError, error.reason, error.path


PURE = Engine("pure", plan.Plan, varint, slots)
ENGINES = [PURE]
try:
    _codec, _varint = importlib.import_module("minirpc._codec"), importlib.import_module("minirpc._varint")
except ImportError:
    if os.environ.get("MINIRPC_EXPECT_ENGINE") == "compiled":
        raise
else:
    ENGINES.append(Engine("compiled", _codec.Plan, _varint, _codec))
COMPILED_IS_HERE = len(ENGINES) == 2
