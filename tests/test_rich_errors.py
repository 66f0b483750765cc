"""Typed details of failures, from raise to read, with ourselves and with grpcio-status."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio
import pytest
from echo import SERVICE, Echo, EchoStub, echo_pair
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from grpcio_echo import AioEcho, aio_server

from minirpc import DecodeError, EncodeError, RpcError, StatusCode, google_rpc
from minirpc.aio import Channel, Context, Server
from minirpc.google_rpc import BadRequest, ErrorInfo, RetryInfo
from minirpc.message.registry import Registry
from minirpc.message.wkt import Any as AnyMessage
from minirpc.message.wkt import Duration
from minirpc.rich_errors import details_of, find_detail, pack_details, rich_error, status_of

DETAILS = (
    BadRequest(field_violations=[BadRequest.FieldViolation(field="title", description="is empty")]),
    RetryInfo(retry_delay=Duration(seconds=3)),
)
REGISTRY = Registry(google_rpc)


class Failing(Echo):
    async def unary(self, request: bytes, context: Context) -> bytes:
        raise rich_error(StatusCode.INVALID_ARGUMENT, "the title is empty", *DETAILS)

    def in_thread(self, request: bytes, context: Context) -> bytes:
        code, message = StatusCode.NOT_FOUND, "no such book"
        context.abort(code, message, details=pack_details(code, message, ErrorInfo(reason="NO_BOOK")))


async def test_details_arrive() -> None:
    async with echo_pair(Failing()) as stub:
        with pytest.raises(RpcError, match="the title is empty") as caught:
            await stub.unary(b"")
        error = caught.value
        assert error.code is StatusCode.INVALID_ARGUMENT
        assert details_of(error, REGISTRY) == DETAILS
        assert find_detail(error, RetryInfo) == DETAILS[1]
        assert find_detail(error, ErrorInfo) is None
        status = status_of(error)
        assert status is not None
        assert (status.code, status.message) == (StatusCode.INVALID_ARGUMENT, "the title is empty")
        with pytest.raises(RpcError, match="no such book") as caught:
            await stub.in_thread(b"")
        assert caught.value.code is StatusCode.NOT_FOUND
        assert find_detail(caught.value, ErrorInfo) == ErrorInfo(reason="NO_BOOK")


async def test_error_of_another_call_can_be_passed_on() -> None:
    async with echo_pair(Failing()) as back_end:

        class FrontEnd(Echo):
            async def unary(self, request: bytes, context: Context) -> bytes:
                return await back_end.unary(request)

        async with echo_pair(FrontEnd()) as stub:
            with pytest.raises(RpcError) as caught:
                await stub.unary(b"")
            assert details_of(caught.value, REGISTRY) == DETAILS


def test_error_without_details() -> None:
    error = RpcError(StatusCode.ABORTED, "no details")
    assert status_of(error) is None
    assert details_of(error, REGISTRY) == ()
    assert find_detail(error, RetryInfo) is None


def test_types_that_nobody_knows_stay_any() -> None:
    error = rich_error(StatusCode.ABORTED, "", *DETAILS)
    other = AnyMessage(type_url="acme.com/acme.Detail", value=b"\x08\x01")
    status = status_of(error)
    assert status is not None
    status.details.insert(0, other)
    error.details = status.to_binary()
    assert details_of(error, REGISTRY) == (other, *DETAILS)
    known = details_of(error, Registry())
    assert [type(detail) for detail in known] == [AnyMessage] * 3
    assert find_detail(error, BadRequest) == DETAILS[0]


@pytest.mark.parametrize("details", [b"\xff", b"\x1a\x7f", b"\x12\x01\xff"])
def test_details_that_are_no_status(details: bytes) -> None:
    error = RpcError(StatusCode.ABORTED, details=details)
    for read in (status_of, lambda error: details_of(error, REGISTRY), lambda error: find_detail(error, RetryInfo)):
        with pytest.raises(DecodeError, match=r"google\.rpc\.Status"):
            read(error)


def test_detail_that_is_malformed() -> None:
    packed = rich_error(StatusCode.ABORTED, "", RetryInfo(retry_delay=Duration(seconds=3)))
    status = status_of(packed)
    assert status is not None
    status.details[0].value = b"\x0a\x7f"
    packed.details = status.to_binary()
    with pytest.raises(DecodeError, match=r"google\.rpc\.RetryInfo"):
        find_detail(packed, RetryInfo)
    with pytest.raises(DecodeError, match=r"google\.rpc\.RetryInfo"):
        details_of(packed, REGISTRY)


def test_ok_is_no_failure() -> None:
    with pytest.raises(ValueError, match="other than OK"):
        rich_error(StatusCode.OK, "fine")


def test_detail_without_an_encoding() -> None:
    with pytest.raises(EncodeError, match=r"google\.rpc\.ErrorInfo\.reason"):
        rich_error(StatusCode.ABORTED, "", ErrorInfo(reason=3))  # type: ignore[arg-type]


# -- with grpcio-status


async def test_grpcio_client_reads_ours() -> None:
    async with Server([Failing()]) as server, grpc.aio.insecure_channel(await server.start("127.0.0.1:0")) as channel:
        call: Any = channel.unary_unary(f"/{SERVICE}/Unary")(b"")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        status = rpc_status.from_call(_as_call(caught.value))
    assert status.code == 3
    assert status.message == "the title is empty"
    bad_request, retry_info = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(bad_request)
    assert status.details[1].Unpack(retry_info)
    assert bad_request.field_violations[0].field == "title"
    assert retry_info.retry_delay.seconds == 3


def _as_call(error: grpc.aio.AioRpcError) -> Any:
    """rpc_status reads calls of grpcio's blocking client, whose metadata and code are functions too."""

    class Call:
        code = staticmethod(error.code)
        details = staticmethod(error.details)
        trailing_metadata = staticmethod(error.trailing_metadata)

    return Call()


class FailingGrpcio(AioEcho):
    async def unary(self, request: bytes, context: Any) -> bytes:
        details = [any_pb2.Any(), any_pb2.Any()]
        violation = error_details_pb2.BadRequest.FieldViolation(field="title", description="is empty")
        details[0].Pack(error_details_pb2.BadRequest(field_violations=[violation]))
        details[1].Pack(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=3)))
        status = rpc_status.to_status(status_pb2.Status(code=3, message="the title is empty", details=details))
        await context.abort(status.code, status.details, status.trailing_metadata)


async def test_we_read_grpcios() -> None:
    async with aio_server(FailingGrpcio()) as target, Channel(target) as channel:
        with pytest.raises(RpcError, match="the title is empty") as caught:
            await EchoStub(channel).unary(b"")
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert details_of(caught.value, REGISTRY) == DETAILS
