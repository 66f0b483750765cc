"""Spans with the names of gRFC A72, and the trace context that travels with calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.propagators.textmap import Getter, Setter, TextMapPropagator
from opentelemetry.trace import Span, SpanKind, Tracer, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from minirpc.aio import (
    AttemptObserver,
    AttemptStart,
    ClientCall,
    ClientProceed,
    InterceptedCall,
    Metadata,
    Proceed,
    ServerCall,
    Status,
    StreamObserver,
)
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.metadata import encode_metadata

__all__ = ["Tracing"]

_RESOLVED = "Delayed name resolution complete"


class Tracing:
    """Makes spans for calls, and carries the trace from channel to server; for both.

    In a channel a call is a span ``Sent.package.Service.Method``, and in it each attempt is one
    ``Attempt.package.Service.Method``, whose context travels. On a server a call is ``Recv.package.Service.Method``,
    below the attempt that it came from, and current while the handler runs. Each message is an event with its number.

    Args:
        tracer_provider: where spans are made; by default the program's.
        propagator: how the context travels; by default as W3C Trace Context. To carry baggage as well, give
            ``opentelemetry.propagate.get_global_textmap()``, which is what the program has set up.
    """

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        *,
        propagator: TextMapPropagator | None = None,
    ) -> None:
        self._tracer = trace.get_tracer("minirpc", tracer_provider=tracer_provider)
        self._propagator = propagator or TraceContextTextMapPropagator()

    async def __call__(self, call: InterceptedCall, proceed: Any) -> None:
        """Lets the call pass."""
        if isinstance(call, ClientCall):
            await self._make(call, proceed)
        elif isinstance(call, ServerCall):
            await self._serve(call, proceed)

    async def _make(self, call: ClientCall, proceed: ClientProceed) -> None:
        sent: _SentCall | None = call.shared.get(self)
        if sent is None:  # else an interceptor outside tries again
            sent = call.shared[self] = _SentCall(self._tracer, self._propagator, call)
            call.add_done_callback(sent.over)
            call.observe_attempts(sent.begin_attempt)
        with trace.use_span(sent.span, record_exception=False, set_status_on_exception=False):
            # each attempt sends its own context in place of one that was there
            mine = self._propagator.fields
            await proceed(metadata=[pair for pair in call.metadata if pair[0] not in mine])

    async def _serve(self, call: ServerCall, proceed: Proceed) -> None:
        # clients choose the names that a fallback serves, and names of spans are few
        name = "other" if call.generic else call.method.path[1:].replace("/", ".")
        received = self._propagator.extract(call.metadata, getter=_GETTER)
        span = self._tracer.start_span(f"Recv.{name}", received, kind=SpanKind.SERVER, attributes=_attributes_of(call))
        call.add_done_callback(lambda status, _: _end(span, status))
        if span.is_recording():
            call.observe(_Events(span))
        token = contexts.attach(trace.set_span_in_context(span, received))
        try:
            await proceed()
        except RpcError:
            raise
        except Exception as error:
            span.record_exception(error)  # a fault of the handler: its traceback
            raise
        finally:
            contexts.detach(token)


class _Events(StreamObserver):
    """Notes messages as events of a span."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._sent = self._received = self._inflated = 0

    def message_sent(self, size: int, wire_size: int | None) -> None:
        attributes = {"sequence-number": self._sent}
        if wire_size is None:
            attributes["message-size"] = size
        else:
            attributes |= {"message-size-uncompressed": size, "message-size-compressed": wire_size}
        self._sent += 1
        self._span.add_event("Outbound message sent", attributes)

    def message_received(self, wire_size: int, compressed: bool) -> None:
        key = "message-size-compressed" if compressed else "message-size"
        self._span.add_event("Inbound message read", {"sequence-number": self._received, key: wire_size})
        self._received += 1

    def message_inflated(self, size: int) -> None:
        if self._span.is_recording():  # a response may be read when its attempt is long over
            attributes = {"sequence-number": self._inflated, "message-size-uncompressed": size}
            self._span.add_event("Inbound message uncompressed", attributes)
        self._inflated += 1


class _SentCall:
    """The span of a call in a channel, and those of its attempts."""

    def __init__(self, tracer: Tracer, propagator: TextMapPropagator, call: ClientCall) -> None:
        self._tracer = tracer
        self._propagator = propagator
        self._name = call.method.path[1:].replace("/", ".")
        self._attributes = _attributes_of(call)
        self.span = tracer.start_span(f"Sent.{self._name}", attributes=self._attributes)
        # Attempts begin in timers, too: what is current there is of no call.
        self._context = trace.set_span_in_context(self.span)
        self._attempts = 0

    def begin_attempt(self, start: AttemptStart) -> AttemptObserver:
        """Begins the span of an attempt."""
        if start.waited_for_name:
            self.span.add_event(_RESOLVED)
        span = self._tracer.start_span(
            f"Attempt.{self._name}",
            self._context,
            # what leaves the program, and the span that the server's is below
            kind=SpanKind.CLIENT,
            attributes={
                **self._attributes,
                "previous-rpc-attempts": max(self._attempts - start.transparent, 0),
                "transparent-retry": start.transparent,
            },
        )
        self._attempts += not start.transparent
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, trace.set_span_in_context(span, self._context), _SETTER)
        return _SentAttempt(span, self.span, carrier)

    def over(self, status: Status, seconds: float) -> None:  # noqa: ARG002  # of a done callback
        _end(self.span, status)


class _SentAttempt(_Events, AttemptObserver):
    def __init__(self, span: Span, parent: Span, carrier: dict[str, str]) -> None:
        super().__init__(span)
        self.metadata = carrier
        self._parent = parent
        self._waited = False

    def waits(self) -> None:
        self._waited = True

    def name_resolved(self) -> None:
        self._parent.add_event(_RESOLVED)

    def opened(self, peer: str) -> None:  # noqa: ARG002
        if self._waited:
            self._span.add_event("Delayed LB pick complete")

    def ended(self, status: Status, peer: str) -> None:  # noqa: ARG002
        _end(self._span, status)


class _MetadataSetter(Setter[dict[str, str]]):
    def set(self, carrier: dict[str, str], key: str, value: str) -> None:
        try:
            encode_metadata([(key.lower(), value)])
        except (TypeError, ValueError):
            return  # a call goes without what cannot be sent, rather than fail for the sake of its trace
        carrier[key.lower()] = value


class _MetadataGetter(Getter[Metadata]):
    def get(self, carrier: Metadata, key: str) -> list[str] | None:
        return [value for name, value in carrier if name == key.lower() and isinstance(value, str)] or None

    def keys(self, carrier: Metadata) -> list[str]:
        return [name for name, _ in carrier]


_SETTER = _MetadataSetter()
_GETTER = _MetadataGetter()


def _attributes_of(call: InterceptedCall) -> Mapping[str, str]:
    """Returns what OpenTelemetry's conventions for RPC say of every span."""
    _, service, method = call.method.path.split("/")
    return {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}


def _end(span: Span, status: Status) -> None:
    span.set_attribute("rpc.grpc.status_code", int(status.code))
    if status.code is StatusCode.OK:
        span.set_status(trace.StatusCode.OK)
    else:
        said = f"{status.code.name}: {status.message}" if status.message else status.code.name
        span.set_status(trace.StatusCode.ERROR, said)
    span.end()
