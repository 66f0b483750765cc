"""The negative HTTP/2 cases, as minirpc's client plays them.

They are those of gRPC's "Negative HTTP/2 Interop Test Case Descriptions" and "HTTP/2 Interop Test Case Descriptions".
Each is to be played against a server that misbehaves in the way of its name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping

from tests.interop.gen.grpc.testing.messages_pb import Payload, SimpleRequest, SimpleResponse

from minirpc import RpcError, StatusCode
from tests.interop.cases import LARGE_REQUEST, LARGE_RESPONSE, Case, CaseError, Client

__all__ = ["NEGATIVE_CASES"]


def _large_call(client: Client) -> Awaitable[SimpleResponse]:
    request = SimpleRequest(response_size=LARGE_RESPONSE, payload=Payload(body=bytes(LARGE_REQUEST)))
    return client.stub.unary_call(request, metadata=client.metadata)


async def _good(client: Client) -> None:
    reply = await _large_call(client)
    size = 0 if reply.payload is None else len(reply.payload.body)
    if size != LARGE_RESPONSE:
        raise CaseError(f"a response of {size} bytes instead of {LARGE_RESPONSE}")


async def _failing(client: Client) -> None:
    try:
        await _large_call(client)
    except RpcError as error:
        if error.code is not StatusCode.INTERNAL:
            raise CaseError(f"{error.code.name} instead of INTERNAL") from error
    else:
        raise CaseError("OK instead of INTERNAL")


async def goaway(client: Client) -> None:
    """The second call goes to a new connection."""
    await _good(client)
    await asyncio.sleep(1)  # as the description has it, for the GOAWAY to arrive
    await _good(client)


async def rst_after_header(client: Client) -> None:
    await _failing(client)


async def rst_during_data(client: Client) -> None:
    await _failing(client)


async def rst_after_data(client: Client) -> None:
    await _failing(client)


async def ping(client: Client) -> None:
    await _good(client)


async def max_streams(client: Client) -> None:
    """Fifteen calls at once, where the server allows one."""
    await _good(client)
    await asyncio.sleep(1)
    await asyncio.gather(*(_good(client) for _ in range(15)))


async def data_frame_padding(client: Client) -> None:
    await _good(client)


async def no_df_padding(client: Client) -> None:
    await _good(client)


NEGATIVE_CASES: Mapping[str, Case] = {
    case.__name__: case
    for case in (
        goaway,
        rst_after_header,
        rst_during_data,
        rst_after_data,
        ping,
        max_streams,
        data_frame_padding,
        no_df_padding,
    )
}
"""All of them by their official names."""
