"""The name of a service in a target: ``service.namespace:port``."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ServiceName"]

# names of services, namespaces and ports (RFC 1123); they become part of a URL, so nothing else may pass
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class ServiceName:
    """A service, and which of its ports.

    Attributes:
        service: its name.
        namespace: its namespace; None for the one that the program runs in.
        port: the port's name in the Service, or its number in the pods (not the Service's own number); None for the
            only one.
    """

    service: str
    namespace: str | None = None
    port: str | int | None = None

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for names that Kubernetes does not have."""
        for what, name in (("service", self.service), ("namespace", self.namespace), ("port", self.port)):
            if isinstance(name, str) and not _LABEL.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a {what}: lower-case letters, digits and '-', at most 63")
        if isinstance(self.port, int) and not 1 <= self.port <= 65_535:
            raise ValueError(f"port {self.port} is not 1 to 65535")

    @classmethod
    def parse(cls, text: str) -> ServiceName:
        """Reads ``service``, ``service.namespace`` or ``service.namespace.svc.cluster.local``, and ``:port`` after it.

        Raises:
            ValueError: it is none of these.
        """
        host, separator, port = text.partition(":")
        service, _, rest = host.partition(".")
        namespace, _, domain = rest.partition(".")
        if domain and domain.partition(".")[0] != "svc":
            raise ValueError(f"{text!r} is not service.namespace:port")
        if separator and not port:
            raise ValueError(f"{text!r} has no port after the colon")
        number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else None
        return cls(service, namespace or None, (port if number is None else number) if separator else None)

    def __str__(self) -> str:
        host = self.service if self.namespace is None else f"{self.service}.{self.namespace}"
        return host if self.port is None else f"{host}:{self.port}"
