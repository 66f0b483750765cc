"""Compiles ``echo.proto`` once with minirpc's plugin and once with Google's, for all tests of this folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path

import pytest
from interop_grpcio import Client, aio_client, aio_server, aio_service, sync_client, sync_server, sync_service
from interop_peers import Generated, Journal

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """The modules that the two code generators made.

    Once per session: Google's runtime keeps descriptors in a pool of the process, which takes a file only once.
    """
    root = tmp_path_factory.mktemp("interop")
    ours, google = root / "echo_minirpc", root / "echo_google"
    ours.mkdir()
    google.mkdir()
    for arguments in (
        ["minirpc", "protoc", f"--python_minirpc_out={ours}"],
        ["grpc_tools.protoc", f"--python_out={google}", f"--grpc_python_out={google}"],
    ):
        # Through the parent folder, so that Google's modules have a package and no top-level name of their own.
        subprocess.run([sys.executable, "-m", *arguments, f"-I{HERE.parent}", str(HERE / "echo.proto")], check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        patch.syspath_prepend(google)
        return Generated(
            pb=import_module("echo_minirpc.interop.echo_pb"),
            rpc=import_module("echo_minirpc.interop.echo_rpc"),
            pb2=import_module("interop.echo_pb2"),
            pb2_grpc=import_module("interop.echo_pb2_grpc"),
        )


@pytest.fixture(params=["grpc.aio", "grpcio sync"])
def grpcio_server(
    request: pytest.FixtureRequest, generated: Generated
) -> Callable[[Journal], AbstractAsyncContextManager[str]]:
    """Runs ``Echo`` on grpcio, for asyncio and for threads: ``async with grpcio_server(journal) as address``."""
    run, make_service = (aio_server, aio_service) if request.param == "grpc.aio" else (sync_server, sync_service)

    def serve(journal: Journal) -> AbstractAsyncContextManager[str]:
        def add(server: object) -> None:
            generated.pb2_grpc.add_EchoServicer_to_server(make_service(generated, journal), server)

        return run(add)

    return serve


@pytest.fixture(params=["grpc.aio", "grpcio sync"])
def grpcio_client(
    request: pytest.FixtureRequest, generated: Generated
) -> Callable[[str], AbstractAsyncContextManager[Client]]:
    """Connects grpcio's clients, for asyncio and for threads: ``async with grpcio_client(address) as client``."""
    connect = aio_client if request.param == "grpc.aio" else sync_client
    return lambda address: connect(generated, address)
