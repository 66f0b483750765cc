"""Channelz, ``grpc.channelz.v1.Channelz``: tells of the channels, servers and sockets of a process while it runs.

::

    await Server([library, Channelz()]).serve("0.0.0.0:50051")
"""

from minirpc.services.channelz.channelz_rpc import ChannelzServicer, ChannelzStub
from minirpc.services.channelz.service import Channelz

__all__ = ["Channelz", "ChannelzServicer", "ChannelzStub"]
