"""The servicer of the health service: statuses that are set, checks of what a service depends on, and who watches."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from minirpc.aio import Context, Servicer
from minirpc.aio.service import methods_of
from minirpc.errors import RpcError, StatusCode
from minirpc.services.health.health_pb import (
    HealthCheckRequest,
    HealthCheckResponse,
    HealthListRequest,
    HealthListResponse,
)
from minirpc.services.health.health_rpc import HealthServicer

__all__ = ["Health", "ServingStatus"]

_log = logging.getLogger("minirpc.health")

ServingStatus: TypeAlias = HealthCheckResponse.ServingStatus
Check: TypeAlias = Callable[[], Awaitable[object]]

_MAX_LISTED = 100  # services; beyond that List is RESOURCE_EXHAUSTED, as the protocol has it


class _Dependency:
    """Something that a service needs, with what its last check has found."""

    def __init__(self, service: str, check: Check, ttl: float, timeout: float) -> None:
        self.ttl = ttl
        self._name = f"{getattr(check, '__qualname__', repr(check))} of {service or 'the server'}"
        self._check = check
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._healthy = True
        self._expires = -math.inf

    async def is_healthy(self) -> bool:
        """Returns what the last check found, after a new one if that is older than its time to live."""
        async with self._lock:  # calls that come together share one check
            loop = asyncio.get_running_loop()
            if loop.time() >= self._expires:
                # In a context of its own: the deadline of whoever asks must not bound what is found out for all.
                healthy = await loop.create_task(self._run(), context=contextvars.Context())
                self._healthy = healthy
                self._expires = loop.time() + self.ttl
            return self._healthy

    async def _run(self) -> bool:
        try:
            async with asyncio.timeout(self._timeout):
                found = await self._check() is not False
        except TimeoutError:
            self._tell("%s did not end within %s s", self._name, self._timeout)
            return False
        except Exception as error:  # noqa: BLE001  # checks raise what they like: that is what they are for
            self._tell("%s failed: %s: %s", self._name, type(error).__name__, error)
            return False
        if not found:
            self._tell("%s found it unhealthy", self._name)
        elif not self._healthy:
            _log.info("%s succeeds again", self._name)
        return found

    def _tell(self, text: str, *values: object) -> None:
        _log.log(logging.WARNING if self._healthy else logging.DEBUG, text, *values)


@dataclass
class _Entry:
    """A service: what it was set to, and what it depends on."""

    status: ServingStatus = ServingStatus.SERVING
    dependencies: list[_Dependency] = field(default_factory=list)


class Health(HealthServicer):
    """The health of a server and its services.

    Args:
        services: the services that it knows besides the server as a whole, as their names or as what serves them. All
            are SERVING at first.
    """

    _essential = True

    def __init__(self, services: Iterable[str | Servicer] = ()) -> None:
        self._entries = {"": _Entry()}
        for service in services:
            names = [service] if isinstance(service, str) else _names_of(service)
            self._entries.update((name, _Entry()) for name in names)
        self._watchers: set[asyncio.Future[None]] = set()
        self._version = 0
        self._stopping = False
        self._draining = False

    def set(self, service: str, status: ServingStatus) -> None:
        """Sets the status of a service; one that is not known yet becomes known. Safe from any thread.

        A service that is SERVING is NOT_SERVING all the same while a check of it fails, or the server stops.

        Args:
            service: the full name, as in ``acme.library.v1.Library``; ``""`` for the server as a whole.
            status: SERVING, NOT_SERVING or UNKNOWN.

        Raises:
            ValueError: another status: SERVICE_UNKNOWN is for services that are not known.
        """
        if status not in (ServingStatus.UNKNOWN, ServingStatus.SERVING, ServingStatus.NOT_SERVING):
            raise ValueError(f"the status of a service is SERVING, NOT_SERVING or UNKNOWN, not {status!r}")
        self._entries.setdefault(service, _Entry()).status = status
        self._changed()

    def add_check(self, service: str, check: Check, *, ttl: float = 5.0, timeout: float = 5.0) -> None:
        """Makes the health of a service depend on something else.

        The check runs when somebody asks and the last result is too old; while somebody watches, each time that it
        becomes too old.

        Args:
            service: the full name; ``""`` for the server as a whole. One that is not known yet becomes known.
            check: an async function; False, or any exception, means unhealthy.
            ttl: seconds for which a result holds, more than 0.
            timeout: seconds after which a check has failed.

        Raises:
            ValueError: ``ttl`` or ``timeout`` is not more than 0.
        """
        if not ttl > 0 or not timeout > 0:
            raise ValueError(f"ttl and timeout must be more than 0, not {ttl} and {timeout}")
        self._entries.setdefault(service, _Entry()).dependencies.append(_Dependency(service, check, ttl, timeout))
        self._changed()

    # -- what the server says

    def _server_stopping(self) -> None:
        self._stopping = True
        self._changed()

    def _server_draining(self) -> None:
        self._draining = True
        self._changed()

    # -- the service

    async def check(self, request: HealthCheckRequest, context: Context) -> HealthCheckResponse:
        """Says how a service is now. NOT_FOUND for one that is not known."""
        entry = self._entries.get(request.service)
        if entry is None:
            context.abort(StatusCode.NOT_FOUND, f"unknown service {request.service!r}")
        return HealthCheckResponse(status=await self._status_of(entry))

    async def list(self, request: HealthListRequest, context: Context) -> HealthListResponse:  # noqa: ARG002
        """Says how all services are now. RESOURCE_EXHAUSTED if there are more than 100."""
        entries = dict(self._entries)
        if len(entries) > _MAX_LISTED:
            context.abort(
                StatusCode.RESOURCE_EXHAUSTED,
                f"there are {len(entries)} services, and at most {_MAX_LISTED} are listed",
            )
        statuses = await asyncio.gather(*map(self._status_of, entries.values()))
        return HealthListResponse(
            statuses={name: HealthCheckResponse(status=status) for name, status in zip(entries, statuses, strict=True)}
        )

    async def watch(self, request: HealthCheckRequest, context: Context) -> AsyncIterator[HealthCheckResponse]:  # noqa: ARG002
        """Says how a service is, now and whenever that changes; UNAVAILABLE when the server drains.

        A caller who does not keep up gets the latest status, not all those in between.
        """
        last: ServingStatus | None = None
        while True:
            version = self._version
            entry = self._entries.get(request.service)
            status = ServingStatus.SERVICE_UNKNOWN if entry is None else await self._status_of(entry)
            if status is not last:
                yield HealthCheckResponse(status=status)
                last = status
            if version != self._version:
                continue
            if self._draining:
                raise RpcError(StatusCode.UNAVAILABLE, "the server is shutting down")
            await self._wait_for_change(
                min((check.ttl for check in entry.dependencies), default=None) if entry else None
            )

    async def _status_of(self, entry: _Entry) -> ServingStatus:
        if self._stopping:
            return ServingStatus.NOT_SERVING
        if entry.status is ServingStatus.SERVING and entry.dependencies:
            healthy = await asyncio.gather(*(dependency.is_healthy() for dependency in entry.dependencies))
            if not all(healthy) or self._stopping:
                return ServingStatus.NOT_SERVING
        return entry.status

    def _changed(self) -> None:
        self._version += 1
        for watcher in list(self._watchers):
            watcher.get_loop().call_soon_threadsafe(_wake, watcher)

    async def _wait_for_change(self, seconds: float | None) -> None:
        watcher = asyncio.get_running_loop().create_future()
        self._watchers.add(watcher)
        try:
            await asyncio.wait([watcher], timeout=seconds)
        finally:
            self._watchers.discard(watcher)


def _wake(watcher: asyncio.Future[None]) -> None:
    if not watcher.done():
        watcher.set_result(None)


def _names_of(service: Servicer) -> set[str]:
    return {method.path.split("/")[1] for method in methods_of(service.methods).values()}
