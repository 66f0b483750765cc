"""Generates the modules that minirpc ships: those of descriptor.proto and plugin.proto, of which the plugin itself is
made, and those of the well-known types.

    python -m protoc_plugin.bootstrap

It takes the .proto files that come with protoc, without their comments. Run it when the generated code changes: its
input and its output are of one kind, so it works as long as the modules in place can read descriptors.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from minirpc.cli.protoc import find_protoc
from minirpc.message.wkt.descriptor_pb import FileDescriptorProto, FileDescriptorSet
from protoc_plugin.main import generate
from protoc_plugin.options import Options
from protoc_plugin.scope import SHIPPED

__all__ = ["main", "shipped_modules"]

_ROOT = Path(__file__).parent.parent
_PLUGIN = "google/protobuf/compiler/plugin.proto"


def shipped_modules(files: Sequence[FileDescriptorProto]) -> dict[Path, str]:
    """The contents of the modules, by their files.

    Args:
        files: the descriptors of all the .proto files, each behind those that it imports.
    """
    options = Options(init=False, any_syntax=True)
    modules: dict[Path, str] = {}
    for folder, to_generate in ((_ROOT / "minirpc/message/wkt", [*SHIPPED]), (_ROOT / "protoc_plugin", [_PLUGIN])):
        for path, text in generate(files, to_generate, options).items():
            modules[folder / Path(path).name] = text
    return modules


def _descriptors(*protos: str) -> list[FileDescriptorProto]:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "set.bin")
        command = [find_protoc(), "--include_imports", f"--descriptor_set_out={target}", *protos]
        subprocess.run(command, check=True, cwd=folder)  # noqa: S603  # a command of our own
        return FileDescriptorSet.from_binary(target.read_bytes()).file


def main() -> None:
    for path, text in shipped_modules(_descriptors(*SHIPPED, _PLUGIN)).items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(_ROOT)}\n")


if __name__ == "__main__":
    main()
