"""Channelz: what a process tells of its channels, servers and sockets, asked by grpcio's stub."""

from __future__ import annotations

import asyncio
import gc
import socket
from typing import Any

import grpc
import grpc.aio
import pytest
from certificates import authority_pem, server_pair
from echo import RETRYING, Echo, EchoStub
from grpc_channelz.v1 import channelz_pb2 as pb
from grpc_channelz.v1 import channelz_pb2_grpc

from minirpc.aio import Channel, ClientTls, Context, Server, ServerTls
from minirpc.errors import RpcError, StatusCode
from minirpc.services.channelz import Channelz, ChannelzStub
from minirpc.services.channelz.channelz_pb import GetServerRequest, GetTopChannelsRequest

State = pb.ChannelConnectivityState


class Asked:
    """A server with channelz, and grpcio's stub for it."""

    def __init__(self, address: str, stub: Any) -> None:
        self.address = address
        self.stub = stub

    async def server(self, service: str) -> Any:
        """The latest server that has this service."""
        servers = (await self.stub.GetServers(pb.GetServersRequest())).server
        return [server for server in servers if service in server.ref.name][-1]

    async def channel(self, target: str) -> Any:
        """The latest channel with this target."""
        channels = (await self.stub.GetTopChannels(pb.GetTopChannelsRequest())).channel
        return [channel for channel in channels if channel.data.target == target][-1]

    async def socket(self, number: int) -> Any:
        return (await self.stub.GetSocket(pb.GetSocketRequest(socket_id=number))).socket


@pytest.fixture(name="asking")
def _asking() -> Any:
    gc.collect()  # the channels of other tests

    class Asking:
        async def __aenter__(self) -> Asked:
            self.server = Server([Channelz()])
            address = await self.server.start("127.0.0.1:0")
            self.channel = grpc.aio.insecure_channel(address)
            return Asked(address, channelz_pb2_grpc.ChannelzStub(self.channel))

        async def __aexit__(self, *_: object) -> None:
            await self.channel.close()
            await self.server.stop()

    return Asking()


def counts(data: Any) -> tuple[int, int, int]:
    return data.calls_started, data.calls_succeeded, data.calls_failed


async def test_calls_are_counted_on_both_sides(asking: Any) -> None:
    service = Echo()
    async with asking as asked, Server([service]) as server:
        address = await server.start("127.0.0.1:0")
        async with Channel(address) as channel:
            stub = EchoStub(channel)
            assert (await asked.channel(address)).data.state.state == State.IDLE
            for _ in range(3):
                await stub.unary(b"x")
            assert (await stub.fail(b"5|not there|").status()).code is StatusCode.NOT_FOUND
            sleeping = asyncio.ensure_future(stub.sleep(b"").status())
            assert await service.events.get() == "started"

            top = await asked.channel(address)
            assert (top.data.state.state, counts(top.data)) == (State.READY, (5, 3, 1))
            below = (
                await asked.stub.GetSubchannel(
                    pb.GetSubchannelRequest(subchannel_id=top.subchannel_ref[0].subchannel_id)
                )
            ).subchannel
            assert (below.ref.name, below.data.state.state, counts(below.data)) == (address, State.READY, (5, 3, 1))
            here = await asked.server("test.Echo")
            assert counts(here.data) == (5, 3, 1)
            assert here.data.last_call_started_timestamp.seconds > here.data.trace.creation_timestamp.seconds - 1
            sockets = await asked.stub.GetServerSockets(pb.GetServerSocketsRequest(server_id=here.ref.server_id))
            assert (len(sockets.socket_ref), sockets.end) == (1, True)

            ours = await asked.socket(below.socket_ref[0].socket_id)
            theirs = await asked.socket(sockets.socket_ref[0].socket_id)
            for end in (ours.data, theirs.data):
                assert (end.streams_started, end.streams_succeeded, end.streams_failed) == (5, 4, 0)
            assert (ours.data.messages_sent, ours.data.messages_received) == (5, 3)
            assert (theirs.data.messages_sent, theirs.data.messages_received) == (3, 5)
            assert ours.data.HasField("last_local_stream_created_timestamp")
            assert theirs.data.HasField("last_remote_stream_created_timestamp")
            assert ours.data.local_flow_control_window.value > 0
            host, port = address.split(":")
            assert ours.remote.tcpip_address.ip_address == socket.inet_aton(host)
            assert ours.remote.tcpip_address.port == int(port)
            assert (ours.local, ours.remote) == (theirs.remote, theirs.local)

            sleeping.cancel()
            await asyncio.gather(sleeping, return_exceptions=True)
            assert await service.events.get() == "cancelled"
            assert counts((await asked.channel(address)).data) == (5, 3, 2)
            assert counts((await asked.server("test.Echo")).data) == (5, 3, 2)
            assert (await asked.socket(ours.ref.socket_id)).data.streams_failed == 1
        assert (await asked.channel(address)).data.state.state == State.SHUTDOWN


async def test_a_call_that_is_tried_again_counts_once_on_the_channel_and_for_each_attempt_below(asking: Any) -> None:
    class Flaky(Echo):
        failures = 2

        async def unary(self, request: bytes, context: Context) -> bytes:
            if self.failures:
                self.failures -= 1
                raise RpcError(StatusCode.UNAVAILABLE, "not yet")
            return request

    async with asking as asked, Server([Flaky()]) as server:
        address = await server.start("127.0.0.1:0")
        async with Channel(address, service_config=RETRYING) as channel:
            stub = EchoStub(channel)
            assert await stub.unary(b"x") == b"x"
            assert (await stub.fail(b"14|never|").status()).code is StatusCode.UNAVAILABLE
            top = await asked.channel(address)
            assert counts(top.data) == (2, 1, 1)
            number = top.subchannel_ref[0].subchannel_id
            below = (await asked.stub.GetSubchannel(pb.GetSubchannelRequest(subchannel_id=number))).subchannel
            assert counts(below.data) == (3 + 4, 1, 2 + 4)
            here = await asked.server("test.Echo")
            assert counts(here.data) == (3 + 4, 1, 2 + 4)


async def test_history_tells_of_states_and_faults_and_is_bounded(asking: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    async with asking as asked, Channel(address) as channel:
        with pytest.raises(RpcError):
            await EchoStub(channel).unary(b"")
        top = await asked.channel(address)
        assert top.data.state.state == State.TRANSIENT_FAILURE
        assert counts(top.data) == (1, 0, 1)
        events = [event.description for event in top.data.trace.events]
        assert events[0] == "CONNECTING"
        assert events[-1].startswith(f"TRANSIENT_FAILURE: cannot connect to {address}")
        assert top.data.trace.events[-1].severity == pb.ChannelTraceEvent.CT_WARNING
        made = [event for event in top.data.trace.events if event.HasField("subchannel_ref")]
        assert [event.subchannel_ref.subchannel_id for event in made] == [top.subchannel_ref[0].subchannel_id]
        for _ in range(100):
            channel.routing.history.add("something")
        trace = (await asked.channel(address)).data.trace
        assert len(trace.events) < 100 < trace.num_events_logged


async def test_a_socket_that_speaks_tls_says_so(asking: Any) -> None:
    pair = server_pair()
    async with asking as asked, Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0", tls=ServerTls(certificate=pair.certificate, key=pair.key))
        async with Channel(address, tls=ClientTls(ca=authority_pem(), server_name="localhost")) as channel:
            await EchoStub(channel).unary(b"x")
            here = await asked.server("test.Echo")
            sockets = await asked.stub.GetServerSockets(pb.GetServerSocketsRequest(server_id=here.ref.server_id))
            found = await asked.socket(sockets.socket_ref[0].socket_id)
            assert found.security.tls.standard_name.startswith("TLS_")
            plain = await asked.socket(here.listen_socket[0].socket_id)
            assert plain.local.tcpip_address.port == int(address.rpartition(":")[2])
            assert not plain.HasField("security")


async def test_pages(asking: Any) -> None:
    async with asking as asked:
        channels = [Channel(f"127.0.0.1:{port}") for port in range(1, 251)]
        seen: list[str] = []
        sizes, start = [], 0
        while True:
            page = await asked.stub.GetTopChannels(pb.GetTopChannelsRequest(start_channel_id=start, max_results=0))
            seen += [each.data.target for each in page.channel]
            sizes.append(len(page.channel))
            if page.end:
                break
            start = page.channel[-1].ref.channel_id + 1
        ours = [f"127.0.0.1:{port}" for port in range(1, 251)]
        assert [target for target in seen if target in ours] == ours, "each once, in order"
        assert max(sizes) <= 100 < sum(sizes)
        one = await asked.stub.GetTopChannels(pb.GetTopChannelsRequest(max_results=1))
        assert (len(one.channel), one.end) == (1, False)
        beyond = await asked.stub.GetTopChannels(pb.GetTopChannelsRequest(start_channel_id=1 << 62))
        assert (len(beyond.channel), beyond.end) == (0, True)
        channels.clear()


@pytest.mark.parametrize("method", ["GetServer", "GetServerSockets", "GetChannel", "GetSubchannel", "GetSocket"])
async def test_what_there_is_not(asking: Any, method: str) -> None:
    async with asking as asked:
        request = getattr(pb, f"{method}Request")()
        for number in (0, -1, (1 << 63) - 1):
            for field in request.DESCRIPTOR.fields:
                if field.name in ("server_id", "channel_id", "subchannel_id", "socket_id"):
                    setattr(request, field.name, number)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await getattr(asked.stub, method)(request)
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_negative_pages_are_refused(asking: Any) -> None:
    async with asking as asked, Channel(asked.address) as channel:
        for request in (GetTopChannelsRequest(start_channel_id=-1), GetTopChannelsRequest(max_results=-1)):
            with pytest.raises(RpcError) as caught:
                await ChannelzStub(channel).get_top_channels(request)
            assert caught.value.code is StatusCode.INVALID_ARGUMENT
        with pytest.raises(RpcError) as caught:
            await ChannelzStub(channel).get_server(GetServerRequest(server_id=0))
        assert caught.value.code is StatusCode.NOT_FOUND


async def test_what_is_gone_is_not_listed(asking: Any) -> None:
    async with asking as asked:
        target = "127.0.0.1:7"
        channel = Channel(target)
        number = (await asked.channel(target)).ref.channel_id
        del channel
        gc.collect()
        with pytest.raises(grpc.aio.AioRpcError):
            await asked.stub.GetChannel(pb.GetChannelRequest(channel_id=number))


async def test_a_server_that_is_full_still_answers() -> None:
    service = Echo()
    async with (
        Server([service, Channelz()], max_concurrent_calls=1) as server,
        Channel(await server.start("127.0.0.1:0")) as channel,
    ):
        sleeping = EchoStub(channel).sleep(b"")
        status = asyncio.ensure_future(sleeping.status())
        assert await service.events.get() == "started"
        assert (await EchoStub(channel).unary(b"").status()).code is StatusCode.RESOURCE_EXHAUSTED
        found = await ChannelzStub(channel).get_server(GetServerRequest(server_id=server.number))
        assert found.server is not None
        assert found.server.data is not None
        assert (found.server.data.calls_started, found.server.data.calls_failed) == (3, 1)
        events = found.server.data.trace.events if found.server.data.trace else []
        assert any("max_concurrent_calls" in event.description for event in events)
        sleeping.cancel()
        await status
