"""The servicer of channelz, and how what the runtime knows becomes its messages."""

from __future__ import annotations

import heapq
import ipaddress
import time
from collections.abc import Iterable
from typing import Any, TypeVar

from minirpc.aio import ChannelState, Context, Server, Subchannel
from minirpc.aio.connection import Connection
from minirpc.aio.inspection import CallCounter, History, everything, find
from minirpc.aio.listener import Listener
from minirpc.aio.routing import Routing
from minirpc.errors import StatusCode
from minirpc.message.wkt import Int64Value, Timestamp, UInt32Value
from minirpc.services.channelz import channelz_pb as pb
from minirpc.services.channelz.channelz_rpc import ChannelzServicer

__all__ = ["Channelz"]

_T = TypeVar("_T")
_PAGE = 100  # things in one answer, at most
_MAX_TEXT = 1024  # characters of a description: it may quote what a peer says
_State = pb.ChannelConnectivityState.State
_STATES = {
    ChannelState.IDLE: _State.IDLE,
    ChannelState.CONNECTING: _State.CONNECTING,
    ChannelState.READY: _State.READY,
    ChannelState.TRANSIENT_FAILURE: _State.TRANSIENT_FAILURE,
    ChannelState.SHUTDOWN: _State.SHUTDOWN,
}


class Channelz(ChannelzServicer):
    """Tells of all channels, servers and sockets of this process, whatever event loop or thread they belong to.

    It is for operators: whoever can call it learns who talks to whom. Serve it on an address that only they reach.
    """

    _essential = True

    async def get_top_channels(self, request: pb.GetTopChannelsRequest, context: Context) -> pb.GetTopChannelsResponse:
        """Lists the channels."""
        channels = everything(Routing)
        page, end = _page(channels, request.start_channel_id, request.max_results, context)
        return pb.GetTopChannelsResponse(channel=[_channel(each) for each in page], end=end)

    async def get_servers(self, request: pb.GetServersRequest, context: Context) -> pb.GetServersResponse:
        """Lists the servers."""
        servers = everything(Server)
        page, end = _page(servers, request.start_server_id, request.max_results, context)
        return pb.GetServersResponse(server=[_server(each) for each in page], end=end)

    async def get_server(self, request: pb.GetServerRequest, context: Context) -> pb.GetServerResponse:
        """Tells of one server."""
        return pb.GetServerResponse(server=_server(_found(Server, request.server_id, context)))

    async def get_server_sockets(
        self, request: pb.GetServerSocketsRequest, context: Context
    ) -> pb.GetServerSocketsResponse:
        """Lists the connections of one server."""
        server = _found(Server, request.server_id, context)
        connections = [(each.number, each) for each in server.connections]
        page, end = _page(connections, request.start_socket_id, request.max_results, context)
        return pb.GetServerSocketsResponse(socket_ref=[_socket_ref(each) for each in page], end=end)

    async def get_channel(self, request: pb.GetChannelRequest, context: Context) -> pb.GetChannelResponse:
        """Tells of one channel."""
        return pb.GetChannelResponse(channel=_channel(_found(Routing, request.channel_id, context)))

    async def get_subchannel(self, request: pb.GetSubchannelRequest, context: Context) -> pb.GetSubchannelResponse:
        """Tells of one subchannel."""
        return pb.GetSubchannelResponse(subchannel=_subchannel(_found(Subchannel, request.subchannel_id, context)))

    async def get_socket(self, request: pb.GetSocketRequest, context: Context) -> pb.GetSocketResponse:
        """Tells of one connection, or of a socket that listens."""
        found = find(request.socket_id)
        if isinstance(found, Listener):
            return pb.GetSocketResponse(socket=_listener(found))
        return pb.GetSocketResponse(socket=_connection(_found(Connection, request.socket_id, context)))


def _found(kind: type[_T], number: int, context: Context) -> _T:
    found = find(number)
    if not isinstance(found, kind):
        context.abort(StatusCode.NOT_FOUND, f"there is no {_NAMES[kind]} {number}")
    return found


_NAMES: dict[type, str] = {Server: "server", Routing: "channel", Subchannel: "subchannel", Connection: "socket"}


def _page(numbered: Iterable[tuple[int, Any]], start: int, limit: int, context: Context) -> tuple[list[Any], bool]:
    """Returns those with the lowest numbers from ``start`` on, and whether there are no more."""
    if start < 0 or limit < 0:
        context.abort(StatusCode.INVALID_ARGUMENT, "neither a number to start with nor max_results is negative")
    size = min(limit or _PAGE, _PAGE)
    rest = (pair for pair in numbered if pair[0] >= start)
    found = heapq.nsmallest(size + 1, rest, key=lambda pair: pair[0])
    return [each for _, each in found[:size]], len(found) <= size


# -- messages


def _timestamp(seconds: float) -> Timestamp | None:
    return Timestamp.from_nanoseconds(int(seconds * 1e9)) if seconds else None


def _text(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _trace(history: History) -> pb.ChannelTrace:
    severity = pb.ChannelTraceEvent.Severity
    return pb.ChannelTrace(
        num_events_logged=history.count,
        creation_timestamp=_timestamp(history.created),
        events=[
            pb.ChannelTraceEvent(
                description=_text(event.text),
                severity=severity.CT_WARNING if event.warning else severity.CT_INFO,
                timestamp=_timestamp(event.time),
                subchannel_ref=None if event.child is None else pb.SubchannelRef(subchannel_id=event.child),
            )
            for event in list(history.events)
        ],
    )


def _channel_data(state: ChannelState, target: str, calls: CallCounter, history: History) -> pb.ChannelData:
    return pb.ChannelData(
        state=pb.ChannelConnectivityState(state=_STATES[state]),
        target=target,
        trace=_trace(history),
        calls_started=calls.started,
        calls_succeeded=calls.succeeded,
        calls_failed=calls.failed,
        last_call_started_timestamp=_timestamp(calls.last_started),
        max_connections_per_subchannel=1,
    )


def _channel(channel: Routing) -> pb.Channel:
    subchannels = list(channel.subchannels)  # in one step: it may change, in another thread
    subchannels.sort(key=lambda each: each.number)
    return pb.Channel(
        ref=pb.ChannelRef(channel_id=channel.number, name=channel.target),
        data=_channel_data(channel.watch.state, channel.target, channel.calls, channel.history),
        subchannel_ref=[_subchannel_ref(each) for each in subchannels],
    )


def _addresses(subchannel: Subchannel) -> str:
    return _text(", ".join(map(str, subchannel.addresses)))


def _subchannel_ref(subchannel: Subchannel) -> pb.SubchannelRef:
    return pb.SubchannelRef(subchannel_id=subchannel.number, name=_addresses(subchannel))


def _subchannel(subchannel: Subchannel) -> pb.Subchannel:
    return pb.Subchannel(
        ref=_subchannel_ref(subchannel),
        data=_channel_data(subchannel.state, _addresses(subchannel), subchannel.calls, subchannel.history),
        socket_ref=[_socket_ref(each) for each in sorted(subchannel.connections, key=lambda each: each.number)],
    )


def _server(server: Server) -> pb.Server:
    both = (server.calls, server.service_calls)
    return pb.Server(
        ref=pb.ServerRef(server_id=server.number, name=_text(repr(server))),
        data=pb.ServerData(
            trace=_trace(server.history),
            calls_started=sum(each.started for each in both),
            calls_succeeded=sum(each.succeeded for each in both),
            calls_failed=sum(each.failed for each in both),
            last_call_started_timestamp=_timestamp(max(each.last_started for each in both)),
        ),
        listen_socket=[pb.SocketRef(socket_id=each.number, name=each.name) for each in server.listeners],
    )


def _listener(listener: Listener) -> pb.Socket:
    return pb.Socket(
        ref=pb.SocketRef(socket_id=listener.number, name=listener.name),
        data=pb.SocketData(),
        local=_address(listener.address),
    )


def _socket_ref(connection: Connection) -> pb.SocketRef:
    return pb.SocketRef(socket_id=connection.number, name=connection.peer)


def _connection(connection: Connection) -> pb.Socket:
    streams = connection.stream_counter
    sent, received = connection.messages_sent, connection.messages_received
    clock = time.time() - connection.loop.time()
    created = _timestamp(streams.last_started)
    goaway = connection.goaway_code
    return pb.Socket(
        ref=_socket_ref(connection),
        data=pb.SocketData(
            streams_started=streams.started,
            streams_succeeded=streams.succeeded,
            streams_failed=streams.failed,
            messages_sent=sent,
            messages_received=received,
            keep_alives_sent=connection.keepalives_sent,
            last_local_stream_created_timestamp=created if connection.client_side else None,
            last_remote_stream_created_timestamp=None if connection.client_side else created,
            # The moments of the last write and read that had any frame in them.
            last_message_sent_timestamp=_timestamp(clock + connection.last_write) if sent else None,
            last_message_received_timestamp=_timestamp(clock + connection.last_read) if received else None,
            local_flow_control_window=Int64Value(value=connection.engine.send_capacity(0)),
            received_goaway_error=None if goaway is None else UInt32Value(value=goaway),
        ),
        local=_address(connection.transport_info("sockname")),
        remote=_address(connection.transport_info("peername")),
        security=_security(connection),
        remote_name=connection.peer,
    )


def _security(connection: Connection) -> pb.Security | None:
    tls = connection.transport_info("ssl_object")
    if tls is None:
        return None
    cipher = tls.cipher()
    certificate = b"" if connection.identity is None else connection.identity.certificate
    return pb.Security(tls=pb.Security.Tls(standard_name=cipher[0] if cipher else None, remote_certificate=certificate))


def _address(name: Any) -> pb.Address | None:
    """An address as sockets give it: host and port, or a path."""
    if isinstance(name, tuple):
        host = ipaddress.ip_address(name[0].partition("%")[0])
        return pb.Address(tcpip_address=pb.Address.TcpIpAddress(ip_address=host.packed, port=name[1]))
    if isinstance(name, str) and name:
        return pb.Address(uds_address=pb.Address.UdsAddress(filename=name))
    return None
