"""TLS between a socket's transport and a connection.

asyncio's own TLS is not used: when a handshake fails it closes the socket before the TLS alert has left, so that the
other side never learns why; and it hands over the first bytes before the code that waits for the handshake has run.
This layer sends the alert, and a connection hears of its transport before it hears of any byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import ssl
from typing import Any, Protocol, cast

from minirpc.aio.read_buffers import ReadBuffer
from minirpc.aio.tls import ALPN_PROTOCOL, ContextSource, PeerIdentity
from minirpc.http2 import ErrorCode

__all__ = ["SecuredConnection", "TlsLayer", "describe_tls_error"]

_LINGER_TIMEOUT = 1.0  # seconds for the peer to take the alert of a failed handshake
_MAX_DISCARDED = 1 << 23  # bytes; more than HTTP/2 windows allow to who has not heard yet that this side leaves
_HANDSHAKE_RECORD = 0x16  # RFC 8446 section 5.1: the content type of a ClientHello's record

# Reasons of ssl.SSLError for a peer that answers a ClientHello with something else than TLS.
_NOT_TLS = frozenset(
    {
        "BAD_RECORD_TYPE",
        "HTTP_REQUEST",
        "INVALID_RECORD_TYPE",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "UNKNOWN_PROTOCOL",
        "UNSUPPORTED_PROTOCOL_VERSION",
        "WRONG_VERSION_NUMBER",
    }
)
# Verification errors of OpenSSL (x509_vfy.h) in the words that people search for.
_VERIFY_ERRORS = {
    9: "not yet valid",
    10: "expired",
    18: "unknown CA",
    19: "unknown CA",
    20: "unknown CA",
    21: "unknown CA",
    23: "revoked",
    62: "hostname mismatch",
    64: "hostname mismatch",
}


# Alerts (RFC 8446 section 6.2) that judge the certificate of the side that receives them.
_CERTIFICATE_ALERTS = {
    "BAD_CERTIFICATE": "bad certificate",
    "CERTIFICATE_EXPIRED": "expired",
    "CERTIFICATE_REVOKED": "revoked",
    "CERTIFICATE_UNKNOWN": "certificate unknown",
    "UNKNOWN_CA": "unknown CA",
    "UNSUPPORTED_CERTIFICATE": "unsupported certificate",
}


class SecuredConnection(Protocol):
    """What the layer needs of the connection above it: a buffered protocol that can be told of a handshake."""

    failure: str
    identity: PeerIdentity | None

    def handshake_started(self, transport: asyncio.Transport) -> None:
        """There is a transport, whose handshake comes before ``connection_made``; it can be closed already."""

    def refuse(self, error_code: ErrorCode, reason: str) -> None:
        """Ends the connection with a GOAWAY that says why; called after ``connection_made``."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake is done."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""

    def get_buffer(self, sizehint: int) -> memoryview:
        """Gives the buffer to decrypt into."""
        ...

    def release_buffer(self) -> None:
        """Nothing was decrypted into the buffer."""

    def buffer_updated(self, nbytes: int) -> None:
        """So many decrypted bytes are in the buffer."""

    def eof_received(self) -> bool:
        """Nothing more will come."""
        ...

    def pause_writing(self) -> None:
        """The socket's buffer is full."""

    def resume_writing(self) -> None:
        """The socket's buffer has room again."""


class _State(enum.Enum):
    HANDSHAKE = enum.auto()
    OPEN = enum.auto()
    PLAINTEXT = enum.auto()  # the client speaks no TLS: all that is left is to tell it so
    LEAVING = enum.auto()  # nothing is written any more, and what arrives is dropped, until the peer closes
    CLOSED = enum.auto()  # nothing is read or written any more


class TlsLayer(asyncio.BufferedProtocol, asyncio.Transport):
    """The protocol of a socket's transport, and the transport of a connection."""

    def __init__(
        self,
        connection: SecuredConnection,
        contexts: ContextSource,
        loop: asyncio.AbstractEventLoop,
        *,
        server_name: str | None = None,
        handshake_timeout: float | None = None,
    ) -> None:
        """Prepares one end of a TLS connection.

        Args:
            connection: what gets the decrypted bytes.
            contexts: gives the configuration, with ``h2`` as its ALPN protocol.
            loop: the event loop.
            server_name: the name that the server's certificate must have; None makes this the server's end.
            handshake_timeout: seconds for the handshake, or None where somebody else watches.
        """
        asyncio.Transport.__init__(self)
        self._connection = connection
        self._contexts = contexts
        self._loop = loop
        self._server_name = server_name
        self._handshake_timeout = handshake_timeout
        self._state = _State.HANDSHAKE
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None
        self._raw: asyncio.Transport | None = None
        self._ssl: ssl.SSLObject | None = None
        self._first_byte_seen = False
        self._discard = _MAX_DISCARDED
        self._reading = True
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._read_buffer = ReadBuffer()

    @property
    def _is_server(self) -> bool:
        return self._server_name is None

    # -- asyncio.BufferedProtocol: the socket's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts the handshake."""
        self._raw = cast(asyncio.Transport, transport)  # uvloop's has the methods, but not the class
        self._connection.handshake_started(self)
        if self._state is not _State.HANDSHAKE:
            return  # it was closed at once
        if self._handshake_timeout is not None:
            self._timer = self._loop.call_later(self._handshake_timeout, self._handshake_timed_out)
        try:
            self._ssl = self._contexts.current().wrap_bio(
                self._incoming, self._outgoing, server_side=self._is_server, server_hostname=self._server_name
            )
        except Exception as error:  # noqa: BLE001  # the context may come from a function of the user's
            self._fail(error, f"TLS: no handshake is possible: {error}")
            return
        self._handshake(self._ssl)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Gives the socket's transport the buffer to read into."""
        return self._read_buffer.get()

    def buffer_updated(self, nbytes: int) -> None:
        """Decrypts what was read."""
        self._take_up(self._read_buffer.get()[:nbytes])
        self._read_buffer.release()

    def _take_up(self, data: memoryview) -> None:
        if self._state is _State.LEAVING:
            self._discard -= len(data)
            if self._discard < 0 and self._raw is not None:
                self._raw.pause_reading()
        if self._ssl is None or self._state in (_State.CLOSED, _State.PLAINTEXT, _State.LEAVING):
            return
        if not self._first_byte_seen:
            self._first_byte_seen = True
            if self._is_server and data[0] != _HANDSHAKE_RECORD:
                self._refuse_plaintext()
                return
        self._incoming.write(data)
        if self._state is _State.HANDSHAKE:
            self._handshake(self._ssl)
        if self._state is _State.OPEN:
            self._decrypt(self._ssl)

    def eof_received(self) -> bool:
        """Lets the transport close."""
        if self._state is _State.HANDSHAKE:
            self._connection.failure = "TLS: the peer closed the connection during the handshake"
        elif self._state is _State.OPEN:
            self._connection.eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the connection, with what has ended it."""
        error = self._error or exc
        if self._state is _State.HANDSHAKE and exc is not None:
            self._connection.failure = f"TLS: connection lost during the handshake: {exc}"
        self._state = _State.CLOSED
        self._stop_timer()
        self._ssl = self._raw = None
        self._connection.connection_lost(error)

    def pause_writing(self) -> None:
        """The socket's buffer is full."""
        if self._state is _State.OPEN:
            self._connection.pause_writing()

    def resume_writing(self) -> None:
        """The socket's buffer has room again."""
        if self._state is _State.OPEN:
            self._connection.resume_writing()

    # -- handshake

    def _handshake(self, tls: ssl.SSLObject) -> None:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except (ssl.SSLError, ValueError) as error:  # ValueError: a name that no certificate can have
            self._fail(error, describe_tls_error(error, by_server=self._is_server))
        else:
            self._flush()
            self._stop_timer()
            self._state = _State.OPEN
            self._connection.identity = _identity(tls)
            self._connection.connection_made(self)
            fault = _find_fault(tls)
            if fault is not None:
                self._connection.refuse(ErrorCode.INADEQUATE_SECURITY, fault)

    def _handshake_timed_out(self) -> None:
        self._fail(TimeoutError(), f"TLS: no handshake within {self._handshake_timeout} s")

    def _refuse_plaintext(self) -> None:
        self._stop_timer()
        self._state = _State.PLAINTEXT
        self._connection.connection_made(self)
        self._connection.refuse(ErrorCode.INADEQUATE_SECURITY, "this port speaks TLS, and the client does not")

    def _fail(self, error: Exception, reason: str) -> None:
        """Ends the connection after an error; the alert that OpenSSL made of it leaves before."""
        self._connection.failure = self._connection.failure or reason
        self._error = error
        self._stop_timer()
        self._flush()
        raw = self._raw
        state, self._state = self._state, _State.CLOSED
        if raw is None or raw.is_closing():
            return
        if self._is_server and state is _State.HANDSHAKE and raw.can_write_eof():
            # The client may have sent more behind its handshake. A socket that is closed with unread bytes resets the
            # connection, and the client could lose the alert: read on, until it closes.
            raw.write_eof()
            self._timer = self._loop.call_later(_LINGER_TIMEOUT, raw.abort)
        else:
            raw.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- data

    def _decrypt(self, tls: ssl.SSLObject) -> None:
        connection = self._connection
        try:
            while self._state is _State.OPEN and self._reading:
                buffer = connection.get_buffer(-1)
                size: int = tls.read(len(buffer), buffer)  # type: ignore[assignment]  # an int if there is a buffer
                if not size:
                    raise ssl.SSLZeroReturnError
                connection.buffer_updated(size)
        except ssl.SSLWantReadError:
            connection.release_buffer()
            self._flush()  # answers of TLS itself, such as key updates
        except ssl.SSLZeroReturnError:
            connection.eof_received()
            self.close()
        except ssl.SSLError as error:
            self._fail(error, describe_tls_error(error, by_server=self._is_server))

    def _flush(self) -> None:
        if self._outgoing.pending and self._raw is not None and not self._raw.is_closing():
            self._raw.write(self._outgoing.read())

    # -- asyncio.Transport: the connection's side

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Answers as the socket's transport, and ``ssl_object`` as asyncio's TLS transports do."""
        if name == "ssl_object":
            return self._ssl
        return default if self._raw is None else self._raw.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Whether nothing can be written: before the handshake, and after the end."""
        writable = self._state is _State.OPEN or self._state is _State.PLAINTEXT
        return not writable or self._raw is None or self._raw.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypts and sends."""
        if self._state is _State.PLAINTEXT and self._raw is not None:
            self._raw.write(data)
            return
        tls = self._ssl
        if tls is None or self.is_closing():
            return
        try:
            left = memoryview(data)
            while left:
                left = left[tls.write(left) :]
        except ssl.SSLError as error:
            self._fail(error, f"TLS: {error}")
        else:
            self._flush()

    def close(self) -> None:
        """Says goodbye, sends what is queued, and closes the socket."""
        raw = self._raw
        if raw is None or self._state is _State.CLOSED:
            return
        state, self._state = self._state, _State.CLOSED
        if state is _State.HANDSHAKE:
            raw.abort()
            return
        if state is _State.OPEN:
            self._send_close_notify()
        raw.close()

    def can_write_eof(self) -> bool:
        """Whether :meth:`write_eof` works: as the socket's transport has it."""
        return self._raw is not None and self._raw.can_write_eof()

    def write_eof(self) -> None:
        """Says goodbye, sends what is queued, and drops what arrives from now on, until the peer closes the socket.

        Raises:
            NotImplementedError: the transport below has no such thing.
        """
        raw = self._raw
        if raw is None or self._state not in (_State.OPEN, _State.PLAINTEXT):
            return
        if not raw.can_write_eof():
            raise NotImplementedError
        state, self._state = self._state, _State.LEAVING
        if state is _State.OPEN:
            self._send_close_notify()
        raw.resume_reading()  # what lies unread in a socket that is closed resets its connection
        raw.write_eof()

    def _send_close_notify(self) -> None:
        # The error says that the peer's close_notify is missing; RFC 8446 section 6.1: nobody has to wait for it.
        if self._ssl is not None:
            with contextlib.suppress(ssl.SSLError):
                self._ssl.unwrap()
        self._flush()

    def abort(self) -> None:
        """Closes the socket at once."""
        self._state = _State.CLOSED
        if self._raw is not None:
            self._raw.abort()

    def is_reading(self) -> bool:
        """Whether what arrives is given to the connection."""
        return self._reading

    def pause_reading(self) -> None:
        """Holds what arrives, in the socket and decrypted."""
        self._reading = False
        if self._raw is not None and self._state is not _State.LEAVING:  # then it drops what arrives, and must go on
            self._raw.pause_reading()

    def resume_reading(self) -> None:
        """Gives what has arrived, soon."""
        if self._reading:
            return
        self._reading = True
        if self._raw is not None:
            self._raw.resume_reading()
        self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if self._ssl is not None and self._state is _State.OPEN:
            self._decrypt(self._ssl)

    def get_write_buffer_size(self) -> int:
        """Bytes that wait in the socket's buffer."""
        return 0 if self._raw is None else self._raw.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Sets the limits of the socket's buffer."""
        if self._raw is not None:
            self._raw.set_write_buffer_limits(high, low)


def _identity(tls: ssl.SSLObject) -> PeerIdentity | None:
    certificate = tls.getpeercert(binary_form=True)
    if certificate is None or tls.context.verify_mode is ssl.CERT_NONE:
        return None
    return PeerIdentity(certificate, tls.getpeercert() or {})


def _find_fault(tls: ssl.SSLObject) -> str | None:
    """Returns why HTTP/2 must not be spoken over what was negotiated (RFC 9113 sections 3.3 and 9.2), or None."""
    protocol = tls.selected_alpn_protocol()
    if protocol != ALPN_PROTOCOL:
        what = "no protocol" if protocol is None else repr(protocol)
        return f"TLS: ALPN negotiated {what}, and gRPC needs {ALPN_PROTOCOL!r} on both sides"
    version = tls.version() or ""
    cipher = (tls.cipher() or ("no cipher",))[0]
    if version not in ("TLSv1.2", "TLSv1.3"):
        return f"TLS: {version} was negotiated, and HTTP/2 needs TLS 1.2 or later"
    ephemeral = cipher.startswith(("ECDHE-", "DHE-"))
    authenticated = any(mode in cipher for mode in ("GCM", "CHACHA20", "CCM"))
    if version == "TLSv1.2" and not (ephemeral and authenticated):
        return f"TLS: the cipher suite {cipher} was negotiated, which RFC 9113 prohibits for HTTP/2"
    return None


def describe_tls_error(error: Exception, *, by_server: bool) -> str:
    """Says what an error of a handshake means, for people.

    Args:
        error: what ``ssl`` raised.
        by_server: whether this side is the server.
    """
    peer = "client" if by_server else "server"
    if isinstance(error, ssl.SSLCertVerificationError):
        word = _VERIFY_ERRORS.get(error.verify_code)
        named = f"{word}: " if word and word not in error.verify_message.lower() else ""
        return f"TLS: the {peer}'s certificate is not accepted: {named}{error.verify_message}"
    reason = (error.reason if isinstance(error, ssl.SSLError) else None) or ""
    if reason in _NOT_TLS:
        where = "on this port" if not by_server else "here"
        return f"TLS: the {peer} does not speak TLS {where} ({reason.replace('_', ' ').lower()})"
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return "TLS: the client sent no certificate, and this server demands one"
    protocol, marker, alert = reason.partition("_ALERT_")
    if marker and protocol.startswith(("TLSV", "SSLV")):
        if alert in ("CERTIFICATE_REQUIRED", "NO_CERTIFICATE"):
            return f"TLS: the {peer} demands a certificate, and this side has sent none"
        if alert in _CERTIFICATE_ALERTS:
            return f"TLS: the {peer} does not accept this side's certificate: {_CERTIFICATE_ALERTS[alert]}"
        return f"TLS: alert from the {peer}: {alert.replace('_', ' ').lower()}"
    return f"TLS: {reason.replace('_', ' ').lower() or error}"
