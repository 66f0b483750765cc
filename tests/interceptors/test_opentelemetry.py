"""Tracing and metrics by OpenTelemetry's SDK, whose exporters keep what they get."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from echo import RETRYING, SERVICE, Echo, EchoStub, echo_pair
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

from minirpc.aio import (
    AttemptObserver,
    AttemptStart,
    Channel,
    ClientCall,
    ClientProceed,
    Context,
    Endpoint,
    ErrorCode,
    GenericStub,
    Proceed,
    Resolution,
    Resolver,
    Server,
    ServerCall,
    TcpAddress,
)
from minirpc.errors import RpcError, StatusCode
from minirpc.interceptors.opentelemetry import Metrics, Tracing
from minirpc.interceptors.opentelemetry.metrics import LATENCY_BUCKETS, SIZE_BUCKETS
from minirpc.testing import Network, channel_to


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
    assert [event.name for event in received.events] == ["Inbound message read", "Outbound message sent"]
    assert [event.name for event in attempt.events] == [
        "Delayed LB pick complete",
        "Outbound message sent",
        "Inbound message read",
    ]
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
    noted = [(event.name, dict(event.attributes or {})) for event in attempt.events]
    assert [name for name, _ in noted].count("Delayed LB pick complete") == 1, "the first call waits for a connection"
    for name in ("Inbound message read", "Outbound message sent"):
        sizes = [attributes for noted_name, attributes in noted if noted_name == name]
        assert sizes == [{"sequence-number": number, "message-size": 1} for number in range(3)]


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


# -- attempts that the channel makes by itself


HEDGING: dict[str, Any] = {
    "methodConfig": [
        {
            "name": [{}],
            "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "0s", "nonFatalStatusCodes": ["UNAVAILABLE"]},
        }
    ]
}


class Failing(Echo):
    """Fails some calls, and notes the context in which each came."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures
        self.parents: list[Any] = []

    async def unary(self, request: bytes, context: Context) -> bytes:
        self.parents.append(dict(context.metadata).get("traceparent"))
        if self.failures:
            self.failures -= 1
            raise RpcError(StatusCode.UNAVAILABLE, "not yet")
        return request


def series_of(found: dict[str, list[tuple[dict[str, Any], float, Any]]], name: str) -> dict[str, tuple[float, float]]:
    """Returns count and sum of an instrument's series by their statuses."""
    return {
        labels.get("grpc.status", ""): (count, getattr(point, "sum", count)) for labels, count, point in found[name]
    }


async def test_retries_of_the_channel_have_a_span_and_a_measurement_each() -> None:
    traces, reader = Traces(), InMemoryMetricReader()
    provider = MeterProvider([reader])
    service = Failing(2)
    interceptors = [Metrics(provider), Tracing(traces.provider)]
    async with echo_pair(service, interceptors=interceptors, service_config=RETRYING) as stub:
        assert await stub.unary(b"twelve bytes", timeout=10) == b"twelve bytes"
    sent, *attempts = await traces.spans(4)
    assert [span.name.split(".")[0] for span in (sent, *attempts)] == ["Sent", *["Attempt"] * 3]
    told = [(span.attributes or {}) for span in attempts]
    assert [each["previous-rpc-attempts"] for each in told] == [0, 1, 2]
    assert [each["rpc.grpc.status_code"] for each in told] == [14, 14, 0]
    assert not any(each["transparent-retry"] for each in told)
    assert sent.context is not None
    for span, parent in zip(attempts, service.parents, strict=True):
        assert span.context is not None
        assert parent.startswith(f"00-{sent.context.trace_id:032x}-{span.context.span_id:016x}-"), "each sends its own"
        assert span.parent is not None
        assert span.parent.span_id == sent.context.span_id
    found = points(reader)
    provider.shutdown()
    assert series_of(found, "grpc.client.attempt.started") == {"": (3, 3)}
    assert {key: count for key, (count, _) in series_of(found, "grpc.client.attempt.duration").items()} == {
        "UNAVAILABLE": 2,
        "OK": 1,
    }
    assert series_of(found, "grpc.client.call.duration")["OK"][0] == 1
    assert series_of(found, "grpc.client.attempt.sent_total_compressed_message_size") == {
        "UNAVAILABLE": (2, 24),
        "OK": (1, 12),
    }
    assert series_of(found, "grpc.client.attempt.rcvd_total_compressed_message_size") == {
        "UNAVAILABLE": (2, 0),
        "OK": (1, 12),
    }


async def test_hedges_that_lose_end_as_cancelled() -> None:
    traces = Traces()
    service = Echo()
    async with echo_pair(service, interceptors=[Tracing(traces.provider)], service_config=HEDGING) as stub:
        call = stub.sleep(b"", timeout=0.3)
        assert (await call.status()).code is StatusCode.DEADLINE_EXCEEDED
        late = await traces.spans(4)
        assert all((span.status.description or "").startswith("DEADLINE_EXCEEDED") for span in late)
        traces.exporter.clear()
        assert await stub.unary(b"x", timeout=10) == b"x"
        sent, *attempts = await traces.spans(4)
    assert sent.status.status_code is trace.StatusCode.OK
    codes = sorted((span.attributes or {})["rpc.grpc.status_code"] for span in attempts)
    assert codes == [0, 1, 1]


async def test_what_no_server_has_looked_at_is_another_attempt() -> None:
    traces = Traces()
    network = Network()
    network.reset_next(ErrorCode.REFUSED_STREAM)
    async with channel_to(Echo(), network=network, interceptors=[Tracing(traces.provider)]) as channel:
        assert await EchoStub(channel).unary(b"x", timeout=10) == b"x"
    sent, first, second = await traces.spans(3)
    assert sent.status.status_code is trace.StatusCode.OK
    told = [(span.attributes or {}) for span in (first, second)]
    assert [each["transparent-retry"] for each in told] == [False, True]
    assert [each["previous-rpc-attempts"] for each in told] == [0, 0]
    assert (first.status.description or "").startswith("UNAVAILABLE")


async def test_a_name_that_is_looked_up_late_is_an_event() -> None:
    class Late(Resolver):
        async def watch(self) -> AsyncIterator[Resolution]:
            await asyncio.sleep(0.02)
            yield Resolution((Endpoint((address,)),))

    for delivers in (True, False):
        Late.delivers_service_config = delivers
        traces = Traces()
        async with Server([Echo()]) as server:
            host, _, port = (await server.start("127.0.0.1:0")).rpartition(":")
            address = TcpAddress(host, int(port))
            async with Channel("late", resolver=Late(), interceptors=[Tracing(traces.provider)]) as channel:
                await EchoStub(channel).unary(b"x", timeout=10)
                sent, attempt = await traces.spans(2)
                assert [event.name for event in sent.events] == ["Delayed name resolution complete"]
                assert [event.name for event in attempt.events].count("Delayed LB pick complete") == 1
                traces.exporter.clear()
                await EchoStub(channel).unary(b"x", timeout=10)
                sent, attempt = await traces.spans(2)
                assert not sent.events
                assert "Delayed LB pick complete" not in [event.name for event in attempt.events]


async def test_sizes_are_those_on_the_wire() -> None:
    traces, reader = Traces(), InMemoryMetricReader()
    provider = MeterProvider([reader])
    metrics, tracing = Metrics(provider), Tracing(traces.provider)
    options = {"interceptors": [metrics, tracing], "compression": "gzip"}
    message = b"a" * 20_000
    async with echo_pair(server_options=options, interceptors=[metrics, tracing], compression="gzip") as stub:
        assert await stub.unary(message) == message
        assert [each async for each in stub.bidi([message, b"short"])] == [message, b"short"]
    spans = await traces.spans(6)
    found = points(reader)
    provider.shutdown()
    names = [
        f"grpc.{side}.{way}_total_compressed_message_size"
        for side in ("client.attempt", "server.call")
        for way in ("sent", "rcvd")
    ]
    totals = [sum(point.sum for _, _, point in found[name]) for name in names]
    # of each compressed message, the spans tell both sizes
    for span in spans:
        noted = [(event.name, dict(event.attributes or {})) for event in span.events]
        sent = [each for name, each in noted if name == "Outbound message sent"]
        read = [each for name, each in noted if name == "Inbound message read"]
        if span.name.startswith("Sent"):
            continue
        assert sent[0]["message-size-uncompressed"] == len(message)
        assert 20 < sent[0]["message-size-compressed"] < 1000
        assert read[0]["message-size-compressed"] == sent[0]["message-size-compressed"]
        if len(sent) == 2:
            assert sent[1] == read[1] == {"sequence-number": 1, "message-size": 5}
        if span.name.startswith("Recv"):
            inflated = [each for name, each in noted if name == "Inbound message uncompressed"]
            assert inflated == [{"sequence-number": 0, "message-size-uncompressed": len(message)}]
    packed = read[0]["message-size-compressed"]
    assert totals == [2 * packed + 5] * 4, "once for the call with one message, once for the stream"
    assert found[names[0]][0][2].explicit_bounds == SIZE_BUCKETS


async def test_observers_that_fail_are_logged_and_cost_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(AttemptObserver):
        def message_sent(self, size: int, wire_size: int | None) -> None:
            raise ZeroDivisionError

    def none(start: AttemptStart) -> AttemptObserver | None:
        if start.path.endswith("Unary"):
            raise ZeroDivisionError
        return Faulty()

    async def observe(call: ClientCall, proceed: ClientProceed) -> None:
        call.observe_attempts(none)
        await proceed()

    async def observe_served(call: ServerCall, proceed: Proceed) -> None:
        call.observe(Faulty())
        await proceed()

    async with echo_pair(server_options={"interceptors": [observe_served]}, interceptors=[observe]) as stub:
        assert await stub.unary(b"x") == b"x"
        assert await stub.up([b"x"]) == b"1 1"
    told = [record.message for record in caplog.records if record.name == "minirpc.interceptors"]
    assert [message.rpartition(" of ")[2] for message in told] == [
        f"/{SERVICE}/{name} failed" for name in ("Unary", "Unary", "Up", "Up")
    ]
