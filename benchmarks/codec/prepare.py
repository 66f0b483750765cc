"""Puts what the processes of the codec benchmark work on into a folder, and checks what they made of it."""

from __future__ import annotations

import py_compile
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from benchmarks.codec.datasets import Tree, datasets
from benchmarks.codec.descriptors import descriptor_sets
from benchmarks.codec.dialects import DIALECTS
from benchmarks.codec.engines import BASELINE
from benchmarks.codec.programs import write_program
from benchmarks.codec.worker import file_name
from benchmarks.toolchain import generate

__all__ = ["Bench", "messages"]

_PROTO = Path(__file__).parent / "datasets.proto"


def messages(*, small: bool) -> dict[str, Tree]:
    """All datasets by name."""
    return datasets(small=small) | descriptor_sets(small=small)


class Bench:
    """The programs, the generated code and the datasets, in a folder.

    Attributes:
        folder: the folder.
        sizes: the encoded sizes of the datasets in bytes.
    """

    def __init__(self, folder: Path, libraries: Iterable[str], trees: Mapping[str, Tree]) -> None:
        """Writes everything.

        Args:
            folder: an empty folder.
            libraries: whose code is generated. The baseline's is in any case.
            trees: the datasets.

        Raises:
            subprocess.CalledProcessError: a generator failed.
        """
        self.folder = folder
        libraries = {BASELINE.library, *libraries}
        for library in sorted(libraries):
            generate(_PROTO, library, folder / library)
        sys.path.insert(0, str(folder / BASELINE.library))
        schemas = [FileDescriptorProto(), FileDescriptorProto()]
        import_module(DIALECTS[BASELINE.library].module).DESCRIPTOR.CopyToProto(schemas[0])
        descriptor_pb2.DESCRIPTOR.CopyToProto(schemas[1])
        for library in libraries:
            text = write_program(DIALECTS[library], schemas, trees)
            program = folder / library / "program.py"
            program.write_text(text, encoding="utf-8")
            # here and not in the processes that measure: it takes long, and much memory that is free afterwards
            py_compile.compile(str(program), doraise=True)
        self._program: ModuleType = import_module("program")
        self.sizes: dict[str, int] = {}
        reference = folder / "reference"
        reference.mkdir()
        self._expected: dict[str, object] = {}
        for dataset in trees:
            message = self._expected[dataset] = self._evaluate(dataset, "build")
            data = self._evaluate(dataset, "build + encode")
            (reference / file_name(dataset, "build + encode")).write_bytes(data)
            text = self._evaluate(dataset, "to_json", message=message)
            (reference / file_name(dataset, "to_json")).write_text(text, encoding="utf-8")
            self.sizes[dataset] = len(data)

    def _evaluate(self, dataset: str, operation: str, **names: object) -> Any:
        return eval(self._program.STATEMENTS[dataset][operation], vars(self._program) | names)

    def fault(self, engine: str, dataset: str, operation: str) -> str:
        """What is wrong with what an engine made of a dataset; "" if nothing is."""
        file = self.folder / engine / file_name(dataset, operation)
        if not file.exists():  # the operation makes nothing that could be compared, or checks itself
            return ""
        expected = self._expected[dataset]
        if operation == "to_json":
            made = self._evaluate(dataset, "from_json", text=file.read_text(encoding="utf-8"))
        else:
            made = self._evaluate(dataset, "decode", data=file.read_bytes())
        if operation == "modify":
            data = (self.folder / "reference" / file_name(dataset, "build + encode")).read_bytes()
            changed = self._evaluate(dataset, "modify", data=data)
            expected = self._evaluate(dataset, "decode", data=changed)
        return "" if made == expected else "what it made is not the expected message"
