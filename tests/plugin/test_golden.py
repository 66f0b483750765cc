"""The generated code that is kept in the repository is what the plugin writes today.

``UPDATE_GOLDEN=1`` makes the first test write ``golden/`` anew; look at the difference before it is kept. The modules
that are shipped are written by ``python -m protoc_plugin.bootstrap``.
"""

from __future__ import annotations

import importlib
import os
import shutil

from plugin_runs import GOLDEN, TESTS, Output

from minirpc.message import Enum, Message
from minirpc.message.registry import file_of
from minirpc.message.wkt.descriptor_pb import FileDescriptorProto
from protoc_plugin.bootstrap import descriptors_of_own_files, shipped_modules

ROOT = TESTS.parent


def test_golden_files(regenerated: Output) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(GOLDEN, ignore_errors=True)
        shutil.copytree(regenerated.folder, GOLDEN)
    kept = Output(GOLDEN, "").files()
    written = regenerated.files()
    assert list(kept) == list(written)
    for path, text in written.items():
        assert kept[path] == text, path


def test_shipped_modules() -> None:
    """From the descriptors that they hold themselves: those of another protoc would be another version's."""
    paths = [
        *(ROOT / "minirpc/message/wkt").glob("*_pb.py"),
        *(ROOT / "minirpc/google_rpc").glob("*_pb.py"),
        *(ROOT / "minirpc/services").rglob("*_pb.py"),
        ROOT / "protoc_plugin/plugin_pb.py",
    ]
    described = {path: _descriptor(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in paths}
    with_comments = {file.name: file for file in descriptors_of_own_files()}
    modules = shipped_modules([with_comments.get(file.name, file) for file in described.values()])
    assert set(modules) == {*paths, *(ROOT / "minirpc/services").rglob("*_rpc.py")}
    for path, text in modules.items():
        assert path.read_text(encoding="utf-8") == text, path


def _descriptor(module: str) -> FileDescriptorProto:
    found = vars(importlib.import_module(module)).values()
    cls = next(each for each in found if isinstance(each, type) and issubclass(each, Message | Enum))
    file = file_of(cls)
    assert file is not None
    return FileDescriptorProto.from_binary(file.descriptor)
