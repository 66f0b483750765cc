# Generated from google/rpc/error_details.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb
from minirpc.message.wkt import duration_pb as _duration_pb


class ErrorInfo(_pb.Message):
    """Why a call failed, as constants that a program can tell apart."""

    reason: str = _pb.string(1)
    """The reason in UPPER_SNAKE_CASE, unique within the domain."""
    domain: str = _pb.string(2)
    """Who defines the reason, usually a service's name: "library.acme.com"."""
    metadata: dict[str, str] = _pb.map(3, "string", "string")
    """More about this one failure."""


class RetryInfo(_pb.Message):
    """When to try again."""

    retry_delay: _duration_pb.Duration | None = _pb.message(1, lambda: _duration_pb.Duration)
    """How long to wait at the least."""


class DebugInfo(_pb.Message):
    """What helps those who debug the server."""

    stack_entries: list[str] = _pb.string(1, repeated=True)
    """A stack trace, one frame an entry."""
    detail: str = _pb.string(2)
    """Whatever else the server knows."""


class QuotaFailure(_pb.Message):
    """Which quota was used up."""

    class Violation(_pb.Message):
        """One quota."""

        subject: str = _pb.string(1)
        """Whose quota it is: "clientip:192.0.2.1", "project:acme"."""
        description: str = _pb.string(2)
        """How it was used up, for people."""
        api_service: str = _pb.string(3)
        """The service that the quota belongs to, if it is not the one that was called."""
        quota_metric: str = _pb.string(4)
        """The metric that the quota limits."""
        quota_id: str = _pb.string(5)
        """The limit's own name."""
        quota_dimensions: dict[str, str] = _pb.map(6, "string", "string")
        """What the limit was counted by: "region" and its value."""
        quota_value: int = _pb.int64(7)
        """The limit when it was exceeded."""
        future_quota_value: int | None = _pb.int64(8, optional=True)
        """The limit that is being rolled out, if there is one."""

    violations: list[Violation] = _pb.message(1, lambda: QuotaFailure.Violation, repeated=True)
    """All quotas that were exceeded."""


class PreconditionFailure(_pb.Message):
    """What must be true before the call can succeed."""

    class Violation(_pb.Message):
        """One precondition."""

        type: str = _pb.string(1)
        """The kind of precondition, a constant of the service: "TERMS_OF_SERVICE"."""
        subject: str = _pb.string(2)
        """What it concerns."""
        description: str = _pb.string(3)
        """How it failed, for people."""

    violations: list[Violation] = _pb.message(1, lambda: PreconditionFailure.Violation, repeated=True)
    """All preconditions that failed."""


class BadRequest(_pb.Message):
    """What is wrong with the request itself."""

    class FieldViolation(_pb.Message):
        """One field."""

        field: str = _pb.string(1)
        """The path to the field: "books[2].title"."""
        description: str = _pb.string(2)
        """What is wrong with it, for people."""
        reason: str = _pb.string(3)
        """What is wrong with it, a constant in UPPER_SNAKE_CASE."""
        localized_message: LocalizedMessage | None = _pb.message(4, lambda: LocalizedMessage)
        """The description in the user's language."""

    field_violations: list[FieldViolation] = _pb.message(1, lambda: BadRequest.FieldViolation, repeated=True)
    """All fields that are wrong."""


class RequestInfo(_pb.Message):
    """What the server's people need to find the request in their logs."""

    request_id: str = _pb.string(1)
    """The request's name in the logs."""
    serving_data: str = _pb.string(2)
    """Whatever else tells how it was served."""


class ResourceInfo(_pb.Message):
    """Which resource was not found, or may not be used."""

    resource_type: str = _pb.string(1)
    """Its kind: "library.acme.com/Book"."""
    resource_name: str = _pb.string(2)
    """Its name."""
    owner: str = _pb.string(3)
    """Whose it is."""
    description: str = _pb.string(4)
    """What went wrong with it."""


class Help(_pb.Message):
    """Where to read more."""

    class Link(_pb.Message):
        """One page."""

        description: str = _pb.string(1)
        """What stands there."""
        url: str = _pb.string(2)
        """Its address."""

    links: list[Link] = _pb.message(1, lambda: Help.Link, repeated=True)
    """All of them."""


class LocalizedMessage(_pb.Message):
    """A message that may be shown to users."""

    locale: str = _pb.string(1)
    """Its language, as in BCP 47: "uk-UA"."""
    message: str = _pb.string(2)
    """The text."""


_pb.file("google/rpc/error_details.proto", "google.rpc", b"\n\x1egoogle/rpc/error_details.proto\x12\ngoogle.rpc\x1a\x1egoogle/protobuf/duration.proto\"\xb9\x01\n\tErrorInfo\x12\x16\n\x06reason\x18\x01 \x01(\tR\x06reason\x12\x16\n\x06domain\x18\x02 \x01(\tR\x06domain\x12?\n\x08metadata\x18\x03 \x03(\x0b2#.google.rpc.ErrorInfo.MetadataEntryR\x08metadata\x1a;\n\rMetadataEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\"G\n\tRetryInfo\x12:\n\x0bretry_delay\x18\x01 \x01(\x0b2\x19.google.protobuf.DurationR\nretryDelay\"H\n\tDebugInfo\x12#\n\rstack_entries\x18\x01 \x03(\tR\x0cstackEntries\x12\x16\n\x06detail\x18\x02 \x01(\tR\x06detail\"\x8e\x04\n\x0cQuotaFailure\x12B\n\nviolations\x18\x01 \x03(\x0b2\".google.rpc.QuotaFailure.ViolationR\nviolations\x1a\xb9\x03\n\tViolation\x12\x18\n\x07subject\x18\x01 \x01(\tR\x07subject\x12 \n\x0bdescription\x18\x02 \x01(\tR\x0bdescription\x12\x1f\n\x0bapi_service\x18\x03 \x01(\tR\napiService\x12!\n\x0cquota_metric\x18\x04 \x01(\tR\x0bquotaMetric\x12\x19\n\x08quota_id\x18\x05 \x01(\tR\x07quotaId\x12b\n\x10quota_dimensions\x18\x06 \x03(\x0b27.google.rpc.QuotaFailure.Violation.QuotaDimensionsEntryR\x0fquotaDimensions\x12\x1f\n\x0bquota_value\x18\x07 \x01(\x03R\nquotaValue\x121\n\x12future_quota_value\x18\x08 \x01(\x03H\x00R\x10futureQuotaValue\x88\x01\x01\x1aB\n\x14QuotaDimensionsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01B\x15\n\x13_future_quota_value\"\xbd\x01\n\x13PreconditionFailure\x12I\n\nviolations\x18\x01 \x03(\x0b2).google.rpc.PreconditionFailure.ViolationR\nviolations\x1a[\n\tViolation\x12\x12\n\x04type\x18\x01 \x01(\tR\x04type\x12\x18\n\x07subject\x18\x02 \x01(\tR\x07subject\x12 \n\x0bdescription\x18\x03 \x01(\tR\x0bdescription\"\x8c\x02\n\nBadRequest\x12P\n\x10field_violations\x18\x01 \x03(\x0b2%.google.rpc.BadRequest.FieldViolationR\x0ffieldViolations\x1a\xab\x01\n\x0eFieldViolation\x12\x14\n\x05field\x18\x01 \x01(\tR\x05field\x12 \n\x0bdescription\x18\x02 \x01(\tR\x0bdescription\x12\x16\n\x06reason\x18\x03 \x01(\tR\x06reason\x12I\n\x11localized_message\x18\x04 \x01(\x0b2\x1c.google.rpc.LocalizedMessageR\x10localizedMessage\"O\n\x0bRequestInfo\x12\x1d\n\nrequest_id\x18\x01 \x01(\tR\trequestId\x12!\n\x0cserving_data\x18\x02 \x01(\tR\x0bservingData\"\x90\x01\n\x0cResourceInfo\x12#\n\rresource_type\x18\x01 \x01(\tR\x0cresourceType\x12#\n\rresource_name\x18\x02 \x01(\tR\x0cresourceName\x12\x14\n\x05owner\x18\x03 \x01(\tR\x05owner\x12 \n\x0bdescription\x18\x04 \x01(\tR\x0bdescription\"o\n\x04Help\x12+\n\x05links\x18\x01 \x03(\x0b2\x15.google.rpc.Help.LinkR\x05links\x1a:\n\x04Link\x12 \n\x0bdescription\x18\x01 \x01(\tR\x0bdescription\x12\x10\n\x03url\x18\x02 \x01(\tR\x03url\"D\n\x10LocalizedMessage\x12\x16\n\x06locale\x18\x01 \x01(\tR\x06locale\x12\x18\n\x07message\x18\x02 \x01(\tR\x07messageb\x06proto3", __name__)
