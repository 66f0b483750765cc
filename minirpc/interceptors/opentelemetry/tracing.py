"""Spans with the names of gRFC A72, and the trace context that travels with calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.propagators.textmap import Getter, Setter, TextMapPropagator
from opentelemetry.trace import Span, SpanKind, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from minirpc.aio import ClientCall, ClientProceed, InterceptedCall, Metadata, Proceed, ServerCall, Status
from minirpc.errors import RpcError, StatusCode
from minirpc.interceptors.opentelemetry.outcome import outcome_of
from minirpc.rpc.metadata import encode_metadata

__all__ = ["Tracing"]


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
        name = call.method.path[1:].replace("/", ".")
        sent: _SentCall | None = call.shared.get(self)
        if sent is None:  # else this is a further attempt
            sent = call.shared[self] = _SentCall(
                self._tracer.start_span(f"Sent.{name}", attributes=_attributes_of(call)),
            )
            call.add_done_callback(sent.over)
        span = self._tracer.start_span(
            f"Attempt.{name}",
            trace.set_span_in_context(sent.span),
            # what leaves the program, and the span that the server's is below
            kind=SpanKind.CLIENT,
            attributes={
                **_attributes_of(call),
                "previous-rpc-attempts": sent.attempts,
                "transparent-retry": False,
            },
        )
        sent.attempts += 1
        failure: BaseException | None = None
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                metadata = self._with_context(call.metadata)
                if span.is_recording():
                    requests = _noted(call.requests, span, "Outbound message")
                    await proceed(metadata=metadata, requests=requests, respond=_noting(call, span, "Inbound message"))
                else:
                    await proceed(metadata=metadata)
        except BaseException as error:
            failure = error
            raise
        finally:
            _end(span, outcome_of(call, failure))

    async def _serve(self, call: ServerCall, proceed: Proceed) -> None:
        # clients choose the names that a fallback serves, and names of spans are few
        name = "other" if call.generic else call.method.path[1:].replace("/", ".")
        received = self._propagator.extract(call.metadata, getter=_GETTER)
        span = self._tracer.start_span(f"Recv.{name}", received, kind=SpanKind.SERVER, attributes=_attributes_of(call))
        call.add_done_callback(lambda status, _: _end(span, status))
        token = contexts.attach(trace.set_span_in_context(span, received))
        try:
            if span.is_recording():
                requests = _noted(call.requests, span, "Inbound message")
                await proceed(requests=requests, respond=_noting(call, span, "Outbound message"))
            else:
                await proceed()
        except RpcError:
            raise
        except Exception as error:
            span.record_exception(error)  # a fault of the handler: its traceback
            raise
        finally:
            contexts.detach(token)

    def _with_context(self, metadata: Metadata) -> list[tuple[str, str | bytes]]:
        """Returns metadata with the current context in place of one that was there."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, setter=_SETTER)
        mine = self._propagator.fields | carrier.keys()
        return [*(pair for pair in metadata if pair[0] not in mine), *carrier.items()]


class _SentCall:
    """The span of a call in a channel, and how many attempts it has had."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.attempts = 0

    def over(self, status: Status, seconds: float) -> None:  # noqa: ARG002  # of a done callback
        _end(self.span, status)


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


async def _noted(messages: Any, span: Span, event: str) -> AsyncIterator[Any]:
    """Yields messages, with an event for each."""
    number = 0
    async for message in messages:
        span.add_event(event, {"sequence-number": number})
        number += 1
        yield message


def _noting(call: InterceptedCall, span: Span, event: str) -> Any:
    """Returns what responds as the call does, with an event for each response."""
    number = 0

    async def respond(response: Any) -> None:
        nonlocal number
        span.add_event(event, {"sequence-number": number})
        number += 1
        await call.respond(response)

    return respond
