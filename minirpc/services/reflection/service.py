"""The servicers of server reflection, and how the files of a server's services are found."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterable, Iterator
from types import ModuleType
from typing import Any

from minirpc.aio import Context, Servicer, Stub
from minirpc.aio.service import methods_of
from minirpc.errors import StatusCode
from minirpc.message.descriptors import FileDescriptor, Files, ServiceDescriptor, describe
from minirpc.message.names import top_level_name
from minirpc.services.reflection.catalog import Catalog
from minirpc.services.reflection.stub import DynamicStub
from minirpc.services.reflection.v1.reflection_pb import (
    ErrorResponse,
    ExtensionNumberResponse,
    FileDescriptorResponse,
    ListServiceResponse,
    ServerReflectionRequest,
    ServerReflectionResponse,
    ServiceResponse,
)
from minirpc.services.reflection.v1.reflection_rpc import ServerReflectionServicer
from minirpc.services.reflection.v1alpha import reflection_pb as alpha_pb
from minirpc.services.reflection.v1alpha import reflection_rpc as alpha_rpc

__all__ = ["with_reflection"]


def with_reflection(services: Iterable[Servicer], *sources: ModuleType | Files) -> list[Servicer]:
    """Services, and the reflection service in both its versions to tell of them all.

    ::

        server = Server(with_reflection([Library(), Loans()]))

    The files are those that the servicers were generated from, and whatever these import. A service that was written by
    hand is listed but has no file.

    Args:
        services: the services of a server.
        sources: what to tell of besides: generated modules (of extensions, say, which no service's file imports), and
            files that were described at run time.

    Returns:
        The services, and behind them those of ``grpc.reflection.v1`` and ``grpc.reflection.v1alpha``.

    Raises:
        LookupError: a module among the sources was not generated.
        TypeError: what is given for a service is none.
    """
    reflection = _Reflection()
    everything = [*services, reflection, _ReflectionAlpha(reflection)]
    names: set[str] = set()
    files: list[FileDescriptor] = []
    for service in everything:
        if not isinstance(service, Servicer):
            raise TypeError(f"a service is an instance of a generated servicer, not {service!r}")
        names.update(method.path.split("/")[1] for method in methods_of(service.methods).values())
        for described in _described(service.methods):
            names.add(described.full_name)
            files.append(described.file)
    for source in sources:
        files += source if isinstance(source, Files) else [describe(source)]
    reflection.catalog = Catalog(names, files)
    return everything


def _described(stub: type[Stub]) -> Iterator[ServiceDescriptor]:
    """What a stub class, or one that it inherits from, was made from."""
    for cls in stub.__mro__:
        if issubclass(cls, DynamicStub) and "__descriptor__" in cls.__dict__:
            yield cls.__descriptor__
            continue
        file = _file_of(cls)
        for service in file.services if file else ():
            if top_level_name(f"{service.name}Stub") == cls.__name__:
                yield service


def _file_of(stub: type[Any]) -> FileDescriptor | None:
    """The file that a stub class was generated from. Its messages, if only in name, are in the module beside it."""
    if not stub.__module__.endswith("_rpc"):
        return None
    try:
        return describe(importlib.import_module(f"{stub.__module__.removesuffix('_rpc')}_pb"))
    except (ModuleNotFoundError, LookupError):
        return None  # it was written by hand, in a module that happens to be called so


class _Reflection(ServerReflectionServicer):
    """``grpc.reflection.v1.ServerReflection``."""

    _essential = True

    def __init__(self) -> None:
        self.catalog = Catalog((), ())

    async def server_reflection_info(
        self,
        requests: AsyncIterator[ServerReflectionRequest],
        context: Context,  # noqa: ARG002
    ) -> AsyncIterator[ServerReflectionResponse]:
        """Answers each request."""
        known: set[str] = set()
        async for request in requests:
            yield self.answer(request, known)

    def answer(self, request: ServerReflectionRequest, known: set[str]) -> ServerReflectionResponse:
        """Answers one request of a stream.

        Args:
            request: the request.
            known: the names of the files that the stream has carried; those of the answer are added.
        """
        response = ServerReflectionResponse(valid_host=request.host, original_request=request)
        catalog = self.catalog
        match request.message_request:
            case ("list_services", _):
                services = [ServiceResponse(name=name) for name in catalog.services]
                response.list_services_response = ListServiceResponse(service=services)
            case ("file_by_filename", name):
                self._give_file(response, catalog.file(name), known, f"file {_shown(name)}")
            case ("file_containing_symbol", symbol):
                self._give_file(response, catalog.file_of_symbol(symbol), known, f"symbol {_shown(symbol)}")
            case ("file_containing_extension", extension):
                extendee, number = extension.containing_type, extension.extension_number
                file = catalog.file_of_extension(extendee, number)
                self._give_file(response, file, known, f"extension {number} of {_shown(extendee)}")
            case ("all_extension_numbers_of_type", extendee):
                numbers = catalog.extension_numbers(extendee)
                if numbers is None:
                    response.error_response = _not_found(f"message {_shown(extendee)}")
                else:
                    response.all_extension_numbers_response = ExtensionNumberResponse(
                        base_type_name=extendee, extension_number=numbers
                    )
            case None:
                response.error_response = ErrorResponse(
                    error_code=StatusCode.INVALID_ARGUMENT, error_message="the request asks nothing that is known here"
                )
        return response

    def _give_file(
        self, response: ServerReflectionResponse, file: FileDescriptor | None, known: set[str], what: str
    ) -> None:
        if file is None:
            response.error_response = _not_found(what)
        else:
            descriptions = self.catalog.descriptions(file, known)
            response.file_descriptor_response = FileDescriptorResponse(file_descriptor_proto=descriptions)


class _ReflectionAlpha(alpha_rpc.ServerReflectionServicer):
    """``grpc.reflection.v1alpha.ServerReflection``: the messages of v1 under other names."""

    _essential = True

    def __init__(self, reflection: _Reflection) -> None:
        self._reflection = reflection

    async def server_reflection_info(
        self,
        requests: AsyncIterator[alpha_pb.ServerReflectionRequest],
        context: Context,  # noqa: ARG002
    ) -> AsyncIterator[alpha_pb.ServerReflectionResponse]:
        """Answers each request."""
        known: set[str] = set()
        async for request in requests:
            answer = self._reflection.answer(ServerReflectionRequest.from_binary(request.to_binary()), known)
            yield alpha_pb.ServerReflectionResponse.from_binary(answer.to_binary())


def _not_found(what: str) -> ErrorResponse:
    return ErrorResponse(error_code=StatusCode.NOT_FOUND, error_message=f"there is no {what} here")


def _shown(name: str) -> str:
    return repr(name if len(name) <= 200 else f"{name[:200]}…")
