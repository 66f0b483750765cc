"""The API server of these tests, held against a client of others: kubectl."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
from pathlib import Path

import pytest
import trustme
from kubernetes_api import ApiServer, endpoint, endpoint_slice


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
async def test_kubectl_lists_watches_and_writes(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with ApiServer(tls=tls) as api:

        async def start(*arguments: str, token: str = "good") -> asyncio.subprocess.Process:
            where = "--server", api.url, "--certificate-authority", str(tmp_path / "ca.pem"), "--token", token
            options = "--namespace", "prod", "--cache-dir", str(tmp_path / "cache")
            pipe = asyncio.subprocess.PIPE
            return await asyncio.create_subprocess_exec(
                "kubectl", *where, *options, *arguments, stdout=pipe, stderr=pipe
            )

        async def kubectl(*arguments: str, token: str = "good") -> str:
            output, errors = await (await start(*arguments, token=token)).communicate()
            return (output or errors).decode()

        await api.put("prod", endpoint_slice("geo-a", endpoint("10.0.0.1", pod="a")))
        watching = await start("get", "endpointslices", "--watch", "--output", "json")
        assert watching.stdout is not None
        try:
            told = json.loads(await watching.stdout.readuntil(b"\n}\n"))
            assert told["endpoints"][0]["addresses"] == ["10.0.0.1"]
            manifest = tmp_path / "slice.json"
            slice_ = endpoint_slice("geo-b", endpoint("10.0.0.2", pod="b"))
            manifest.write_text(json.dumps({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", **slice_}))
            assert "created" in await kubectl("create", "--validate=false", "--filename", str(manifest))
            told = json.loads(await watching.stdout.readuntil(b"\n}\n"))
            assert told["metadata"]["name"] == "geo-b"
        finally:
            watching.kill()
            await watching.communicate()
        label = "kubernetes.io/service-name=geo"
        assert "geo-b" in await kubectl("get", "endpointslices", "--selector", label)
        assert "deleted" in await kubectl("delete", "endpointslices", "geo-a", "--wait=false")
        assert "geo-a" not in await kubectl("get", "endpointslices")
        assert "Unauthorized" in await kubectl("get", "endpointslices", token="bad")
