"""Generates the modules that minirpc ships: those of descriptor.proto and plugin.proto, of which the plugin itself is
made, those of the well-known types, and those of the .proto files in ``minirpc/protos``.

    python -m protoc_plugin.bootstrap

It takes Google's .proto files as they come with protoc, without their comments. Run it when the generated code changes:
the modules in place read the descriptors of those that replace them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from minirpc.message.wkt.descriptor_pb import FileDescriptorProto, FileDescriptorSet
from protoc_plugin.main import generate
from protoc_plugin.options import Options
from protoc_plugin.scope import SHIPPED

__all__ = ["descriptors_of_own_files", "main", "shipped_modules"]

_ROOT = Path(__file__).parent.parent

METHODS = {
    "any_pb.py": ("anys", ["Any"]),
    "duration_pb.py": ("times", ["Duration"]),
    "field_mask_pb.py": ("masks", ["FieldMask"]),
    "struct_pb.py": ("structs", ["Struct", "Value", "ListValue"]),
    "timestamp_pb.py": ("times", ["Timestamp"]),
}
"""The modules of well-known types whose classes get methods: the module beside it that has them, and the classes."""


def shipped_modules(files: Sequence[FileDescriptorProto]) -> dict[Path, str]:
    """The contents of the modules, by their files.

    Args:
        files: the descriptors of the .proto files.
    """
    options = Options(init=False)
    modules: dict[Path, str] = {}
    for package in sorted(set(SHIPPED.values())):
        to_generate = [proto for proto, holder in SHIPPED.items() if holder == package]
        for path, text in generate(files, to_generate, options).items():
            name = Path(path).name
            modules[_ROOT.joinpath(*package, name)] = _with_methods(text, *METHODS[name]) if name in METHODS else text
    return modules


def _with_methods(text: str, module: str, classes: Sequence[str]) -> str:
    """Lets the classes ``X`` of a generated module derive from ``XMethods`` of another module too."""
    contract = "from minirpc.codegen import messages_v1 as _pb\n"
    text = text.replace(contract, f"{contract}\nfrom . import {module} as _{module}\n", 1)
    for name in classes:
        text = text.replace(f"class {name}(_pb.Message)", f"class {name}(_{module}.{name}Methods, _pb.Message)", 1)
    return text


def _descriptors() -> list[FileDescriptorProto]:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "set.bin")
        options = ["--include_source_info", f"--descriptor_set_out={target}"]
        command = [sys.executable, "-m", "minirpc", "protoc", *options, *SHIPPED]
        subprocess.run(command, check=True, cwd=_ROOT)  # noqa: S603  # a command of our own
        files = FileDescriptorSet.from_binary(target.read_bytes()).file
    for file in files:
        if file.package in ("google.protobuf", "google.protobuf.compiler"):
            file.source_code_info = None  # their comments are Google's
    return files


def descriptors_of_own_files() -> list[FileDescriptorProto]:
    """Those of the files in ``minirpc/protos``, with their comments."""
    return [file for file in _descriptors() if file.source_code_info]


def main() -> None:
    """Writes the modules."""
    for path, text in shipped_modules(_descriptors()).items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(_ROOT)}\n")


if __name__ == "__main__":
    main()
