"""Fixtures for pytest. In a ``conftest.py``: ``pytest_plugins = ["minirpc.testing.pytest"]``.

They are plain fixtures, so that they work with whatever runs the ``async`` tests.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from minirpc.aio import Channel
from minirpc.testing.network import Network, channel_to

__all__ = ["minirpc_channel", "minirpc_network"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that repeats the random choices of a failed test."""
    parser.getgroup("minirpc").addoption(
        "--minirpc-seed", type=int, default=None, help="the seed of minirpc_network, as a failed test has shown it"
    )


@pytest.fixture
def minirpc_network(request: pytest.FixtureRequest) -> Network:
    """A network in memory without faults; a failed test shows its seed."""
    network = Network(seed=request.config.getoption("--minirpc-seed", default=None))
    request.node.add_report_section("call", "minirpc", f"--minirpc-seed={network.seed}")
    return network


@pytest.fixture
def minirpc_channel(minirpc_network: Network) -> Callable[..., AbstractAsyncContextManager[Channel]]:
    """Makes channels over ``minirpc_network``: ``async with minirpc_channel(Library()) as channel``.

    See :func:`minirpc.testing.channel_to`.
    """
    return partial(channel_to, network=minirpc_network)
