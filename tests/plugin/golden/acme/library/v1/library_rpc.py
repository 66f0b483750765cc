# Generated from acme/library/v1/library.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from collections.abc import AsyncIterator

from minirpc.codegen import services_v1 as _rpc

from .library_pb import Book, GetBookRequest


class LibraryStub(_rpc.Stub[_rpc.ChannelT]):
    """Looks books up."""

    get_book = _rpc.unary_unary("/acme.library.v1.Library/GetBook", GetBookRequest, Book)
    """Finds one book."""
    list_books = _rpc.unary_stream("/acme.library.v1.Library/ListBooks", GetBookRequest, Book)
    add_books = _rpc.stream_unary("/acme.library.v1.Library/AddBooks", Book, Book)
    trade = _rpc.stream_stream("/acme.library.v1.Library/Trade", Book, Book)


class LibraryServicer(_rpc.Servicer):
    """Looks books up."""

    methods = LibraryStub  # one table, both sides

    async def get_book(self, request: GetBookRequest, context: _rpc.Context) -> Book:
        """Finds one book."""
        _rpc.unimplemented()

    def list_books(self, request: GetBookRequest, context: _rpc.Context) -> AsyncIterator[Book]:
        _rpc.unimplemented()

    async def add_books(self, requests: AsyncIterator[Book], context: _rpc.Context) -> Book:
        _rpc.unimplemented()

    def trade(self, requests: AsyncIterator[Book], context: _rpc.Context) -> AsyncIterator[Book]:
        _rpc.unimplemented()
