"""For tests of programs that use minirpc: a channel and a server in one process, and a network that fails on demand.

The whole protocol stack runs, on both sides, on the same event loop; only the socket is missing. ``pytest`` fixtures
are in ``minirpc.testing.pytest``.
"""

from minirpc.testing.network import Network, channel_to

__all__ = ["Network", "channel_to"]
