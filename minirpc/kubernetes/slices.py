"""From EndpointSlices (``discovery.k8s.io/v1``) to endpoints. No IO: objects go in as they are parsed from JSON.

A service has several slices: one kind for each IP version, and more than one of a kind where it has many pods. An
endpoint may be in two of them while it moves; a pod of two IP versions is in one of each. All these are one endpoint.

A change of one slice costs what that slice holds, not what the service has: joined endpoints are kept, and made again
where a part of them has changed.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from minirpc.aio.resolver import Endpoint
from minirpc.aio.target import TcpAddress
from minirpc.kubernetes.errors import KubernetesError

__all__ = ["SliceSet"]

T = TypeVar("T")

MAX_ENDPOINTS = 100_000
"""Endpoints of one service that are held: far above what a cluster runs, so that no answer can fill the memory."""

_FAMILIES = {"IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
# how usable an endpoint is: one that ends, but still serves, is better than none
_UNUSABLE, _SERVING, _READY = range(3)


@dataclass(frozen=True, slots=True)
class _Part:
    """An endpoint, as one slice has it."""

    address: TcpAddress
    usable: int
    zone: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Slice:
    """A slice: its usable endpoints, by what is one and the same endpoint.

    Attributes:
        parts: none where the slice lacks the port that is asked for.
        ports: names and numbers, if that is so.
    """

    parts: Mapping[object, _Part]
    ports: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class _Joined:
    """One endpoint: its parts by the names of the slices that have them, and what they make together."""

    parts: dict[str, _Part] = field(default_factory=dict)

    def endpoint(self) -> tuple[int, Endpoint]:
        if len(self.parts) == 1:
            (part,) = self.parts.values()
            return part.usable, Endpoint((part.address,), zone=part.zone, attributes=part.attributes)
        # slices that disagree are of different ages; what is ready in one of them is known to have been
        best = max(self.parts.values(), key=lambda part: part.usable)
        addresses = dict.fromkeys(part.address for part in self.parts.values())
        return best.usable, Endpoint(tuple(addresses), zone=best.zone, attributes=best.attributes)


class SliceSet:
    """The EndpointSlices of one service, as far as they are known.

    Args:
        service: its name, for what is said of mistakes.
        port: which port of the pods, by name or number; None for the only one.
        zone: only the endpoints that are meant for this zone, if all have such hints and some have this one.
    """

    def __init__(self, service: str, port: str | int | None = None, zone: str | None = None) -> None:
        self._service = service
        self._port = port
        self._zone = zone
        self._slices: dict[str, _Slice] = {}
        self._joined: dict[object, _Joined] = {}
        self._ready: dict[object, Endpoint] = {}
        self._serving: dict[object, Endpoint] = {}

    def replace(self, objects: Iterable[Any]) -> None:
        """Takes what was listed in place of all that was known.

        Raises:
            KubernetesError: an object is no EndpointSlice, or there are too many endpoints.
        """
        found = {_name_of(each): each for each in objects}
        for name in self._slices.keys() - found.keys():
            self._set(name, None)
        for each in found.values():
            self.put(each)

    def put(self, value: Any) -> None:
        """Takes a slice that was added or modified.

        Raises:
            KubernetesError: as :meth:`replace`.
        """
        name = _name_of(value)
        self._set(name, _read_slice(value, name, self._port))
        if len(self._joined) > MAX_ENDPOINTS:
            raise KubernetesError(f"service {self._service} has more than {MAX_ENDPOINTS} endpoints")

    def remove(self, value: Any) -> None:
        """Forgets a slice that was deleted.

        Raises:
            KubernetesError: the object has no name.
        """
        self._set(_name_of(value), None)

    def _set(self, name: str, new: _Slice | None) -> None:
        before = self._slices.pop(name, None)
        old = before.parts if before is not None else {}
        parts = new.parts if new is not None else {}
        if new is not None:
            self._slices[name] = new
        for key in old.keys() - parts.keys():
            del self._joined[key].parts[name]
            self._join(key)
        for key, part in parts.items():
            if old.get(key) != part:
                self._joined.setdefault(key, _Joined()).parts[name] = part
                self._join(key)

    def _join(self, key: object) -> None:
        joined = self._joined[key]
        usable, endpoint = joined.endpoint() if joined.parts else (_UNUSABLE, None)
        for level, found in ((_READY, self._ready), (_SERVING, self._serving)):
            if endpoint is not None and usable == level:
                found[key] = endpoint
            else:
                found.pop(key, None)
        if endpoint is None:
            del self._joined[key]

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Returns the endpoints that calls can be sent to.

        Those are the ready ones; if there is none, those that end but still serve, as kube-proxy does it: a service
        whose only pod is replaced is never without one.

        Raises:
            KubernetesError: there are endpoints, but none has the port.
        """
        chosen = tuple((self._ready or self._serving).values())
        if not chosen:
            self._check_port()
        if self._zone is not None:
            zones = [each.attributes.get("hint_zones", "") for each in chosen]
            if all(zones):
                here = tuple(each for each, names in zip(chosen, zones, strict=True) if self._zone in names.split(","))
                return here or chosen
        return chosen

    def _check_port(self) -> None:
        ports = sorted({port for each in self._slices.values() for port in each.ports})
        if ports:
            named = ", ".join(f"{name or 'unnamed'}={number}" for name, number in ports)
            wanted = "and the target says none" if self._port is None else f"and none is {self._port!r}"
            raise KubernetesError(f"the pods of service {self._service} have the ports {named}, {wanted}")


def _field(value: Any, name: str, kind: type[T], where: str = "") -> T | None:
    """Returns a field; None where it is not there, or null. Errors begin with the place inside of the object."""
    if not isinstance(value, dict):
        raise KubernetesError(f"{where} is no object but {type(value).__name__}")
    found = value.get(name)
    if found is None or (isinstance(found, kind) and not (kind is int and isinstance(found, bool))):
        return found
    raise KubernetesError(f"{where}.{name} is no {kind.__name__} but {type(found).__name__}")


def _name_of(value: Any) -> str:
    metadata = _field(value, "metadata", dict, "EndpointSlice")
    name = _field(metadata or {}, "name", str, "EndpointSlice.metadata")
    if not name:
        raise KubernetesError("an EndpointSlice has no name")
    return name


def _read_slice(value: Any, name: str, port: str | int | None) -> _Slice:
    place = ""
    parts: dict[object, _Part] = {}
    usable = False
    try:
        kind = _field(value, "addressType", str)
        listed = _field(value, "ports", list) or []
        ports = []
        any_port = not listed  # "ports: null" and a port without a number stand for all ports
        for index, each in enumerate(listed):
            place = f".ports[{index}]"
            number = _field(each, "port", int)
            if number is None:
                any_port = True
            elif not 1 <= number <= 65_535:
                raise KubernetesError(f".port {number} is no port")
            elif _field(each, "protocol", str) in (None, "TCP"):
                ports.append((_field(each, "name", str) or "", number))
        chosen = _choose_port(ports, any_port, port)
        place = ""
        for index, each in enumerate(_field(value, "endpoints", list) or ()):
            place = f".endpoints[{index}]"
            found = _read_endpoint(each, kind, chosen or 0)
            if found is not None:
                usable = True
                if chosen is not None:
                    parts[found[0]] = found[1]
    except KubernetesError as error:
        raise KubernetesError(f"EndpointSlice {name}{place}{error}") from None
    return _Slice(parts, tuple(ports) if usable and chosen is None else ())


def _choose_port(ports: list[tuple[str, int]], any_port: bool, port: str | int | None) -> int | None:
    """Returns the number of the port in a slice; None where it has no such port."""
    if port is None:
        numbers = {number for _, number in ports}
        return numbers.pop() if len(numbers) == 1 else None
    for name, number in ports:
        if port in (name, number):
            return number
    return port if any_port and isinstance(port, int) else None


def _read_endpoint(value: Any, kind: str | None, port: int) -> tuple[object, _Part] | None:
    """Returns an endpoint, with what is the same for it in every slice; None for one that is of no use."""
    addresses = _field(value, "addresses", list)
    usable = _usability(_field(value, "conditions", dict) or {})
    if not addresses or not usable:
        return None
    host = addresses[0]  # further ones stand for the same, and the first one is enough
    try:
        if not isinstance(host, str) or not host:
            raise ValueError(host)
        if kind in _FAMILIES:
            socket.inet_pton(_FAMILIES[kind], host)
    except (OSError, ValueError):
        raise KubernetesError(f".addresses[0] {host!r:.80} is no {kind} address") from None
    facts: dict[str, str] = {}
    uid = None
    target = _field(value, "targetRef", dict)
    if target is not None:
        uid = _field(target, "uid", str, ".targetRef")
        if target.get("kind") == "Pod":
            facts["pod"] = _field(target, "name", str, ".targetRef") or ""
    node = _field(value, "nodeName", str)
    if node:
        facts["node"] = node
    hints = _field(value, "hints", dict)
    if hints:
        zones = _field(hints, "forZones", list, ".hints") or ()
        facts["hint_zones"] = ",".join(_field(each, "name", str, ".hints.forZones") or "" for each in zones)
    part = _Part(TcpAddress(host, port), usable, _field(value, "zone", str) or "", facts)
    return uid or (kind, host), part


def _usability(conditions: Mapping[str, Any]) -> int:
    """Reads conditions; those that are unknown are taken for good, as the API's documentation asks."""
    ready = _field(conditions, "ready", bool, ".conditions")
    if ready is None or ready:
        return _READY
    serving = _field(conditions, "serving", bool, ".conditions")
    return _SERVING if serving and _field(conditions, "terminating", bool, ".conditions") else _UNUSABLE
