"""Channel and server on uvloop, whose transports are classes of its own."""

from __future__ import annotations

import asyncio

import pytest
from certificates import authority_pem, server_pair
from echo import Echo, EchoStub

from minirpc.aio import Channel, ClientTls, Server, ServerTls

uvloop = pytest.importorskip("uvloop")


@pytest.mark.parametrize("secure", [False, True], ids=["plaintext", "tls"])
def test_calls_and_a_drain(secure: bool) -> None:
    async def main() -> None:
        pair = server_pair()
        tls = ServerTls(certificate=pair.certificate, key=pair.key) if secure else None
        server = Server([Echo()])
        address = await server.start("127.0.0.1:0", tls=tls)
        async with Channel(address, tls=ClientTls(ca=authority_pem()) if secure else None) as channel:
            stub = EchoStub(channel)
            assert await stub.unary(b"x" * (1 << 20)) == b"x" * (1 << 20)
            assert [reply async for reply in stub.down(b"100")] == [b"%d" % n for n in range(100)]
            assert await asyncio.gather(*(stub.unary(b"%d" % n) for n in range(50))) == [b"%d" % n for n in range(50)]
            async with stub.bidi() as call:
                await call.send(b"a")
                assert await call.receive() == b"a"
                stopping = asyncio.create_task(server.stop(grace=5))
                await asyncio.sleep(0)
                await call.send(b"b")
                assert await call.receive() == b"b"
                await call.done_writing()
                assert await call.receive() is None
            await stopping

    with asyncio.Runner(loop_factory=uvloop.new_event_loop, debug=True) as runner:
        runner.run(main())
