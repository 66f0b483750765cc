"""What both benchmarks need around the measurement: code generators, installed peers, processors, tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tabulate import tabulate

__all__ = ["ROOT", "generate", "installed", "pin", "table", "versions"]

ROOT = Path(__file__).parent.parent
"""The folder from which ``benchmarks`` is imported."""


def installed(*distributions: str) -> bool:
    """Whether all these distributions are installed."""
    try:
        for name in distributions:
            version(name)
    except PackageNotFoundError:
        return False
    return True


def versions(*distributions: str) -> str:
    """The interpreter's version, and those of the distributions that are installed."""
    python = ".".join(map(str, sys.version_info[:3]))
    found = [f"{name} {version(name)}" for name in distributions if installed(name)]
    return ", ".join([f"CPython {python}", *found])


def generate(proto: Path, generator: str, folder: Path, *, services: bool = False) -> None:
    """Compiles a .proto file into a folder, which is made.

    Args:
        proto: the file.
        generator: ``minirpc``, ``google``, ``grpclib`` (Google's messages, grpclib's services), ``protobuf-py`` or
            ``betterproto2``. The last one writes a package, whose modules refer to each other, below
            ``folder/generated``, and descriptor.proto's classes along with the file's.
        folder: where the modules go.
        services: whether Google's generator also writes grpcio's service code. The others decide by themselves.

    Raises:
        subprocess.CalledProcessError: the generator failed.
    """
    folder.mkdir(parents=True)
    scripts = Path(sys.executable).parent
    match generator:
        case "minirpc":
            arguments = ["minirpc", "protoc", f"--python_minirpc_out={folder}"]
        case "google":
            arguments = ["grpc_tools.protoc", f"--python_out={folder}"]
            arguments += [f"--grpc_python_out={folder}"] if services else []
        case "grpclib":
            plugin = scripts / "protoc-gen-grpclib_python"
            arguments = ["grpc_tools.protoc", f"--plugin=protoc-gen-grpclib_python={plugin}"]
            arguments += [f"--python_out={folder}", f"--grpclib_python_out={folder}"]
        case "protobuf-py":
            plugin = scripts / "protoc-gen-py"
            arguments = ["grpc_tools.protoc", f"--plugin=protoc-gen-py={plugin}", f"--py_out={folder}"]
        case "betterproto2":
            package = folder / "generated"
            package.mkdir()
            plugin = scripts / "protoc-gen-python_betterproto2"
            arguments = ["grpc_tools.protoc", f"--plugin=protoc-gen-python_betterproto2={plugin}"]
            arguments += [f"--python_betterproto2_out={package}", "google/protobuf/descriptor.proto"]
        case _:
            raise ValueError(f"unknown generator {generator!r}")
    command = [sys.executable, "-m", *arguments, f"-I{proto.parent}", str(proto)]
    # betterproto2's generator runs a formatter, which it looks for on the path, and tells what it writes
    path = os.pathsep.join([str(scripts), os.environ.get("PATH", os.defpath)])
    result = subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, stderr=subprocess.PIPE, check=False)
    if result.returncode:
        sys.stderr.buffer.write(result.stderr)
        result.check_returncode()


def pin(role: int) -> None:
    """Keeps this process on one processor: processes with different roles are kept apart where there are enough."""
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[-1 - role % len(allowed)]})


def table(rows: Sequence[Sequence[str]], headers: Sequence[str], *, labels: int = 1, markdown: bool) -> str:
    """Lays out a table: so many columns of labels to the left, and all others, figures, to the right."""
    alignment = ["left"] * labels + ["right"] * (len(headers) - labels)
    style = "github" if markdown else "simple"
    return tabulate(rows, headers, tablefmt=style, colalign=alignment, disable_numparse=True)
