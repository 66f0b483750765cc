"""Generates the modules that minirpc ships: those of descriptor.proto and plugin.proto, of which the plugin itself is
made, those of the well-known types, and those of the services that come with minirpc.

    python -m protoc_plugin.bootstrap

It takes the .proto files that come with protoc, without their comments, and those of ``minirpc/services/protos``. Run
it when the generated code changes: the modules in place read the descriptors of those that replace them.
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

__all__ = ["main", "shipped_modules"]

_ROOT = Path(__file__).parent.parent


def shipped_modules(files: Sequence[FileDescriptorProto]) -> dict[Path, str]:
    """The contents of the modules, by their files.

    Args:
        files: the descriptors of the .proto files.
    """
    options = Options(init=False, any_syntax=True)
    modules: dict[Path, str] = {}
    for package in sorted(set(SHIPPED.values())):
        to_generate = [proto for proto, holder in SHIPPED.items() if holder == package]
        for path, text in generate(files, to_generate, options).items():
            modules[_ROOT.joinpath(*package, Path(path).name)] = text
    return modules


def _descriptors() -> list[FileDescriptorProto]:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "set.bin")
        command = [
            sys.executable,
            "-m",
            "minirpc",
            "protoc",
            f"-I{_ROOT / 'minirpc/services/protos'}",
            f"--descriptor_set_out={target}",
            *SHIPPED,
        ]
        subprocess.run(command, check=True, cwd=_ROOT)  # noqa: S603  # a command of our own
        return FileDescriptorSet.from_binary(target.read_bytes()).file


def main() -> None:
    """Writes the modules."""
    for path, text in shipped_modules(_descriptors()).items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(_ROOT)}\n")


if __name__ == "__main__":
    main()
