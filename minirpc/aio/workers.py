"""Several processes that serve one application on one port, and the supervisor that looks after them.

The supervisor binds the sockets and starts the workers, each in a fresh interpreter ("spawn": nothing of threads, event
loops or locks is inherited), with copies of the sockets. All accept from the same queues, so that a worker that leaves
takes no connection with it that waits to be accepted; with SO_REUSEPORT each has a queue of its own, which the kernel
drops with its socket. Only workers that have time accept, one connection in a turn.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeAlias

from minirpc.aio.listener import bind
from minirpc.aio.server import Server
from minirpc.aio.target import TcpAddress, UnixAddress, parse_listen_address
from minirpc.aio.tls import ServerTls
from minirpc.frozen import frozen

# multiprocessing is dear to import, and few programs start workers: it is imported when they do
if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

__all__ = ["Application", "serve"]

Application: TypeAlias = str | Callable[[], Server | Awaitable[Server]]
"""What makes the server of a worker, in its event loop: a function of a module, or its name, as in
``package.module:function``."""

_log = logging.getLogger("minirpc.workers")

_FIRST_DELAY = 0.5  # seconds before a worker that has died is replaced; doubled each time
_MAX_DELAY = 30.0
_LONG_LIFE = 10.0  # seconds of life after which a death is no longer one of a series
_EXTRA = 15.0  # seconds beyond delay and grace after which a worker that does not end is killed
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) if os.name == "posix" else ()


@frozen
class _Plan:
    """What all workers are told."""

    application: Application
    listening: tuple[tuple[socket.socket, bool], ...]  # and whether it is for probes alone
    tls: ServerTls | None
    grace: float
    delay: float


def serve(
    application: Application,
    *addresses: str,
    workers: int = 2,
    tls: ServerTls | None = None,
    grace: float = 30.0,
    delay: float = 0.0,
    health_address: str | None = None,
    on_listening: Callable[[Sequence[str]], object] | None = None,
) -> None:
    """Serves with several processes until SIGTERM or SIGINT arrives; returns when all have drained.

    ::

        def make_server() -> Server:
            return Server([Library(), Health()])

        if __name__ == "__main__":
            minirpc.aio.serve(make_server, "0.0.0.0:50051", workers=4)

    SIGHUP replaces all workers, one after the other, by new ones, which import the application anew: each old one
    drains when its successor serves; if that one cannot start, the old ones stay. A worker that dies is replaced after
    half a second, and ever later if workers go on to die. A second SIGTERM or SIGINT ends calls that still run.

    It is called in the main thread, where no event loop runs. As workers import the program's main module, what starts
    it stands behind ``if __name__ == "__main__":``.

    Args:
        application: makes each worker's server, in its event loop; may be ``async``.
        addresses: see :meth:`Server.start`.
        workers: how many processes serve.
        tls: as for :meth:`Server.serve`; it must be picklable.
        grace: as for :meth:`Server.serve`.
        delay: as for :meth:`Server.serve`.
        health_address: as for :meth:`Server.serve`: one worker answers for itself.
        on_listening: called once with the bound addresses, when all workers serve.

    Raises:
        OSError: an address cannot be bound.
        RuntimeError: one of the first workers could not start, an event loop runs here, or this is not a POSIX system.
        ValueError: ``workers`` is less than 1, or an address cannot be read.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    if os.name != "posix":
        raise RuntimeError("several workers need a POSIX system")
    if asyncio._get_running_loop() is not None:
        raise RuntimeError("minirpc.aio.serve starts processes: call it where no event loop runs, not in a coroutine")
    with ExitStack() as opened:
        listening: list[tuple[socket.socket, bool]] = []
        bound: list[str] = []
        wanted = [(address, False) for address in addresses]
        if health_address is not None:
            wanted.append((health_address, True))
        for address, probes in wanted:
            where = parse_listen_address(address)
            sockets = asyncio.run(bind(where))
            for sock in sockets:
                opened.callback(sock.close)
            if isinstance(where, UnixAddress):
                opened.callback(Path(where.path).unlink, missing_ok=True)
                bound.append(str(where))
            else:
                bound.append(str(TcpAddress(where.host, sockets[0].getsockname()[1])))
            listening += [(sock, probes) for sock in sockets]
        plan = _Plan(application, tuple(listening), tls, grace, delay)
        _Supervisor(plan, workers, lambda: on_listening and on_listening(bound)).run()


# -- the supervisor


@dataclass(eq=False)
class _Worker:
    """A process that serves.

    Attributes:
        process: the process.
        pipe: it says that it serves here, and finds out by it that the supervisor is gone.
        replaces: the worker that drains when this one serves; None for none.
        first: whether it is one of those without which nothing begins.
        ready: whether it serves.
        started: when it was started, in ``time.monotonic()``.
        kill_at: when it is killed, having been told to end; None before.
    """

    process: BaseProcess
    pipe: Connection
    replaces: _Worker | None
    first: bool
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    kill_at: float | None = None


class _Supervisor:
    """Starts workers and replaces them."""

    def __init__(self, plan: _Plan, count: int, on_listening: Callable[[], object]) -> None:
        self._plan = plan
        self._count = count
        self._on_listening = on_listening
        import multiprocessing.connection  # noqa: PLC0415
        import multiprocessing.resource_tracker  # noqa: PLC0415

        self._context = multiprocessing.get_context("spawn")
        self._wait = multiprocessing.connection.wait
        self._ensure_helper = multiprocessing.resource_tracker.ensure_running
        self._workers: set[_Worker] = set()
        self._old: list[_Worker] = []  # those that are still to be replaced
        self._starts: list[float] = []  # when those that have died are replaced
        self._deaths = 0  # in a row
        self._stops = 0  # signals to stop so far
        self._announced = False
        self._failed = ""

    def run(self) -> None:
        """Supervises until all workers have ended.

        Raises:
            RuntimeError: one of the first workers could not start.
        """
        ours, handlers_end = socket.socketpair()
        with ours, handlers_end:
            ours.setblocking(False)
            handlers_end.setblocking(False)
            before = {number: signal.signal(number, _note) for number in _SIGNALS}
            wakeup = signal.set_wakeup_fd(handlers_end.fileno(), warn_on_full_buffer=False)
            try:
                for _ in range(self._count):
                    self._start(first=True)
                while self._workers or (not self._stops and self._starts):
                    self._turn(ours)
            finally:
                for worker in self._workers:
                    worker.process.kill()
                signal.set_wakeup_fd(wakeup)
                for number, handler in before.items():
                    signal.signal(number, handler)
        if self._failed:
            raise RuntimeError(self._failed)

    def _turn(self, signals: socket.socket) -> None:
        now = time.monotonic()
        moments = [worker.kill_at for worker in self._workers if worker.kill_at is not None] + self._starts
        timeout = max(0.0, min(moments) - now) if moments else None
        pipes = {worker.pipe: worker for worker in self._workers if not worker.ready}
        processes = {worker.process.sentinel: worker for worker in self._workers}
        found: list[Any] = self._wait([signals, *pipes, *processes], timeout)
        if signals in found:
            for number in signals.recv(256):
                self._told(signal.Signals(number))
        for each in found:
            if each in pipes:
                with suppress(EOFError, OSError):
                    each.recv_bytes()
                    self._serves(pipes[each])
        for each in found:
            if each in processes:
                self._ended(processes[each])
        now = time.monotonic()
        for worker in self._workers:
            if worker.kill_at is not None and worker.kill_at <= now:
                _log.error("worker %d does not end: killed", worker.process.pid)
                worker.process.kill()
                worker.kill_at = now + _EXTRA
        due = [moment for moment in self._starts if moment <= now]
        self._starts = [moment for moment in self._starts if moment > now]
        for _ in due:
            self._start()

    def _start(self, replaces: _Worker | None = None, *, first: bool = False) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_run_worker, args=(self._plan, theirs), name="minirpc worker")
        # A terminal sends these to all its processes, but what becomes of workers is the supervisor's to say. They
        # inherit the mask; here it keeps what arrives. multiprocessing's helper is started before, since it lifts the
        # mask of SIGINT when it starts.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP,))
        try:
            self._ensure_helper()
            signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            theirs.close()
        self._workers.add(_Worker(process, ours, replaces, first))

    def _told(self, number: signal.Signals) -> None:
        if number is signal.SIGHUP:
            if not self._stops:
                _log.info("SIGHUP: replacing %d workers", len(self._workers))
                self._old = [worker for worker in self._workers if worker.kill_at is None and worker.replaces is None]
                if not any(worker.replaces is not None for worker in self._workers):
                    self._replace_next()
        elif number in (signal.SIGTERM, signal.SIGINT):
            self._stop(number.name)

    def _stop(self, why: str) -> None:
        self._stops += 1
        self._starts.clear()
        self._old.clear()
        _log.info("%s: stopping %d workers", why, len(self._workers))
        for sock, _ in self._plan.listening:
            sock.close()  # the workers have it, as long as they take connections
        for worker in self._workers:
            self._end(worker, again=self._stops > 1)

    def _end(self, worker: _Worker, *, again: bool = False) -> None:
        if worker.kill_at is None or again:
            worker.kill_at = time.monotonic() + _EXTRA + (0.0 if again else self._plan.delay + self._plan.grace)
            if worker.process.pid is not None and worker.process.is_alive():
                os.kill(worker.process.pid, signal.SIGTERM)

    def _replace_next(self) -> None:
        while self._old:
            worker = self._old.pop()
            if worker in self._workers and worker.kill_at is None:
                self._start(replaces=worker)
                return

    def _serves(self, worker: _Worker) -> None:
        worker.ready = True
        _log.info("worker %d serves", worker.process.pid)
        if worker.replaces is not None:
            if worker.replaces in self._workers:
                self._end(worker.replaces)
            worker.replaces = None
        if not any(each.replaces is not None for each in self._workers):
            self._replace_next()
        if not self._announced and sum(each.ready for each in self._workers) >= self._count:
            self._announced = True
            self._on_listening()

    def _ended(self, worker: _Worker) -> None:
        self._workers.discard(worker)
        worker.process.join()
        worker.pipe.close()
        code = worker.process.exitcode
        if worker.kill_at is not None:
            _log.info("worker %d has ended", worker.process.pid)
        elif worker.first and not worker.ready:
            if not self._failed:
                self._failed = f"a worker could not start (exit code {code}); its traceback is in the standard error"
                self._stop("a worker could not start")
        elif worker.replaces is not None:
            _log.error("the successor of worker %d could not start: the others stay", worker.replaces.process.pid)
            self._old.clear()
        elif (successor := next((each for each in self._workers if each.replaces is worker), None)) is not None:
            successor.replaces = None  # it is on its way already
        else:
            lived = time.monotonic() - worker.started
            self._deaths = 1 if lived > _LONG_LIFE else self._deaths + 1
            delay = min(_MAX_DELAY, _FIRST_DELAY * 2 ** min(self._deaths - 1, 10))
            _log.error("worker %d has died (exit code %s): replaced in %.1f s", worker.process.pid, code, delay)
            self._starts.append(time.monotonic() + delay)


def _note(number: int, frame: FrameType | None) -> None:
    """What a signal means is read from the wakeup file, in the supervisor's loop."""


# -- a worker


def _run_worker(plan: _Plan, pipe: Connection) -> None:
    asyncio.run(_work(plan, pipe))


async def _work(plan: _Plan, pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    server: Server | None = None

    def told_to_stop() -> None:
        if stop.is_set() and server is not None:
            server.hurry()
        stop.set()

    def supervisor_gone() -> None:
        loop.remove_reader(pipe.fileno())
        stop.set()

    loop.add_signal_handler(signal.SIGTERM, told_to_stop)
    loop.add_reader(pipe.fileno(), supervisor_gone)
    try:
        made: Any = _application(plan.application)()
        server = await made if inspect.isawaitable(made) else made
        if not isinstance(server, Server):
            raise TypeError(f"the application makes a minirpc.aio.Server, not {server!r}")
        for sock, probes in plan.listening:
            server.listen_on(sock, tls=None if probes else plan.tls, probes=probes, accepts_in_turn=1)
        with suppress(BrokenPipeError):
            pipe.send_bytes(b"ready")
        await stop.wait()
    finally:
        if server is not None:
            await server.stop(plan.grace, plan.delay)
        loop.remove_reader(pipe.fileno())
        loop.remove_signal_handler(signal.SIGTERM)
        pipe.close()


def _application(application: Application) -> Callable[[], Any]:
    if not isinstance(application, str):
        return application
    module, colon, name = application.partition(":")
    if not colon or not module or not name:
        raise ValueError(f"an application is named package.module:function, not {application!r}")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    function: Callable[[], Any] = found
    return function
