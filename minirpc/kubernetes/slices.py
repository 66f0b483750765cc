"""From EndpointSlices (``discovery.k8s.io/v1``) to endpoints. No IO: objects go in as they are parsed from JSON.

A service has several slices: one kind for each IP version, and more than one of a kind where it has many pods. An
endpoint may be in two of them while it moves; a pod of two IP versions is in one of each. All these are one endpoint.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from minirpc.aio.resolver import Endpoint
from minirpc.aio.target import TcpAddress
from minirpc.kubernetes.errors import KubernetesError

__all__ = ["SliceSet"]

T = TypeVar("T")

MAX_ENDPOINTS = 100_000
"""Endpoints of one service that are held: far above what a cluster runs, so that no answer can fill the memory."""

_IP_CLASSES = {"IPv4": ipaddress.IPv4Address, "IPv6": ipaddress.IPv6Address}
# how usable an endpoint is: one that ends, but still serves, is better than none
_UNUSABLE, _SERVING, _READY = range(3)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An endpoint, as one slice has it."""

    key: object
    host: str
    usable: int
    zone: str
    hint_zones: tuple[str, ...]
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Slice:
    ports: tuple[tuple[str, int], ...]
    any_port: bool
    entries: tuple[_Entry, ...]


class SliceSet:
    """The EndpointSlices of one service, as far as they are known."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._slices: dict[str, _Slice] = {}

    def __len__(self) -> int:
        return len(self._slices)

    def replace(self, objects: Iterable[Any]) -> None:
        """Takes what was listed in place of all that was known.

        Raises:
            KubernetesError: an object is no EndpointSlice, or there are too many endpoints.
        """
        self._slices = {_name_of(each): _read_slice(each) for each in objects}
        self._check_size()

    def put(self, value: Any) -> None:
        """Takes a slice that was added or modified.

        Raises:
            KubernetesError: as :meth:`replace`.
        """
        self._slices[_name_of(value)] = _read_slice(value)
        self._check_size()

    def remove(self, value: Any) -> None:
        """Forgets a slice that was deleted.

        Raises:
            KubernetesError: the object has no name.
        """
        self._slices.pop(_name_of(value), None)

    def _check_size(self) -> None:
        if sum(len(each.entries) for each in self._slices.values()) > MAX_ENDPOINTS:
            raise KubernetesError(f"service {self._service} has more than {MAX_ENDPOINTS} endpoints")

    def endpoints(self, port: str | int | None, zone: str | None = None) -> tuple[Endpoint, ...]:
        """Returns the endpoints that calls can be sent to.

        Those are the ready ones; if there is none, those that end but still serve, as kube-proxy does it: a service
        whose only pod is replaced is never without one.

        Args:
            port: the port's name or number; None for the only one.
            zone: only the endpoints that are meant for this zone, if all have hints and some have this one.

        Raises:
            KubernetesError: there are endpoints, but none has this port.
        """
        found: dict[object, _Joined] = {}
        ports: set[tuple[str, int]] = set()
        for each in self._slices.values():
            number = _choose_port(each, port)
            for entry in each.entries:
                if not entry.usable:
                    continue
                ports.update(each.ports)
                if number is not None:
                    found.setdefault(entry.key, _Joined()).add(entry, number)
        if ports and not found:
            named = ", ".join(f"{name or 'unnamed'}={number}" for name, number in sorted(ports))
            wanted = "and the target says none" if port is None else f"and none is {port!r}"
            raise KubernetesError(f"the pods of service {self._service} have the ports {named}, {wanted}")
        best = max((each.usable for each in found.values()), default=_READY)
        chosen = [each for each in found.values() if each.usable == best]
        if zone is not None and all(each.first.hint_zones for each in chosen):
            here = [each for each in chosen if zone in each.first.hint_zones]
            chosen = here or chosen
        return tuple(each.endpoint() for each in chosen)


class _Joined:
    """One endpoint, from all the slices that have it."""

    __slots__ = ("addresses", "first", "usable")

    def __init__(self) -> None:
        self.addresses: list[TcpAddress] = []
        self.usable = _UNUSABLE
        self.first: _Entry

    def add(self, entry: _Entry, port: int) -> None:
        # slices that disagree are of different ages; what is ready in one of them is known to have been
        if entry.usable > self.usable:
            self.usable = entry.usable
            self.first = entry
        address = TcpAddress(entry.host, port)
        if address not in self.addresses:
            self.addresses.append(address)

    def endpoint(self) -> Endpoint:
        return Endpoint(tuple(self.addresses), zone=self.first.zone, attributes=self.first.attributes)


def _choose_port(each: _Slice, port: str | int | None) -> int | None:
    """Returns the number of the port in a slice; None where it has no such port."""
    if port is None:
        numbers = {number for _, number in each.ports}
        return numbers.pop() if len(numbers) == 1 else None
    for name, number in each.ports:
        if port in (name, number):
            return number
    return port if each.any_port and isinstance(port, int) else None


def _field(value: Any, name: str, kind: type[T], where: str) -> T | None:
    """Returns a field; None where it is not there, or null."""
    if not isinstance(value, Mapping):
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


def _read_slice(value: Any) -> _Slice:
    where = f"EndpointSlice {_name_of(value)}"
    kind = _field(value, "addressType", str, where)
    ports = []
    listed = _field(value, "ports", list, where)
    for index, each in enumerate(listed or ()):
        place = f"{where}.ports[{index}]"
        number = _field(each, "port", int, place)
        if number is not None and not 1 <= number <= 65_535:
            raise KubernetesError(f"{place}.port {number} is no port")
        if number is not None and _field(each, "protocol", str, place) in (None, "TCP"):
            ports.append((_field(each, "name", str, place) or "", number))
    # "ports: null" and a port without a number stand for all ports
    any_port = not listed or any(_field(each, "port", int, where) is None for each in listed)
    entries = (
        _read_entry(each, f"{where}.endpoints[{index}]", kind)
        for index, each in enumerate(_field(value, "endpoints", list, where) or ())
    )
    return _Slice(tuple(ports), any_port, tuple(entry for entry in entries if entry is not None))


def _read_entry(value: Any, where: str, kind: str | None) -> _Entry | None:
    addresses = _field(value, "addresses", list, where)
    if not addresses:
        return None
    host = addresses[0]  # further ones stand for the same, and the first one is enough
    parse = _IP_CLASSES.get(kind or "")
    try:
        if not isinstance(host, str) or not host or (parse is not None and not parse(host)):
            raise ValueError(host)
    except ValueError:
        raise KubernetesError(f"{where}.addresses[0] {host!r:.80} is no {kind} address") from None
    target = _field(value, "targetRef", dict, where) or {}
    uid = _field(target, "uid", str, f"{where}.targetRef")
    hints = _field(value, "hints", dict, where) or {}
    zones = _field(hints, "forZones", list, f"{where}.hints") or []
    hint_zones = tuple(_field(each, "name", str, f"{where}.hints.forZones") or "" for each in zones)
    facts = {
        "pod": _field(target, "name", str, f"{where}.targetRef") if target.get("kind") == "Pod" else None,
        "node": _field(value, "nodeName", str, where),
        "hint_zones": ",".join(hint_zones),
    }
    return _Entry(
        key=uid or (kind, host),
        host=host,
        usable=_usability(_field(value, "conditions", dict, where) or {}, f"{where}.conditions"),
        zone=_field(value, "zone", str, where) or "",
        hint_zones=hint_zones,
        attributes={name: fact for name, fact in facts.items() if fact},
    )


def _usability(conditions: Mapping[str, Any], where: str) -> int:
    """Reads conditions; those that are unknown are taken for good, as the API's documentation asks."""
    ready = _field(conditions, "ready", bool, where)
    serving = _field(conditions, "serving", bool, where)
    if ready is None or ready:
        return _READY
    return _SERVING if serving and _field(conditions, "terminating", bool, where) else _UNUSABLE
