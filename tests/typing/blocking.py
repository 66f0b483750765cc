"""What type checkers make of stubs on a blocking channel. Not run: mypy and pyright read it (test_typing.py)."""

from typing import assert_type

from golden.acme.library.v1.library_pb import Book, GetBookRequest
from golden.acme.library.v1.library_rpc import LibraryStub

from minirpc import aio, sync
from minirpc.aio import CallCredentials
from minirpc.codegen import services_v1 as _rpc


def calls(channel: sync.Channel, credentials: CallCredentials) -> None:
    stub = LibraryStub(channel)
    assert_type(stub, LibraryStub[sync.Channel])
    assert_type(stub.get_book(GetBookRequest(), timeout=1.0), Book)
    assert_type(stub.get_book.start(GetBookRequest()).result(), Book)
    for book in stub.list_books(GetBookRequest()):
        assert_type(book, Book)
    assert_type(stub.add_books([Book(), Book()]), Book)
    assert_type(stub.get_book(GetBookRequest(), credentials=credentials), Book)
    stub.get_book(GetBookRequest(), credentials="token")  # type: ignore[arg-type]
    with stub.trade(credentials=credentials) as call:
        call.send(Book(), compress=False)
        assert_type(call.receive(), Book | None)
    for book in stub.trade([Book()]):
        assert_type(book, Book)


class Client:
    def __init__(self, stub: LibraryStub[sync.Channel]) -> None:
        self.stub = stub

    def title(self) -> str:
        return self.stub.get_book(GetBookRequest()).title


Client(LibraryStub(sync.Channel("localhost:1", connect_timeout=1.0)))

# each of these is an error
Client(LibraryStub(aio.Channel("localhost:1")))  # type: ignore[arg-type]
LibraryStub("localhost:1")  # type: ignore[type-var]
sync.Channel("localhost:1", connect_timeout="1")  # type: ignore[arg-type]
sync.Channel("localhost:1", no_such_option=1)  # type: ignore[call-arg]


async def mixed_up(blocking: LibraryStub[sync.Channel], awaited: LibraryStub) -> None:
    assert_type(await awaited.get_book(GetBookRequest()), Book)
    await blocking.get_book(GetBookRequest())  # type: ignore[misc]
    async for _ in blocking.list_books(GetBookRequest()):  # type: ignore[attr-defined]
        pass
    async with blocking.trade():  # type: ignore[attr-defined]
        pass
    async with sync.Channel("localhost:1"):  # type: ignore[attr-defined]
        pass
    print(awaited.get_book(GetBookRequest()).title)  # type: ignore[attr-defined]
    for _ in awaited.list_books(GetBookRequest()):  # type: ignore[attr-defined]
        pass
    with awaited.trade():  # type: ignore[attr-defined]
        pass
    with aio.Channel("localhost:1"):  # type: ignore[attr-defined]
        pass


class OlderStub(_rpc.Stub):
    """As generated code was before stubs had a channel for a parameter."""

    get_book = _rpc.unary_unary("/acme.library.v1.Library/GetBook", GetBookRequest, Book)


async def older(stub: OlderStub, channel: aio.Channel) -> None:
    assert_type(await stub.get_book(GetBookRequest()), Book)
    assert_type(await OlderStub(channel).get_book(GetBookRequest()), Book)
