"""The flags of the interoperability programs, named and written as in every language: ``--use_tls=true``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.interop.build import BUILD

__all__ = ["TEST_CA", "TEST_CERTIFICATE", "TEST_KEY", "client_parser", "server_parser"]

TEST_CA = BUILD / "tls" / "ca.pem"
"""The certificate of the authority that ``--use_test_ca`` trusts."""
TEST_CERTIFICATE = BUILD / "tls" / "server.pem"
"""The certificate of the server, for 127.0.0.1, localhost and ``*.test.example``."""
TEST_KEY = BUILD / "tls" / "server.key"
"""The server's private key."""


def server_parser(module: str) -> argparse.ArgumentParser:
    """Makes the parser of a server's flags."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free one")
    _add_boolean(parser, "--use_tls")
    parser.add_argument("--tls_cert_file", type=Path, default=TEST_CERTIFICATE)
    parser.add_argument("--tls_key_file", type=Path, default=TEST_KEY)
    return parser


def client_parser(module: str) -> argparse.ArgumentParser:
    """Makes the parser of a client's flags."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--server_host", default="127.0.0.1")
    parser.add_argument("--server_port", type=int, required=True)
    parser.add_argument("--server_host_override", help="the server's name in requests and in its certificate")
    _add_boolean(parser, "--use_tls")
    _add_boolean(parser, "--use_test_ca")
    parser.add_argument("--ca_file", type=Path, default=TEST_CA, help="what --use_test_ca trusts (%(default)s)")
    parser.add_argument("--test_case", default="large_unary", help="a name, several with commas between, or all")
    parser.add_argument("--additional_metadata", type=_metadata, default=(), metavar="KEY:VALUE;KEY:VALUE")
    parser.add_argument("--soak_iterations", type=int, default=10)
    parser.add_argument("--soak_max_failures", type=int, default=0)
    parser.add_argument("--soak_per_iteration_max_acceptable_latency_ms", type=int, default=1_000)
    parser.add_argument("--soak_overall_timeout_seconds", type=float)
    parser.add_argument("--soak_min_time_ms_between_rpcs", type=int, default=0)
    parser.add_argument("--soak_request_size", type=int, default=271_828)
    parser.add_argument("--soak_response_size", type=int, default=314_159)
    parser.add_argument("--soak_num_threads", type=int, default=1)
    # not official
    parser.add_argument("--concurrent_calls", type=int, default=1_000, help="of concurrent_large_unary (%(default)s)")
    parser.add_argument("--case_timeout", type=float, default=60.0, help="seconds for each case (%(default)s)")
    return parser


def _add_boolean(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(name, type=_boolean, nargs="?", const=True, default=False, metavar="BOOL")


def _boolean(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false") from None


def _metadata(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.partition(":") for part in text.split(";") if part]
    if not all(colon for _, colon, _ in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key:value;key:value")
    return tuple((key.strip().lower(), value.strip()) for key, _, value in pairs)
