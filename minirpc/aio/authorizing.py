"""Asks for the call credentials of a channel's calls, and sends the calls on their way with them."""

from __future__ import annotations

import asyncio

from minirpc.aio.client_stream import ClientStream
from minirpc.aio.credentials import AuthContext, CallCredentials
from minirpc.aio.routing import Routing
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import Header

__all__ = ["Authorizing"]


class Authorizing:
    """The call credentials of one channel.

    Attributes:
        own: the channel's credentials, which go with each call; None for none.
    """

    def __init__(
        self, own: CallCredentials | None, routing: Routing, *, scheme: bytes, authority: bytes, private: bool
    ) -> None:
        """Begins without calls.

        Args:
            own: the channel's credentials; None for none.
            routing: what places the calls.
            scheme: the ``:scheme`` of requests.
            authority: the ``:authority`` of requests.
            private: whether nobody can read what the channel sends.

        Raises:
            TypeError, ValueError: as :meth:`check`.
        """
        self.own = own
        self._routing = routing
        self._scheme = scheme.decode()
        self._host = authority.decode().removesuffix(":443")
        self._private = private
        if own is not None:
            self.check(own)

    def check(self, credentials: CallCredentials) -> None:
        """Looks whether calls of this channel may send these credentials.

        Raises:
            TypeError: they are none of minirpc's.
            ValueError: they would be sent in plaintext, without having allowed it.
        """
        if not isinstance(credentials, CallCredentials):
            raise TypeError(
                f"credentials must be minirpc.aio.CallCredentials, not "
                f"{type(credentials).__module__}.{type(credentials).__qualname__}"
            )
        if not self._private and not credentials.allow_plaintext:
            raise ValueError(
                "call credentials would be sent in plaintext: give the channel tls=ClientTls(), "
                "or the credentials allow_plaintext=True"
            )

    def start(self, stream: ClientStream, path: str, credentials: CallCredentials | None) -> asyncio.Task[None]:
        """Starts a call as soon as its credentials are there, in a task that the call's end cancels.

        Args:
            stream: the call.
            path: its method's path.
            credentials: its own credentials, which follow the channel's; None for none.
        """
        self._routing.streams.add(stream)
        task = self._routing.loop.create_task(self._ask(stream, path, credentials), name=f"credentials of {path}")
        stream.add_done_callback(task.cancel)
        return task

    async def _ask(self, stream: ClientStream, path: str, credentials: CallCredentials | None) -> None:
        """Asks for all in order, until one fails."""
        url = f"{self._scheme}://{self._host}{path.rpartition('/')[0]}"
        context = AuthContext(url, path)
        headers: list[Header] = []
        try:
            for each in (self.own, credentials):
                if each is not None:
                    headers += await each.headers(context)
        except RpcError as error:
            stream.fail(error.code, error.message, error.__cause__)
        except asyncio.CancelledError:
            # The end of the call cancels this task; without that, it was the user's function.
            stream.fail(StatusCode.UNAUTHENTICATED, "call credentials: cancelled")
            raise
        else:
            if not stream.over:
                stream.add_headers(headers)
                self._routing.start(stream)
