"""The reflection service, asked by grpcio's client of it, by ``buf curl``, and question by question."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from echo import Echo
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from plugin_runs import golden_set, protoc
from reflection_samples import LIBRARY, ORDERS, REFLECTION, SERVICES, Library, library_pb, our_server

from minirpc.aio import Channel, Server, Servicer
from minirpc.errors import StatusCode
from minirpc.message import Message
from minirpc.message.descriptors import Files
from minirpc.message.dynamic import Classes
from minirpc.message.wkt.descriptor_pb import DescriptorProto, FileDescriptorProto
from minirpc.services.reflection import ReflectionClient, dynamic_stub, with_reflection
from minirpc.services.reflection.v1 import reflection_pb as v1
from minirpc.services.reflection.v1.reflection_rpc import ServerReflectionStub
from minirpc.services.reflection.v1alpha import reflection_pb as v1alpha
from minirpc.services.reflection.v1alpha.reflection_rpc import ServerReflectionStub as AlphaStub

# -- grpcio's client


async def with_grpcios_client(address: str, use: Callable[[ProtoReflectionDescriptorDatabase], None]) -> None:
    def run() -> None:
        with grpc.insecure_channel(address) as channel:
            use(ProtoReflectionDescriptorDatabase(channel))

    await asyncio.to_thread(run)
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_grpcios_client_finds_all_that_there_is() -> None:
    def use(database: ProtoReflectionDescriptorDatabase) -> None:
        assert database.get_services() == SERVICES
        pool: Any = descriptor_pool.DescriptorPool(database)
        trade = pool.FindServiceByName(LIBRARY).methods_by_name["Trade"]
        assert (trade.client_streaming, trade.input_type.full_name) == (True, "acme.library.v1.Book")
        # imports of imports, public ones, and well-known types
        order = pool.FindServiceByName(ORDERS).methods_by_name["Place"].input_type
        assert order.fields_by_name["created"].message_type.full_name == "google.protobuf.Timestamp"
        assert order.fields_by_name["root"].message_type.file.name == "root.proto"
        assert not pool.FindServiceByName("golden.services.Nothing").methods
        for name in REFLECTION:
            assert pool.FindServiceByName(name).methods_by_name["ServerReflectionInfo"].server_streaming
        base = pool.FindMessageTypeByName("golden.extensions.Base")
        assert pool.FindExtensionByNumber(base, 110).full_name == "golden.extensions.number"
        assert {102, 110, 132} <= set(database.FindAllExtensionNumbers("golden.extensions.Base"))
        assert list(database.FindAllExtensionNumbers("acme.library.v1.Book")) == []

    async with our_server() as address:
        await with_grpcios_client(address, use)


async def test_grpcios_client_is_told_what_there_is_not() -> None:
    def use(database: ProtoReflectionDescriptorDatabase) -> None:
        for find, *what in (
            (database.FindFileByName, "missing.proto"),
            (database.FindFileContainingSymbol, "test.Echo"),  # which is served, but has no file
            (database.FindFileContainingSymbol, "acme.library.v1"),
            (database.FindAllExtensionNumbers, "acme.library.v1.Library"),
            (database.FindAllExtensionNumbers, ""),
        ):
            with pytest.raises(KeyError):
                find(*what)  # type: ignore[operator]

    async with our_server() as address:
        await with_grpcios_client(address, use)


async def test_files_are_those_of_protoc() -> None:
    expected = {file.name: file for file in descriptor_pb2.FileDescriptorSet.FromString(golden_set()).file}

    def use(database: ProtoReflectionDescriptorDatabase) -> None:
        for name in ("acme/shop/v1/order.proto", "extensions.proto", "acme/common/public.proto"):
            expected[name].ClearField("source_code_info")  # generated code holds no comments
            assert database.FindFileByName(name) == expected[name]

    async with our_server() as address:
        await with_grpcios_client(address, use)


async def test_an_import_without_code_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives options alone, or the module that imports it could not run; without it the client can link the file."""
    (tmp_path / "only_options.proto").write_text(
        'syntax = "proto3"; import "google/protobuf/descriptor.proto";'
        "extend google.protobuf.MethodOptions { string route = 50000; }"
    )
    (tmp_path / "base.proto").write_text('syntax = "proto3"; message Base {}')
    (tmp_path / "served.proto").write_text(
        'syntax = "proto3"; import "only_options.proto"; import public "base.proto"; message M { Base base = 1; }'
        'service Served { rpc Go(M) returns (M) { option (route) = "/go"; } }'
    )
    output = tmp_path / "without_options_gen"
    output.mkdir()
    finished = protoc(f"--python_minirpc_out={output}", "base.proto", "served.proto", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    monkeypatch.syspath_prepend(tmp_path)
    from without_options_gen import served_rpc  # type: ignore[import-not-found]

    def use(database: ProtoReflectionDescriptorDatabase) -> None:
        pool: Any = descriptor_pool.DescriptorPool(database)
        method = pool.FindServiceByName("Served").methods_by_name["Go"]
        assert method.input_type.fields_by_name["base"].message_type.name == "Base"
        assert [file.name for file in method.input_type.file.public_dependencies] == ["base.proto"]
        assert b"/go" in method.GetOptions().SerializeToString()

    async with Server(with_reflection([served_rpc.ServedServicer()])) as server:
        await with_grpcios_client(await server.start("127.0.0.1:0"), use)


# -- question by question, in both versions

both_versions = pytest.mark.parametrize(
    ("stub_class", "request_class"),
    [(ServerReflectionStub, v1.ServerReflectionRequest), (AlphaStub, v1alpha.ServerReflectionRequest)],
    ids=["v1", "v1alpha"],
)
ignore_deprecation = pytest.mark.filterwarnings("ignore:grpc.reflection.v1alpha:DeprecationWarning")


@asynccontextmanager
async def asked(stub_class: type[Any]) -> AsyncIterator[Callable[[Message], Any]]:
    """A stream of the reflection service, as a function from a request to its answer."""
    async with (
        our_server() as address,
        Channel(address) as channel,
        stub_class(channel).server_reflection_info(timeout=30) as call,
    ):

        async def ask(request: Message) -> Any:
            await call.send(request)
            return await call.receive()

        yield ask
        await call.done_writing()
        assert await call.receive() is None
        assert (await call.status()).code is StatusCode.OK


def names(answer: Any) -> list[str | None]:
    found = answer.file_descriptor_response.file_descriptor_proto
    return [descriptor_pb2.FileDescriptorProto.FromString(data).name for data in found]


@both_versions
@ignore_deprecation
async def test_a_stream_goes_on_behind_errors(stub_class: type[Any], request_class: type[Any]) -> None:
    async with asked(stub_class) as ask:
        request = request_class(host="example.com", file_containing_symbol="acme.Missing" + "x" * 10000)
        answer = await ask(request)
        assert (answer.valid_host, answer.original_request) == ("example.com", request)
        assert answer.error_response.error_code == StatusCode.NOT_FOUND
        assert "acme.Missing" in answer.error_response.error_message
        assert len(answer.error_response.error_message) < 300
        # a question of a later version of the protocol, and none
        for unknown in (request_class.from_binary(b"\xaa\x06\x00"), request_class()):
            answer = await ask(unknown)
            assert answer.error_response.error_code == StatusCode.INVALID_ARGUMENT
            assert answer.original_request == unknown
        answer = await ask(request_class(list_services=""))
        assert [service.name for service in answer.list_services_response.service] == SERVICES


@both_versions
@ignore_deprecation
async def test_a_stream_carries_each_import_once(stub_class: type[Any], request_class: type[Any]) -> None:
    async with asked(stub_class) as ask:
        first, *imports = names(await ask(request_class(file_containing_symbol=ORDERS)))
        assert first == "acme/shop/v1/order.proto"
        assert sorted(filter(None, imports)) == [
            "acme/common/money.proto",
            "acme/common/public.proto",
            "acme/shop/money.proto",
            "acme/shop/v1/item.proto",
            "google/protobuf/duration.proto",
            "google/protobuf/timestamp.proto",
            "root.proto",
        ]
        # the file that is asked for comes again, what it imports does not
        assert names(await ask(request_class(file_containing_symbol=f"{ORDERS}.Place"))) == [first]
        assert names(await ask(request_class(file_by_filename="root.proto"))) == ["root.proto"]
        assert names(await ask(request_class(file_containing_symbol=LIBRARY))) == ["acme/library/v1/library.proto"]


@both_versions
@ignore_deprecation
async def test_extensions(stub_class: type[Any], request_class: type[Any]) -> None:
    async with asked(stub_class) as ask:

        async def find(extendee: str, number: int) -> Any:
            request = request_class(list_services="")  # to be replaced by the one that counts
            request.file_containing_extension = v1_or_alpha(request_class).ExtensionRequest(
                containing_type=extendee, extension_number=number
            )
            return await ask(request)

        assert names(await find("google.protobuf.FieldOptions", 50100)) == [
            "extensions.proto",
            "google/protobuf/descriptor.proto",
            "google/protobuf/timestamp.proto",
        ]
        assert names(await find("golden.extensions.Base", 102)) == ["extensions.proto"]
        for extendee, number in (("golden.extensions.Base", 109), ("acme.Missing", 1), ("golden.extensions.Base", -1)):
            answer = await find(extendee, number)
            assert answer.error_response.error_code == StatusCode.NOT_FOUND
            assert f"{number} of '{extendee}'" in answer.error_response.error_message
        answer = await ask(request_class(all_extension_numbers_of_type="google.protobuf.FieldOptions"))
        numbers = answer.all_extension_numbers_response
        assert (numbers.base_type_name, numbers.extension_number) == ("google.protobuf.FieldOptions", [50100, 50101])


def v1_or_alpha(request_class: type[Any]) -> Any:
    return v1 if request_class is v1.ServerReflectionRequest else v1alpha


@pytest.mark.parametrize(
    "symbol",
    [
        LIBRARY,
        f"{LIBRARY}.GetBook",
        "acme.library.v1.Book.Location.slot",
        "acme.library.v1.Book.identifier",
        "acme.library.v1.Genre",
        "acme.library.v1.GENRE_FICTION",
    ],
)
async def test_whatever_has_a_name_has_a_file(symbol: str) -> None:
    async with asked(ServerReflectionStub) as ask:
        answer = await ask(v1.ServerReflectionRequest(file_containing_symbol=symbol))
        assert names(answer) == ["acme/library/v1/library.proto"]


async def test_an_answer_fits_into_a_message() -> None:
    """Imports are left for later questions where all of them would be more than a client takes in one message."""
    padding = ", ".join(f'"reserved_{number:040}"' for number in range(4000))
    files = [
        descriptor_pb2.FileDescriptorProto(
            name=f"{number}.proto",
            dependency=[f"{number - 1}.proto"] if number else [],
            message_type=[descriptor_pb2.DescriptorProto(name=f"M{number}", reserved_name=padding.split(", "))],
        )
        for number in range(40)
    ]
    files[-1].service.add(name="S").method.add(name="Go", input_type=".M39", output_type=".M0")
    everything = descriptor_pb2.FileDescriptorSet(file=files).SerializeToString()
    assert len(everything) > 7 << 20

    class Service(Servicer):
        methods = dynamic_stub(Classes(Files.from_binary(everything)), "S")

        async def go(self, request: Message, context: object) -> Message:
            raise NotImplementedError

    def use(database: ProtoReflectionDescriptorDatabase) -> None:
        pool: Any = descriptor_pool.DescriptorPool(database)
        assert pool.FindServiceByName("S").methods_by_name["Go"].output_type.name == "M0"

    async with Server(with_reflection([Service()])) as server:
        address = await server.start("127.0.0.1:0")
        await with_grpcios_client(address, use)
        async with Channel(address) as channel:
            assert len(await ReflectionClient(channel).files("S")) == 40


async def test_two_files_of_one_name(caplog: pytest.LogCaptureFixture) -> None:
    library = Library()
    other = Files([described_file(name="acme/library/v1/library.proto", package="other")])
    twin = Files([described_file(name="twin.proto", package="acme.library.v1", message="Book")])
    with caplog.at_level(logging.WARNING, "minirpc.reflection"):
        services = with_reflection([library, library], library_pb, other, twin)
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "there are two different files acme/library/v1/library.proto",
        "acme/library/v1/library.proto and twin.proto both define acme.library.v1.Book",
    ]
    async with Server(services[1:]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        files = await ReflectionClient(channel).files("acme.library.v1.Book")
        assert files.service(LIBRARY)


def described_file(name: str, package: str, message: str = "M") -> FileDescriptorProto:
    return FileDescriptorProto(name=name, package=package, message_type=[DescriptorProto(name=message)])


def test_what_is_no_service_is_refused() -> None:
    with pytest.raises(TypeError, match="a service is an instance of a generated servicer"):
        with_reflection([Library])  # type: ignore[list-item]
    with pytest.raises(LookupError, match=r"was not generated from a \.proto file"):
        with_reflection([Echo()], sys.modules[__name__])


# -- buf curl, a client in Go


@pytest.fixture(scope="module")
def buf() -> str:
    path = Path(sys.executable).with_name("buf")
    if not path.exists():
        pytest.skip("buf is not installed: pip install minirpc[interop]")
    return str(path)


async def buf_curl(buf: str, url: str, *arguments: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    command = [buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *arguments, url]
    environment = {"HOME": str(tmp_path), "BUF_CACHE_DIR": str(tmp_path)}
    finished = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=50, check=False
    )
    await asyncio.get_running_loop().shutdown_default_executor()
    return finished


async def test_buf_curl_lists_services(buf: str, tmp_path: Path) -> None:
    async with our_server() as address:
        finished = await buf_curl(buf, f"http://{address}", "--list-services", tmp_path=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == SERVICES


async def test_buf_curl_lists_methods(buf: str, tmp_path: Path) -> None:
    async with our_server() as address:
        finished = await buf_curl(buf, f"http://{address}", "--list-methods", tmp_path=tmp_path)
    assert {f"{LIBRARY}/Trade", f"{ORDERS}/Place"} <= set(finished.stdout.split()), finished.stderr


@pytest.mark.parametrize("version", ["grpc-v1", "grpc-v1alpha"])
async def test_buf_curl_calls(version: str, buf: str, tmp_path: Path) -> None:
    data = '{"title": "a"} {"location": {"slot": 7}, "genre": "GENRE_FICTION"}'
    async with our_server() as address:
        finished = await buf_curl(
            buf, f"http://{address}/{LIBRARY}/Trade", "--reflect-protocol", version, "--data", data, tmp_path=tmp_path
        )
    assert finished.returncode == 0, finished.stderr
    decoder, text, replies = json.JSONDecoder(), finished.stdout.strip(), []
    while text:
        reply, end = decoder.raw_decode(text)
        replies.append(reply)
        text = text[end:].strip()
    assert replies == [{"title": "a"}, {"location": {"slot": 7}, "genre": "GENRE_FICTION"}]
