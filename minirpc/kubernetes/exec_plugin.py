"""Programs that make credentials: the ``exec`` of a kubeconfig's user, by which the clouds let people in.

The protocol is that of ``client.authentication.k8s.io``: the program prints an ``ExecCredential`` as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minirpc.kubernetes.errors import KubernetesError

__all__ = ["DEFAULT_VERSION", "ExecCredential", "ExecPlugin"]

DEFAULT_VERSION = "client.authentication.k8s.io/v1"
_TIMEOUT = 60.0  # seconds; some ask over the network
_MAX_OUTPUT = 1 << 20  # bytes; asyncio's streams hold no more of a line


@dataclass(frozen=True, slots=True)
class ExecCredential:
    """What a program gave: a token, or a client certificate with its key (PEM), or both."""

    token: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ExecPlugin:
    """A program to ask for credentials; it is asked for each connection.

    Attributes:
        command: the program: a path, or a name to look for in ``PATH``.
        arguments: its arguments.
        environment: variables for it, besides those of this process.
        api_version: the version of the protocol that it is to speak.
    """

    command: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    api_version: str = DEFAULT_VERSION

    async def ask(self) -> ExecCredential:
        """Runs the program and returns what it gives.

        Raises:
            KubernetesError: it cannot be run, fails, takes too long, or gives nothing.
        """
        asked = {"apiVersion": self.api_version, "kind": "ExecCredential", "spec": {"interactive": False}}
        environment = os.environ | dict(self.environment) | {"KUBERNETES_EXEC_INFO": json.dumps(asked)}
        try:
            process = await asyncio.create_subprocess_exec(
                self.command, *self.arguments, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=environment
            )
        except (OSError, ValueError) as error:
            raise KubernetesError(f"credentials: {self.command} cannot be run: {error}") from error
        try:
            async with asyncio.timeout(_TIMEOUT):
                output, complaint = await process.communicate()
        except TimeoutError:
            raise KubernetesError(f"credentials: {self.command} did not end within {_TIMEOUT:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            said = complaint.decode(errors="replace").strip()[-500:]
            raise KubernetesError(f"credentials: {self.command} ended with exit code {process.returncode}: {said}")
        return self._read(output)

    def _read(self, output: bytes) -> ExecCredential:
        try:
            value = json.loads(output[:_MAX_OUTPUT])
        except (ValueError, RecursionError) as error:
            raise KubernetesError(f"credentials: what {self.command} printed is no JSON: {error}") from None
        status: Any = value.get("status") if isinstance(value, dict) else None
        names = ("token", "clientCertificateData", "clientKeyData")
        values = [status.get(name) if isinstance(status, dict) else None for name in names]
        found = [each if isinstance(each, str) and each else None for each in values]
        if found[0] is None and (found[1] is None or found[2] is None):
            raise KubernetesError(f"credentials: {self.command} gave neither a token nor a certificate with its key")
        return ExecCredential(*found)
