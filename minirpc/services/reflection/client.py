"""What a server says of itself: its services, and the files that describe them."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from minirpc.aio import BidiCall, Channel, MetadataInput, Stub
from minirpc.aio.service import StreamStream
from minirpc.errors import DecodeError, RpcError, StatusCode
from minirpc.message.descriptors import Files, describe
from minirpc.message.wkt import (
    any_pb,
    api_pb,
    descriptor_pb,
    duration_pb,
    empty_pb,
    field_mask_pb,
    source_context_pb,
    struct_pb,
    timestamp_pb,
    type_pb,
    wrappers_pb,
)
from minirpc.message.wkt.descriptor_pb import FileDescriptorProto, FileDescriptorSet
from minirpc.services.reflection.catalog import without_imports
from minirpc.services.reflection.v1.reflection_pb import (
    ExtensionRequest,
    ServerReflectionRequest,
    ServerReflectionResponse,
)
from minirpc.services.reflection.v1.reflection_rpc import ServerReflectionStub

__all__ = ["ReflectionClient"]

T = TypeVar("T")

_Call = BidiCall[ServerReflectionRequest, ServerReflectionResponse]
_CODES = {int(code): code for code in StatusCode if code is not StatusCode.OK}
_method = ServerReflectionStub.server_reflection_info


class _AlphaStub(Stub):
    """v1alpha, whose messages are those of v1 under other names."""

    server_reflection_info = StreamStream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", _method.request, _method.response
    )


class ReflectionClient:
    """Asks a server's reflection service: v1, or v1alpha where the server does not have that.

    ::

        reflection = ReflectionClient(channel)
        files = await reflection.files("acme.library.v1.Library")

    Args:
        channel: a channel to the server.
        timeout: seconds for everything that one method of this class asks; None for no limit.
        metadata: sent with each call.
        max_size: bytes of all descriptions that one method takes from the server; more is RESOURCE_EXHAUSTED.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        timeout: float | None = 30.0,
        metadata: MetadataInput = (),
        max_size: int = 16 << 20,
    ) -> None:
        self._versions: list[ServerReflectionStub | _AlphaStub] = [ServerReflectionStub(channel), _AlphaStub(channel)]
        self._timeout = timeout
        self._metadata = metadata
        self._max_size = max_size

    async def list_services(self) -> tuple[str, ...]:
        """The full names of the server's services, in its order.

        Raises:
            RpcError: the call failed; UNIMPLEMENTED where the server offers no reflection.
        """
        return await self._converse(_list_services)

    async def extension_numbers(self, message: str) -> tuple[int, ...]:
        """The numbers of the extensions of a message that the server knows, in its order.

        Args:
            message: the full name of the message.

        Raises:
            RpcError: the call failed; NOT_FOUND where the server knows no such message.
        """
        return await self._converse(lambda conversation: _extension_numbers(conversation, message))

    async def file_descriptor_set(self, *symbols: str, extensions_of: Iterable[str] = ()) -> FileDescriptorSet:
        """The files that define some symbols, and all that they import.

        What the server lacks is made up for where that can be: the files of well-known types are taken from minirpc,
        and other imports are left out of the files that have them, which does no harm if they gave nothing but options.

        Args:
            symbols: the full names of services, methods, messages, …; by default, all services that have files.
            extensions_of: the full names of messages whose extensions are wanted as well.

        Raises:
            RpcError: the call failed; NOT_FOUND where the server has no file for a symbol.
        """

        async def collect(conversation: _Conversation) -> FileDescriptorSet:
            collector = _Collector(conversation, self._max_size)
            await collector.take_symbols(symbols)
            for message in extensions_of:
                await collector.take_extensions(message)
            await collector.take_imports()
            return FileDescriptorSet(file=list(collector.files.values()))

        return await self._converse(collect)

    async def files(self, *symbols: str, extensions_of: Iterable[str] = ()) -> Files:
        """As :meth:`file_descriptor_set`, but linked.

        Raises:
            RpcError: the call failed; NOT_FOUND where the server has no file for a symbol.
            DescriptorError: what the server describes is nothing legal, or refers to what it has no file for.
        """
        return Files(await self.file_descriptor_set(*symbols, extensions_of=extensions_of))

    async def _converse(self, talk: Callable[[_Conversation], Awaitable[T]]) -> T:
        """Runs one call, in the first version that the server has; from then on, in that one."""
        failure: RpcError | None = None
        for version in self._versions:
            async with version.server_reflection_info(timeout=self._timeout, metadata=self._metadata) as call:
                conversation = _Conversation(call)
                try:
                    result = await talk(conversation)
                except RpcError as error:
                    if error.code is not StatusCode.UNIMPLEMENTED or conversation.answered:
                        raise
                    failure = error
                    continue
                await call.done_writing()
                await call.status()
            self._versions = [version]
            return result
        raise RpcError(StatusCode.UNIMPLEMENTED, "the server offers no reflection") from failure


class _Conversation:
    """A stream of questions and answers.

    Attributes:
        answered: whether the server has answered anything.
    """

    def __init__(self, call: _Call) -> None:
        self._call = call
        self.answered = False

    async def ask(self, request: ServerReflectionRequest, what: str) -> ServerReflectionResponse:
        """Asks, and returns the answer.

        Args:
            request: the question.
            what: what it is about, for errors.

        Raises:
            RpcError: the call failed, or the server has no answer.
        """
        await self._call.send(request)
        response = await self._call.receive()
        if response is None:
            raise RpcError(StatusCode.INTERNAL, f"the server ended its reflection without an answer about {what}")
        self.answered = True
        error = response.error_response
        if error is not None:
            code = _CODES.get(error.error_code, StatusCode.UNKNOWN)
            raise RpcError(code, f"the server's reflection about {what}: {error.error_message}")
        return response


async def _list_services(conversation: _Conversation) -> tuple[str, ...]:
    response = await conversation.ask(ServerReflectionRequest(list_services="*"), "its services")
    listed = response.list_services_response
    if listed is None:
        raise _wrong_answer("its services")
    return tuple(service.name for service in listed.service)


async def _extension_numbers(conversation: _Conversation, message: str) -> tuple[int, ...]:
    what = f"the extensions of {message!r}"
    response = await conversation.ask(ServerReflectionRequest(all_extension_numbers_of_type=message), what)
    numbers = response.all_extension_numbers_response
    if numbers is None:
        raise _wrong_answer(what)
    return tuple(numbers.extension_number)


class _Collector:
    """Files from a server, by their names.

    Attributes:
        files: those that it has given.
    """

    def __init__(self, conversation: _Conversation, max_size: int) -> None:
        self.files: dict[str, FileDescriptorProto] = {}
        self._order: list[FileDescriptorProto] = []
        self._conversation = conversation
        self._max_size = max_size
        self._size = 0

    async def take_symbols(self, symbols: tuple[str, ...]) -> None:
        """Takes the files of symbols; without any, those of all services that have some."""
        for symbol in symbols or await _list_services(self._conversation):
            try:
                await self._take(ServerReflectionRequest(file_containing_symbol=symbol), f"the symbol {symbol!r}")
            except RpcError as error:
                if symbols or error.code is not StatusCode.NOT_FOUND:
                    raise

    async def take_extensions(self, message: str) -> None:
        """Takes the files of all extensions of a message."""
        for number in await _extension_numbers(self._conversation, message):
            wanted = ExtensionRequest(containing_type=message, extension_number=number)
            what = f"the extension {number} of {message!r}"
            await self._take(ServerReflectionRequest(file_containing_extension=wanted), what)

    async def take_imports(self) -> None:
        """Takes what the files import, as far as it has not come with them."""
        missing: set[str] = set()
        for proto in self._order:  # which grows meanwhile
            for name in proto.dependency:
                if name not in self.files and name not in missing:
                    await self._take_import(name)
                    if name not in self.files:
                        missing.add(name)
        for name, proto in self.files.items():
            if not missing.isdisjoint(proto.dependency):
                self.files[name] = without_imports(proto, missing)

    async def _take_import(self, name: str) -> None:
        try:
            await self._take(ServerReflectionRequest(file_by_filename=name), f"the file {name!r}")
        except RpcError as error:
            if error.code is not StatusCode.NOT_FOUND:
                raise
            shipped = _well_known_files().get(name)
            if shipped is not None:
                self._add(shipped)

    async def _take(self, request: ServerReflectionRequest, what: str) -> None:
        response = await self._conversation.ask(request, what)
        answer = response.file_descriptor_response
        if answer is None:
            raise _wrong_answer(what)
        self._size += sum(map(len, answer.file_descriptor_proto))
        if self._size > self._max_size:
            reason = f"the server's reflection describes files of more than max_size ({self._max_size} bytes)"
            raise RpcError(StatusCode.RESOURCE_EXHAUSTED, reason)
        for data in answer.file_descriptor_proto:
            try:
                self._add(FileDescriptorProto.from_binary(data))
            except DecodeError as error:
                reason = f"the server's reflection about {what} is no FileDescriptorProto: {error}"
                raise RpcError(StatusCode.INTERNAL, reason) from error

    def _add(self, proto: FileDescriptorProto) -> None:
        if self.files.setdefault(proto.name or "", proto) is proto:
            self._order.append(proto)


def _wrong_answer(what: str) -> RpcError:
    return RpcError(StatusCode.INTERNAL, f"the server's reflection answered another question than that about {what}")


@functools.cache
def _well_known_files() -> Mapping[str, FileDescriptorProto]:
    modules = (
        any_pb,
        api_pb,
        descriptor_pb,
        duration_pb,
        empty_pb,
        field_mask_pb,
        source_context_pb,
        struct_pb,
        timestamp_pb,
        type_pb,
        wrappers_pb,
    )
    return {file.name: file.proto for file in map(describe, modules)}
