"""The engines that are measured: which there are, and how a process is made to run one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from benchmarks.toolchain import installed

__all__ = ["BASELINE", "ENGINES", "Engine"]


@dataclass(frozen=True)
class Engine:
    """One of the engines.

    Attributes:
        library: the key of the library in ``DIALECTS``, which is also its code generator.
        variant: which of the library's engines; "" if it has one.
        requires: the distributions that must be installed.
        module: a module that must be there: a compiled engine that may not have been built.
        slow: many times slower than the others, so that one process will do, and that ``--quick`` leaves it out.
    """

    library: str
    variant: str
    requires: Sequence[str] = ()
    module: str = "minirpc"
    slow: bool = False

    @property
    def name(self) -> str:
        """What the tables call it."""
        return f"{self.library} {self.variant}".strip()

    @property
    def available(self) -> bool:
        """Whether the engine can be measured here."""
        return installed(*self.requires) and find_spec(self.module) is not None

    def choose(self) -> None:
        """Has the library use this engine. To be called before the library is imported."""
        match self.library:
            case "google":
                implementation = "python" if self.variant == "pure" else self.variant
                os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = implementation
            case "minirpc":
                os.environ["MINIRPC_IMPLEMENTATION"] = self.variant
            case "protobuf-py" if self.variant == "pure":
                # its import then fails, and the library falls back
                sys.modules["protobuf_ext"] = None  # type: ignore[assignment]

    def check(self) -> None:
        """Ends the process if the library, now imported, runs another engine."""
        running = self._running()
        if running != self.variant:
            raise SystemExit(f"{self.library} runs its engine {running!r}, not {self.variant!r}")

    def _running(self) -> str:
        match self.library:
            case "google":
                name: str = import_module("google.protobuf.internal.api_implementation").Type()
                return "pure" if name == "python" else name
            case "minirpc":
                return str(import_module("minirpc.wire").IMPLEMENTATION)
            case "protobuf-py":
                return "ext" if sys.modules.get("protobuf_ext") else "pure"
            case _:
                return self.variant


BASELINE = Engine("google", "upb")
ENGINES = (
    BASELINE,
    Engine("minirpc", "compiled", module="minirpc._codec"),
    Engine("protobuf-py", "ext", ["protobuf-py-ext", "protoc-gen-py"]),
    Engine("minirpc", "pure"),
    Engine("protobuf-py", "pure", ["protobuf-py-pure", "protoc-gen-py"], slow=True),
    Engine("google", "pure", slow=True),
    Engine("betterproto2", "", ["betterproto2", "betterproto2_compiler"], slow=True),
)
