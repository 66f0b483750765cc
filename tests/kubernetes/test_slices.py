"""From EndpointSlices to endpoints, and names of services."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes_api import endpoint, endpoint_slice

from minirpc.kubernetes import KubernetesError, ServiceName
from minirpc.kubernetes.slices import SliceSet


def found(*slices: Any, port: str | int | None = None, zone: str | None = None) -> list[str]:
    known = SliceSet("geo", port, zone)
    known.replace(slices)
    return hosts(known)


def hosts(known: SliceSet) -> list[str]:
    return [",".join(map(str, each.addresses)) for each in known.endpoints()]


def test_a_pod_of_two_ip_versions_is_one_endpoint() -> None:
    four = endpoint_slice("geo-4", endpoint("10.0.0.1", pod="a"), endpoint("10.0.0.2", pod="b"))
    six = endpoint_slice("geo-6", endpoint("fd00::2", pod="b"), endpoint("fd00::1", pod="a"), kind="IPv6")
    assert found(four, six) == ["10.0.0.1:50051,[fd00::1]:50051", "10.0.0.2:50051,[fd00::2]:50051"]


def test_an_endpoint_in_two_slices_is_there_once() -> None:
    first = endpoint_slice("geo-1", endpoint("10.0.0.1"), endpoint("10.0.0.2", ready=False))
    second = endpoint_slice("geo-2", endpoint("10.0.0.2"), endpoint("10.0.0.1"), endpoint("10.0.0.3"))
    assert found(first, second) == ["10.0.0.1:50051", "10.0.0.2:50051", "10.0.0.3:50051"]


def test_conditions() -> None:
    ready = endpoint("10.0.0.1")
    ends = endpoint("10.0.0.2", ready=False, serving=True, terminating=True)
    not_yet = endpoint("10.0.0.3", ready=False, serving=False)
    ended = endpoint("10.0.0.4", ready=False, serving=False, terminating=True)
    unknown = {"addresses": ["10.0.0.5"], "conditions": {"ready": None}}
    assert found(endpoint_slice("s", ready, ends, not_yet, ended, unknown)) == ["10.0.0.1:50051", "10.0.0.5:50051"]
    assert found(endpoint_slice("s", ends, not_yet, ended)) == ["10.0.0.2:50051"]
    assert found(endpoint_slice("s", not_yet, ended)) == []
    assert found({"metadata": {"name": "empty"}, "endpoints": None, "ports": None}) == []


def test_ports() -> None:
    one = endpoint_slice("s", endpoint("10.0.0.1"), ports={"grpc": 50051, "metrics": 9090})
    old = endpoint_slice("t", endpoint("10.0.0.2"), ports={"grpc": 4000})
    assert found(one, old, port="grpc") == ["10.0.0.1:50051", "10.0.0.2:4000"]
    assert found(one, old, port=9090) == ["10.0.0.1:9090"]
    said = r"service geo have the ports grpc=50051, metrics=9090, and (the target says none|none is 'web')"
    for port in (None, "web"):
        with pytest.raises(KubernetesError, match=said):
            found(one, port=port)
    udp = {**one, "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "grpc", "port": 1}]}
    assert found(udp) == ["10.0.0.1:1"]
    assert found({**one, "ports": None}, port=7) == ["10.0.0.1:7"]


def test_zones() -> None:
    a = endpoint("10.0.0.1", pod="p", zone="a", hints=("a",))
    b = endpoint("10.0.0.2", zone="b", hints=("b", "c"))
    known = SliceSet("geo")
    known.put(endpoint_slice("s", a, b))
    first, second = known.endpoints()
    assert (first.zone, second.zone) == ("a", "b")
    assert first.attributes == {"pod": "p", "node": "node-of-p", "hint_zones": "a"}
    assert second.attributes == {"hint_zones": "b,c"}
    assert found(endpoint_slice("s", a, b), zone="c") == ["10.0.0.2:50051"]
    assert len(found(endpoint_slice("s", a, b), zone="d")) == 2
    assert len(found(endpoint_slice("s", a, endpoint("10.0.0.3")), zone="a")) == 2  # not all have hints


def test_changes() -> None:
    known = SliceSet("geo")
    known.replace([endpoint_slice("a", endpoint("10.0.0.1"))])
    known.put(endpoint_slice("b", endpoint("10.0.0.2")))
    known.put(endpoint_slice("a", endpoint("10.0.0.3")))
    assert sorted(hosts(known)) == ["10.0.0.2:50051", "10.0.0.3:50051"]
    known.remove(endpoint_slice("a"))
    known.remove(endpoint_slice("never there"))
    assert hosts(known) == ["10.0.0.2:50051"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metadata": {}}, "an EndpointSlice has no name"),
        ({"endpoints": {}}, "EndpointSlice s.endpoints is no list but dict"),
        ({"endpoints": [[]]}, r"EndpointSlice s.endpoints\[0\] is no object but list"),
        ({"endpoints": [{"addresses": ["10.0.0"]}]}, r"s.endpoints\[0\].addresses\[0\] '10.0.0' is no IPv4 address"),
        ({"endpoints": [{"addresses": [1]}]}, r"s.endpoints\[0\].addresses\[0\] 1 is no IPv4 address"),
        ({"ports": [{"port": "50051"}]}, r"s.ports\[0\].port is no int but str"),
        ({"ports": [{"port": 70000}]}, r"s.ports\[0\].port 70000 is no port"),
        ({"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": "yes"}}]}, "ready is no bool but str"),
    ],
)
def test_what_is_no_slice(change: dict[str, Any], said: str) -> None:
    with pytest.raises(KubernetesError, match=said):
        found({**endpoint_slice("s"), **change})


PATHS = ["metadata", "endpoints", "ports", "addressType", "conditions", "addresses", "targetRef", "hints", "port"]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(PATHS), inner),
    max_leaves=5,
)


@given(st.sampled_from(PATHS), values)
def test_whatever_is_in_a_slice_nothing_but_the_error_is_raised(name: str, value: Any) -> None:
    whole = copy.deepcopy(endpoint_slice("s", endpoint("10.0.0.1", pod="p", zone="a", hints=("a",))))
    for each in (whole, whole["endpoints"][0], whole["ports"][0]):
        if name in each:
            each[name] = value
    try:
        found(whole)
    except KubernetesError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("geo", ServiceName("geo")),
        ("geo.prod", ServiceName("geo", "prod")),
        ("geo.prod:grpc", ServiceName("geo", "prod", "grpc")),
        ("geo:50051", ServiceName("geo", None, 50051)),
        ("geo.prod.svc.cluster.local:50051", ServiceName("geo", "prod", 50051)),
    ],
)
def test_names(text: str, name: ServiceName) -> None:
    assert ServiceName.parse(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "Geo", "geo/..", "geo.prod.com", "geo:", "geo:0", "geo:70000", "a?b", "geo.prod:a:b", "g" * 64, "geo\n"],
)
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no name|is not|has no port"):
        ServiceName.parse(text)


states = st.sampled_from([{}, {"ready": False, "terminating": True}, {"ready": False, "serving": False}])
some_endpoints = st.lists(st.tuples(st.integers(1, 4), states), max_size=4)
changes = st.lists(st.tuples(st.sampled_from(["put", "remove", "replace"]), st.sampled_from("ab"), some_endpoints))


@given(changes)
def test_whatever_changes_the_result_is_that_of_a_new_list(steps: list[tuple[str, str, Any]]) -> None:
    known = SliceSet("geo")
    slices: dict[str, Any] = {}
    for step, name, found in steps:
        kind, prefix = ("IPv4", "10.0.0.") if name == "a" else ("IPv6", "fd00::")
        pods = [endpoint(f"{prefix}{number}", pod=f"p{number}", **state) for number, state in found]
        value = endpoint_slice(name, *pods, kind=kind)
        if step == "put":
            slices[name] = value
            known.put(value)
        elif step == "remove":
            slices.pop(name, None)
            known.remove(value)
        else:
            slices = {name: value}
            known.replace([value])
        anew = SliceSet("geo")
        anew.replace(slices.values())
        assert {frozenset(map(str, each.addresses)) for each in known.endpoints()} == {
            frozenset(map(str, each.addresses)) for each in anew.endpoints()
        }
