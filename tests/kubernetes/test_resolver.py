"""The resolver against an API server over real HTTP: what it tells, and what it survives."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import authority_pem, server_pair
from kubernetes_api import ApiServer, endpoint, endpoint_slice

from minirpc.aio import Target
from minirpc.aio.resolver import Resolution
from minirpc.kubernetes import Cluster, KubernetesError, KubernetesResolver


def resolver(api: ApiServer, name: str = "geo.prod:grpc", **options: Any) -> KubernetesResolver:
    cluster = options.pop("cluster", None) or Cluster(api.url, "prod", token="good")
    return KubernetesResolver(name, cluster=cluster, min_backoff=0.01, max_backoff=0.05, **options)


class Watcher:
    """What a resolver yields, one after the other."""

    def __init__(self, changes: AsyncIterator[Resolution]) -> None:
        self._changes = changes

    async def next(self) -> list[str]:
        resolution = await anext(self._changes)
        return [str(each.addresses[0]).removesuffix(":50051") for each in resolution.endpoints]

    async def until(self, *hosts: str) -> None:
        """Waits for these endpoints."""
        async with asyncio.timeout(20):
            while await self.next() != list(hosts):
                pass


@contextlib.asynccontextmanager
async def watching(of: KubernetesResolver) -> AsyncIterator[Watcher]:
    changes = of.watch()
    try:
        yield Watcher(changes)
    finally:
        await changes.aclose()  # type: ignore[attr-defined]


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # what happens in a server has no event to wait for
            await asyncio.sleep(0.01)


async def wait_for_watch(api: ApiServer) -> None:
    await eventually(lambda: api.watching > 0)


async def test_each_change_is_told() -> None:
    async with ApiServer() as api, watching(resolver(api)) as told:
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
        await api.put("prod", endpoint_slice("other", endpoint("10.9.9.9"), service="other"))
        await api.put("dev", endpoint_slice("geo-1", endpoint("10.9.9.8")))
        assert await told.next() == ["10.0.0.1"]
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1"), endpoint("10.0.0.2")))
        assert await told.next() == ["10.0.0.1", "10.0.0.2"]
        await api.put("prod", endpoint_slice("other", endpoint("10.9.9.7"), service="other"))
        await api.put("prod", endpoint_slice("geo-2", endpoint("10.0.0.3")))
        assert await told.next() == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
        await api.remove("prod", "geo-1")
        assert await told.next() == ["10.0.0.3"]
        await api.remove("prod", "geo-2")
        assert await told.next() == []
        assert (api.lists, api.watches) == (1, 1)


async def test_a_service_that_is_not_there_has_no_endpoints_until_it_is() -> None:
    async with ApiServer() as api, watching(resolver(api)) as told:
        assert await told.next() == []
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
        assert await told.next() == ["10.0.0.1"]


async def test_a_list_of_many_pages() -> None:
    async with ApiServer() as api, watching(resolver(api)) as told:
        for number in range(1100):
            await api.put("prod", endpoint_slice(f"geo-{number:04}", endpoint(f"10.0.{number // 256}.{number % 256}")))
        assert len(await told.next()) == 1100
        assert api.lists == 3


async def test_a_dropped_watch_goes_on_where_it_was() -> None:
    async with ApiServer() as api, watching(resolver(api)) as told:
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
        assert await told.next() == ["10.0.0.1"]
        for number in range(2, 5):
            waiting = asyncio.create_task(told.next())
            await wait_for_watch(api)
            api.drop_watches()
            await api.put("prod", endpoint_slice(f"geo-{number}", endpoint(f"10.0.0.{number}")))
            assert len(await waiting) == number
        assert api.lists == 1


async def test_a_watch_that_is_over_is_continued() -> None:
    async with ApiServer() as api, watching(resolver(api, watch_seconds=1)) as told:
        assert await told.next() == []
        waiting = asyncio.create_task(told.next())
        await eventually(lambda: api.watches >= 2)
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
        assert await waiting == ["10.0.0.1"]
        assert api.lists == 1


@pytest.mark.parametrize("in_stream", [True, False])
async def test_a_version_that_is_gone_is_listed_anew(in_stream: bool) -> None:
    async with ApiServer() as api, watching(resolver(api)) as told:
        api.gone_in_stream = in_stream
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
        assert await told.next() == ["10.0.0.1"]
        waiting = asyncio.create_task(told.next())
        await wait_for_watch(api)
        api.rights["good"].discard("watch")  # so that nothing is told before the versions are gone
        api.drop_watches()
        await api.remove("prod", "geo-1")
        await api.put("prod", endpoint_slice("geo-2", endpoint("10.0.0.2")))
        api.compact()
        api.rights["good"].add("watch")
        assert await waiting == ["10.0.0.2"]
        await api.put("prod", endpoint_slice("geo-3", endpoint("10.0.0.3")))
        assert await told.next() == ["10.0.0.2", "10.0.0.3"]
        assert api.lists == 2


async def test_bookmarks_spare_a_list() -> None:
    async with ApiServer() as api, watching(resolver(api)) as told:
        assert await told.next() == []
        waiting = asyncio.create_task(told.next())
        await wait_for_watch(api)
        for _ in range(5):
            await api.touch()
        await api.bookmark()
        await api.put("dev", endpoint_slice("x"))  # the condition is served in turns: the bookmark is out
        await asyncio.sleep(0.1)
        api.compact()
        await api.bookmark()
        await asyncio.sleep(0.1)
        api.drop_watches()
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
        assert await waiting == ["10.0.0.1"]
        assert api.lists == 1


@pytest.mark.parametrize("always", [b"gone", b"over"])
async def test_a_server_that_ends_every_watch_is_not_asked_without_a_pause(always: bytes) -> None:
    requests = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        head = await reader.readuntil(b"\r\n\r\n")
        body = b'{"items": [], "metadata": {"resourceVersion": "7"}}'
        if b"watch=true" in head:
            body = b'{"type": "ERROR", "object": {"code": 410}}\n' if always == b"gone" else b""
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        cluster = Cluster(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        of = KubernetesResolver("geo.prod", cluster=cluster, min_backoff=3600, max_backoff=3600)
        async with watching(of) as told:
            assert await told.next() == []
            waiting = asyncio.create_task(told.next())
            await eventually(lambda: requests == 2)  # a list and a watch
            await asyncio.sleep(0.2)
            assert requests == 2

            def goes_on() -> bool:
                of.resolve_now()
                return requests > 2

            await eventually(goes_on)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting


async def test_what_is_known_outlives_the_api_server(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "minirpc.kubernetes")
    async with ApiServer() as api, watching(resolver(api)) as told:
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
        assert await told.next() == ["10.0.0.1"]
        waiting = asyncio.create_task(told.next())
        await wait_for_watch(api)
        api.failing = 500
        api.drop_watches()
        await eventually(lambda: "500 Internal Server Error" in caplog.text)
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.2")))
        assert not waiting.done()
        api.failing = None
        assert await waiting == ["10.0.0.2"]
    assert "geo.prod:grpc: going on with 1 endpoints: the endpoints of service geo in namespace prod" in caplog.text


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (None, r"401 Unauthorized: Unauthorized \(the token is none, or has expired\)$"),
        ("bad", r"401 Unauthorized"),
        ("weak", r'403 Forbidden: endpointslices.* cannot list resource .*"prod" \(the service account needs a Role'),
    ],
)
async def test_who_may_not_ask_is_told_why(token: str | None, said: str) -> None:
    async with ApiServer() as api:
        api.rights["weak"] = {"watch"}
        with pytest.raises(KubernetesError, match=said):
            await anext(resolver(api, cluster=Cluster(api.url, token=token)).watch())


async def test_no_server_is_a_failure_of_the_first_list() -> None:
    async with ApiServer() as api:
        gone = api.url
    with pytest.raises(KubernetesError, match="the endpoints of service geo in namespace prod at http://127"):
        await anext(KubernetesResolver("geo.prod", cluster=Cluster(gone)).watch())


async def test_resolve_now_ends_a_wait() -> None:
    async with ApiServer() as api:
        patient = KubernetesResolver(
            "geo.prod", cluster=Cluster(api.url, token="good"), min_backoff=3600, max_backoff=3600
        )
        async with watching(patient) as told:
            assert await told.next() == []
            waiting = asyncio.create_task(told.next())
            await wait_for_watch(api)
            api.drop_watches()
            await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
            while not waiting.done():
                patient.resolve_now()
                await asyncio.sleep(0.01)
            assert await waiting == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "the answer is no JSON"),
        (b"[]", "the answer is no list"),
        (b'{"items": 5, "metadata": {}}', "the answer is no list"),
        (b'{"items": [], "metadata": {}}', "the list has no resource version"),
        (b'{"items": [7], "metadata": {"resourceVersion": "1"}}', "EndpointSlice is no object but int"),
        (b"[" * 100_000, "the answer is no JSON"),
    ],
)
async def test_a_server_that_is_no_api_server(body: bytes, said: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(KubernetesError, match=said):
            await anext(KubernetesResolver("geo.prod", cluster=Cluster(f"http://127.0.0.1:{port}")).watch())


def server_context(tmp_path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server_pair().write(tmp_path, "server"))
    return context


async def test_as_a_pod_with_a_token_that_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = tmp_path / "account"
    account.mkdir()
    (account / "ca.crt").write_bytes(authority_pem())
    (account / "token").write_text("first\n")
    (account / "namespace").write_text("prod")
    async with ApiServer(tls=server_context(tmp_path)) as api:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", api.url.rpartition(":")[2])
        api.rights = {"first": {"list", "watch"}}
        async with watching(resolver(api, "geo:grpc", cluster=Cluster.in_cluster(account))) as told:
            assert await told.next() == []
            waiting = asyncio.create_task(told.next())
            await wait_for_watch(api)
            api.rights = {"second": {"list", "watch"}}
            api.drop_watches()
            await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            (account / "token").write_text("second\n")
            assert await waiting == ["10.0.0.1"]


async def test_a_server_of_another_authority_gets_no_token(tmp_path: Path) -> None:
    async with ApiServer(tls=server_context(tmp_path)) as api:
        cluster = Cluster(api.url, token="good", ca=authority_pem("theirs").decode())
        with pytest.raises(KubernetesError, match="certificate verify failed"):
            await anext(resolver(api, cluster=cluster).watch())


async def test_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_bytes(authority_pem())
    (tmp_path / "token").write_text("good")
    async with ApiServer(tls=server_context(tmp_path)) as api:
        content = {
            "current-context": "other",
            "contexts": [
                {"name": "other", "context": {"cluster": "none", "user": "none"}},
                {"name": "test", "context": {"cluster": "here", "user": "me", "namespace": "prod"}},
            ],
            "clusters": [{"name": "here", "cluster": {"server": api.url, "certificate-authority": "ca.pem"}}],
            "users": [{"name": "me", "user": {"tokenFile": "token"}}],
        }
        path = tmp_path / "config"
        path.write_text(yaml.safe_dump(content))
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
        cluster = Cluster.from_kubeconfig(path, context="test")
        async with watching(resolver(api, "geo", cluster=cluster)) as told:
            assert await told.next() == ["10.0.0.1"]
        monkeypatch.setenv("KUBECONFIG", str(path))
        with pytest.raises(KubernetesError, match=f"^{path}: there is no cluster 'none'$"):
            Cluster.find()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nothing"))
    with pytest.raises(KubernetesError, match="neither a pod's service account nor a kubeconfig file"):
        Cluster.find()


PLUGIN = """
import json, os, sys
asked = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
assert asked["kind"] == "ExecCredential" and asked["spec"] == {"interactive": False}, asked
with open(sys.argv[1], "a") as log:
    log.write(os.environ["WHO"])
print(json.dumps({"apiVersion": asked["apiVersion"], "kind": "ExecCredential", "status": {"token": "good"}}))
"""


def kubeconfig(api: ApiServer, path: Path, **user: Any) -> Cluster:
    content = {
        "contexts": [{"name": "c", "context": {"cluster": "here", "user": "me", "namespace": "prod"}}],
        "clusters": [{"name": "here", "cluster": {"server": api.url}}],
        "users": [{"name": "me", "user": user}],
    }
    path.write_text(yaml.safe_dump(content))
    return Cluster.from_kubeconfig(path, context="c")


async def test_a_program_gives_the_token_anew_for_each_connection(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    arguments = [str(tmp_path / "plugin.py"), str(tmp_path / "log")]
    async with ApiServer() as api:
        plugin = {"command": sys.executable, "args": arguments, "env": [{"name": "WHO", "value": "x"}]}
        cluster = kubeconfig(api, tmp_path / "config", exec=plugin)
        async with watching(resolver(api, "geo", cluster=cluster)) as told:
            assert await told.next() == []
            waiting = asyncio.create_task(told.next())
            await wait_for_watch(api)
            api.drop_watches()
            await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1")))
            assert await waiting == ["10.0.0.1"]
    assert len((tmp_path / "log").read_text()) >= 2


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; sys.exit('log in first')", r"ended with exit code 1: log in first$"),
        ("print('hello')", r"is no JSON"),
        ('print(\'{"status": {"token": 5}}\')', r"gave neither a token nor a certificate with its key$"),
        ("print([])", r"gave neither"),
    ],
)
async def test_a_program_that_gives_nothing(tmp_path: Path, code: str, said: str) -> None:
    async with ApiServer() as api:
        cluster = kubeconfig(api, tmp_path / "config", exec={"command": sys.executable, "args": ["-c", code]})
        with pytest.raises(KubernetesError, match=said):
            await anext(resolver(api, cluster=cluster).watch())
        missing = kubeconfig(api, tmp_path / "config", exec={"command": "./not-there"})
        with pytest.raises(KubernetesError, match=f"{tmp_path}/not-there cannot be run"):
            await anext(resolver(api, cluster=missing).watch())
        with pytest.raises(KubernetesError, match="an exec is not as it must be"):
            kubeconfig(api, tmp_path / "config", exec={"args": []})


# -- labels of pods


def versions(resolution: Resolution) -> dict[str, str | None]:
    return {each.attributes["pod"]: each.attributes.get("version") for each in resolution.endpoints}


async def test_labels_of_pods_are_attributes() -> None:
    async with ApiServer() as api:
        api.pods = {
            ("prod", "a"): {"version": "v1", "secret": "x"},
            ("prod", "b"): {"version": "v2"},
            ("prod", "c"): {},
        }
        await api.put("prod", endpoint_slice("geo-1", *(endpoint(f"10.0.0.{n}", pod=p) for n, p in enumerate("abc"))))
        changes = resolver(api, pod_labels=["version"]).watch()
        first = await anext(changes)
        assert versions(first) == {"a": "v1", "b": "v2", "c": None}
        assert "secret" not in first.endpoints[0].attributes
        asked = api.pod_questions
        # one more: its labels alone are asked for, and the others stay the objects that they are
        api.pods["prod", "d"] = {"version": "v3"}
        await api.put("prod", endpoint_slice("geo-2", endpoint("10.0.0.9", pod="d")))
        second = await anext(changes)
        assert versions(second) == {"a": "v1", "b": "v2", "c": None, "d": "v3"}
        assert api.pod_questions == asked + 1
        assert all(one is other for one, other in zip(first.endpoints, second.endpoints, strict=False))
        # the same name, another pod
        api.pods["prod", "d"] = {"version": "v4"}
        again = endpoint("10.0.0.9", pod="d")
        again["targetRef"]["uid"] = "another"
        await api.put("prod", endpoint_slice("geo-2", again))
        assert versions(await anext(changes))["d"] == "v4"
        await changes.aclose()  # type: ignore[attr-defined]


async def test_labels_of_many_pods_come_in_pages() -> None:
    async with ApiServer() as api:
        names = [f"pod-{number}" for number in range(600)]
        api.pods = {("prod", name): {"version": name} for name in names} | {("prod", f"x{n}"): {} for n in range(500)}
        for number, name in enumerate(names):
            api.pods["prod", name] = {"version": f"v{number}"}
        slices = [names[start : start + 100] for start in range(0, 600, 100)]
        for index, members in enumerate(slices):
            ends = [endpoint(f"10.0.{index}.{number}", pod=name) for number, name in enumerate(members)]
            await api.put("prod", endpoint_slice(f"geo-{index}", *ends))
        changes = resolver(api, pod_labels=["version"]).watch()
        found = versions(await anext(changes))
        assert found == {name: f"v{number}" for number, name in enumerate(names)}
        assert api.pod_questions == 3
        await changes.aclose()  # type: ignore[attr-defined]


async def test_without_the_right_to_see_pods_the_first_list_fails_and_says_so() -> None:
    async with ApiServer() as api:
        api.pod_rights = set()
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1", pod="a")))
        with pytest.raises(KubernetesError, match="needs a Role with the verbs get and list on pods"):
            await anext(resolver(api, pod_labels=["version"]).watch())


async def test_pods_whose_labels_cannot_be_read_now_come_later() -> None:
    async with ApiServer() as api:
        api.pods = {
            ("prod", "a"): {"version": "v1"},
            ("prod", "b"): {"version": "v1"},
            ("prod", "c"): {"version": "v2"},
        }
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1", pod="a"), endpoint("10.0.0.2", pod="b")))
        changes = resolver(api, pod_labels=["version"]).watch()
        assert versions(await anext(changes)) == {"a": "v1", "b": "v1"}
        api.pod_rights = set()
        await api.put("prod", endpoint_slice("geo-1", endpoint("10.0.0.1", pod="a"), endpoint("10.0.0.3", pod="c")))
        assert versions(await anext(changes)) == {"a": "v1"}, "one has gone, and the other is not known yet"
        asked = api.pod_questions
        more = asyncio.ensure_future(anext(changes))  # type: ignore[arg-type]
        await eventually(lambda: api.pod_questions > asked + 1)
        api.pod_rights = {"good"}
        assert versions(await more) == {"a": "v1", "c": "v2"}
        await changes.aclose()  # type: ignore[attr-defined]


async def test_names_that_are_none_of_pods_are_not_asked_for() -> None:
    async with ApiServer() as api:
        ends = [endpoint(f"10.0.0.{n}", pod=name) for n, name in enumerate(("../../secrets/x", "a?watch=1", "A" * 300))]
        await api.put("prod", endpoint_slice("geo-1", *ends))
        changes = resolver(api, pod_labels=["version"]).watch()
        assert set(versions(await anext(changes)).values()) == {None}
        assert api.pod_questions == 0
        await changes.aclose()  # type: ignore[attr-defined]


def test_options_of_targets() -> None:
    def made(text: str) -> KubernetesResolver:
        return KubernetesResolver.from_target(Target("kubernetes", "", text, f"kubernetes:///{text}"))

    assert repr(made("geo.prod:grpc?pod-labels=version,track&zone=a")) == "<KubernetesResolver geo.prod:grpc>"
    for text, message in (
        ("geo:grpc?labels=version", "labels is no option; there are zone and pod-labels"),
        ("geo:grpc?version", "bad query field"),
    ):
        with pytest.raises(ValueError, match=message):
            made(text)
