# Generated from grpc/channelz/v1/channelz.proto by protoc-gen-python_minirpc. DO NOT EDIT.
"""Channelz of gRPC: what a process knows of its channels, servers and sockets, for whoever looks for faults.

Everything has a number of its own in its process. Channels have subchannels, and these have sockets; servers have
sockets. Lists come in pages, in the order of the numbers.
"""

from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb
from minirpc.message.wkt import any_pb as _any_pb
from minirpc.message.wkt import duration_pb as _duration_pb
from minirpc.message.wkt import timestamp_pb as _timestamp_pb
from minirpc.message.wkt import wrappers_pb as _wrappers_pb


class Channel(_pb.Message):
    """A way to the servers behind a name."""

    ref: ChannelRef | None = _pb.message(1, lambda: ChannelRef)
    data: ChannelData | None = _pb.message(2, lambda: ChannelData)
    channel_ref: list[ChannelRef] = _pb.message(3, lambda: ChannelRef, repeated=True)
    subchannel_ref: list[SubchannelRef] = _pb.message(4, lambda: SubchannelRef, repeated=True)
    socket_ref: list[SocketRef] = _pb.message(5, lambda: SocketRef, repeated=True)


class Subchannel(_pb.Message):
    """A way to one endpoint of a channel."""

    ref: SubchannelRef | None = _pb.message(1, lambda: SubchannelRef)
    data: ChannelData | None = _pb.message(2, lambda: ChannelData)
    channel_ref: list[ChannelRef] = _pb.message(3, lambda: ChannelRef, repeated=True)
    subchannel_ref: list[SubchannelRef] = _pb.message(4, lambda: SubchannelRef, repeated=True)
    socket_ref: list[SocketRef] = _pb.message(5, lambda: SocketRef, repeated=True)


class ChannelConnectivityState(_pb.Message):
    """How a channel or subchannel stands to its servers."""

    class State(_pb.Enum):
        """The states of gRPC's connectivity semantics."""

        UNKNOWN = 0
        IDLE = 1
        CONNECTING = 2
        READY = 3
        TRANSIENT_FAILURE = 4
        SHUTDOWN = 5

    state: State = _pb.enum(1, lambda: ChannelConnectivityState.State)


class ChannelData(_pb.Message):
    """What a channel or subchannel has counted, and how it is."""

    state: ChannelConnectivityState | None = _pb.message(1, lambda: ChannelConnectivityState)
    target: str = _pb.string(2)
    trace: ChannelTrace | None = _pb.message(3, lambda: ChannelTrace)
    calls_started: int = _pb.int64(4)
    """Calls that have begun."""
    calls_succeeded: int = _pb.int64(5)
    """Calls that ended with OK."""
    calls_failed: int = _pb.int64(6)
    """Calls that ended otherwise."""
    last_call_started_timestamp: _timestamp_pb.Timestamp | None = _pb.message(7, lambda: _timestamp_pb.Timestamp)
    max_connections_per_subchannel: int = _pb.uint32(8)


class ChannelTraceEvent(_pb.Message):
    """Something that has happened to a channel, a subchannel or a server."""

    class Severity(_pb.Enum):
        """How bad it is."""

        CT_UNKNOWN = 0
        CT_INFO = 1
        CT_WARNING = 2
        CT_ERROR = 3

    description: str = _pb.string(1)
    severity: Severity = _pb.enum(2, lambda: ChannelTraceEvent.Severity)
    timestamp: _timestamp_pb.Timestamp | None = _pb.message(3, lambda: _timestamp_pb.Timestamp)
    channel_ref: ChannelRef | None = _pb.message(4, lambda: ChannelRef, oneof="child_ref")
    subchannel_ref: SubchannelRef | None = _pb.message(5, lambda: SubchannelRef, oneof="child_ref")

    @property
    def child_ref(self) -> (
        _pb.Oneof[Literal["channel_ref"], ChannelRef]
        | _pb.Oneof[Literal["subchannel_ref"], SubchannelRef]
        | None
    ):
        return _pb.which_oneof(self, "child_ref")


class ChannelTrace(_pb.Message):
    """The latest events. Those from before are forgotten."""

    num_events_logged: int = _pb.int64(1)
    """How many events there were, forgotten ones included."""
    creation_timestamp: _timestamp_pb.Timestamp | None = _pb.message(2, lambda: _timestamp_pb.Timestamp)
    events: list[ChannelTraceEvent] = _pb.message(3, lambda: ChannelTraceEvent, repeated=True)


class ChannelRef(_pb.Message):
    """A channel's number, and its name for people."""

    channel_id: int = _pb.int64(1)
    name: str = _pb.string(2)


class SubchannelRef(_pb.Message):
    """A subchannel's number, and its name for people."""

    subchannel_id: int = _pb.int64(7)
    name: str = _pb.string(8)


class SocketRef(_pb.Message):
    """A socket's number, and its name for people."""

    socket_id: int = _pb.int64(3)
    name: str = _pb.string(4)


class ServerRef(_pb.Message):
    """A server's number, and its name for people."""

    server_id: int = _pb.int64(5)
    name: str = _pb.string(6)


class Server(_pb.Message):
    """A server."""

    ref: ServerRef | None = _pb.message(1, lambda: ServerRef)
    data: ServerData | None = _pb.message(2, lambda: ServerData)
    listen_socket: list[SocketRef] = _pb.message(3, lambda: SocketRef, repeated=True)


class ServerData(_pb.Message):
    """What a server has counted."""

    trace: ChannelTrace | None = _pb.message(1, lambda: ChannelTrace)
    calls_started: int = _pb.int64(2)
    """Calls that have begun."""
    calls_succeeded: int = _pb.int64(3)
    """Calls that ended with OK."""
    calls_failed: int = _pb.int64(4)
    """Calls that ended otherwise."""
    last_call_started_timestamp: _timestamp_pb.Timestamp | None = _pb.message(5, lambda: _timestamp_pb.Timestamp)


class Socket(_pb.Message):
    """A connection, or a socket that listens."""

    ref: SocketRef | None = _pb.message(1, lambda: SocketRef)
    data: SocketData | None = _pb.message(2, lambda: SocketData)
    local: Address | None = _pb.message(3, lambda: Address)
    remote: Address | None = _pb.message(4, lambda: Address)
    security: Security | None = _pb.message(5, lambda: Security)
    remote_name: str = _pb.string(6)


class SocketData(_pb.Message):
    """What a connection has counted, and how it is."""

    streams_started: int = _pb.int64(1)
    streams_succeeded: int = _pb.int64(2)
    """Streams that were ended by END_STREAM of the server."""
    streams_failed: int = _pb.int64(3)
    """Streams that ended otherwise."""
    messages_sent: int = _pb.int64(4)
    messages_received: int = _pb.int64(5)
    keep_alives_sent: int = _pb.int64(6)
    last_local_stream_created_timestamp: _timestamp_pb.Timestamp | None = _pb.message(
        7, lambda: _timestamp_pb.Timestamp
    )
    last_remote_stream_created_timestamp: _timestamp_pb.Timestamp | None = _pb.message(
        8, lambda: _timestamp_pb.Timestamp
    )
    last_message_sent_timestamp: _timestamp_pb.Timestamp | None = _pb.message(9, lambda: _timestamp_pb.Timestamp)
    last_message_received_timestamp: _timestamp_pb.Timestamp | None = _pb.message(
        10, lambda: _timestamp_pb.Timestamp
    )
    local_flow_control_window: _wrappers_pb.Int64Value | None = _pb.message(11, lambda: _wrappers_pb.Int64Value)
    """What this side may still send, in bytes."""
    remote_flow_control_window: _wrappers_pb.Int64Value | None = _pb.message(12, lambda: _wrappers_pb.Int64Value)
    """What the other side may still send, in bytes."""
    option: list[SocketOption] = _pb.message(13, lambda: SocketOption, repeated=True)
    received_goaway_error: _wrappers_pb.UInt32Value | None = _pb.message(14, lambda: _wrappers_pb.UInt32Value)
    """The error code of the GOAWAY that was received, if one was."""
    peer_max_concurrent_streams: int = _pb.uint32(15)


class Address(_pb.Message):
    """An end of a socket."""

    class TcpIpAddress(_pb.Message):
        """An IPv4 or IPv6 address, 4 or 16 bytes, and a port."""

        ip_address: bytes = _pb.bytes(1)
        port: int = _pb.int32(2)

    class UdsAddress(_pb.Message):
        """The path of a Unix socket."""

        filename: str = _pb.string(1)

    class OtherAddress(_pb.Message):
        """Any other kind of address."""

        name: str = _pb.string(1)
        value: _any_pb.Any | None = _pb.message(2, lambda: _any_pb.Any)

    tcpip_address: TcpIpAddress | None = _pb.message(1, lambda: Address.TcpIpAddress, oneof="address")
    uds_address: UdsAddress | None = _pb.message(2, lambda: Address.UdsAddress, oneof="address")
    other_address: OtherAddress | None = _pb.message(3, lambda: Address.OtherAddress, oneof="address")

    @property
    def address(self) -> (
        _pb.Oneof[Literal["tcpip_address"], TcpIpAddress]
        | _pb.Oneof[Literal["uds_address"], UdsAddress]
        | _pb.Oneof[Literal["other_address"], OtherAddress]
        | None
    ):
        return _pb.which_oneof(self, "address")


class Security(_pb.Message):
    """How a connection is protected. Absent where it is not."""

    class Tls(_pb.Message):
        """TLS: the cipher suite, and both sides' certificates in DER."""

        standard_name: str | None = _pb.string(1, oneof="cipher_suite")
        other_name: str | None = _pb.string(2, oneof="cipher_suite")
        local_certificate: bytes = _pb.bytes(3)
        remote_certificate: bytes = _pb.bytes(4)

        @property
        def cipher_suite(self) -> (
            _pb.Oneof[Literal["standard_name"], str]
            | _pb.Oneof[Literal["other_name"], str]
            | None
        ):
            return _pb.which_oneof(self, "cipher_suite")

    class OtherSecurity(_pb.Message):
        """Any other protection."""

        name: str = _pb.string(1)
        value: _any_pb.Any | None = _pb.message(2, lambda: _any_pb.Any)

    tls: Tls | None = _pb.message(1, lambda: Security.Tls, oneof="model")
    other: OtherSecurity | None = _pb.message(2, lambda: Security.OtherSecurity, oneof="model")

    @property
    def model(self) -> _pb.Oneof[Literal["tls"], Tls] | _pb.Oneof[Literal["other"], OtherSecurity] | None:
        return _pb.which_oneof(self, "model")


class SocketOption(_pb.Message):
    """An option of a socket, with the value as text."""

    name: str = _pb.string(1)
    value: str = _pb.string(2)
    additional: _any_pb.Any | None = _pb.message(3, lambda: _any_pb.Any)


class SocketOptionTimeout(_pb.Message):
    """For SO_RCVTIMEO and SO_SNDTIMEO."""

    duration: _duration_pb.Duration | None = _pb.message(1, lambda: _duration_pb.Duration)


class SocketOptionLinger(_pb.Message):
    """For SO_LINGER."""

    active: bool = _pb.bool(1)
    duration: _duration_pb.Duration | None = _pb.message(2, lambda: _duration_pb.Duration)


class SocketOptionTcpInfo(_pb.Message):
    """For TCP_INFO of Linux."""

    tcpi_state: int = _pb.uint32(1)
    tcpi_ca_state: int = _pb.uint32(2)
    tcpi_retransmits: int = _pb.uint32(3)
    tcpi_probes: int = _pb.uint32(4)
    tcpi_backoff: int = _pb.uint32(5)
    tcpi_options: int = _pb.uint32(6)
    tcpi_snd_wscale: int = _pb.uint32(7)
    tcpi_rcv_wscale: int = _pb.uint32(8)
    tcpi_rto: int = _pb.uint32(9)
    tcpi_ato: int = _pb.uint32(10)
    tcpi_snd_mss: int = _pb.uint32(11)
    tcpi_rcv_mss: int = _pb.uint32(12)
    tcpi_unacked: int = _pb.uint32(13)
    tcpi_sacked: int = _pb.uint32(14)
    tcpi_lost: int = _pb.uint32(15)
    tcpi_retrans: int = _pb.uint32(16)
    tcpi_fackets: int = _pb.uint32(17)
    tcpi_last_data_sent: int = _pb.uint32(18)
    tcpi_last_ack_sent: int = _pb.uint32(19)
    tcpi_last_data_recv: int = _pb.uint32(20)
    tcpi_last_ack_recv: int = _pb.uint32(21)
    tcpi_pmtu: int = _pb.uint32(22)
    tcpi_rcv_ssthresh: int = _pb.uint32(23)
    tcpi_rtt: int = _pb.uint32(24)
    tcpi_rttvar: int = _pb.uint32(25)
    tcpi_snd_ssthresh: int = _pb.uint32(26)
    tcpi_snd_cwnd: int = _pb.uint32(27)
    tcpi_advmss: int = _pb.uint32(28)
    tcpi_reordering: int = _pb.uint32(29)


class GetTopChannelsRequest(_pb.Message):
    """Asks for a page of channels."""

    start_channel_id: int = _pb.int64(1)
    """The lowest number to list."""
    max_results: int = _pb.int64(2)
    """How many to list at most; 0 leaves it to the server."""


class GetTopChannelsResponse(_pb.Message):
    """A page of channels."""

    channel: list[Channel] = _pb.message(1, lambda: Channel, repeated=True)
    end: bool = _pb.bool(2)
    """Whether there are no more."""


class GetServersRequest(_pb.Message):
    """Asks for a page of servers."""

    start_server_id: int = _pb.int64(1)
    """The lowest number to list."""
    max_results: int = _pb.int64(2)
    """How many to list at most; 0 leaves it to the server."""


class GetServersResponse(_pb.Message):
    """A page of servers."""

    server: list[Server] = _pb.message(1, lambda: Server, repeated=True)
    end: bool = _pb.bool(2)
    """Whether there are no more."""


class GetServerRequest(_pb.Message):
    """Asks for one server."""

    server_id: int = _pb.int64(1)


class GetServerResponse(_pb.Message):
    """One server."""

    server: Server | None = _pb.message(1, lambda: Server)


class GetServerSocketsRequest(_pb.Message):
    """Asks for a page of a server's connections."""

    server_id: int = _pb.int64(1)
    start_socket_id: int = _pb.int64(2)
    """The lowest number to list."""
    max_results: int = _pb.int64(3)
    """How many to list at most; 0 leaves it to the server."""


class GetServerSocketsResponse(_pb.Message):
    """A page of a server's connections."""

    socket_ref: list[SocketRef] = _pb.message(1, lambda: SocketRef, repeated=True)
    end: bool = _pb.bool(2)
    """Whether there are no more."""


class GetChannelRequest(_pb.Message):
    """Asks for one channel."""

    channel_id: int = _pb.int64(1)


class GetChannelResponse(_pb.Message):
    """One channel."""

    channel: Channel | None = _pb.message(1, lambda: Channel)


class GetSubchannelRequest(_pb.Message):
    """Asks for one subchannel."""

    subchannel_id: int = _pb.int64(1)


class GetSubchannelResponse(_pb.Message):
    """One subchannel."""

    subchannel: Subchannel | None = _pb.message(1, lambda: Subchannel)


class GetSocketRequest(_pb.Message):
    """Asks for one socket."""

    socket_id: int = _pb.int64(1)
    summary: bool = _pb.bool(2)
    """Whether what is costly to find out may be left out."""


class GetSocketResponse(_pb.Message):
    """One socket."""

    socket: Socket | None = _pb.message(1, lambda: Socket)


_pb.file("grpc/channelz/v1/channelz.proto", "grpc.channelz.v1", b"\n\x1fgrpc/channelz/v1/channelz.proto\x12\x10grpc.channelz.v1\x1a\x19google/protobuf/any.proto\x1a\x1egoogle/protobuf/duration.proto\x1a\x1fgoogle/protobuf/timestamp.proto\x1a\x1egoogle/protobuf/wrappers.proto\"\xaf\x02\n\x07Channel\x12.\n\x03ref\x18\x01 \x01(\x0b2\x1c.grpc.channelz.v1.ChannelRefR\x03ref\x121\n\x04data\x18\x02 \x01(\x0b2\x1d.grpc.channelz.v1.ChannelDataR\x04data\x12=\n\x0bchannel_ref\x18\x03 \x03(\x0b2\x1c.grpc.channelz.v1.ChannelRefR\nchannelRef\x12F\n\x0esubchannel_ref\x18\x04 \x03(\x0b2\x1f.grpc.channelz.v1.SubchannelRefR\rsubchannelRef\x12:\n\nsocket_ref\x18\x05 \x03(\x0b2\x1b.grpc.channelz.v1.SocketRefR\tsocketRef\"\xb5\x02\n\nSubchannel\x121\n\x03ref\x18\x01 \x01(\x0b2\x1f.grpc.channelz.v1.SubchannelRefR\x03ref\x121\n\x04data\x18\x02 \x01(\x0b2\x1d.grpc.channelz.v1.ChannelDataR\x04data\x12=\n\x0bchannel_ref\x18\x03 \x03(\x0b2\x1c.grpc.channelz.v1.ChannelRefR\nchannelRef\x12F\n\x0esubchannel_ref\x18\x04 \x03(\x0b2\x1f.grpc.channelz.v1.SubchannelRefR\rsubchannelRef\x12:\n\nsocket_ref\x18\x05 \x03(\x0b2\x1b.grpc.channelz.v1.SocketRefR\tsocketRef\"\xc2\x01\n\x18ChannelConnectivityState\x12F\n\x05state\x18\x01 \x01(\x0e20.grpc.channelz.v1.ChannelConnectivityState.StateR\x05state\"^\n\x05State\x12\x0b\n\x07UNKNOWN\x10\x00\x12\x08\n\x04IDLE\x10\x01\x12\x0e\n\nCONNECTING\x10\x02\x12\t\n\x05READY\x10\x03\x12\x15\n\x11TRANSIENT_FAILURE\x10\x04\x12\x0c\n\x08SHUTDOWN\x10\x05\"\xae\x03\n\x0bChannelData\x12@\n\x05state\x18\x01 \x01(\x0b2*.grpc.channelz.v1.ChannelConnectivityStateR\x05state\x12\x16\n\x06target\x18\x02 \x01(\tR\x06target\x124\n\x05trace\x18\x03 \x01(\x0b2\x1e.grpc.channelz.v1.ChannelTraceR\x05trace\x12#\n\rcalls_started\x18\x04 \x01(\x03R\x0ccallsStarted\x12'\n\x0fcalls_succeeded\x18\x05 \x01(\x03R\x0ecallsSucceeded\x12!\n\x0ccalls_failed\x18\x06 \x01(\x03R\x0bcallsFailed\x12Y\n\x1blast_call_started_timestamp\x18\x07 \x01(\x0b2\x1a.google.protobuf.TimestampR\x18lastCallStartedTimestamp\x12C\n\x1emax_connections_per_subchannel\x18\x08 \x01(\rR\x1bmaxConnectionsPerSubchannel\"\x98\x03\n\x11ChannelTraceEvent\x12 \n\x0bdescription\x18\x01 \x01(\tR\x0bdescription\x12H\n\x08severity\x18\x02 \x01(\x0e2,.grpc.channelz.v1.ChannelTraceEvent.SeverityR\x08severity\x128\n\ttimestamp\x18\x03 \x01(\x0b2\x1a.google.protobuf.TimestampR\ttimestamp\x12?\n\x0bchannel_ref\x18\x04 \x01(\x0b2\x1c.grpc.channelz.v1.ChannelRefH\x00R\nchannelRef\x12H\n\x0esubchannel_ref\x18\x05 \x01(\x0b2\x1f.grpc.channelz.v1.SubchannelRefH\x00R\rsubchannelRef\"E\n\x08Severity\x12\x0e\n\nCT_UNKNOWN\x10\x00\x12\x0b\n\x07CT_INFO\x10\x01\x12\x0e\n\nCT_WARNING\x10\x02\x12\x0c\n\x08CT_ERROR\x10\x03B\x0b\n\tchild_ref\"\xc2\x01\n\x0cChannelTrace\x12*\n\x11num_events_logged\x18\x01 \x01(\x03R\x0fnumEventsLogged\x12I\n\x12creation_timestamp\x18\x02 \x01(\x0b2\x1a.google.protobuf.TimestampR\x11creationTimestamp\x12;\n\x06events\x18\x03 \x03(\x0b2#.grpc.channelz.v1.ChannelTraceEventR\x06events\"c\n\nChannelRef\x12\x1d\n\nchannel_id\x18\x01 \x01(\x03R\tchannelId\x12\x12\n\x04name\x18\x02 \x01(\tR\x04nameJ\x04\x08\x03\x10\x04J\x04\x08\x04\x10\x05J\x04\x08\x05\x10\x06J\x04\x08\x06\x10\x07J\x04\x08\x07\x10\x08J\x04\x08\x08\x10\t\"l\n\rSubchannelRef\x12#\n\rsubchannel_id\x18\x07 \x01(\x03R\x0csubchannelId\x12\x12\n\x04name\x18\x08 \x01(\tR\x04nameJ\x04\x08\x01\x10\x02J\x04\x08\x02\x10\x03J\x04\x08\x03\x10\x04J\x04\x08\x04\x10\x05J\x04\x08\x05\x10\x06J\x04\x08\x06\x10\x07\"`\n\tSocketRef\x12\x1b\n\tsocket_id\x18\x03 \x01(\x03R\x08socketId\x12\x12\n\x04name\x18\x04 \x01(\tR\x04nameJ\x04\x08\x01\x10\x02J\x04\x08\x02\x10\x03J\x04\x08\x05\x10\x06J\x04\x08\x06\x10\x07J\x04\x08\x07\x10\x08J\x04\x08\x08\x10\t\"`\n\tServerRef\x12\x1b\n\tserver_id\x18\x05 \x01(\x03R\x08serverId\x12\x12\n\x04name\x18\x06 \x01(\tR\x04nameJ\x04\x08\x01\x10\x02J\x04\x08\x02\x10\x03J\x04\x08\x03\x10\x04J\x04\x08\x04\x10\x05J\x04\x08\x07\x10\x08J\x04\x08\x08\x10\t\"\xab\x01\n\x06Server\x12-\n\x03ref\x18\x01 \x01(\x0b2\x1b.grpc.channelz.v1.ServerRefR\x03ref\x120\n\x04data\x18\x02 \x01(\x0b2\x1c.grpc.channelz.v1.ServerDataR\x04data\x12@\n\rlisten_socket\x18\x03 \x03(\x0b2\x1b.grpc.channelz.v1.SocketRefR\x0clistenSocket\"\x8e\x02\n\nServerData\x124\n\x05trace\x18\x01 \x01(\x0b2\x1e.grpc.channelz.v1.ChannelTraceR\x05trace\x12#\n\rcalls_started\x18\x02 \x01(\x03R\x0ccallsStarted\x12'\n\x0fcalls_succeeded\x18\x03 \x01(\x03R\x0ecallsSucceeded\x12!\n\x0ccalls_failed\x18\x04 \x01(\x03R\x0bcallsFailed\x12Y\n\x1blast_call_started_timestamp\x18\x05 \x01(\x0b2\x1a.google.protobuf.TimestampR\x18lastCallStartedTimestamp\"\xa6\x02\n\x06Socket\x12-\n\x03ref\x18\x01 \x01(\x0b2\x1b.grpc.channelz.v1.SocketRefR\x03ref\x120\n\x04data\x18\x02 \x01(\x0b2\x1c.grpc.channelz.v1.SocketDataR\x04data\x12/\n\x05local\x18\x03 \x01(\x0b2\x19.grpc.channelz.v1.AddressR\x05local\x121\n\x06remote\x18\x04 \x01(\x0b2\x19.grpc.channelz.v1.AddressR\x06remote\x126\n\x08security\x18\x05 \x01(\x0b2\x1a.grpc.channelz.v1.SecurityR\x08security\x12\x1f\n\x0bremote_name\x18\x06 \x01(\tR\nremoteName\"\x94\x08\n\nSocketData\x12'\n\x0fstreams_started\x18\x01 \x01(\x03R\x0estreamsStarted\x12+\n\x11streams_succeeded\x18\x02 \x01(\x03R\x10streamsSucceeded\x12%\n\x0estreams_failed\x18\x03 \x01(\x03R\rstreamsFailed\x12#\n\rmessages_sent\x18\x04 \x01(\x03R\x0cmessagesSent\x12+\n\x11messages_received\x18\x05 \x01(\x03R\x10messagesReceived\x12(\n\x10keep_alives_sent\x18\x06 \x01(\x03R\x0ekeepAlivesSent\x12h\n#last_local_stream_created_timestamp\x18\x07 \x01(\x0b2\x1a.google.protobuf.TimestampR\x1flastLocalStreamCreatedTimestamp\x12j\n$last_remote_stream_created_timestamp\x18\x08 \x01(\x0b2\x1a.google.protobuf.TimestampR lastRemoteStreamCreatedTimestamp\x12Y\n\x1blast_message_sent_timestamp\x18\t \x01(\x0b2\x1a.google.protobuf.TimestampR\x18lastMessageSentTimestamp\x12a\n\x1flast_message_received_timestamp\x18\n \x01(\x0b2\x1a.google.protobuf.TimestampR\x1clastMessageReceivedTimestamp\x12V\n\x19local_flow_control_window\x18\x0b \x01(\x0b2\x1b.google.protobuf.Int64ValueR\x16localFlowControlWindow\x12X\n\x1aremote_flow_control_window\x18\x0c \x01(\x0b2\x1b.google.protobuf.Int64ValueR\x17remoteFlowControlWindow\x126\n\x06option\x18\r \x03(\x0b2\x1e.grpc.channelz.v1.SocketOptionR\x06option\x12P\n\x15received_goaway_error\x18\x0e \x01(\x0b2\x1c.google.protobuf.UInt32ValueR\x13receivedGoawayError\x12=\n\x1bpeer_max_concurrent_streams\x18\x0f \x01(\rR\x18peerMaxConcurrentStreams\"\xb8\x03\n\x07Address\x12M\n\rtcpip_address\x18\x01 \x01(\x0b2&.grpc.channelz.v1.Address.TcpIpAddressH\x00R\x0ctcpipAddress\x12G\n\x0buds_address\x18\x02 \x01(\x0b2$.grpc.channelz.v1.Address.UdsAddressH\x00R\nudsAddress\x12M\n\rother_address\x18\x03 \x01(\x0b2&.grpc.channelz.v1.Address.OtherAddressH\x00R\x0cotherAddress\x1aA\n\x0cTcpIpAddress\x12\x1d\n\nip_address\x18\x01 \x01(\x0cR\tipAddress\x12\x12\n\x04port\x18\x02 \x01(\x05R\x04port\x1a(\n\nUdsAddress\x12\x1a\n\x08filename\x18\x01 \x01(\tR\x08filename\x1aN\n\x0cOtherAddress\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12*\n\x05value\x18\x02 \x01(\x0b2\x14.google.protobuf.AnyR\x05valueB\t\n\x07address\"\x96\x03\n\x08Security\x122\n\x03tls\x18\x01 \x01(\x0b2\x1e.grpc.channelz.v1.Security.TlsH\x00R\x03tls\x12@\n\x05other\x18\x02 \x01(\x0b2(.grpc.channelz.v1.Security.OtherSecurityH\x00R\x05other\x1a\xb9\x01\n\x03Tls\x12%\n\rstandard_name\x18\x01 \x01(\tH\x00R\x0cstandardName\x12\x1f\n\nother_name\x18\x02 \x01(\tH\x00R\totherName\x12+\n\x11local_certificate\x18\x03 \x01(\x0cR\x10localCertificate\x12-\n\x12remote_certificate\x18\x04 \x01(\x0cR\x11remoteCertificateB\x0e\n\x0ccipher_suite\x1aO\n\rOtherSecurity\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12*\n\x05value\x18\x02 \x01(\x0b2\x14.google.protobuf.AnyR\x05valueB\x07\n\x05model\"n\n\x0cSocketOption\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value\x124\n\nadditional\x18\x03 \x01(\x0b2\x14.google.protobuf.AnyR\nadditional\"L\n\x13SocketOptionTimeout\x125\n\x08duration\x18\x01 \x01(\x0b2\x19.google.protobuf.DurationR\x08duration\"c\n\x12SocketOptionLinger\x12\x16\n\x06active\x18\x01 \x01(\x08R\x06active\x125\n\x08duration\x18\x02 \x01(\x0b2\x19.google.protobuf.DurationR\x08duration\"\xb2\x08\n\x13SocketOptionTcpInfo\x12\x1d\n\ntcpi_state\x18\x01 \x01(\rR\ttcpiState\x12\"\n\rtcpi_ca_state\x18\x02 \x01(\rR\x0btcpiCaState\x12)\n\x10tcpi_retransmits\x18\x03 \x01(\rR\x0ftcpiRetransmits\x12\x1f\n\x0btcpi_probes\x18\x04 \x01(\rR\ntcpiProbes\x12!\n\x0ctcpi_backoff\x18\x05 \x01(\rR\x0btcpiBackoff\x12!\n\x0ctcpi_options\x18\x06 \x01(\rR\x0btcpiOptions\x12&\n\x0ftcpi_snd_wscale\x18\x07 \x01(\rR\rtcpiSndWscale\x12&\n\x0ftcpi_rcv_wscale\x18\x08 \x01(\rR\rtcpiRcvWscale\x12\x19\n\x08tcpi_rto\x18\t \x01(\rR\x07tcpiRto\x12\x19\n\x08tcpi_ato\x18\n \x01(\rR\x07tcpiAto\x12 \n\x0ctcpi_snd_mss\x18\x0b \x01(\rR\ntcpiSndMss\x12 \n\x0ctcpi_rcv_mss\x18\x0c \x01(\rR\ntcpiRcvMss\x12!\n\x0ctcpi_unacked\x18\r \x01(\rR\x0btcpiUnacked\x12\x1f\n\x0btcpi_sacked\x18\x0e \x01(\rR\ntcpiSacked\x12\x1b\n\ttcpi_lost\x18\x0f \x01(\rR\x08tcpiLost\x12!\n\x0ctcpi_retrans\x18\x10 \x01(\rR\x0btcpiRetrans\x12!\n\x0ctcpi_fackets\x18\x11 \x01(\rR\x0btcpiFackets\x12-\n\x13tcpi_last_data_sent\x18\x12 \x01(\rR\x10tcpiLastDataSent\x12+\n\x12tcpi_last_ack_sent\x18\x13 \x01(\rR\x0ftcpiLastAckSent\x12-\n\x13tcpi_last_data_recv\x18\x14 \x01(\rR\x10tcpiLastDataRecv\x12+\n\x12tcpi_last_ack_recv\x18\x15 \x01(\rR\x0ftcpiLastAckRecv\x12\x1b\n\ttcpi_pmtu\x18\x16 \x01(\rR\x08tcpiPmtu\x12*\n\x11tcpi_rcv_ssthresh\x18\x17 \x01(\rR\x0ftcpiRcvSsthresh\x12\x19\n\x08tcpi_rtt\x18\x18 \x01(\rR\x07tcpiRtt\x12\x1f\n\x0btcpi_rttvar\x18\x19 \x01(\rR\ntcpiRttvar\x12*\n\x11tcpi_snd_ssthresh\x18\x1a \x01(\rR\x0ftcpiSndSsthresh\x12\"\n\rtcpi_snd_cwnd\x18\x1b \x01(\rR\x0btcpiSndCwnd\x12\x1f\n\x0btcpi_advmss\x18\x1c \x01(\rR\ntcpiAdvmss\x12'\n\x0ftcpi_reordering\x18\x1d \x01(\rR\x0etcpiReordering\"b\n\x15GetTopChannelsRequest\x12(\n\x10start_channel_id\x18\x01 \x01(\x03R\x0estartChannelId\x12\x1f\n\x0bmax_results\x18\x02 \x01(\x03R\nmaxResults\"_\n\x16GetTopChannelsResponse\x123\n\x07channel\x18\x01 \x03(\x0b2\x19.grpc.channelz.v1.ChannelR\x07channel\x12\x10\n\x03end\x18\x02 \x01(\x08R\x03end\"\\\n\x11GetServersRequest\x12&\n\x0fstart_server_id\x18\x01 \x01(\x03R\rstartServerId\x12\x1f\n\x0bmax_results\x18\x02 \x01(\x03R\nmaxResults\"X\n\x12GetServersResponse\x120\n\x06server\x18\x01 \x03(\x0b2\x18.grpc.channelz.v1.ServerR\x06server\x12\x10\n\x03end\x18\x02 \x01(\x08R\x03end\"/\n\x10GetServerRequest\x12\x1b\n\tserver_id\x18\x01 \x01(\x03R\x08serverId\"E\n\x11GetServerResponse\x120\n\x06server\x18\x01 \x01(\x0b2\x18.grpc.channelz.v1.ServerR\x06server\"\x7f\n\x17GetServerSocketsRequest\x12\x1b\n\tserver_id\x18\x01 \x01(\x03R\x08serverId\x12&\n\x0fstart_socket_id\x18\x02 \x01(\x03R\rstartSocketId\x12\x1f\n\x0bmax_results\x18\x03 \x01(\x03R\nmaxResults\"h\n\x18GetServerSocketsResponse\x12:\n\nsocket_ref\x18\x01 \x03(\x0b2\x1b.grpc.channelz.v1.SocketRefR\tsocketRef\x12\x10\n\x03end\x18\x02 \x01(\x08R\x03end\"2\n\x11GetChannelRequest\x12\x1d\n\nchannel_id\x18\x01 \x01(\x03R\tchannelId\"I\n\x12GetChannelResponse\x123\n\x07channel\x18\x01 \x01(\x0b2\x19.grpc.channelz.v1.ChannelR\x07channel\";\n\x14GetSubchannelRequest\x12#\n\rsubchannel_id\x18\x01 \x01(\x03R\x0csubchannelId\"U\n\x15GetSubchannelResponse\x12<\n\nsubchannel\x18\x01 \x01(\x0b2\x1c.grpc.channelz.v1.SubchannelR\nsubchannel\"I\n\x10GetSocketRequest\x12\x1b\n\tsocket_id\x18\x01 \x01(\x03R\x08socketId\x12\x18\n\x07summary\x18\x02 \x01(\x08R\x07summary\"E\n\x11GetSocketResponse\x120\n\x06socket\x18\x01 \x01(\x0b2\x18.grpc.channelz.v1.SocketR\x06socket2\x9a\x05\n\x08Channelz\x12c\n\x0eGetTopChannels\x12'.grpc.channelz.v1.GetTopChannelsRequest\x1a(.grpc.channelz.v1.GetTopChannelsResponse\x12W\n\nGetServers\x12#.grpc.channelz.v1.GetServersRequest\x1a$.grpc.channelz.v1.GetServersResponse\x12T\n\tGetServer\x12\".grpc.channelz.v1.GetServerRequest\x1a#.grpc.channelz.v1.GetServerResponse\x12i\n\x10GetServerSockets\x12).grpc.channelz.v1.GetServerSocketsRequest\x1a*.grpc.channelz.v1.GetServerSocketsResponse\x12W\n\nGetChannel\x12#.grpc.channelz.v1.GetChannelRequest\x1a$.grpc.channelz.v1.GetChannelResponse\x12`\n\rGetSubchannel\x12&.grpc.channelz.v1.GetSubchannelRequest\x1a'.grpc.channelz.v1.GetSubchannelResponse\x12T\n\tGetSocket\x12\".grpc.channelz.v1.GetSocketRequest\x1a#.grpc.channelz.v1.GetSocketResponseBX\n\x13io.grpc.channelz.v1B\rChannelzProtoP\x01Z0google.golang.org/grpc/channelz/grpc_channelz_v1b\x06proto3", __name__, ["minirpc.message.wkt.any_pb", "minirpc.message.wkt.duration_pb", "minirpc.message.wkt.timestamp_pb", "minirpc.message.wkt.wrappers_pb"])
