"""Failures with typed details: ``google.rpc.Status`` in the trailer ``grpc-status-details-bin``.

In a handler::

    raise rich_error(StatusCode.INVALID_ARGUMENT, "the title is empty", BadRequest(field_violations=[...]))

In a client::

    except RpcError as error:
        bad_request = find_detail(error, BadRequest)  # a BadRequest, or None

Details are messages of any class; :mod:`minirpc.google_rpc` has those that everybody understands. The RPC runtime knows
nothing of messages and carries the bytes (``RpcError.details``); this module is where they get their types.
"""

from __future__ import annotations

from typing import TypeVar

from minirpc.errors import RpcError, StatusCode
from minirpc.google_rpc import Status
from minirpc.message import Message
from minirpc.message.registry import Registry
from minirpc.message.wkt import Any

__all__ = ["details_of", "find_detail", "pack_details", "rich_error", "status_of"]

DetailT = TypeVar("DetailT", bound=Message)

_PREFIX = "type.googleapis.com/"


def rich_error(code: StatusCode, message: str, *details: Message) -> RpcError:
    """Returns an error with typed details, to be raised in a handler.

    Keep details short: most clients refuse trailers above 8 or 16 KiB.

    Args:
        code: a status code other than OK.
        message: the status message, for people.
        details: messages, for programs.

    Raises:
        EncodeError: a detail holds a value that does not fit its field.
        ValueError: ``code`` is OK.
    """
    if code is StatusCode.OK:
        raise ValueError("a call fails with a code other than OK")
    return RpcError(code, message, details=pack_details(code, message, *details))


def pack_details(code: StatusCode, message: str, *details: Message) -> bytes:
    """Returns the bytes for ``RpcError.details`` and ``context.abort(..., details=...)``; see :func:`rich_error`."""
    packed = [Any(type_url=_PREFIX + type(detail).__full_name__(), value=detail.to_binary()) for detail in details]
    return Status(code=code, message=message, details=packed).to_binary()


def status_of(error: RpcError) -> Status | None:
    """Returns the ``google.rpc.Status`` that came with an error; None if there was none.

    Its code and message should be those of the error, but a peer may send others: ``error.code`` is what counts.

    Raises:
        DecodeError: the peer sent bytes that are no such message.
    """
    return None if error.details is None else Status.from_binary(error.details)


def details_of(error: RpcError, registry: Registry) -> tuple[Message, ...]:
    """Returns the details of an error in order, each as a message of its own type.

    Args:
        error: the error.
        registry: where to find the types: ``Registry(google_rpc, my_details_pb)``.

    Returns:
        The details; an ``Any`` for each one of a type that the registry does not have.

    Raises:
        DecodeError: the peer sent bytes that are no such message.
    """
    status = status_of(error)
    return () if status is None else tuple(_unpack(detail, registry) for detail in status.details)


def find_detail(error: RpcError, detail_type: type[DetailT]) -> DetailT | None:
    """Returns the first detail of a type, or None if the error has none.

    Raises:
        DecodeError: the peer sent bytes that are no such message.
    """
    status = status_of(error)
    wanted = detail_type.__full_name__()
    for detail in () if status is None else status.details:
        if _type_name(detail) == wanted:
            return detail_type.from_binary(detail.value)
    return None


def _unpack(detail: Any, registry: Registry) -> Message:
    try:
        detail_type = registry.message(_type_name(detail))
    except LookupError:
        return detail
    return detail_type.from_binary(detail.value)


def _type_name(detail: Any) -> str:
    return detail.type_url.rpartition("/")[2]
