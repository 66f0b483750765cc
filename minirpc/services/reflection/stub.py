"""Stubs that are made at run time, for services whose files are described at run time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from minirpc.aio import Stub
from minirpc.aio.service import StreamStream, StreamUnary, UnaryStream, UnaryUnary
from minirpc.message import Message
from minirpc.message.descriptors import MessageDescriptor, ServiceDescriptor
from minirpc.message.dynamic import Classes
from minirpc.message.names import method_names
from minirpc.rpc.method import Codec

__all__ = ["DynamicStub", "dynamic_stub"]

_KINDS: Mapping[tuple[bool, bool], Callable[[str, Codec[Any], Codec[Any]], Any]] = {
    (False, False): UnaryUnary,
    (False, True): UnaryStream,
    (True, False): StreamUnary,
    (True, True): StreamStream,
}


class DynamicStub(Stub):
    """The base of stubs that are made at run time. Their methods have the names of generated ones; ``stub["GetBook"]``
    is a method by its name in the .proto file.

    Attributes:
        __descriptor__: the service.
    """

    __slots__ = ()

    __descriptor__: ClassVar[ServiceDescriptor]
    __names__: ClassVar[Mapping[str, str]]

    def __getitem__(self, method: str) -> Callable[..., Any]:
        """A method, to be called as one of a generated stub.

        Args:
            method: its name in the .proto file.

        Raises:
            LookupError: the service has none of this name.
        """
        name = self.__names__.get(method)
        if name is None:
            raise LookupError(f"{self.__descriptor__.full_name} has no method {method!r}")
        found: Callable[..., Any] = getattr(self, name)
        return found

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]: ...


def dynamic_stub(classes: Classes, service: str) -> type[DynamicStub]:
    """Makes the stub class of a service, which is called like a generated one::

        LibraryStub = dynamic_stub(classes, "acme.library.v1.Library")
        book = await LibraryStub(channel).get_book(classes.message("acme.library.v1.GetBookRequest")(name="x"))

    It is the table of a servicer as well (``methods = dynamic_stub(…)``).

    Args:
        classes: the classes of the files that define the service and its messages.
        service: the full name of the service.

    Raises:
        LookupError: there is no such service.
        DescriptorError: of a message of its methods no class can be made.
    """
    descriptor = classes.files.service(service)
    attributes = method_names([method.name for method in descriptor.methods])
    body: dict[str, Any] = {"__module__": __name__, "__doc__": f"Calls {descriptor.full_name}.", "__slots__": ()}
    for attribute, method in zip(attributes, descriptor.methods, strict=True):
        kind = _KINDS[method.client_streaming, method.server_streaming]
        path = f"/{descriptor.full_name}/{method.name}"
        body[attribute] = kind(path, _codec(classes, method.input), _codec(classes, method.output))
    body["__descriptor__"] = descriptor
    body["__names__"] = {method.name: name for name, method in zip(attributes, descriptor.methods, strict=True)}
    return type(f"{descriptor.name}Stub", (DynamicStub,), body)


def _codec(classes: Classes, message: MessageDescriptor) -> Codec[Message]:
    cls = classes.message(message.full_name)

    def encode(message: Message) -> bytes:
        if not isinstance(message, cls):
            # another message would encode without complaint, and be read as something else
            raise TypeError(f"expected {cls.__full_name__()}, got {type(message).__qualname__}")
        return message.to_binary()

    return Codec(encode, cls.from_binary)
