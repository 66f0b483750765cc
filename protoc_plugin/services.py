"""What ``x_rpc.py`` modules say: the part of the model that stands for services."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from minirpc.message.descriptors import FileDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor
from protoc_plugin import names
from protoc_plugin.comments import deprecation, doc_of
from protoc_plugin.options import Options
from protoc_plugin.scope import Module, ModuleScope, TypeIndex

__all__ = ["Method", "Service", "ServicesModule", "services_module"]

_CONTRACT = "from minirpc.codegen import services_v1 as _rpc"


@dataclass(frozen=True)
class Method:
    """A method: one line of the stub, one function of the servicer.

    Attributes:
        name: its Python name.
        path: its name on the wire: ``/acme.library.v1.Library/GetBook``.
        request, response: the classes.
        streams_requests, streams_responses: which sides are streams.
        doc: its comment.
    """

    name: str
    path: str
    request: str
    response: str
    streams_requests: bool
    streams_responses: bool
    doc: str


@dataclass(frozen=True)
class Service:
    """A service: a stub class and a servicer class. ``deprecated`` is a text or ""."""

    stub: str
    servicer: str
    doc: str
    methods: tuple[Method, ...]
    deprecated: str = ""


@dataclass(frozen=True)
class ServicesModule:
    """An ``x_rpc.py``. The attributes are those of :class:`protoc_plugin.model.MessagesModule`."""

    path: str
    source: str
    imports: tuple[tuple[str, ...], ...]
    services: tuple[Service, ...]
    uses_deprecated: bool


def services_module(file: FileDescriptor, index: TypeIndex, options: Options) -> ServicesModule:
    """Decides what the ``x_rpc.py`` of a file says. The file has services."""
    module = index.module(file.name, "rpc")
    scope = ModuleScope(module, options, ())
    references = _references(file, index, scope)
    services = []
    for service in file.services:
        stub, servicer = _class_names(service)
        methods = [
            Method(
                name=name,
                path=f"/{service.full_name}/{method.name}",
                request=references[method.input],
                response=references[method.output],
                streams_requests=method.client_streaming,
                streams_responses=method.server_streaming,
                doc=doc_of(method),
            )
            for name, method in zip(_method_names(service), service.methods, strict=True)
        ]
        services.append(Service(stub, servicer, doc_of(service), tuple(methods), deprecation(service)))
    if any(method.client_streaming or method.server_streaming for method in _methods(file)):
        scope.import_standard("from collections.abc import AsyncIterator")
    uses_deprecated = scope.uses_deprecated or any(service.deprecated for service in services)
    return ServicesModule(module.path, file.name, scope.imports(_CONTRACT), tuple(services), uses_deprecated)


def _methods(file: FileDescriptor) -> list[MethodDescriptor]:
    return [method for service in file.services for method in service.methods]


def _method_names(service: ServiceDescriptor) -> list[str]:
    return names.method_names([method.name for method in service.methods])


def _class_names(service: ServiceDescriptor) -> tuple[str, str]:
    return names.top_level_name(f"{service.name}Stub"), names.top_level_name(f"{service.name}Servicer")


def _references(file: FileDescriptor, index: TypeIndex, scope: ModuleScope) -> dict[MessageDescriptor, str]:
    """How the module refers to each class: by its own name, or, where that is taken, through the class's module."""
    types = {message: index.type(message) for method in _methods(file) for message in (method.input, method.output)}
    taken = {"annotations", "AsyncIterator", *names.SERVICE_ATTRIBUTES}
    for service in file.services:
        taken.update(_class_names(service), _method_names(service))
    sources: defaultdict[str, set[Module]] = defaultdict(set)
    for found in types.values():
        sources[found.path[0]].add(found.module)
    references = {}
    for message, found in types.items():
        name = found.path[0]
        if name in taken or len(sources[name]) > 1:
            references[message] = scope.expression(found)
        else:
            scope.import_name(found.module, name)
            scope.uses_deprecated |= found.deprecated
            references[message] = ".".join(found.path)
    return references
