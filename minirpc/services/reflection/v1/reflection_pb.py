# Generated from grpc/reflection/v1/reflection.proto by protoc-gen-python_minirpc. DO NOT EDIT.
"""Server reflection: a server says which services it has, and which .proto files describe them."""

from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb


class ServerReflectionRequest(_pb.Message):
    """One question."""

    host: str = _pb.string(1)
    """The host that is meant, where a server stands for several; servers may ignore it."""
    file_by_filename: str | None = _pb.string(3, oneof="message_request")
    """A file, by the name under which others import it: "acme/library.proto"."""
    file_containing_symbol: str | None = _pb.string(4, oneof="message_request")
    """The file that defines a symbol, by its full name without a leading dot: "acme.Library" or "acme.Library.GetBook"."""
    file_containing_extension: ExtensionRequest | None = _pb.message(
        5, lambda: ExtensionRequest, oneof="message_request"
    )
    """The file that defines an extension."""
    all_extension_numbers_of_type: str | None = _pb.string(6, oneof="message_request")
    """The numbers of all known extensions of a message, by its full name."""
    list_services: str | None = _pb.string(7, oneof="message_request")
    """The names of all services. The value has no meaning."""

    @property
    def message_request(self) -> (
        _pb.Oneof[Literal["file_by_filename"], str]
        | _pb.Oneof[Literal["file_containing_symbol"], str]
        | _pb.Oneof[Literal["file_containing_extension"], ExtensionRequest]
        | _pb.Oneof[Literal["all_extension_numbers_of_type"], str]
        | _pb.Oneof[Literal["list_services"], str]
        | None
    ):
        return _pb.which_oneof(self, "message_request")


class ExtensionRequest(_pb.Message):
    """An extension, by what it extends."""

    containing_type: str = _pb.string(1)
    """The full name of the message that is extended."""
    extension_number: int = _pb.int32(2)
    """The extension's number."""


class ServerReflectionResponse(_pb.Message):
    """The answer to one question."""

    valid_host: str = _pb.string(1)
    """The host that was asked for."""
    original_request: ServerReflectionRequest | None = _pb.message(2, lambda: ServerReflectionRequest)
    """The question."""
    file_descriptor_response: FileDescriptorResponse | None = _pb.message(
        4, lambda: FileDescriptorResponse, oneof="message_response"
    )
    """To file_by_filename, file_containing_symbol and file_containing_extension."""
    all_extension_numbers_response: ExtensionNumberResponse | None = _pb.message(
        5, lambda: ExtensionNumberResponse, oneof="message_response"
    )
    """To all_extension_numbers_of_type."""
    list_services_response: ListServiceResponse | None = _pb.message(
        6, lambda: ListServiceResponse, oneof="message_response"
    )
    """To list_services."""
    error_response: ErrorResponse | None = _pb.message(7, lambda: ErrorResponse, oneof="message_response")
    """To any question."""

    @property
    def message_response(self) -> (
        _pb.Oneof[Literal["file_descriptor_response"], FileDescriptorResponse]
        | _pb.Oneof[Literal["all_extension_numbers_response"], ExtensionNumberResponse]
        | _pb.Oneof[Literal["list_services_response"], ListServiceResponse]
        | _pb.Oneof[Literal["error_response"], ErrorResponse]
        | None
    ):
        return _pb.which_oneof(self, "message_response")


class FileDescriptorResponse(_pb.Message):
    """The file that was asked for, and what it imports as far as the stream has not carried it yet."""

    file_descriptor_proto: list[bytes] = _pb.bytes(1, repeated=True)
    """Serialized google.protobuf.FileDescriptorProto, as bytes because a caller may know descriptor.proto in a version of
    its own.
    """


class ExtensionNumberResponse(_pb.Message):
    """The extensions of a message."""

    base_type_name: str = _pb.string(1)
    """The full name of the message."""
    extension_number: list[int] = _pb.int32(2, repeated=True)
    """Their numbers, in no certain order."""


class ListServiceResponse(_pb.Message):
    """The services of a server."""

    service: list[ServiceResponse] = _pb.message(1, lambda: ServiceResponse, repeated=True)


class ServiceResponse(_pb.Message):
    """A service."""

    name: str = _pb.string(1)
    """Its full name: "acme.Library"."""


class ErrorResponse(_pb.Message):
    """Why there is no answer."""

    error_code: int = _pb.int32(1)
    """A gRPC status code, such as 5 for NOT_FOUND."""
    error_message: str = _pb.string(2)
    """What is wrong, for people."""


_pb.file("grpc/reflection/v1/reflection.proto", "grpc.reflection.v1", b"\n#grpc/reflection/v1/reflection.proto\x12\x12grpc.reflection.v1\"\xf3\x02\n\x17ServerReflectionRequest\x12\x12\n\x04host\x18\x01 \x01(\tR\x04host\x12*\n\x10file_by_filename\x18\x03 \x01(\tH\x00R\x0efileByFilename\x126\n\x16file_containing_symbol\x18\x04 \x01(\tH\x00R\x14fileContainingSymbol\x12b\n\x19file_containing_extension\x18\x05 \x01(\x0b2$.grpc.reflection.v1.ExtensionRequestH\x00R\x17fileContainingExtension\x12B\n\x1dall_extension_numbers_of_type\x18\x06 \x01(\tH\x00R\x19allExtensionNumbersOfType\x12%\n\rlist_services\x18\x07 \x01(\tH\x00R\x0clistServicesB\x11\n\x0fmessage_request\"f\n\x10ExtensionRequest\x12'\n\x0fcontaining_type\x18\x01 \x01(\tR\x0econtainingType\x12)\n\x10extension_number\x18\x02 \x01(\x05R\x0fextensionNumber\"\xae\x04\n\x18ServerReflectionResponse\x12\x1d\n\nvalid_host\x18\x01 \x01(\tR\tvalidHost\x12V\n\x10original_request\x18\x02 \x01(\x0b2+.grpc.reflection.v1.ServerReflectionRequestR\x0foriginalRequest\x12f\n\x18file_descriptor_response\x18\x04 \x01(\x0b2*.grpc.reflection.v1.FileDescriptorResponseH\x00R\x16fileDescriptorResponse\x12r\n\x1eall_extension_numbers_response\x18\x05 \x01(\x0b2+.grpc.reflection.v1.ExtensionNumberResponseH\x00R\x1ballExtensionNumbersResponse\x12_\n\x16list_services_response\x18\x06 \x01(\x0b2'.grpc.reflection.v1.ListServiceResponseH\x00R\x14listServicesResponse\x12J\n\x0eerror_response\x18\x07 \x01(\x0b2!.grpc.reflection.v1.ErrorResponseH\x00R\rerrorResponseB\x12\n\x10message_response\"L\n\x16FileDescriptorResponse\x122\n\x15file_descriptor_proto\x18\x01 \x03(\x0cR\x13fileDescriptorProto\"j\n\x17ExtensionNumberResponse\x12$\n\x0ebase_type_name\x18\x01 \x01(\tR\x0cbaseTypeName\x12)\n\x10extension_number\x18\x02 \x03(\x05R\x0fextensionNumber\"T\n\x13ListServiceResponse\x12=\n\x07service\x18\x01 \x03(\x0b2#.grpc.reflection.v1.ServiceResponseR\x07service\"%\n\x0fServiceResponse\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\"S\n\rErrorResponse\x12\x1d\n\nerror_code\x18\x01 \x01(\x05R\terrorCode\x12#\n\rerror_message\x18\x02 \x01(\tR\x0cerrorMessage2\x89\x01\n\x10ServerReflection\x12u\n\x14ServerReflectionInfo\x12+.grpc.reflection.v1.ServerReflectionRequest\x1a,.grpc.reflection.v1.ServerReflectionResponse(\x010\x01Bf\n\x15io.grpc.reflection.v1B\x15ServerReflectionProtoP\x01Z4google.golang.org/grpc/reflection/grpc_reflection_v1b\x06proto3", __name__)
