"""Bearer tokens (RFC 6750): a server that asks for them, and a client that sends them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any, NoReturn

from minirpc.aio import ClientCall, ClientProceed, Proceed, ServerCall
from minirpc.errors import RpcError, StatusCode

__all__ = ["SendToken", "TokenAuth", "caller"]

caller: ContextVar[Any] = ContextVar("caller", default=None)
"""Who calls: in a handler behind :class:`TokenAuth`, what its ``verify`` returned."""


class TokenAuth:
    """Lets calls pass whose token is good, and tells handlers by :data:`caller` who calls; for servers.

    Others end with UNAUTHENTICATED, before their requests are decoded.

    Args:
        verify: an async function that returns whose token it is, or None where it is nobody's. To compare secrets,
            ``hmac.compare_digest`` takes the same time for all. What it raises ends the call like a handler's.
        public: methods that need no token: whole paths, or ``/package.Service/`` for all of a service. By default the
            health service, which load balancers ask.
    """

    def __init__(
        self,
        verify: Callable[[str], Awaitable[object | None]],
        *,
        public: Sequence[str] = ("/grpc.health.v1.Health/",),
    ) -> None:
        self._verify = verify
        self._public = frozenset(public)

    async def __call__(self, call: ServerCall, proceed: Proceed) -> None:
        """Lets the call pass, or ends it."""
        path = call.method.path
        if path in self._public or f"{path.rpartition('/')[0]}/" in self._public:
            await proceed()
            return
        found = await self._verify(_token_of(call))
        if found is None:
            _refuse("the token is not valid")
        before = caller.set(found)
        try:
            await proceed()
        finally:
            caller.reset(before)


def _token_of(call: ServerCall) -> str:
    values = [value for key, value in call.metadata if key == "authorization"]
    if len(values) != 1 or not isinstance(values[0], str):
        _refuse("one 'authorization: Bearer TOKEN' is needed")
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        _refuse("one 'authorization: Bearer TOKEN' is needed")
    return token.strip()


def _refuse(why: str) -> NoReturn:
    raise RpcError(StatusCode.UNAUTHENTICATED, why)


class SendToken:
    """Sends a token with each call; for channels.

    It does so whether the channel is encrypted or not, as any metadata are sent; :class:`minirpc.aio.CallCredentials`
    are more careful.

    Args:
        get_token: an async function that gives the token to send now. It is asked for each call, and keeps what it
            likes.
    """

    def __init__(self, get_token: Callable[[], Awaitable[str]]) -> None:
        self._get_token = get_token

    async def __call__(self, call: ClientCall, proceed: ClientProceed) -> None:
        """Makes the call with a token."""
        token = await self._get_token()
        await proceed(metadata=[*call.metadata, ("authorization", f"Bearer {token}")])
