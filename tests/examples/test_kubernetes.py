"""The manifests: good by Kubernetes' own schemas, of one mind with each other, with the image and with the programs."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import kubernetes_validate
import pytest
import yaml
from geo_programs import ROOT, Start, run
from kubernetes_api import ApiServer, endpoint, endpoint_slice

from examples.geo.gen.geo_pb import Point, Points
from examples.geo.gen.geo_rpc import GeoServiceStub
from minirpc.aio import Channel
from minirpc.kubernetes import ServiceName
from minirpc.services.health import HealthCheckRequest, HealthStub

FOLDER = ROOT / "examples" / "geo" / "kubernetes"
FILES = sorted(FOLDER.glob("*.yaml"))
OBJECTS: list[Any] = [value for path in FILES for value in yaml.safe_load_all(path.read_text())]
ORDER = ["namespace.yaml", "back-end.yaml", "front-end.yaml", "canary.yaml", "autoscale.yaml"]


def of_kind(kind: str) -> list[Any]:
    return [value for value in OBJECTS if value["kind"] == kind]


def named(kind: str, name: str) -> Any:
    (found,) = (value for value in of_kind(kind) if value["metadata"]["name"] == name)
    return found


def name_of(value: Any) -> str:
    return f"{value['kind']} {value['metadata']['name']}"


DEPLOYMENTS = of_kind("Deployment")
CONTAINERS = [(each, each["spec"]["template"]["spec"]["containers"][0]) for each in DEPLOYMENTS]


def chosen(selector: dict[str, str]) -> list[Any]:
    """The Deployments whose pods a selector chooses."""
    labels = [(each, each["spec"]["template"]["metadata"]["labels"]) for each in DEPLOYMENTS]
    return [each for each, found in labels if selector.items() <= found.items()]


@pytest.mark.parametrize("value", OBJECTS, ids=name_of)
def test_kubernetes_takes_it(value: Any) -> None:
    for version in ("1.33", "1.34"):
        kubernetes_validate.validate(value, version, strict=True)


def test_the_schemas_find_what_is_wrong() -> None:
    wrong = json.loads(json.dumps(DEPLOYMENTS[0]))
    wrong["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"nam": "grpc"}]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.34", strict=True)


def test_names_and_namespaces() -> None:
    assert {path.name for path in FILES} == set(ORDER)
    assert len({(value["kind"], value["metadata"]["name"]) for value in OBJECTS}) == len(OBJECTS)
    namespaces = {value["metadata"].get("namespace") for value in OBJECTS if value["kind"] != "Namespace"}
    assert namespaces == {namespace["metadata"]["name"] for namespace in of_kind("Namespace")}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_a_deployment_chooses_its_own_pods_and_no_others(deployment: Any) -> None:
    selector = deployment["spec"]["selector"]["matchLabels"]
    assert chosen(selector) == [deployment]
    assert "version" not in selector  # or a roll would have to change what cannot change
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert labels["type"] in ("FE", "BE")
    assert re.fullmatch(r"v\d+", labels["version"])
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.endswith(f":{labels['version']}")


@pytest.mark.parametrize("service", of_kind("Service"), ids=name_of)
def test_a_service_leads_to_ports_that_pods_have(service: Any) -> None:
    deployments = chosen(service["spec"]["selector"])
    assert deployments
    for deployment in deployments:
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in ports
            if service["spec"].get("clusterIP") == "None":
                assert port["port"] == ports[port["targetPort"]]  # nobody translates it


def test_both_kinds_of_services_have_the_canary_too() -> None:
    both = [each["metadata"]["name"] for each in chosen(named("Service", "geo-back-end")["spec"]["selector"])]
    assert sorted(both) == ["geo-back-end", "geo-back-end-canary"]
    headless = named("Service", "geo-back-end-pods")["spec"]
    assert headless["clusterIP"] == "None"
    assert headless["selector"] == named("Service", "geo-back-end")["spec"]["selector"]


@pytest.mark.parametrize(("deployment", "container"), CONTAINERS, ids=[name_of(each) for each, _ in CONTAINERS])
def test_probes_ask_ports_of_the_container(deployment: Any, container: Any) -> None:
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe in (container["readinessProbe"], container["livenessProbe"]):
        if "grpc" in probe:
            assert probe["grpc"]["port"] in ports.values()
        else:
            assert probe["httpGet"]["port"] in ports


@pytest.mark.parametrize(("deployment", "container"), CONTAINERS, ids=[name_of(each) for each, _ in CONTAINERS])
def test_no_call_is_lost_when_a_pod_is_replaced(deployment: Any, container: Any) -> None:
    spec = deployment["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    arguments = dict(zip(container["args"][::2], container["args"][1::2], strict=True))
    pause = float(arguments.get("--delay", 0))
    pause += container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    probe = container["readinessProbe"]
    assert pause > 0
    assert pause >= probe["periodSeconds"] * (probe.get("failureThreshold", 3) if "grpc" in probe else 1)
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= pause + 10


@pytest.mark.parametrize(("deployment", "container"), CONTAINERS, ids=[name_of(each) for each, _ in CONTAINERS])
def test_pods_can_do_no_more_than_they_need(deployment: Any, container: Any) -> None:
    pod = deployment["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]
    assert pod.get("automountServiceAccountToken") is False or "serviceAccountName" in pod


def test_budgets_and_scalers_are_for_what_there_is() -> None:
    budgets = of_kind("PodDisruptionBudget")
    assert {each["spec"]["selector"]["matchLabels"]["type"] for each in budgets} == {"FE", "BE"}
    assert all(chosen(each["spec"]["selector"]["matchLabels"]) for each in budgets)
    for scaler in of_kind("HorizontalPodAutoscaler"):
        deployment = named("Deployment", scaler["spec"]["scaleTargetRef"]["name"])
        assert scaler["spec"]["minReplicas"] == deployment["spec"]["replicas"]
        assert scaler["spec"]["maxReplicas"] > scaler["spec"]["minReplicas"]


def test_the_front_end_may_ask_for_the_service_that_it_names() -> None:
    deployment, container = next(each for each in CONTAINERS if each[0]["metadata"]["name"] == "geo-front-end")
    target = container["args"][container["args"].index("--back-end") + 1]
    name = ServiceName.parse(target.removeprefix("kubernetes:///").partition("?")[0])
    ports = [port["name"] for port in named("Service", name.service)["spec"]["ports"]]
    assert name.port in ports
    (binding,) = of_kind("RoleBinding")
    account = deployment["spec"]["template"]["spec"]["serviceAccountName"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "geo"}]
    assert named("ServiceAccount", account)
    assert named("Role", binding["roleRef"]["name"])["rules"] == [
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
    ]


def entry_points() -> dict[str, list[str]]:
    """What each image runs, by the name of its target in the Dockerfile."""
    text = (FOLDER / "Dockerfile").read_text()
    found = re.findall(r"^FROM base AS (\S+)\nEXPOSE (\d+)\nENTRYPOINT (\[.*\])$", text, re.MULTILINE)
    return {name: json.loads(command) for name, _, command in found}


def test_images_copy_what_there_is() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    sources = [word for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert {"minirpc", "protoc_plugin", "examples/geo"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists()
    for deployment, container in CONTAINERS:
        name = container["name"]
        assert container["image"].startswith(f"geo-{name}:"), name_of(deployment)
        module = entry_points()[name][2]
        assert (ROOT / Path(*module.split("."))).with_suffix(".py").exists()


@pytest.mark.parametrize("name", ["geo-back-end", "geo-back-end-canary"])
async def test_the_back_end_runs_as_its_manifest_says_and_its_probes_pass(
    start: Start, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    deployment = named("Deployment", name)
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    (variable,) = container["env"]
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['version']"
    version = template["metadata"]["labels"]["version"]
    monkeypatch.setenv(variable["name"], version)
    interpreter, dash, module, *arguments = entry_points()["back-end"]
    assert (interpreter, dash, module) == ("python", "-m", "examples.geo.back_end")
    # the last ones count: a free port on loopback, and no delay
    program = start("back_end", *arguments, *container["args"], "--host", "127.0.0.1", "--port", "0", "--delay", "0")
    async with Channel(program.address) as channel:
        for probe in (container["readinessProbe"], container["livenessProbe"]):
            request = HealthCheckRequest(service=probe["grpc"].get("service", ""))
            reply = await HealthStub(channel).check(request, timeout=probe.get("timeoutSeconds", 1) * 10)
            assert reply.status.name == "SERVING"
        call = GeoServiceStub(channel).distance_between(Points(origin=Point(), destination=Point(lat=1)), timeout=10)
        await call
        assert ("geo-version", version) in await call.initial_metadata()
    assert program.stop() == 0


def steps() -> Iterator[str]:
    """The commands of the guide."""
    text = (ROOT / "docs" / "kubernetes.md").read_text()
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()


def test_the_guide_names_what_there_is() -> None:
    commands = list(steps())
    files = [path for line in commands for path in re.findall(r"examples/geo/kubernetes/[\w.-]+", line)]
    assert {path.rpartition("/")[2] for path in files} >= {*ORDER, "Dockerfile"}
    assert all((ROOT / path).exists() for path in files)
    for kind, name in re.findall(r"\b(deployment|service)/([\w-]+)", "\n".join(commands)):
        assert named(kind.capitalize(), name)
    for patch in re.findall(r"--patch '(.*?)'", "\n".join(commands)):
        change = json.loads(patch)["spec"]["template"]
        (container,) = change["spec"]["containers"]
        assert container["image"] == f"geo-back-end:{change['metadata']['labels']['version']}"
        assert container["name"] == "back-end"


async def test_the_front_end_asks_all_back_ends_that_the_api_server_lists(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    back_ends = [start("back_end", "--port", "0", "--version", version) for version in ("v1", "v2")]
    async with ApiServer() as api:
        for number, each in enumerate(back_ends):
            port = int(each.address.rpartition(":")[2])
            api.pods["geo", f"pod-{number}"] = {"version": f"v{number + 1}", "type": "BE"}
            only = endpoint("127.0.0.1", pod=f"pod-{number}")
            value = endpoint_slice(f"slice-{number}", only, service="geo-back-end", ports={"grpc": port})
            await api.put("geo", value)
        kubeconfig = {
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "geo"}}],
            "clusters": [{"name": "test", "cluster": {"server": api.url}}],
            "users": [{"name": "test", "user": {"token": "good"}}],
        }
        (tmp_path / "config").write_text(yaml.safe_dump(kubeconfig))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
        _, container = next(each for each in CONTAINERS if each[0]["metadata"]["name"] == "geo-front-end")
        arguments = [*entry_points()["front-end"][3:], *container["args"], "--host", "127.0.0.1", "--port", "0"]
        program = start("kubernetes.front_end", *arguments)
        versions: set[str] = set()
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client, asyncio.timeout(20):
            while versions != {"v1", "v2"}:
                answer = await client.get(f"{program.address}/distance?from=Kyiv&to=Lviv")
                assert answer.status_code == 200
                versions.add(answer.headers["x-geo-version"])
        assert program.stop() == 0
        # by weights of versions, as for a canary
        canary = start("kubernetes.front_end", *arguments, "--weights", "v1=0,v2=10")
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            for _ in range(10):
                answer = await client.get(f"{canary.address}/distance?from=Kyiv&to=Lviv")
                assert answer.headers["x-geo-version"] == "v2"
            shown = (await client.get(f"{canary.address}/status/data")).json()["channels"][0]["subchannels"]
        assert {(each["group"], each["group_weight"]) for each in shown} == {("v1", 0), ("v2", 10)}
        assert canary.stop() == 0


def test_weights_that_cannot_be_read_are_told() -> None:
    for weights in ("v1", "v1=x", "v1=-1", "v1=0"):
        ended = run("kubernetes.front_end", "--port", "0", "--weights", weights)
        assert ended.returncode == 1
        assert ended.stderr.startswith(f"geo front end: --weights {weights}: ")
