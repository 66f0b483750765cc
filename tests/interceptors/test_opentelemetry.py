"""Tracing and metrics by OpenTelemetry's SDK, whose exporters keep what they get."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from echo import SERVICE, Echo, EchoStub, echo_pair
from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import attach, detach
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from minirpc.aio import ClientCall, ClientProceed, Context, GenericStub
from minirpc.errors import RpcError, StatusCode
from minirpc.interceptors.opentelemetry import Metrics, Tracing
from minirpc.interceptors.opentelemetry.metrics import LATENCY_BUCKETS


class Traces:
    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    async def spans(self, count: int) -> list[ReadableSpan]:
        """Returns that many spans in the order of their beginning, when they have ended."""
        async with asyncio.timeout(10):
            while len(self.exporter.get_finished_spans()) < count:  # noqa: ASYNC110  # a server's span ends by itself
                await asyncio.sleep(0.01)
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)


class Asking(Echo):
    """Says which trace its handlers are in, and which metadata they get."""

    async def unary(self, request: bytes, context: Context) -> bytes:
        where = trace.get_current_span().get_span_context()
        parents = [value for key, value in context.metadata if key == "traceparent"]
        return f"{where.trace_id:032x} {len(parents)} {baggage.get_baggage('user')} {dict(context.metadata)}".encode()

    def in_thread(self, request: bytes, context: Context) -> bytes:
        return f"{trace.get_current_span().get_span_context().trace_id:032x}".encode()


async def retry(call: ClientCall, proceed: ClientProceed) -> None:
    try:
        await proceed()
    except RpcError:
        await proceed()


async def test_a_call_is_one_trace_from_the_caller_to_the_handler() -> None:
    traces = Traces()
    tracing = Tracing(traces.provider)
    async with echo_pair(Asking(), server_options={"interceptors": [tracing]}, interceptors=[tracing]) as stub:
        with traces.provider.get_tracer("test").start_as_current_span("caller") as caller:
            answer = (await stub.unary(b"", metadata={"traceparent": "what a caller passed on"})).decode()
            assert (await stub.in_thread(b"")).decode() == f"{caller.get_span_context().trace_id:032x}"
        assert answer.split()[:2] == [f"{caller.get_span_context().trace_id:032x}", "1"]
    outer, *spans = await traces.spans(7)
    sent, attempt, received = spans[:3]
    names = [span.name for span in (outer, sent, attempt, received)]
    assert names == ["caller", *(f"{step}.{SERVICE}.Unary" for step in ("Sent", "Attempt", "Recv"))]
    for parent, child in ((outer, sent), (sent, attempt), (attempt, received)):
        assert child.parent is not None
        assert parent.context is not None
        assert child.parent.span_id == parent.context.span_id
    assert [span.kind for span in (attempt, received)] == [trace.SpanKind.CLIENT, trace.SpanKind.SERVER]
    assert all(span.status.status_code is trace.StatusCode.OK for span in spans)
    assert [event.name for event in received.events] == ["Inbound message", "Outbound message"]
    assert [event.name for event in attempt.events] == ["Outbound message", "Inbound message"]
    assert received.attributes is not None
    assert received.attributes["rpc.service"] == SERVICE


async def test_attempts_and_failures() -> None:
    traces = Traces()
    tracing = Tracing(traces.provider)
    async with echo_pair(server_options={"interceptors": [tracing]}, interceptors=[retry, tracing]) as stub:
        with pytest.raises(RpcError):
            await stub.fail(b"5|gone|")
    sent, first, *others = await traces.spans(5)
    attempts = [first, *(span for span in others if span.name.startswith("Attempt"))]
    assert [span.attributes["previous-rpc-attempts"] for span in attempts if span.attributes is not None] == [0, 1]
    assert {span.name for span in others} == {f"Attempt.{SERVICE}.Fail", f"Recv.{SERVICE}.Fail"}
    for span in (sent, first, *others):
        assert (span.status.status_code, span.status.description) == (trace.StatusCode.ERROR, "NOT_FOUND: gone")


async def test_a_call_whose_deadline_passes_ends_its_spans() -> None:
    traces = Traces()
    async with echo_pair(interceptors=[Tracing(traces.provider)]) as stub:
        with pytest.raises(RpcError):
            await stub.sleep(b"", timeout=0.2)
        spans = await traces.spans(2)
    assert [span.name.split(".")[0] for span in spans] == ["Sent", "Attempt"]
    assert all((span.status.description or "").startswith("DEADLINE_EXCEEDED") for span in spans)


async def test_streams_have_an_event_for_each_message() -> None:
    traces = Traces()
    async with echo_pair(interceptors=[Tracing(traces.provider)]) as stub, stub.bidi() as call:
        for _ in range(3):
            await call.send(b"x")
            assert await call.receive() == b"x"
        await call.done_writing()
        assert await call.receive() is None
    _, attempt = await traces.spans(2)
    numbers = [(event.name, (event.attributes or {})["sequence-number"]) for event in attempt.events]
    assert sorted(numbers) == [(f"{way} message", number) for way in ("Inbound", "Outbound") for number in range(3)]


async def test_baggage_travels_where_it_is_wished() -> None:
    propagator = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
    tracing = Tracing(Traces().provider, propagator=propagator)
    async with echo_pair(Asking(), server_options={"interceptors": [tracing]}, interceptors=[tracing]) as stub:
        token = attach(baggage.set_baggage("user", "Olena"))
        try:
            assert (await stub.unary(b"")).split()[2] == b"Olena"
        finally:
            detach(token)


@pytest.mark.parametrize("value", ["", "00-zz-zz-01", "x" * 8000, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
async def test_what_is_no_trace_context_begins_a_trace(value: str) -> None:
    traces = Traces()
    async with echo_pair(Asking(), server_options={"interceptors": [Tracing(traces.provider)]}) as stub:
        await stub.unary(b"", metadata=[("traceparent", value), ("tracestate", "=,=;")])
    (received,) = await traces.spans(1)
    assert received.parent is None


async def test_a_fault_of_a_handler_is_in_its_span() -> None:
    class Faulty(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            raise ZeroDivisionError("by nought")

    traces = Traces()
    async with echo_pair(Faulty(), server_options={"interceptors": [Tracing(traces.provider)]}) as stub:
        with pytest.raises(RpcError):
            await stub.unary(b"")
    (received,) = await traces.spans(1)
    (fault,) = (event for event in received.events if event.name == "exception")
    assert (fault.attributes or {})["exception.type"] == "ZeroDivisionError"


def points(reader: InMemoryMetricReader) -> dict[str, list[tuple[dict[str, Any], float, Any]]]:
    """Returns, by instrument, the attributes of each series, its count or value, and the series."""
    found: dict[str, list[tuple[dict[str, Any], float, Any]]] = {}
    data: Any = reader.get_metrics_data()
    for scope in data.resource_metrics[0].scope_metrics:
        for metric in scope.metrics:
            found[metric.name] = [
                (dict(point.attributes), getattr(point, "count", None) or point.value, point)
                for point in metric.data.data_points
            ]
    return found


async def test_metrics() -> None:
    async def fallback(requests: Any, context: Context) -> Any:
        async for request in requests:
            yield request

    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    options = {"interceptors": [Metrics(provider)], "fallback": fallback}
    metrics = Metrics(provider, target="dns:///echo:50051")
    async with echo_pair(server_options=options, interceptors=[retry, metrics]) as stub:
        for _ in range(2):
            await stub.unary(b"")
        with pytest.raises(RpcError):
            await stub.fail(b"5||")
        with pytest.raises(RpcError):
            await stub.sleep(b"", timeout=0.2)
        for name in ("A", "B"):
            await GenericStub(stub._channel).unary_unary(f"/any.Thing/{name}")(b"")
    found = points(reader)
    provider.shutdown()

    def method(name: str) -> dict[str, str]:
        return {"grpc.method": f"{SERVICE}/{name}", "grpc.target": "dns:///echo:50051"}

    def series(name: str, labels: dict[str, str]) -> float:
        return next((count for attributes, count, _ in found[name] if attributes == labels), 0)

    ok, failed = {"grpc.status": "OK"}, {"grpc.status": "NOT_FOUND"}
    late = {"grpc.status": StatusCode.DEADLINE_EXCEEDED.name}
    assert series("grpc.client.attempt.started", method("Unary")) == 2
    assert series("grpc.client.attempt.started", method("Fail")) == 2
    assert series("grpc.client.attempt.duration", method("Fail") | failed) == 2
    assert series("grpc.client.attempt.duration", method("Sleep") | late) >= 1
    assert series("grpc.client.call.duration", method("Unary") | ok) == 2
    assert series("grpc.client.call.duration", method("Fail") | failed) == 1
    assert series("grpc.client.call.duration", method("Sleep") | late) == 1
    assert series("grpc.server.call.started", {"grpc.method": f"{SERVICE}/Fail"}) == 2
    assert series("grpc.server.call.duration", {"grpc.method": f"{SERVICE}/Unary"} | ok) == 2
    assert series("grpc.server.call.started", {"grpc.method": "other"}) == 2
    for name in ("grpc.client.call.duration", "grpc.client.attempt.duration", "grpc.server.call.duration"):
        assert found[name][0][2].explicit_bounds == LATENCY_BUCKETS
        assert all(0 < point.sum < 60 for _, _, point in found[name])


async def test_stubs_that_are_not_traced_see_nothing_of_it() -> None:
    tracing = Tracing(trace.NoOpTracerProvider())
    async with echo_pair(Asking(), server_options={"interceptors": [tracing]}, interceptors=[tracing]) as stub:
        assert b"traceparent" not in await stub.unary(b"")
        assert await EchoStub(stub._channel).up([b"a", b"bc"]) == b"2 3"
