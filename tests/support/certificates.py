"""Certificates for tests, made when they are needed, by an authority that exists as long as the process."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import trustme

CLIENT_URI = "spiffe://test.example/ns/default/sa/client"
EXPIRED = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@cache
def authority(name: str = "ours") -> trustme.CA:
    return trustme.CA(organization_name=f"authority {name}")


def authority_pem(name: str = "ours") -> bytes:
    return authority(name).cert_pem.bytes()


@dataclass(frozen=True)
class Pair:
    """A certificate chain and its key, PEM."""

    certificate: bytes
    key: bytes

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Writes both into files; one that exists is replaced."""
        paths = folder / f"{name}.pem", folder / f"{name}.key"
        for path, content in zip(paths, (self.certificate, self.key), strict=True):
            new = path.with_suffix(".new")
            new.write_bytes(content)
            new.replace(path)
        return paths


@cache
def issue(
    *names: str,
    common_name: str | None = None,
    by: str = "ours",
    not_after: datetime.datetime | None = None,
    rsa: bool = False,
) -> Pair:
    """Issues a certificate for names: host names, IP addresses, URIs are told apart by how they look."""
    made = authority(by).issue_cert(
        *names,
        common_name=common_name,
        not_after=not_after,
        not_before=None if not_after is None else not_after - datetime.timedelta(days=1),
        key_type=trustme.KeyType.RSA if rsa else trustme.KeyType.ECDSA,
    )
    return Pair(b"".join(part.bytes() for part in made.cert_chain_pems), made.private_key_pem.bytes())


def server_pair() -> Pair:
    return issue("localhost", "127.0.0.1", common_name="server")


def client_pair() -> Pair:
    """A certificate with a common name, a DNS name and a mail address."""
    return issue("client.test.example", "ops@test.example", common_name="the client")
