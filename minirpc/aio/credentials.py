"""Call credentials: metadata that say who calls, asked for anew for each call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from minirpc.errors import RpcError, StatusCode
from minirpc.frozen import frozen
from minirpc.http2 import Header
from minirpc.rpc.metadata import MetadataInput, encode_metadata

__all__ = ["AuthContext", "CallCredentials"]

# gRFC A54: codes that only a server's handler can mean. A token service's NOT_FOUND is not that of the called method.
_DATA_PLANE_CODES = frozenset(
    {
        StatusCode.OK,
        StatusCode.INVALID_ARGUMENT,
        StatusCode.NOT_FOUND,
        StatusCode.ALREADY_EXISTS,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.ABORTED,
        StatusCode.OUT_OF_RANGE,
        StatusCode.DATA_LOSS,
    }
)


@frozen
class AuthContext:
    """The call that credentials are asked for.

    Attributes:
        service_url: ``https://host/package.Service``, as JSON web tokens name their audience; with the port, unless it
            is 443.
        method: the method's path, ``/package.Service/Method``.
    """

    service_url: str
    method: str


class CallCredentials:
    """Adds metadata to each call of a channel, or to one call, as an ``async`` function gives them.

    The function is called for each call. It decides what it keeps: a token until it is about to expire, say.
    """

    def __init__(
        self, get_metadata: Callable[[AuthContext], Awaitable[MetadataInput]], *, allow_plaintext: bool = False
    ) -> None:
        """Takes a function that gives metadata.

        What it raises ends the call: :class:`RpcError` with its own status, or INTERNAL where a client must not make
        up that code (gRFC A54); ``OSError`` and ``TimeoutError`` with UNAVAILABLE, which may be tried again; anything
        else with UNAUTHENTICATED.

        Args:
            get_metadata: gives the metadata for a call.
            allow_plaintext: whether they may be sent without TLS, for everybody on the way to read. Unix sockets need
                no permission.
        """
        self._get_metadata = get_metadata
        self.allow_plaintext = allow_plaintext

    @classmethod
    def bearer(
        cls, get_token: Callable[[AuthContext], Awaitable[str]], *, allow_plaintext: bool = False
    ) -> CallCredentials:
        """Makes credentials that send ``authorization: Bearer TOKEN`` (RFC 6750).

        Args:
            get_token: gives the token for a call; it may raise as ``get_metadata`` does.
            allow_plaintext: see :class:`CallCredentials`.
        """

        async def get_metadata(context: AuthContext) -> MetadataInput:
            return {"authorization": f"Bearer {await get_token(context)}"}

        return cls(get_metadata, allow_plaintext=allow_plaintext)

    async def headers(self, context: AuthContext) -> list[Header]:
        """Asks for the metadata of a call.

        Raises:
            RpcError: how the call has to end; what the function raised is its ``__cause__``.
        """
        try:
            return encode_metadata(await self._get_metadata(context))
        except RpcError as error:
            code = StatusCode.INTERNAL if error.code in _DATA_PLANE_CODES else error.code
            raise RpcError(code, f"call credentials: {error.message}") from error
        except OSError as error:  # TimeoutError is one
            raise RpcError(StatusCode.UNAVAILABLE, _message(error)) from error
        except Exception as error:
            raise RpcError(StatusCode.UNAUTHENTICATED, _message(error)) from error


def _message(error: Exception) -> str:
    return f"call credentials: {type(error).__name__}: {error}"
