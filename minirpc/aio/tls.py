"""What TLS is configured with, and the SSL context for the next handshake.

Contexts come from PEM files, PEM bytes, or ``ssl.SSLContext`` objects of the user's own. Files are looked at before
each handshake: a certificate that was renewed on disk is the one that the next connection shows, and the connections
that exist live on with theirs.
"""

from __future__ import annotations

import logging
import os
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from functools import partial
from typing import Any, TypeAlias

from minirpc.frozen import frozen

__all__ = ["ClientTls", "ContextSource", "PeerIdentity", "PemSource", "ServerTls"]

_log = logging.getLogger("minirpc.tls")

PemSource: TypeAlias = str | os.PathLike[str] | bytes
"""PEM: ``str`` and paths name a file, ``bytes`` are the PEM itself."""

GivenContext: TypeAlias = ssl.SSLContext | Callable[[], ssl.SSLContext]
"""A context of the user's own, or a function that is asked for one before each handshake."""

ALPN_PROTOCOL = "h2"  # RFC 9113 section 3.2

# RFC 9113 section 9.2.2 and appendix A: TLS 1.2 with an ephemeral key exchange and an AEAD cipher. The suites of
# TLS 1.3 all have both, and are not named here.
_TLS_1_2_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"


@frozen(kw_only=True)
class ClientTls:
    """TLS of a channel. ``ClientTls()`` trusts the system's certification authorities.

    Attributes:
        ca: certificates of the authorities to trust, in place of the system's.
        certificate: this client's certificate chain, for servers that ask for one.
        key: the private key of ``certificate``; None if the same PEM holds it.
        key_password: the password of an encrypted key.
        server_name: the name to expect in the server's certificate and to send by SNI, in place of the target's host.
        insecure_skip_verify: accept any certificate. Whoever is between the two can then read and change everything.
        context: an own ``ssl.SSLContext``, or a function that returns one before each handshake. Its ALPN protocols are
            set to ``h2``; all else is its own affair, and of the other attributes only ``server_name`` may be given.
    """

    ca: PemSource | None = None
    certificate: PemSource | None = None
    key: PemSource | None = field(default=None, repr=False)
    key_password: str | bytes | None = field(default=None, repr=False)
    server_name: str | None = None
    insecure_skip_verify: bool = False
    context: GivenContext | None = None

    def __post_init__(self) -> None:
        _check_exclusive(
            self.context, self.ca, self.certificate, self.key, self.key_password, self.insecure_skip_verify or None
        )
        if self.key is not None and self.certificate is None:
            raise ValueError("TLS: a key needs its certificate")
        if self.insecure_skip_verify and self.ca is not None:
            raise ValueError("TLS: ca has no use with insecure_skip_verify")


@frozen(kw_only=True)
class ServerTls:
    """TLS of a listening address.

    Attributes:
        certificate: the server's certificate chain, its own certificate first.
        key: the private key of ``certificate``; None if the same PEM holds it.
        key_password: the password of an encrypted key.
        client_ca: certificates of the authorities that sign clients' certificates. Clients are asked for a certificate
            if it is given (mutual TLS), and ``Context.identity`` says who they are.
        client_certificate_optional: whether clients without a certificate are let in all the same.
        handshake_timeout: seconds for a client to finish its handshake.
        context: an own ``ssl.SSLContext``, or a function that returns one before each handshake. Its ALPN protocols are
            set to ``h2``; all else is its own affair, and of the other attributes only ``handshake_timeout`` may be
            given.
    """

    certificate: PemSource | None = None
    key: PemSource | None = field(default=None, repr=False)
    key_password: str | bytes | None = field(default=None, repr=False)
    client_ca: PemSource | None = None
    client_certificate_optional: bool = False
    handshake_timeout: float = 10.0
    context: GivenContext | None = None

    def __post_init__(self) -> None:
        _check_exclusive(self.context, self.certificate, self.key, self.key_password, self.client_ca)
        if self.context is None and self.certificate is None:
            raise ValueError("TLS: a server needs a certificate")
        if self.client_certificate_optional and self.client_ca is None:
            raise ValueError("TLS: client_certificate_optional has no use without client_ca")


def _check_exclusive(context: GivenContext | None, *others: object) -> None:
    if context is not None and any(other is not None for other in others):
        raise ValueError("TLS: give either an own context or certificates, not both")


class ContextSource:
    """The SSL context for each handshake, made again when one of its files has changed."""

    def __init__(self, options: ClientTls | ServerTls) -> None:
        """Makes the first context.

        Raises:
            OSError: a file cannot be read.
            ValueError: a file or bytes are no PEM of what they should be, or the key does not fit the certificate.
        """
        self._given = options.context
        self._context: ssl.SSLContext | None = None
        self._make: Callable[[], ssl.SSLContext]
        if isinstance(options, ClientTls):
            self._make = partial(_make_client_context, options)
            sources: tuple[PemSource | None, ...] = (options.ca, options.certificate, options.key)
            if options.insecure_skip_verify:
                _log.warning("TLS without verification of the server's certificate: anybody can be the server")
        else:
            self._make = partial(_make_server_context, options)
            sources = (options.certificate, options.key, options.client_ca)
        self._paths = [os.fspath(source) for source in sources if source is not None and not isinstance(source, bytes)]
        self._stamps: list[object] = []
        if self._given is None:
            self.current()

    def current(self) -> ssl.SSLContext:
        """Returns the context for a new handshake.

        If a changed file cannot be used, the context from before stays, and a warning is logged: files that are being
        replaced one after the other do not fit each other for a moment.

        Raises:
            Exception: what the user's own function raises.
        """
        if self._given is not None:
            context = self._given if isinstance(self._given, ssl.SSLContext) else self._given()
            context.set_alpn_protocols([ALPN_PROTOCOL])
            return context
        # Before the files are read: what changes meanwhile differs from these stamps the next time.
        stamps = [_stamp(path) for path in self._paths]
        if self._context is None:
            self._context = self._make()
        elif stamps != self._stamps:
            try:
                self._context = self._make()
                _log.info("TLS: loaded %s again", ", ".join(self._paths))
            except (OSError, ValueError) as error:
                _log.warning("TLS: the certificates from before stay in use: %s", error)
        self._stamps = stamps
        return self._context


def _stamp(path: str) -> object:
    """What changes when a file is written or replaced, also by another target of a symbolic link."""
    try:
        found = os.stat(path)  # noqa: PTH116  # pathlib would make an object for each handshake
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev


def _make_client_context(options: ClientTls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _restrict(context)
    if options.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif options.ca is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        _load_authorities(context, "ca", options.ca)
    if options.certificate is not None:
        _load_certificate(context, options.certificate, options.key, options.key_password)
    return context


def _make_server_context(options: ServerTls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _restrict(context)
    assert options.certificate is not None
    _load_certificate(context, options.certificate, options.key, options.key_password)
    if options.client_ca is not None:
        _load_authorities(context, "client_ca", options.client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL if options.client_certificate_optional else ssl.CERT_REQUIRED
    return context


def _restrict(context: ssl.SSLContext) -> None:
    """Allows what RFC 9113 section 9.2 allows."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(_TLS_1_2_CIPHERS)
    context.set_alpn_protocols([ALPN_PROTOCOL])


def _load_authorities(context: ssl.SSLContext, what: str, source: PemSource) -> None:
    with _as_file(what, source) as path, _unusable(f"{what} ({_name_of(source)})"):
        context.load_verify_locations(cafile=path)


def _load_certificate(
    context: ssl.SSLContext, certificate: PemSource, key: PemSource | None, password: str | bytes | None
) -> None:
    key = certificate if key is None else key
    with (
        _as_file("certificate", certificate) as certificate_path,
        _as_file("key", key) as key_path,
        _unusable(f"certificate ({_name_of(certificate)}) with its key ({_name_of(key)})"),
    ):
        # Without a password OpenSSL would ask for one at the terminal.
        context.load_cert_chain(certificate_path, key_path, password=b"" if password is None else password)


@contextmanager
def _as_file(what: str, source: PemSource) -> Iterator[str]:
    """Gives the name of a file with the PEM: ``ssl`` reads certificates and keys from files only."""
    if isinstance(source, bytes):
        with _file_of_bytes(source) as path:
            yield path
        return
    try:
        with open(source, "rb"):  # noqa: PTH123  # the error of ssl itself would not name the file
            pass
    except OSError as error:
        raise OSError(error.errno, f"TLS {what} cannot be read: {error.strerror}", os.fspath(source)) from error
    yield os.fspath(source)


@contextmanager
def _file_of_bytes(content: bytes) -> Iterator[str]:
    """A file that this user alone can read, and that is gone afterwards; on Linux one that never is on a disk."""
    if sys.platform == "linux" and os.access("/proc/self/fd", os.R_OK):
        with open(os.memfd_create("pem"), "wb") as file:  # noqa: PTH123  # a descriptor, no path
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
        return
    import tempfile  # noqa: PLC0415  # dear to import, and seldom needed

    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name


@contextmanager
def _unusable(what: str) -> Iterator[None]:
    try:
        yield
    except (ssl.SSLError, ValueError) as error:
        reason = (getattr(error, "reason", None) or str(error)).replace("_", " ").lower()
        raise ValueError(f"TLS {what} cannot be used: {reason}") from error


def _name_of(source: PemSource) -> str:
    return "bytes" if isinstance(source, bytes) else os.fspath(source)


@frozen
class PeerIdentity:
    """Who the other side of a connection is, by a certificate that was verified in the handshake.

    Attributes:
        certificate: the certificate, DER.
        details: its fields as ``ssl.SSLSocket.getpeercert`` gives them.
    """

    certificate: bytes = field(repr=False)
    details: Mapping[str, Any] = field(repr=False)

    @property
    def common_name(self) -> str | None:
        """The subject's last common name, or None."""
        found = [value for name in self.details.get("subject", ()) for key, value in name if key == "commonName"]
        return found[-1] if found else None

    @property
    def dns_names(self) -> tuple[str, ...]:
        """The subject alternative names that are DNS names."""
        return self._alternatives("DNS")

    @property
    def uris(self) -> tuple[str, ...]:
        """The subject alternative names that are URIs, SPIFFE identities among them."""
        return self._alternatives("URI")

    @property
    def ip_addresses(self) -> tuple[str, ...]:
        """The subject alternative names that are IP addresses."""
        return self._alternatives("IP Address")

    @property
    def emails(self) -> tuple[str, ...]:
        """The subject alternative names that are mail addresses."""
        return self._alternatives("email")

    def _alternatives(self, kind: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.details.get("subjectAltName", ()) if key == kind)
