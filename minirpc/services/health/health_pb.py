# Generated from grpc/health/v1/health.proto by protoc-gen-python_minirpc. DO NOT EDIT.
"""The health checking protocol of gRPC: whether a server, or one of its services, can take calls."""

from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class HealthCheckRequest(_pb.Message):
    """Asks for one service."""

    service: str = _pb.string(1)
    """The service's full name, as in "acme.library.v1.Library"; empty for the server as a whole."""


class HealthCheckResponse(_pb.Message):
    """How a service is."""

    class ServingStatus(_pb.Enum):
        """What a service can be."""

        UNKNOWN = 0
        SERVING = 1
        NOT_SERVING = 2
        SERVICE_UNKNOWN = 3
        """Only in answers of Watch: the server does not know the service, or not yet."""

    status: ServingStatus = _pb.enum(1, lambda: HealthCheckResponse.ServingStatus)


class HealthListRequest(_pb.Message):
    """Asks for all services."""


class HealthListResponse(_pb.Message):
    """How all services are."""

    statuses: dict[str, HealthCheckResponse] = _pb.map(1, "string", "message", lambda: HealthCheckResponse)
    """By the services' full names; the server as a whole has the empty name."""


_pb.file("grpc/health/v1/health.proto", "grpc.health.v1", b"\n\x1bgrpc/health/v1/health.proto\x12\x0egrpc.health.v1\".\n\x12HealthCheckRequest\x12\x18\n\x07service\x18\x01 \x01(\tR\x07service\"\xb1\x01\n\x13HealthCheckResponse\x12I\n\x06status\x18\x01 \x01(\x0e21.grpc.health.v1.HealthCheckResponse.ServingStatusR\x06status\"O\n\rServingStatus\x12\x0b\n\x07UNKNOWN\x10\x00\x12\x0b\n\x07SERVING\x10\x01\x12\x0f\n\x0bNOT_SERVING\x10\x02\x12\x13\n\x0fSERVICE_UNKNOWN\x10\x03\"\x13\n\x11HealthListRequest\"\xc4\x01\n\x12HealthListResponse\x12L\n\x08statuses\x18\x01 \x03(\x0b20.grpc.health.v1.HealthListResponse.StatusesEntryR\x08statuses\x1a`\n\rStatusesEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x129\n\x05value\x18\x02 \x01(\x0b2#.grpc.health.v1.HealthCheckResponseR\x05value:\x028\x012\xfd\x01\n\x06Health\x12P\n\x05Check\x12\".grpc.health.v1.HealthCheckRequest\x1a#.grpc.health.v1.HealthCheckResponse\x12M\n\x04List\x12!.grpc.health.v1.HealthListRequest\x1a\".grpc.health.v1.HealthListResponse\x12R\n\x05Watch\x12\".grpc.health.v1.HealthCheckRequest\x1a#.grpc.health.v1.HealthCheckResponse0\x01Bp\n\x11io.grpc.health.v1B\x0bHealthProtoP\x01Z,google.golang.org/grpc/health/grpc_health_v1\xa2\x02\x0cGrpcHealthV1\xaa\x02\x0eGrpc.Health.V1b\x06proto3", __name__)
