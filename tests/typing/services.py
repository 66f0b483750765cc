"""What type checkers make of generated stubs and servicers. Not run: mypy and pyright read it (test_typing.py)."""

from collections.abc import AsyncIterator
from typing import assert_type

from golden.acme.library.v1.library_pb import Book, GetBookRequest
from golden.acme.library.v1.library_rpc import LibraryServicer, LibraryStub

from minirpc.aio import CallCredentials
from minirpc.codegen.services_v1 import Context


async def calls(stub: LibraryStub, credentials: CallCredentials) -> None:
    assert_type(await stub.get_book(GetBookRequest(), timeout=1.0), Book)
    async for book in stub.list_books(GetBookRequest()):
        assert_type(book, Book)
    assert_type(await stub.add_books([Book(), Book()]), Book)
    assert_type(await stub.get_book(GetBookRequest(), credentials=credentials), Book)
    async with stub.trade(credentials=credentials) as call:
        await call.send(Book())
        assert_type(await call.receive(), Book | None)

    # each of these is an error
    stub.get_book(GetBookRequest(), credentials="token")  # type: ignore[arg-type]
    stub.get_book("x")  # type: ignore[arg-type]
    stub.get_book(Book())  # type: ignore[arg-type]
    stub.list_books()  # type: ignore[call-arg]
    stub.getBook(GetBookRequest())  # type: ignore[attr-defined]


class Library(LibraryServicer):
    async def get_book(self, request: GetBookRequest, context: Context) -> Book:
        return Book(title=request.title)

    async def list_books(self, request: GetBookRequest, context: Context) -> AsyncIterator[Book]:
        yield Book(title=request.title)

    async def trade(self, requests: AsyncIterator[Book], context: Context) -> AsyncIterator[Book]:
        async for book in requests:
            yield book


class Wrong(LibraryServicer):
    async def get_book(self, request: Book, context: Context) -> Book:  # type: ignore[override]
        return request
