"""A channel whose target is a service of Kubernetes: its calls follow the pods."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from echo import Echo, EchoStub
from kubernetes_api import ApiServer, endpoint, endpoint_slice

from minirpc.aio import Channel, Context, Server, Weighted
from minirpc.errors import RpcError, StatusCode
from minirpc.kubernetes import Cluster, KubernetesResolver


class Pod(Echo):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    async def unary(self, request: bytes, context: Context) -> bytes:
        return self._name.encode()


async def start(server: Server) -> int:
    return int((await server.start("127.0.0.1:0")).rpartition(":")[2])


async def put(api: ApiServer, **pods: int) -> None:
    """Has the service consist of these pods; each has a port of its own, and so a slice of its own."""
    for pod, port in pods.items():
        await api.put("prod", endpoint_slice(f"slice-{pod}", endpoint("127.0.0.1", pod=pod), ports={"grpc": port}))


async def until(stub: EchoStub, *names: bytes) -> None:
    """Calls until the last calls were answered by these pods and no others."""
    last: list[bytes] = []
    async with asyncio.timeout(20):
        while set(last[-8:]) != set(names) or len(last) < 8:
            last.append(await stub.unary(b"", timeout=10))
            await asyncio.sleep(0.005)


async def test_calls_follow_the_pods_and_none_fails() -> None:
    async with ApiServer() as api, Server([Pod("a")]) as a, Server([Pod("b")]) as b:
        ports = {"a": await start(a), "b": await start(b)}
        resolver = KubernetesResolver("geo.prod:grpc", cluster=Cluster(api.url, token="good"))
        async with Channel("geo", resolver=resolver, load_balancing="round_robin") as channel:
            stub = EchoStub(channel)
            waiting = asyncio.create_task(asyncio.wait_for(stub.unary(b"", wait_for_ready=True), 20))
            await put(api, a=ports["a"])
            assert await waiting == b"a"
            await put(api, b=ports["b"])
            await until(stub, b"a", b"b")
            await api.remove("prod", "slice-a")
            await until(stub, b"b")
            await a.stop(grace=5)
            await until(stub, b"b")


async def test_a_canary_by_the_label_of_its_pod_gets_its_share() -> None:
    policy = Weighted({"v1": 90, "v2": 10})
    async with ApiServer() as api, Server([Pod("a")]) as a, Server([Pod("b")]) as b, Server([Pod("c")]) as c:
        api.pods = {("prod", name): {"version": "v2" if name == "c" else "v1"} for name in "abc"}
        await put(api, a=await start(a), b=await start(b), c=await start(c))
        cluster = Cluster(api.url, token="good")
        resolver = KubernetesResolver("geo.prod:grpc", cluster=cluster, pod_labels=["version"])
        async with Channel("geo", resolver=resolver, load_balancing=policy) as channel:
            stub = EchoStub(channel)
            async with asyncio.timeout(20):
                while {await stub.unary(b"", timeout=10) for _ in range(60)} != {b"a", b"b", b"c"}:
                    pass
            answers = [await stub.unary(b"", timeout=10) for _ in range(400)]
            assert 15 <= answers.count(b"c") <= 70  # 40 and 4 standard deviations
            policy.set_weights({"v2": 1})
            assert {await stub.unary(b"", timeout=10) for _ in range(20)} == {b"c"}


async def test_why_there_are_no_endpoints_is_in_the_status(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with ApiServer() as api:
        resolver = KubernetesResolver("geo.prod:grpc", cluster=Cluster(api.url, token="bad"))
        async with Channel("geo", resolver=resolver) as channel:
            with pytest.raises(RpcError, match="401 Unauthorized") as caught:
                await EchoStub(channel).unary(b"", timeout=10)
            assert caught.value.code is StatusCode.UNAVAILABLE
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nothing"))
    async with Channel("kubernetes:///geo.prod:grpc") as channel:
        with pytest.raises(RpcError, match="neither a pod's service account nor a kubeconfig file"):
            await EchoStub(channel).unary(b"", timeout=10)


@pytest.mark.parametrize("target", ["kubernetes:///Geo.prod", "kubernetes:///geo:", "kubernetes://cluster/geo:grpc"])
def test_targets_that_are_none(target: str) -> None:
    with pytest.raises(ValueError, match=r"geo|Geo"):
        Channel(target)
