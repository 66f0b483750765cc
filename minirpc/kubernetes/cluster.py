"""Where the API server is and how to be let in: as a pod of the cluster, or by a kubeconfig file.

What is in files is read again for each connection, for it changes: tokens of service accounts live an hour or less.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from minirpc.kubernetes.errors import KubernetesError
from minirpc.kubernetes.exec_plugin import DEFAULT_VERSION, ExecCredential, ExecPlugin

__all__ = ["Cluster"]

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class Cluster:
    """An API server, and the credentials for it.

    Attributes:
        server: its URL: ``https://10.0.0.1:443``.
        namespace: that of names without one.
        token: a bearer token.
        token_file: a file with one.
        ca: certificates of authorities to trust, PEM; without any, the system's.
        ca_file: a file with them.
        client_certificate, client_key: the client's own, PEM.
        client_certificate_file, client_key_file: files with them.
        plugin: a program that gives a token or a client's certificate, in place of all these.
        server_name: what the server's certificate must be for, where that is not the host of the URL.
        verify: whether certificates are verified at all.
    """

    server: str
    namespace: str = "default"
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    ca: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    client_certificate: str | None = field(default=None, repr=False)
    client_key: str | None = field(default=None, repr=False)
    client_certificate_file: Path | None = None
    client_key_file: Path | None = None
    plugin: ExecPlugin | None = None
    server_name: str | None = None
    verify: bool = True

    @classmethod
    def find(cls) -> Cluster:
        """Returns the cluster that the program runs in; outside of one, that of the kubeconfig file.

        Raises:
            KubernetesError: there is neither.
        """
        if os.environ.get("KUBERNETES_SERVICE_HOST") and (_SERVICE_ACCOUNT / "token").exists():
            return cls.in_cluster()
        return cls.from_kubeconfig()

    @classmethod
    def in_cluster(cls, service_account: Path = _SERVICE_ACCOUNT) -> Cluster:
        """Returns the cluster that this pod runs in, with the rights of its service account.

        Args:
            service_account: where the token, the certificates and the namespace are mounted.

        Raises:
            KubernetesError: this is no pod, or one without a service account's token.
        """
        host = os.environ.get("KUBERNETES_SERVICE_HOST")
        port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        if not host:
            raise KubernetesError("this is no pod: the environment has no KUBERNETES_SERVICE_HOST")
        namespace = _read(service_account / "namespace").strip()
        return cls(
            f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
            namespace,
            token_file=service_account / "token",
            ca_file=service_account / "ca.crt",
        )

    @classmethod
    def from_kubeconfig(cls, path: Path | None = None, *, context: str | None = None) -> Cluster:
        """Returns a cluster of a kubeconfig file.

        Users may have tokens, files with tokens, client certificates, and programs that make credentials (``exec``).

        Args:
            path: the file; by default those that ``KUBECONFIG`` names, or ``~/.kube/config``.
            context: which of its contexts; by default its current one.

        Raises:
            KubernetesError: there is no such file or context, or it lacks what is needed.
        """
        if path is not None:
            paths = [path]
        else:
            named = os.environ.get("KUBECONFIG", "").split(os.pathsep)
            paths = [Path(each) for each in named if each] or [Path.home() / ".kube" / "config"]
        return _Kubeconfig(paths).cluster(context)

    async def credential(self) -> ExecCredential:
        """Returns what to show the server now: a token, a certificate, or nothing.

        Raises:
            KubernetesError: a file cannot be read, or the program gives none.
        """
        if self.plugin is not None:
            return await self.plugin.ask()
        token = _read(self.token_file).strip() if self.token_file is not None else self.token
        return ExecCredential(token, self.client_certificate, self.client_key)

    def ssl_context(self, credential: ExecCredential) -> ssl.SSLContext:
        """Returns a context with the certificates as they are now.

        Raises:
            KubernetesError: one of them cannot be read, or is none.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file, cadata=self.ca)
            if not self.verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if self.client_certificate_file is not None:
                context.load_cert_chain(self.client_certificate_file, self.client_key_file)
            elif credential.certificate is not None and credential.key is not None:
                # OpenSSL's Python module reads chains from files alone
                with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                    file.write(f"{credential.certificate}\n{credential.key}")
                    file.flush()
                    context.load_cert_chain(file.name)
        except (OSError, ValueError) as error:
            raise KubernetesError(f"the certificates for {self.server} cannot be loaded: {error}") from error
        return context


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError) as error:
        raise KubernetesError(f"{path} cannot be read: {error}") from error


class _Kubeconfig:
    """Kubeconfig files, of which the first one that has a name counts."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = ", ".join(map(str, paths))
        self._files: list[tuple[Path, Mapping[str, Any]]] = []
        existing = [path for path in paths if path.exists()]
        if not existing:
            raise KubernetesError(f"there is neither a pod's service account nor a kubeconfig file at {self._paths}")
        for path in existing:
            try:
                content = yaml.safe_load(_read(path))
            except yaml.YAMLError as error:
                raise KubernetesError(f"{path} is no YAML: {error}") from error
            if not isinstance(content, Mapping):
                raise KubernetesError(f"{path} is no kubeconfig file")
            self._files.append((path.parent, content))

    def cluster(self, name: str | None) -> Cluster:
        current = [str(each["current-context"]) for _, each in self._files if each.get("current-context")]
        name = name or next(iter(current), None)
        if name is None:
            raise KubernetesError(f"{self._paths}: no context is given, and none is current")
        _, context = self._find("contexts", "context", name)
        folder, cluster = self._find("clusters", "cluster", str(context.get("cluster", "")))
        server = cluster.get("server")
        if not isinstance(server, str) or not server.startswith(("https://", "http://")):
            raise KubernetesError(f"{self._paths}: cluster {context['cluster']!r} has no URL of a server")
        user_folder, user = self._find("users", "user", str(context["user"])) if context.get("user") else (folder, {})
        plugin = self._plugin(user_folder, user["exec"]) if user.get("exec") else None
        return Cluster(
            server.rstrip("/"),
            str(context.get("namespace") or "default"),
            token=user.get("token"),
            token_file=_path(user_folder, user.get("tokenFile")),
            ca=self._data(cluster, "certificate-authority-data"),
            ca_file=_path(folder, cluster.get("certificate-authority")),
            client_certificate=self._data(user, "client-certificate-data"),
            client_key=self._data(user, "client-key-data"),
            client_certificate_file=_path(user_folder, user.get("client-certificate")),
            client_key_file=_path(user_folder, user.get("client-key")),
            plugin=plugin,
            server_name=cluster.get("tls-server-name"),
            verify=not cluster.get("insecure-skip-tls-verify", False),
        )

    def _find(self, section: str, kind: str, name: str) -> tuple[Path, Mapping[str, Any]]:
        for folder, content in self._files:
            for each in content.get(section) or ():
                if isinstance(each, Mapping) and each.get("name") == name and isinstance(each.get(kind), Mapping):
                    return folder, each[kind]
        raise KubernetesError(f"{self._paths}: there is no {kind} {name!r}")

    def _plugin(self, folder: Path, value: Any) -> ExecPlugin:
        try:
            command = str(value["command"])
            arguments = tuple(map(str, value.get("args") or ()))
            environment = {str(each["name"]): str(each["value"]) for each in value.get("env") or ()}
            version = str(value.get("apiVersion") or DEFAULT_VERSION)
        except (AttributeError, KeyError, TypeError) as error:
            raise KubernetesError(f"{self._paths}: an exec is not as it must be: {error!r}") from None
        if os.sep in command:  # a path is relative to the kubeconfig file; a name is looked for in PATH
            command = str(folder / command)
        return ExecPlugin(command, arguments, environment, version)

    def _data(self, values: Mapping[str, Any], name: str) -> str | None:
        if not values.get(name):
            return None
        try:
            return base64.b64decode(str(values[name]), validate=True).decode("ascii")
        except (binascii.Error, ValueError) as error:
            raise KubernetesError(f"{self._paths}: {name} is no PEM in base64") from error


def _path(folder: Path, name: Any) -> Path | None:
    return folder / str(name) if name else None  # relative to the kubeconfig file
