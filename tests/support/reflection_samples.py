"""Servers to reflect on: the golden files' services, on minirpc and on grpcio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
from echo import Echo
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection
from plugin_runs import golden_module, golden_set

from minirpc.aio import Context, Server
from minirpc.errors import StatusCode
from minirpc.services.reflection import with_reflection

library_pb: Any = golden_module("acme.library.v1.library_pb")
library_rpc: Any = golden_module("acme.library.v1.library_rpc")
order_rpc: Any = golden_module("acme.shop.v1.order_rpc")
services_rpc: Any = golden_module("services_rpc")
extensions_pb: Any = golden_module("extensions_pb")

LIBRARY = "acme.library.v1.Library"
ORDERS = "acme.shop.v1.Orders"
REFLECTION = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]
SERVICES = [LIBRARY, ORDERS, "golden.services.Nothing", *REFLECTION, "test.Echo"]
"""The services of :func:`our_server`. ``test.Echo`` was written by hand, and ``Nothing`` has no methods."""


class Library(library_rpc.LibraryServicer):  # type: ignore[misc]
    """Knows any book, but for the one without a title."""

    async def get_book(self, request: Any, context: Context) -> Any:
        if not request.title:
            context.abort(StatusCode.NOT_FOUND, "no title")
        return library_pb.Book(title=request.title, isbn="1")

    async def list_books(self, request: Any, context: Context) -> AsyncIterator[Any]:
        for slot in range(3):
            yield library_pb.Book(title=request.title, location=library_pb.Book.Location(slot=slot))

    async def add_books(self, requests: AsyncIterator[Any], context: Context) -> Any:
        return library_pb.Book(authors=[book.title async for book in requests])

    async def trade(self, requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        async for book in requests:
            yield book


@asynccontextmanager
async def our_server() -> AsyncIterator[str]:
    """A server of ``SERVICES``, which knows of extensions as well."""
    services = [Library(), order_rpc.OrdersServicer(), services_rpc.NothingServicer(), Echo()]
    async with Server(with_reflection(services, extensions_pb)) as server:
        yield await server.start("127.0.0.1:0")


def google_pool() -> descriptor_pool.DescriptorPool:
    """The golden files in a pool of Google's library."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(golden_set()).file:
        pool.Add(file)  # type: ignore[no-untyped-call]
    return pool


@asynccontextmanager
async def grpcio_server() -> AsyncIterator[str]:
    """The library on grpcio, with grpcio's reflection (v1alpha alone), which lists a service without files, too."""
    pool = google_pool()
    book_class: Any = message_factory.GetMessageClass(pool.FindMessageTypeByName("acme.library.v1.Book"))
    request_class: Any = message_factory.GetMessageClass(pool.FindMessageTypeByName("acme.library.v1.GetBookRequest"))

    async def get_book(request: Any, context: Any) -> Any:
        if not request.title:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no title")
        return book_class(title=request.title, isbn="1")

    async def list_books(request: Any, context: Any) -> AsyncIterator[Any]:
        for slot in range(3):
            yield book_class(title=request.title, location={"slot": slot})

    async def add_books(requests: AsyncIterator[Any], context: Any) -> Any:
        return book_class(authors=[book.title async for book in requests])

    async def trade(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        async for book in requests:
            yield book

    to_bytes = book_class.SerializeToString
    of_request, of_book = request_class.FromString, book_class.FromString
    handlers = {
        "GetBook": grpc.unary_unary_rpc_method_handler(get_book, of_request, to_bytes),
        "ListBooks": grpc.unary_stream_rpc_method_handler(list_books, of_request, to_bytes),
        "AddBooks": grpc.stream_unary_rpc_method_handler(add_books, of_book, to_bytes),
        "Trade": grpc.stream_stream_rpc_method_handler(trade, of_book, to_bytes),
    }
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(LIBRARY, handlers),))
    reflection.enable_server_reflection([LIBRARY, ORDERS, "test.Echo"], server, pool=pool)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
