"""The import rule: layers depend downward only, without cycles, and without imports hidden in functions."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from minirpc import aio

ROOT = Path(__file__).parents[1]

# each layer, and the layers that it may import besides itself
LAYERS: dict[str, set[str]] = {
    "minirpc": {"minirpc.errors"},
    "minirpc.errors": set(),
    "minirpc.chance": {"minirpc.lazy"},
    "minirpc.frozen": set(),
    "minirpc.lazy": set(),
    "minirpc.numbers": set(),
    "minirpc.wire": {"minirpc.errors", "minirpc.numbers"},
    "minirpc.message": {"minirpc.errors", "minirpc.lazy", "minirpc.numbers", "minirpc.wire"},
    "minirpc.http2": {"minirpc.errors", "minirpc.frozen"},
    "minirpc.rpc": {"minirpc.errors", "minirpc.chance", "minirpc.frozen", "minirpc.lazy", "minirpc.http2"},
    "minirpc.aio": {
        "minirpc",
        "minirpc.errors",
        "minirpc.chance",
        "minirpc.frozen",
        "minirpc.lazy",
        "minirpc.http2",
        "minirpc.rpc",
    },
    "minirpc.google_rpc": {"minirpc.message"},
    "minirpc.rich_errors": {"minirpc.errors", "minirpc.message", "minirpc.google_rpc"},
    "minirpc.codegen.messages_v1": {"minirpc.errors", "minirpc.wire", "minirpc.message"},
    "minirpc.codegen.services_v1": {"minirpc.errors", "minirpc.rpc", "minirpc.aio"},
    "minirpc.codegen": set(),
    "minirpc.sync": {"minirpc.errors", "minirpc.rpc", "minirpc.aio"},
    "minirpc.testing": {"minirpc.errors", "minirpc.rpc", "minirpc.aio"},
    "minirpc.interceptors": {"minirpc.errors", "minirpc.rpc", "minirpc.aio"},
    "minirpc.dns": {"minirpc.errors", "minirpc.aio"},
    "minirpc.kubernetes": {"minirpc.errors", "minirpc.aio"},
    "minirpc.services": {"minirpc.errors", "minirpc.rpc", "minirpc.aio", "minirpc.message", "minirpc.codegen"},
    "minirpc.cli": {"minirpc", "minirpc.services", "minirpc.testing", "minirpc.sync", "minirpc.aio", "minirpc.message"},
    "minirpc.__main__": {"minirpc.cli"},
    "protoc_plugin": {"minirpc", "minirpc.errors", "minirpc.message", "minirpc.codegen.messages_v1"},
}
# generated modules are written as a user's would be
GENERATED = {"minirpc.codegen.messages_v1", "minirpc.codegen.services_v1"}
# the chooser of the engine is the one place that knows the compiled ones
COMPILED = {"minirpc._codec": {"minirpc.wire"}, "minirpc._varint": {"minirpc.wire"}}
OTHERS = {
    "h2": {"minirpc.http2"},
    "hpack": {"minirpc.http2"},
    "hyperframe": {"minirpc.http2"},
    "prometheus_client": {"minirpc.interceptors"},
    "opentelemetry": {"minirpc.interceptors"},
    "aiohttp": {"minirpc.kubernetes"},
    "yaml": {"minirpc.kubernetes"},
    "dns": {"minirpc.dns"},
    "asyncio": {
        "minirpc.aio",
        "minirpc.cli",
        "minirpc.dns",
        "minirpc.kubernetes",
        "minirpc.services",
        "minirpc.sync",
        "minirpc.testing",
    },
}


def _module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module_of(path): path for folder in ("minirpc", "protoc_plugin") for path in (ROOT / folder).rglob("*.py")}


def layer_of(module: str) -> str:
    """The layer with the longest name that the module's name starts with."""
    names = module.split(".")
    for size in range(len(names), 0, -1):
        if ".".join(names[:size]) in LAYERS:
            # "minirpc" itself is one module, not all that has no layer of its own
            if size == 1 and names[0] == "minirpc" and len(names) > 1:
                break
            return ".".join(names[:size])
    raise AssertionError(f"{module} belongs to no layer: add it to LAYERS")


def _is_typing_block(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


class Imports(ast.NodeVisitor):
    """The modules that a module imports when it is itself imported, and those that its functions import."""

    def __init__(self, module: str, path: Path) -> None:
        self.package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        self.top: set[str] = set()
        self.inner: set[str] = set()
        self.typing: set[str] = set()
        self.lazy: set[str] = set()  # loaded later, by names that minirpc.lazy is given
        self._found = self.top
        self.visit(ast.parse(path.read_text()))

    def visit_If(self, node: ast.If) -> None:
        before = self._found
        if _is_typing_block(node):
            self._found = self.typing
        for child in node.body:
            self.visit(child)
        self._found = before
        for child in node.orelse:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        before, self._found = self._found, self.inner
        self.generic_visit(node)
        self._found = before

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in ("lazy", "lazy_names"):
            strings = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
            self.lazy.update(name for name in strings if isinstance(name, str) and "." in name)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self._found.update(alias.name for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            up = self.package.split(".")
            base = ".".join([*up[: len(up) - node.level + 1], *filter(None, [node.module])])
        for alias in node.names:
            name = f"{base}.{alias.name}"
            self._found.add(name if name in MODULES or name in COMPILED else base)


IMPORTS = {module: Imports(module, path) for module, path in MODULES.items()}


def _internal(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] in ("minirpc", "protoc_plugin")}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_layers_depend_downward_only(module: str) -> None:
    layer = layer_of(module)
    allowed = {layer} | LAYERS[layer] | (GENERATED if module.endswith(("_pb", "_rpc")) else set())
    imports = IMPORTS[module]
    for name in _internal(imports.top | imports.typing | imports.lazy):
        if name in COMPILED:
            assert layer in COMPILED[name], f"{module} imports {name}"
        else:
            assert layer_of(name) in allowed, f"{module} imports {name}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_functions_import_nothing_of_ours(module: str) -> None:
    hidden = _internal(IMPORTS[module].inner)
    assert hidden == ({"minirpc._codec"} if module == "minirpc.wire" else set())


@pytest.mark.parametrize("module", sorted(MODULES))
def test_who_may_import_what_is_not_ours(module: str) -> None:
    imports = IMPORTS[module]
    for name in imports.top | imports.inner | imports.typing | imports.lazy:
        allowed = OTHERS.get(name.split(".")[0])
        assert allowed is None or layer_of(module) in allowed, f"{module} imports {name}"


def test_there_are_no_cycles() -> None:
    graph = {module: _internal(imports.top | imports.lazy) & MODULES.keys() for module, imports in IMPORTS.items()}
    tuple(TopologicalSorter(graph).static_order())


def test_the_rule_finds_what_it_looks_for(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(
        "from __future__ import annotations\n"
        "import asyncio\n"
        "from typing import TYPE_CHECKING\n"
        "from . import errors\n"
        "from .wire import spec\n"
        "if TYPE_CHECKING:\n    from minirpc import aio\n"
        "class A:\n    from minirpc.rpc import status\n"
        "    async def f(self):\n        import minirpc.http2\n"
        "status = lazy('minirpc.rpc.metadata')\n"
        "get, names = lazy_names(__name__, {'minirpc.wire.plan': ['Plan']})\n"
    )
    imports = Imports("minirpc.sample", path)
    assert imports.top >= {"asyncio", "minirpc.errors", "minirpc.wire.spec", "minirpc.rpc.status"}
    assert imports.inner == {"minirpc.http2"}
    assert imports.typing == {"minirpc.aio"}
    assert imports.lazy == {"minirpc.rpc.metadata", "minirpc.wire.plan"}


@pytest.mark.parametrize("module", ["minirpc", "minirpc.message", "minirpc.codegen.messages_v1"])
def test_messages_load_no_rpc(module: str) -> None:
    program = f"import sys, {module}; print(sorted({{'asyncio', 'h2', 'hpack', 'socket', 'ssl'}} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout == "[]\n"


@pytest.mark.parametrize("module", sorted(module for module, imports in IMPORTS.items() if imports.lazy))
def test_what_is_loaded_later_is_what_type_checkers_see(module: str) -> None:
    imports = IMPORTS[module]
    assert imports.lazy <= MODULES.keys()
    assert imports.lazy <= imports.typing


def test_the_public_names_are_one_list() -> None:
    tree = ast.parse(MODULES["minirpc.aio"].read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If) and _is_typing_block(node))
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    (call,) = (node for each in block.orelse for node in ast.walk(each) if isinstance(node, ast.Call))
    table = ast.literal_eval(call.args[1])
    assert {name: module for module, names in table.items() for name in names} == seen
    assert sorted(seen) == sorted(aio.__all__)
    assert set(aio.__all__) <= set(dir(aio))
    for name in aio.__all__:
        assert getattr(aio, name) is getattr(sys.modules[seen[name]], name)
    with pytest.raises(AttributeError, match=r"module 'minirpc\.aio' has no attribute 'Chanel'"):
        _ = aio.Chanel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def _loaded_by(program: str) -> set[str]:
    program += "\nimport sys; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(result.stdout.split())


@pytest.mark.parametrize(
    ("program", "unneeded"),
    [
        ("import minirpc.codegen.messages_v1", {"minirpc.message.json", "minirpc.message.text", "json"}),
        ("from minirpc.aio import Server; import minirpc.codegen.services_v1", {"minirpc.aio.channel"}),
        (
            "from minirpc.aio import Channel; import minirpc.codegen.services_v1",
            {
                "minirpc.aio.server",
                "minirpc.aio.ring_hash",
                "minirpc.aio.blocking",
                "random",
                "json",
                "multiprocessing",
            },
        ),
    ],
)
def test_programs_do_not_load_what_they_do_not_need(program: str, unneeded: set[str]) -> None:
    assert not unneeded & _loaded_by(program)
