"""The answer to a request that is HTTP but not gRPC: a browser, a probe, a proxy that was set up wrongly."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from minirpc.aio.stream import Stream, StreamConnection
from minirpc.errors import StatusCode
from minirpc.http2 import ErrorCode, Header

__all__ = ["HttpResponse"]

_BODY = b"This server speaks gRPC: POST with content-type application/grpc.\n"
_PATIENCE = 5.0  # seconds for the client to take the answer and to end its request
_MAX_REQUEST = 1 << 16  # bytes of a request, which are dropped, after which it is stopped


class HttpResponse(Stream):
    """Sends a status and a line of text, and drops what the request still has to say.

    A client that is in the middle of its request is not stopped at once: not all of them look at an answer that comes
    with a RST_STREAM.
    """

    def __init__(
        self,
        connection: StreamConnection,
        stream_id: int,
        loop: asyncio.AbstractEventLoop,
        headers: Sequence[Header],
        *,
        end_stream: bool,
        with_body: bool,
    ) -> None:
        """Sends the response.

        Args:
            connection: the connection.
            stream_id: the stream.
            loop: the event loop.
            headers: the status, and what goes with it.
            end_stream: whether the request has ended.
            with_body: whether the line of text may follow: not after HEAD (RFC 9110 section 9.3.2).
        """
        super().__init__(loop, 0)
        self.connection = connection
        self.stream_id = stream_id
        self.input_over = end_stream
        self._dropped = 0
        self._timer = loop.call_later(_PATIENCE, self._stop)
        connection.add_stream(self)
        length = (b"content-length", b"%d" % len(_BODY))
        fields = [*headers, (b"content-type", b"text/plain"), length]
        connection.engine.send_headers(stream_id, fields, not with_body)
        connection.output_added()
        if with_body:
            self._outbox.append(_BODY)
            self.end_output()
        else:
            self._output_over = True
            self._output_ended()

    def data_received(self, data: bytes | memoryview, credit: int, end_stream: bool) -> None:  # noqa: ARG002
        """Drops the data, and keeps their credit: the peer stops at the window's end."""
        self._dropped += credit
        if end_stream:
            self._end_input()
        elif self._dropped > _MAX_REQUEST:
            self._stop()

    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None:  # noqa: ARG002
        """Trailers end the request."""
        self._end_input()

    def _input_ended(self) -> None:
        if self._output_over and not self.over:
            self._end()

    def _output_ended(self) -> None:
        if self.input_over and not self.over:
            self._end()

    def reset(self, error_code: int, by_peer: bool) -> None:  # noqa: ARG002
        """The client wants no answer."""
        self._end()

    def connection_lost(self, reason: str, error: Exception | None) -> None:  # noqa: ARG002
        """There is nobody to answer."""
        self._end()

    def unprocessed(self) -> None:
        """Clients refuse only streams that servers open, and there are none."""

    def fail(self, code: StatusCode, message: str, cause: BaseException | None = None) -> None:  # noqa: ARG002
        """Ends the exchange."""
        self._stop()

    def _stop(self) -> None:
        if not self.over and self.connection is not None:
            # RFC 9113 section 8.1: after a complete response, NO_ERROR asks the client to stop the request.
            code = ErrorCode.NO_ERROR if self._output_over else ErrorCode.CANCEL
            self.connection.engine.reset_stream(self.stream_id, code)
            self.connection.output_added()
            self._end()

    def _end(self) -> None:
        self._timer.cancel()
        super()._end()
