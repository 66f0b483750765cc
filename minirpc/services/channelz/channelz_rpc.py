# Generated from grpc/channelz/v1/channelz.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import services_v1 as _rpc

from .channelz_pb import GetChannelRequest, GetChannelResponse, GetServerRequest, GetServerResponse, GetServerSocketsRequest, GetServerSocketsResponse, GetServersRequest, GetServersResponse, GetSocketRequest, GetSocketResponse, GetSubchannelRequest, GetSubchannelResponse, GetTopChannelsRequest, GetTopChannelsResponse


class ChannelzStub(_rpc.Stub[_rpc.ChannelT]):
    """Tells of the channels, servers and sockets of a process."""

    get_top_channels = _rpc.unary_unary(
        "/grpc.channelz.v1.Channelz/GetTopChannels", GetTopChannelsRequest, GetTopChannelsResponse
    )
    """Lists the channels that the program made itself."""
    get_servers = _rpc.unary_unary("/grpc.channelz.v1.Channelz/GetServers", GetServersRequest, GetServersResponse)
    """Lists the servers."""
    get_server = _rpc.unary_unary("/grpc.channelz.v1.Channelz/GetServer", GetServerRequest, GetServerResponse)
    """Tells of one server. NOT_FOUND without it."""
    get_server_sockets = _rpc.unary_unary(
        "/grpc.channelz.v1.Channelz/GetServerSockets", GetServerSocketsRequest, GetServerSocketsResponse
    )
    """Lists the connections of one server. NOT_FOUND without it."""
    get_channel = _rpc.unary_unary("/grpc.channelz.v1.Channelz/GetChannel", GetChannelRequest, GetChannelResponse)
    """Tells of one channel. NOT_FOUND without it."""
    get_subchannel = _rpc.unary_unary(
        "/grpc.channelz.v1.Channelz/GetSubchannel", GetSubchannelRequest, GetSubchannelResponse
    )
    """Tells of one subchannel. NOT_FOUND without it."""
    get_socket = _rpc.unary_unary("/grpc.channelz.v1.Channelz/GetSocket", GetSocketRequest, GetSocketResponse)
    """Tells of one socket. NOT_FOUND without it."""


class ChannelzServicer(_rpc.Servicer):
    """Tells of the channels, servers and sockets of a process."""

    methods = ChannelzStub  # one table, both sides

    async def get_top_channels(
        self, request: GetTopChannelsRequest, context: _rpc.Context
    ) -> GetTopChannelsResponse:
        """Lists the channels that the program made itself."""
        _rpc.unimplemented()

    async def get_servers(self, request: GetServersRequest, context: _rpc.Context) -> GetServersResponse:
        """Lists the servers."""
        _rpc.unimplemented()

    async def get_server(self, request: GetServerRequest, context: _rpc.Context) -> GetServerResponse:
        """Tells of one server. NOT_FOUND without it."""
        _rpc.unimplemented()

    async def get_server_sockets(
        self, request: GetServerSocketsRequest, context: _rpc.Context
    ) -> GetServerSocketsResponse:
        """Lists the connections of one server. NOT_FOUND without it."""
        _rpc.unimplemented()

    async def get_channel(self, request: GetChannelRequest, context: _rpc.Context) -> GetChannelResponse:
        """Tells of one channel. NOT_FOUND without it."""
        _rpc.unimplemented()

    async def get_subchannel(self, request: GetSubchannelRequest, context: _rpc.Context) -> GetSubchannelResponse:
        """Tells of one subchannel. NOT_FOUND without it."""
        _rpc.unimplemented()

    async def get_socket(self, request: GetSocketRequest, context: _rpc.Context) -> GetSocketResponse:
        """Tells of one socket. NOT_FOUND without it."""
        _rpc.unimplemented()
