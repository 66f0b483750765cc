"""Our client of reflection services: grpcio's, ours, and those of servers that mean no good."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from echo import Echo
from reflection_samples import LIBRARY, ORDERS, SERVICES, grpcio_server, our_server

from minirpc.aio import Channel, Context, Server
from minirpc.errors import DescriptorError, RpcError, StatusCode
from minirpc.message.descriptors import Files
from minirpc.message.dynamic import Classes
from minirpc.message.wkt import Timestamp
from minirpc.message.wkt.descriptor_pb import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)
from minirpc.services.reflection import ReflectionClient, dynamic_stub
from minirpc.services.reflection.v1.reflection_pb import (
    ErrorResponse,
    ExtensionNumberResponse,
    FileDescriptorResponse,
    ServerReflectionRequest,
    ServerReflectionResponse,
)
from minirpc.services.reflection.v1.reflection_rpc import ServerReflectionServicer

both_servers = pytest.mark.parametrize("server", [grpcio_server, our_server], ids=["grpcio", "minirpc"])


@both_servers
async def test_calls_of_the_four_kinds_from_what_a_server_says(server: Any) -> None:
    async with server() as address, Channel(address) as channel:
        reflection = ReflectionClient(channel)
        assert LIBRARY in await reflection.list_services()
        classes = Classes(await reflection.files(LIBRARY))
        book, request = (classes.message(f"acme.library.v1.{name}") for name in ("Book", "GetBookRequest"))
        library: Any = dynamic_stub(classes, LIBRARY)(channel)
        assert await library.get_book(request(title="a"), timeout=10) == book(title="a", isbn="1")
        slots = [reply.location.slot async for reply in library["ListBooks"](request(title="a"))]
        assert slots == [0, 1, 2]
        assert (await library["AddBooks"]([book(title="a"), book(title="b")])).authors == ["a", "b"]
        async with library.trade() as call:
            await call.send(book.from_json('{"genre": "GENRE_FICTION", "ratings": {"x": "7"}}'))
            assert (await call.receive()).to_json() == '{"genre":"GENRE_FICTION","ratings":{"x":"7"}}'
        with pytest.raises(RpcError) as caught:
            await library.get_book(request())
        assert (caught.value.code, caught.value.message) == (StatusCode.NOT_FOUND, "no title")
        with pytest.raises(RpcError, match=r"expected acme.library.v1.GetBookRequest, got Book"):
            await library.get_book(book())
        with pytest.raises(LookupError, match=r"acme.library.v1.Library has no method 'Burn'"):
            library["Burn"]


@both_servers
async def test_all_files_of_a_server(server: Any) -> None:
    """Those of all services but the one that has none; imports of imports and well-known types come along."""
    async with server() as address, Channel(address) as channel:
        reflection = ReflectionClient(channel)
        assert "test.Echo" in await reflection.list_services()
        files = await reflection.files()
        assert files.service(LIBRARY)
        order = files.service(ORDERS).methods[0].input
        assert order.field("cash").message_type is files.message("acme.common.Money")
        created = Classes(files).message("acme.shop.v1.Order")(created=Timestamp(seconds=1))
        assert created.to_dict() == {"created": "1970-01-01T00:00:01Z"}
        with pytest.raises(RpcError, match=r"the symbol 'test.Echo'") as caught:
            await reflection.files(LIBRARY, "test.Echo")
        assert caught.value.code is StatusCode.NOT_FOUND


@both_servers
async def test_extensions_of_a_message(server: Any) -> None:
    async with server() as address, Channel(address) as channel:
        reflection = ReflectionClient(channel)
        base = "golden.extensions.Base"
        assert {100, 110, 132} <= set(await reflection.extension_numbers(base))
        classes = Classes(await reflection.files(base, extensions_of=[base]))
        number = classes.extension("golden.extensions.number")
        message = classes.message(base)()
        message[number] = 7
        assert message.to_json(registry=classes.registry()) == '{"[golden.extensions.number]":7}'


async def test_our_server_speaks_v1_and_is_asked_in_its_order() -> None:
    async with our_server() as address, Channel(address) as channel:
        assert await ReflectionClient(channel).list_services() == tuple(SERVICES)


async def test_a_server_without_reflection() -> None:
    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        reflection = ReflectionClient(channel)
        for _ in range(2):
            with pytest.raises(RpcError, match="the server offers no reflection") as caught:
                await reflection.files()
            assert caught.value.code is StatusCode.UNIMPLEMENTED


async def test_names_of_dynamic_methods_are_those_of_generated_code() -> None:
    async with our_server() as address, Channel(address) as channel:
        classes = Classes(await ReflectionClient(channel).files("golden.services.Nothing"))
        for service, expected in (
            ("Names", ["get_http_route", "lower", "import_", "methods_", "get_v1_beta2", "u__private"]),
            ("Twins", ["GetBook", "getBook", "get_book", "get_shelf"]),
        ):
            stub = dynamic_stub(classes, f"golden.services.{service}")(channel)
            assert [name for name in expected if callable(getattr(stub, name))] == expected
        with pytest.raises(LookupError):
            dynamic_stub(classes, LIBRARY)


# -- servers that lack files, or mean no good

Answer = Callable[[ServerReflectionRequest], ServerReflectionResponse | None]


class Fake(ServerReflectionServicer):
    """A reflection service with the answers of a function; None ends the stream."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def server_reflection_info(
        self, requests: AsyncIterator[ServerReflectionRequest], context: Context
    ) -> AsyncIterator[ServerReflectionResponse]:
        async for request in requests:
            response = self._answer(request)
            if response is None:
                return
            yield response


@asynccontextmanager
async def client_of(answer: Answer, **options: Any) -> AsyncIterator[ReflectionClient]:
    async with Server([Fake(answer)]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        yield ReflectionClient(channel, **options)


def of_files(*files: FileDescriptorProto | bytes) -> ServerReflectionResponse:
    data = [file if isinstance(file, bytes) else file.to_binary() for file in files]
    return ServerReflectionResponse(file_descriptor_response=FileDescriptorResponse(file_descriptor_proto=data))


NOT_FOUND = ServerReflectionResponse(error_response=ErrorResponse(error_code=5, error_message="no"))


def served(*imports: str, uses: str = ".M") -> FileDescriptorProto:
    kind, label = FieldDescriptorProto.Type.MESSAGE, FieldDescriptorProto.Label.OPTIONAL
    field = FieldDescriptorProto(name="field", number=1, type=kind, type_name=uses, label=label)
    method = MethodDescriptorProto(name="Go", input_type=".M", output_type=".M")
    return FileDescriptorProto(
        name="served.proto",
        dependency=list(imports),
        message_type=[DescriptorProto(name="M", field=[field])],
        service=[ServiceDescriptorProto(name="S", method=[method])],
    )


async def test_imports_that_a_server_lacks() -> None:
    """Well-known types are known, and what no type comes from is not needed."""
    file = served("google/protobuf/timestamp.proto", "options.proto", uses=".google.protobuf.Timestamp")
    async with client_of(lambda request: of_files(file) if request.file_containing_symbol else NOT_FOUND) as reflection:
        files = await reflection.files("S")
        assert Classes(files).message("M")(field=Timestamp(seconds=1)).to_json() == '{"field":"1970-01-01T00:00:01Z"}'
        assert [each.name for each in files] == ["google/protobuf/timestamp.proto", "served.proto"]


async def test_a_type_that_a_server_lacks() -> None:
    file = served("types.proto", uses=".acme.Missing")
    async with client_of(lambda request: of_files(file) if request.file_containing_symbol else NOT_FOUND) as reflection:
        with pytest.raises(DescriptorError, match=r"served.proto: M.field: refers to '.acme.Missing'"):
            await reflection.files("S")


async def test_imports_without_end() -> None:
    def answer(request: ServerReflectionRequest) -> ServerReflectionResponse:
        name = request.file_by_filename or "0"
        return of_files(
            FileDescriptorProto(
                name=name, dependency=[str(int(name) + 1)], message_type=[DescriptorProto(name=f"M{'x' * 900}{name}")]
            )
        )

    async with client_of(answer, max_size=100_000) as reflection:
        with pytest.raises(RpcError, match=r"max_size \(100000 bytes\)") as caught:
            await reflection.files("S")
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (None, StatusCode.INTERNAL, "without an answer about the symbol 'S'"),
        (ServerReflectionResponse(), StatusCode.INTERNAL, "another question than that about the symbol 'S'"),
        (
            ServerReflectionResponse(all_extension_numbers_response=ExtensionNumberResponse()),
            StatusCode.INTERNAL,
            "another question than that about the symbol 'S'",
        ),
        (of_files(b"\x0a\xff"), StatusCode.INTERNAL, "the symbol 'S' is no FileDescriptorProto: "),
        (
            ServerReflectionResponse(error_response=ErrorResponse(error_code=7, error_message="not you")),
            StatusCode.PERMISSION_DENIED,
            "the symbol 'S': not you",
        ),
        # statuses that are none, and one that says "another version" where it cannot mean that
        (ServerReflectionResponse(error_response=ErrorResponse()), StatusCode.UNKNOWN, "the symbol 'S': "),
        (ServerReflectionResponse(error_response=ErrorResponse(error_code=-9)), StatusCode.UNKNOWN, "the symbol 'S': "),
        (
            ServerReflectionResponse(error_response=ErrorResponse(error_code=12, error_message="no")),
            StatusCode.UNIMPLEMENTED,
            "the symbol 'S': no",
        ),
    ],
)
async def test_answers_that_are_none(answer: ServerReflectionResponse | None, code: StatusCode, message: str) -> None:
    async with client_of(lambda request: answer) as reflection:
        with pytest.raises(RpcError) as caught:
            await reflection.files("S")
        assert caught.value.code is code
        assert message in caught.value.message


async def test_a_server_that_does_not_answer() -> None:
    class Silent(ServerReflectionServicer):
        async def server_reflection_info(
            self, requests: AsyncIterator[ServerReflectionRequest], context: Context
        ) -> AsyncIterator[ServerReflectionResponse]:
            async for _ in requests:
                pass
            yield ServerReflectionResponse()

    async with (
        Server([Silent()]) as server,
        Channel(await server.start("127.0.0.1:0")) as channel,
    ):
        with pytest.raises(RpcError) as caught:
            await ReflectionClient(channel, timeout=0.2).list_services()
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


def test_a_service_with_very_many_methods() -> None:
    """Whoever describes services may be a stranger: making a stub takes time in proportion to the number of methods."""
    file = FileDescriptorProto(
        name="many.proto",
        message_type=[DescriptorProto(name="M")],
        service=[
            ServiceDescriptorProto(
                name="S",
                method=[MethodDescriptorProto(name=f"M{n}", input_type=".M", output_type=".M") for n in range(20_000)],
            )
        ],
    )
    stub: Any = dynamic_stub(Classes(Files([file])), "S")
    assert stub.m19999.path == "/S/M19999"
