"""Real proxies in front of a server: their configurations, and how they are started."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.interop.flags import TEST_CA, TEST_CERTIFICATE, TEST_KEY
from tests.interop.processes import free_port, running

__all__ = ["PROXIES", "proxy"]

_SERVER_NAME = "interop.test.example"
_TYPES = "type.googleapis.com/envoy.extensions"


def _envoy(program: str, folder: Path, port: int, upstream: int, tls: bool) -> list[str]:
    http2: dict[str, Any] = {"explicit_http_config": {"http2_protocol_options": {}}}
    manager: dict[str, Any] = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "codec_type": "HTTP2",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    # no timeout of its own: that is the caller's affair
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "server", "timeout": "0s"}}],
                }
            ]
        },
        "http_filters": [
            {
                "name": "router",
                "typed_config": {
                    "@type": f"{_TYPES}.filters.http.router.v3.Router",
                },
            }
        ],
    }
    chain: dict[str, Any] = {"filters": [{"name": "manager", "typed_config": manager}]}
    cluster: dict[str, Any] = {
        "name": "server",
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": "server",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _envoy_address(upstream)}}]}],
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{_TYPES}.upstreams.http.v3.HttpProtocolOptions",
                **http2,
            }
        },
    }
    if tls:
        certificate = {
            "certificate_chain": {"filename": str(TEST_CERTIFICATE)},
            "private_key": {"filename": str(TEST_KEY)},
        }
        chain["transport_socket"] = {
            "name": "tls",
            "typed_config": {
                "@type": f"{_TYPES}.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {"alpn_protocols": ["h2"], "tls_certificates": [certificate]},
            },
        }
        cluster["transport_socket"] = {
            "name": "tls",
            "typed_config": {
                "@type": f"{_TYPES}.transport_sockets.tls.v3.UpstreamTlsContext",
                "sni": _SERVER_NAME,
                "common_tls_context": {
                    "alpn_protocols": ["h2"],
                    "validation_context": {"trusted_ca": {"filename": str(TEST_CA)}},
                },
            },
        }
    listener = {"name": "in", "address": _envoy_address(port), "filter_chains": [chain]}
    file = folder / "envoy.json"
    file.write_text(json.dumps({"static_resources": {"listeners": [listener], "clusters": [cluster]}}))
    return [program, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]


def _envoy_address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _nginx(program: str, folder: Path, port: int, upstream: int, tls: bool) -> list[str]:
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    if tls:
        listen, scheme = "ssl http2", "grpcs"
        security = (
            f"ssl_certificate {TEST_CERTIFICATE}; ssl_certificate_key {TEST_KEY}; grpc_ssl_verify on; "
            f"grpc_ssl_trusted_certificate {TEST_CA}; grpc_ssl_name {_SERVER_NAME}; grpc_ssl_server_name on;"
        )
    else:
        listen, scheme, security = "http2", "grpc", ""
    file = folder / "nginx.conf"
    file.write_text(f"""
        daemon off; pid {folder}/nginx.pid; error_log stderr; worker_processes 1;
        events {{ worker_connections 4096; }}
        http {{
            access_log off; client_max_body_size 0; {paths}
            upstream server {{ server 127.0.0.1:{upstream}; keepalive 8; }}
            server {{
                listen 127.0.0.1:{port} {listen}; {security}
                location / {{ grpc_pass {scheme}://server; grpc_read_timeout 120s; grpc_send_timeout 120s; }}
            }}
        }}
    """)
    return [program, "-p", str(folder), "-c", str(file), "-e", "stderr"]


def _haproxy(program: str, folder: Path, port: int, upstream: int, tls: bool) -> list[str]:
    front, back = "proto h2", "proto h2"
    if tls:
        both = folder / "server.pem"
        both.write_bytes(TEST_CERTIFICATE.read_bytes() + TEST_KEY.read_bytes())
        front = f"ssl crt {both} alpn h2"
        back = f"ssl verify required ca-file {TEST_CA} sni str({_SERVER_NAME}) alpn h2"
    file = folder / "haproxy.cfg"
    file.write_text(f"""
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
frontend in
  bind 127.0.0.1:{port} {front}
  default_backend server
backend server
  server one 127.0.0.1:{upstream} {back}
""")
    return [program, "-db", "-f", str(file)]


PROXIES: dict[str, Callable[[str, Path, int, int, bool], list[str]]] = {
    "envoy": _envoy,
    "nginx": _nginx,
    "haproxy": _haproxy,
}
"""The command of each proxy, of: its program, a folder for its files, its port, the server's, and whether with TLS."""


@asynccontextmanager
async def proxy(name: str, program: str, upstream: int, tls: bool) -> AsyncIterator[int]:
    """Runs a proxy in front of the server on port ``upstream``, and yields the proxy's port.

    With TLS, the proxy speaks it on both sides, and looks at the server's certificate.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        port = free_port()
        async with running(PROXIES[name](program, Path(folder), port, upstream, tls), port):
            yield port
