"""Nodes that can be cut off: network namespaces, each with one address behind a bridge. Needs root, and ``ip``."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.proof.cluster import Place

__all__ = ["Network", "missing_for_network", "open_network"]

_IP = shutil.which("ip", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])) or "ip"


async def _ip(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(_IP, *arguments, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    _, errors = await process.communicate()
    if process.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {errors.decode().strip()}")


async def missing_for_network() -> str | None:
    """Returns what is missing for network namespaces, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        async with open_network(1):
            return None
    except OSError as error:  # there is no such program, or a sandbox does not allow it
        return f"there are no network namespaces here: {error}"


class Network:
    """Nodes behind a bridge, whose own address is this side's.

    Attributes:
        places: one for each node.
    """

    def __init__(self, tag: str, places: list[Place]) -> None:
        self.places = places
        self._tag = tag

    async def cut(self, place: Place) -> None:
        """Pulls the plug of a node: from now on packets to it and from it are lost without a word."""
        number = self.places.index(place)
        await _ip("link", "set", f"{self._tag}h{number}", "nomaster")

    async def mend(self, place: Place) -> None:
        """Puts it in again."""
        number = self.places.index(place)
        await _ip("link", "set", f"{self._tag}h{number}", "master", self._tag)


@asynccontextmanager
async def open_network(nodes: int) -> AsyncIterator[Network]:
    """Makes so many nodes; they are removed with the block.

    Raises:
        OSError: that is not possible here.
    """
    tag = f"mp{os.getpid() % 100_000}"
    prefix = f"10.{random.randrange(128, 250)}.{random.randrange(256)}"
    async with AsyncExitStack() as stack:
        await _ip("link", "add", tag, "type", "bridge")
        stack.push_async_callback(_ip, "link", "delete", tag)
        await _ip("address", "add", f"{prefix}.1/24", "dev", tag)
        await _ip("link", "set", tag, "up")
        places = []
        for number in range(nodes):
            space, inner, outer = f"{tag}n{number}", f"{tag}c{number}", f"{tag}h{number}"
            host = f"{prefix}.{number + 2}"
            await _ip("netns", "add", space)
            stack.push_async_callback(_ip, "netns", "delete", space)
            await _ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", space)
            await _ip("link", "set", outer, "master", tag)
            await _ip("link", "set", outer, "up")
            await _ip("-n", space, "address", "add", f"{host}/24", "dev", inner)
            await _ip("-n", space, "link", "set", inner, "up")
            await _ip("-n", space, "link", "set", "lo", "up")
            places.append(Place(host, (_IP, "netns", "exec", space)))
        yield Network(tag, places)
