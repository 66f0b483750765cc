"""The pytest fixtures, in a pytest of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SUPPORT = Path(__file__).parents[1] / "support"

TESTS = """
import asyncio

import pytest

from echo import Echo, EchoStub
from minirpc import RpcError

def test_a_call(minirpc_channel):
    async def run():
        async with minirpc_channel(Echo()) as channel:
            assert await EchoStub(channel).unary(b"x") == b"x"
    asyncio.run(run())

def test_a_fault(minirpc_channel, minirpc_network):
    async def run():
        async with minirpc_channel(Echo()) as channel:
            minirpc_network.refusing = True
            with pytest.raises(RpcError, match="refuses"):
                await EchoStub(channel).unary(b"x")
    asyncio.run(run())

def test_that_fails(minirpc_network):
    raise AssertionError(f"seed={minirpc_network.seed}")
"""


def run_pytest(folder: Path, *options: str) -> str:
    (folder / "conftest.py").write_text('pytest_plugins = ["minirpc.testing.pytest"]\n')
    (folder / "test_sample.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", *options]
    command += ["-p", "no:cacheprovider", f"--rootdir={folder}"]
    environment = {"PYTHONPATH": str(SUPPORT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    result = subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    return result.stdout + result.stderr


def test_fixtures(tmp_path: Path) -> None:
    output = run_pytest(tmp_path)
    assert "2 passed" in output
    assert "1 failed" in output
    shown = re.search(r"--minirpc-seed=(\d+)", output)
    assert shown, output
    assert f"seed={shown[1]}" in run_pytest(tmp_path, shown[0])
