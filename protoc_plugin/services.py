"""What ``x_rpc.py`` modules say: the part of the model that stands for services."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from minirpc.message.wkt.descriptor_pb import FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto
from protoc_plugin import names
from protoc_plugin.comments import Comments
from protoc_plugin.options import Options
from protoc_plugin.scope import Module, ModuleScope, Type, TypeIndex

__all__ = ["Method", "Service", "ServicesModule", "services_module"]

_CONTRACT = "from minirpc.codegen import services_v1 as _rpc"
_SERVICES_OF_FILE, _METHODS_OF_SERVICE = 6, 2


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
    """A service: a stub class and a servicer class."""

    stub: str
    servicer: str
    doc: str
    methods: tuple[Method, ...]


@dataclass(frozen=True)
class ServicesModule:
    """An ``x_rpc.py``. The attributes are those of :class:`protoc_plugin.model.MessagesModule`."""

    path: str
    source: str
    imports: tuple[tuple[str, ...], ...]
    services: tuple[Service, ...]


def services_module(file: FileDescriptorProto, index: TypeIndex, options: Options) -> ServicesModule:
    """Decides what the ``x_rpc.py`` of a file says. The file has services."""
    module = index.module(file.name or "", "rpc")
    scope = ModuleScope(module, options, ())
    references = _references(file, index, scope)
    comments = Comments(file)
    prefix = f"{file.package}." if file.package else ""
    services = []
    for position, service in enumerate(file.service):
        path = (_SERVICES_OF_FILE, position)
        stub, servicer = _class_names(service)
        methods = [
            Method(
                name=name,
                path=f"/{prefix}{service.name}/{method.name}",
                request=references[method.input_type or ""],
                response=references[method.output_type or ""],
                streams_requests=bool(method.client_streaming),
                streams_responses=bool(method.server_streaming),
                doc=comments.of(*path, _METHODS_OF_SERVICE, number),
            )
            for number, (name, method) in enumerate(zip(_method_names(service), service.method, strict=True))
        ]
        services.append(Service(stub, servicer, comments.of(*path), tuple(methods)))
    if any(method.client_streaming or method.server_streaming for method in _methods(file)):
        scope.import_standard("from collections.abc import AsyncIterator")
    return ServicesModule(module.path, file.name or "", scope.imports(_CONTRACT), tuple(services))


def _methods(file: FileDescriptorProto) -> list[MethodDescriptorProto]:
    return [method for service in file.service for method in service.method]


def _method_names(service: ServiceDescriptorProto) -> list[str]:
    return names.method_names([method.name or "" for method in service.method])


def _class_names(service: ServiceDescriptorProto) -> tuple[str, str]:
    name = service.name or ""
    return names.top_level_name(f"{name}Stub"), names.top_level_name(f"{name}Servicer")


def _references(file: FileDescriptorProto, index: TypeIndex, scope: ModuleScope) -> dict[str, str]:
    """How the module refers to each class: by its own name, or, where that is taken, through the class's module."""
    types: dict[str, Type] = {}
    for method in _methods(file):
        for type_name in (method.input_type or "", method.output_type or ""):
            types[type_name] = index[type_name]
    taken = {"annotations", "AsyncIterator", *names.SERVICE_ATTRIBUTES}
    for service in file.service:
        taken.update(_class_names(service), _method_names(service))
    sources: defaultdict[str, set[Module]] = defaultdict(set)
    for found in types.values():
        sources[found.path[0]].add(found.module)
    references = {}
    for type_name, found in types.items():
        name = found.path[0]
        if name in taken or len(sources[name]) > 1:
            references[type_name] = scope.expression(found)
        else:
            scope.import_name(found.module, name)
            references[type_name] = ".".join(found.path)
    return references
