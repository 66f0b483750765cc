"""Two engines back to back, and one engine against frames that no engine would send."""

from __future__ import annotations

import gc
import importlib.metadata
import struct
import tracemalloc
from collections.abc import Callable

import h2.stream
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from http2_engines import REQUEST, RESPONSE, TRAILERS, Pair, Side, frames_of, request_frame, serving
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given
from hypothesis import strategies as st

from minirpc.http2 import (
    MAX_STREAM_ID,
    ErrorCode,
    Http2Options,
    error_name,
)
from minirpc.http2.frame_reader import FrameReader
from minirpc.http2.h2_connection import PRIVATE_NAMES, GrpcH2Connection
from minirpc.http2.hpack_memo import MemoEncoder

# -- the library underneath


def test_h2_version_is_one_that_was_checked() -> None:
    version = tuple(map(int, importlib.metadata.version("h2").split(".")[:2]))
    assert (4, 1) <= version < (5, 0), "look at every private name in h2_connection.py and lean_engine.py first"


def test_private_names_of_h2_and_hpack_exist() -> None:
    for owner, names in PRIVATE_NAMES.items():
        for name in names:
            assert hasattr(owner, name), f"{owner} has no {name}"
    connection = H2Connection(H2Configuration())
    stream = h2.stream.H2Stream(1, H2Configuration(), 1, 1)
    machine = stream.state_machine
    instances: dict[object, str] = {
        connection: "_closed_streams _data_to_send _inbound_flow_control_window_manager",
        stream: "_inbound_window_manager _expected_content_length _actual_content_length request_method",
        machine: "state client stream_closed_by headers_sent headers_received trailers_sent trailers_received",
        stream._inbound_window_manager: "_bytes_processed current_window_size max_window_size",
        connection.encoder: "_encode_literal _encode_indexed_literal _encode_table_size_change table_size_changes",
        connection.encoder.header_table: "_maxsize",
    }
    for instance, wanted in instances.items():
        for name in wanted.split():
            assert hasattr(instance, name), f"{instance} has no {name}"
    assert isinstance(connection._data_to_send, bytearray)
    assert isinstance(connection.local_settings._settings, dict)


def test_transitions_of_h2_are_those_of_the_short_ways() -> None:
    states, inputs = h2.stream.StreamState, h2.stream.StreamInputs
    both = (states.OPEN, states.HALF_CLOSED_LOCAL, states.HALF_CLOSED_REMOTE)
    receiving, sending = (states.OPEN, states.HALF_CLOSED_LOCAL), (states.OPEN, states.HALF_CLOSED_REMOTE)
    expected = {
        **{(state, inputs.RECV_HEADERS): state for state in receiving},
        **{(state, inputs.RECV_DATA): state for state in receiving},
        **{(state, inputs.SEND_HEADERS): state for state in sending},
        **{(state, inputs.SEND_DATA): state for state in sending},
        **{(state, inputs.RECV_WINDOW_UPDATE): state for state in both},
        **{(state, inputs.RECV_RST_STREAM): states.CLOSED for state in both},
        **{(state, inputs.SEND_RST_STREAM): states.CLOSED for state in both},
        (states.IDLE, inputs.SEND_HEADERS): states.OPEN,
        (states.IDLE, inputs.RECV_HEADERS): states.OPEN,
        (states.OPEN, inputs.RECV_END_STREAM): states.HALF_CLOSED_REMOTE,
        (states.OPEN, inputs.SEND_END_STREAM): states.HALF_CLOSED_LOCAL,
        (states.HALF_CLOSED_LOCAL, inputs.RECV_END_STREAM): states.CLOSED,
        (states.HALF_CLOSED_REMOTE, inputs.SEND_END_STREAM): states.CLOSED,
    }
    assert {key: h2.stream._transitions[key][1] for key in expected} == expected


def test_h2_counts_streams_through_the_properties_that_are_overridden() -> None:
    calls: list[str] = []

    class Counting(GrpcH2Connection):
        @property
        def open_outbound_streams(self) -> int:
            calls.append("outbound")
            return 0

        @property
        def open_inbound_streams(self) -> int:
            calls.append("inbound")
            return 0

    client = Counting(Http2Options(), client_side=True)
    server = Counting(Http2Options(), client_side=False)
    client.initiate_connection()
    client.send_headers(1, REQUEST)
    for frame in FrameReader(1 << 14, expect_preface=True).read(client.take_output()):
        server.receive_frame(frame)
    assert calls == ["outbound", "inbound"]


@pytest.mark.parametrize("client_side", [False, True])
def test_connections_lack_nothing_that_h2_makes(client_side: bool) -> None:
    stock = H2Connection(H2Configuration(client_side=client_side))
    made = GrpcH2Connection(Http2Options(), client_side=client_side)
    for own, of_stock in (
        (made, stock),
        (made.encoder, stock.encoder),
        (made.decoder, stock.decoder),
        (made.encoder.header_table, stock.encoder.header_table),
        (made.decoder.header_table, stock.decoder.header_table),
        (made.local_settings, stock.local_settings),
        (made.remote_settings, stock.remote_settings),
    ):
        missing = [name for name in vars(of_stock) if not hasattr(own, name)]
        # what h2's receive_data() takes frames apart with, in place of which there is a FrameReader
        assert not set(missing) - {"incoming_buffer", "_header_frames"}
    for kind in stock._frame_dispatch_table:
        assert made._frame_dispatch_table[kind].__func__ is getattr(
            GrpcH2Connection, stock._frame_dispatch_table[kind].__name__
        )
    assert dict(made.remote_settings) == dict(stock.remote_settings)


# -- a call


def test_call_from_end_to_end() -> None:
    pair = Pair()
    stream_id = pair.client.open()
    pair.client.engine.send_data(stream_id, b"ping", True)
    pair.settle()
    assert pair.server.recorder.take() == [
        ("open", 1, REQUEST, False),
        ("data", 1, b"ping", 4, True),
    ]
    pair.server.engine.send_headers(1, RESPONSE, False)
    pair.server.engine.send_data(1, memoryview(b"pong"), False)
    pair.server.engine.send_headers(1, TRAILERS, True)
    pair.settle()
    assert pair.client.recorder.take() == [
        ("headers", 1, RESPONSE, False),
        ("data", 1, b"pong", 4, False),
        ("headers", 1, TRAILERS, True),
    ]
    assert pair.client.engine.send_capacity(1) == 0
    assert pair.server.engine.last_peer_stream_id == 1


@given(st.binary(min_size=1, max_size=300), st.data())
def test_input_may_be_cut_anywhere(payload: bytes, data: st.DataObject) -> None:
    client = Side(client_side=True)
    for _ in range(3):
        client.engine.send_data(client.open(), payload, True)
    stream = bytes(client.engine.take_output())
    server = Side(client_side=False)
    position = 0
    while position < len(stream):
        size = data.draw(st.integers(1, 120))
        server.engine.receive(stream[position : position + size])
        position += size
    opened = [event for event in server.recorder.heard if event[0] in ("open", "data")]
    assert opened == [
        event for n in (1, 3, 5) for event in [("open", n, REQUEST, False), ("data", n, payload, len(payload), True)]
    ]


def test_padding_counts_as_credit() -> None:
    server = serving()
    server.engine.receive(request_frame(1))
    frame = DataFrame(1, b"12345", flags=["PADDED"])
    frame.pad_length = 255
    server.engine.receive(frame.serialize())
    assert server.recorder.take()[-1] == ("data", 1, b"12345", 5 + 255 + 1, False)


# -- flow control


def test_stream_credit_is_held_until_acknowledged() -> None:
    pair = Pair(Http2Options(stream_window=65_535, connection_window=1 << 20))
    stream_id = pair.client.open()
    sent = 0
    while capacity := pair.client.engine.send_capacity(stream_id):
        pair.client.engine.send_data(stream_id, bytes(capacity), False)
        sent += capacity
        pair.settle()
    assert sent == 65_535
    other = pair.client.open()
    assert pair.client.engine.send_capacity(other) > 0, "one unread stream must not stall the connection"
    pair.client.recorder.take()
    pair.server.engine.acknowledge_data(stream_id, sent)
    pair.settle()
    assert ("window", stream_id) in pair.client.recorder.take()
    assert pair.client.engine.send_capacity(stream_id) > 0


def test_connection_window_outlives_many_windows_of_unread_streams() -> None:
    pair = Pair(Http2Options(stream_window=65_535, connection_window=65_535))
    for _ in range(5):
        stream_id = pair.client.open()
        sent = 0
        while capacity := pair.client.engine.send_capacity(stream_id):
            pair.client.engine.send_data(stream_id, bytes(capacity), False)
            sent += capacity
            pair.settle()
        assert sent >= 65_535 - 1024


def test_data_for_a_reset_stream_returns_connection_credit() -> None:
    pair = Pair(Http2Options(stream_window=65_535, connection_window=65_535))
    for _ in range(5):
        stream_id = pair.client.open()
        pair.settle()
        pair.server.engine.reset_stream(stream_id, ErrorCode.CANCEL)
        while capacity := pair.client.engine.send_capacity(stream_id):  # the RST is not there yet
            pair.client.engine.send_data(stream_id, bytes(capacity), False)
        pair.settle()
    assert pair.client.engine.send_capacity(pair.client.open()) > 10_000


def test_window_overflow_of_a_stream_resets_that_stream() -> None:
    server = serving()
    server.engine.receive(request_frame(1) + WindowUpdateFrame(1, window_increment=2**31 - 1).serialize())
    assert server.recorder.take()[-1] == ("reset", 1, ErrorCode.FLOW_CONTROL_ERROR, False)
    (frame,) = frames_of(server.engine.take_output())
    assert isinstance(frame, RstStreamFrame)


def test_window_overflow_of_the_connection_ends_it() -> None:
    server = serving()
    server.engine.receive(WindowUpdateFrame(0, window_increment=2**31 - 1).serialize())
    assert server.recorder.take() == [("failed", ErrorCode.FLOW_CONTROL_ERROR)]


def test_more_data_than_the_window_ends_the_connection() -> None:
    server = serving(Http2Options(stream_window=65_535, connection_window=65_535))
    server.engine.receive(request_frame(1))
    server.recorder.take()
    for _ in range(5):
        server.engine.receive(DataFrame(1, bytes(16_384)).serialize())
    assert server.recorder.take()[-1] == ("failed", ErrorCode.FLOW_CONTROL_ERROR)
    assert isinstance(frames_of(server.engine.take_output())[-1], GoAwayFrame)


def test_stream_ends_behind_a_window_that_became_negative() -> None:
    pair = Pair()
    stream_id = pair.client.open()
    pair.client.engine.send_data(stream_id, bytes(1000), False)
    pair.settle()
    pair.server.recorder.take()
    pair.client.engine.receive(SettingsFrame(0, {SettingsFrame.INITIAL_WINDOW_SIZE: 0}).serialize())
    assert pair.client.engine.send_capacity(stream_id) == 0
    pair.client.engine.send_data(stream_id, b"", True)
    pair.settle()
    assert pair.server.recorder.take()[-1] == ("data", stream_id, b"", 0, True)


def test_settings_count_for_streams_that_their_handler_opens() -> None:
    pair = Pair()

    def open_one() -> None:
        assert pair.client.engine.can_open_stream
        assert pair.client.engine.send_capacity(pair.client.open()) == 7
        assert not pair.client.engine.can_open_stream

    pair.client.recorder.settings_received = open_one  # type: ignore[method-assign]
    values = {SettingsFrame.INITIAL_WINDOW_SIZE: 7, SettingsFrame.MAX_CONCURRENT_STREAMS: 1}
    pair.client.engine.receive(SettingsFrame(0, values).serialize())
    assert not pair.client.engine.can_open_stream


def test_frame_that_comes_in_pieces_is_copied_once_it_is_whole() -> None:
    """A reader's buffer is written to again after each read: nothing may look into it later."""
    server = serving()
    server.engine.receive(request_frame(1))
    stream = DataFrame(1, b"first").serialize() + DataFrame(1, b"second").serialize()
    buffer = bytearray(len(stream))
    for cut in range(1, len(stream)):
        server.recorder.take()
        for part in (stream[:cut], stream[cut:]):
            buffer[: len(part)] = part
            with memoryview(buffer) as view:
                server.engine.receive(view[: len(part)])
            buffer[:] = bytes(len(buffer))
        assert [event[2] for event in server.recorder.take()] == [b"first", b"second"]


# -- streams


def test_streams_beyond_the_limit_are_refused_one_by_one() -> None:
    server = serving(Http2Options(max_concurrent_streams=1))
    encoder = MemoEncoder()
    server.engine.receive(
        request_frame(1, encoder=encoder) + request_frame(3, [*REQUEST, (b"te", b"trailers")], encoder)
    )
    assert [event[:2] for event in server.recorder.take()] == [("open", 1)]
    (frame,) = frames_of(server.engine.take_output())
    assert isinstance(frame, RstStreamFrame)
    assert (frame.stream_id, frame.error_code) == (3, ErrorCode.REFUSED_STREAM)
    # The refused block was decoded: its entries are known to later blocks of the same encoder.
    server.engine.reset_stream(1, ErrorCode.CANCEL)
    server.engine.receive(request_frame(5, [*REQUEST, (b"te", b"trailers")], encoder))
    assert server.recorder.take() == [("open", 5, [*REQUEST, (b"te", b"trailers")], False)]


def test_header_list_over_the_limit_ends_its_stream() -> None:
    server = serving(Http2Options(max_header_list_size=1000, max_concurrent_streams=1))
    encoder = MemoEncoder()
    large = [*REQUEST, (b"te", b"trailers"), (b"x", b"x" * 3000)]
    for stream_id in (1, 3):
        server.engine.receive(request_frame(stream_id, large, encoder))
        assert server.recorder.take() == []
        (frame,) = frames_of(server.engine.take_output())
        assert isinstance(frame, RstStreamFrame)
        assert (frame.stream_id, frame.error_code) == (stream_id, ErrorCode.ENHANCE_YOUR_CALM)
    # It was decoded: its entries are known to later blocks of the same encoder.
    server.engine.receive(request_frame(5, [*REQUEST, (b"te", b"trailers")], encoder))
    assert server.recorder.take() == [("open", 5, [*REQUEST, (b"te", b"trailers")], False)]
    # Beyond the limit of streams, too.
    server.engine.receive(request_frame(7, large, encoder))
    (frame,) = frames_of(server.engine.take_output())
    assert isinstance(frame, RstStreamFrame)
    assert (frame.stream_id, frame.error_code) == (7, ErrorCode.REFUSED_STREAM)


@pytest.mark.parametrize("trailers", [False, True])
def test_header_list_of_a_response_over_the_limit_ends_its_stream(trailers: bool) -> None:
    pair = Pair(Http2Options(max_header_list_size=1000))
    stream_id, other = pair.client.open(), pair.client.open()
    pair.settle()
    if trailers:
        pair.server.engine.send_headers(stream_id, RESPONSE, False)
        pair.settle()
    pair.client.recorder.take()
    pair.server.engine.send_headers(stream_id, [*RESPONSE, (b"x", b"x" * 3000)], trailers)
    pair.server.engine.send_headers(other, RESPONSE, False)
    pair.settle()
    assert pair.client.recorder.take() == [
        ("reset", stream_id, ErrorCode.ENHANCE_YOUR_CALM, False),
        ("headers", other, RESPONSE, False),
    ]


def test_header_list_that_is_many_times_too_large_ends_the_connection() -> None:
    """One byte may stand for a field of the table: decoding to the end costs far more than sending."""
    for fields in ([(b"te", b"trailers")] * 1000, [(b"x", b"x" * 5000)]):
        server = serving(Http2Options(max_header_list_size=1000))
        encoder = MemoEncoder()
        server.engine.receive(request_frame(1, REQUEST, encoder))
        server.recorder.take()
        server.engine.receive(request_frame(3, [*REQUEST, *fields], encoder))
        assert server.recorder.take() == [("failed", ErrorCode.ENHANCE_YOUR_CALM)]


def test_client_knows_the_limit_of_the_server() -> None:
    pair = Pair(Http2Options(max_concurrent_streams=2))
    engine = pair.client.engine
    first = pair.client.open(end_stream=True)
    assert engine.can_open_stream
    pair.client.open()
    assert not engine.can_open_stream
    pair.settle()
    pair.server.engine.send_headers(first, [*RESPONSE, *TRAILERS], True)
    pair.settle()
    assert engine.can_open_stream


def test_nothing_is_heard_of_a_stream_after_its_reset() -> None:
    pair = Pair()
    stream_id = pair.client.open()
    pair.settle()
    pair.server.engine.send_headers(stream_id, RESPONSE, False)
    pair.server.engine.send_data(stream_id, b"late", False)
    pair.client.engine.reset_stream(stream_id, ErrorCode.CANCEL)
    pair.client.engine.reset_stream(stream_id, ErrorCode.CANCEL)  # without effect
    pair.settle()
    assert pair.client.recorder.take() == []
    assert pair.server.recorder.take()[-1] == ("reset", stream_id, ErrorCode.CANCEL, True)


def test_malformed_request_is_a_stream_error() -> None:
    server = serving()
    server.engine.receive(request_frame(1, [(b":method", b"POST"), (b":path", b"/s/m")]))
    assert server.recorder.take() == []
    (frame,) = frames_of(server.engine.take_output())
    assert isinstance(frame, RstStreamFrame)
    assert frame.error_code == ErrorCode.PROTOCOL_ERROR
    server.engine.receive(request_frame(3))
    assert [event[:2] for event in server.recorder.take()] == [("open", 3)]


def test_malformed_response_resets_the_stream() -> None:
    pair = Pair()
    stream_id = pair.client.open()
    pair.settle()
    pair.server.engine.send_headers(stream_id, [*RESPONSE, (b"connection", b"close")], False)
    pair.settle()
    assert pair.client.recorder.take() == [("reset", stream_id, ErrorCode.PROTOCOL_ERROR, False)]


@pytest.mark.parametrize(
    "frame",
    [
        DataFrame(1, b"123456"),
        DataFrame(1, b"1234", flags=["END_STREAM"]),
        HeadersFrame(1, MemoEncoder().encode(TRAILERS), flags=["END_HEADERS"]),
    ],
    ids=["more than content-length", "less than content-length", "trailers without END_STREAM"],
)
def test_malformed_message_is_a_stream_error(frame: Frame) -> None:
    server = serving()
    server.engine.receive(request_frame(1, [*REQUEST, (b"content-length", b"5")]))
    server.recorder.take()
    server.engine.receive(frame.serialize())
    assert server.recorder.take() == [("reset", 1, ErrorCode.PROTOCOL_ERROR, False)]
    (reset,) = frames_of(server.engine.take_output())
    assert isinstance(reset, RstStreamFrame)
    assert reset.error_code == ErrorCode.PROTOCOL_ERROR
    server.engine.receive(request_frame(3))
    assert [event[:2] for event in server.recorder.take()] == [("open", 3)]


def test_malformed_messages_return_connection_credit() -> None:
    server = serving(Http2Options(stream_window=65_535, connection_window=65_535))
    for stream_id in range(1, 21, 2):
        server.engine.receive(request_frame(stream_id, [*REQUEST, (b"content-length", b"5")]))
        server.engine.receive(DataFrame(stream_id, bytes(16_384)).serialize())
    assert {event[0] for event in server.recorder.take()} == {"open", "reset"}


def test_long_header_blocks_are_continued() -> None:
    pair = Pair(Http2Options(max_frame_size=1 << 14))
    long = [*REQUEST, *((b"x-%d" % n, b"v" * 1000) for n in range(40))]
    pair.client.open(long)
    output = pair.client.engine.take_output()
    assert any(isinstance(frame, ContinuationFrame) for frame in frames_of(output))
    pair.server.engine.receive(output)
    assert pair.server.recorder.take() == [("open", 1, long, False)]


def test_informational_responses_are_passed_over() -> None:
    pair = Pair()
    stream_id = pair.client.open()
    pair.settle()
    pair.server.engine.send_headers(stream_id, [(b":status", b"103")], False)
    pair.server.engine.send_headers(stream_id, RESPONSE, False)
    pair.settle()
    assert pair.client.recorder.take() == [("headers", stream_id, RESPONSE, False)]


# -- GOAWAY and PING


@pytest.mark.parametrize("by_server", [True, False])
def test_streams_go_on_after_goaway(by_server: bool) -> None:
    pair = Pair()
    stream_id = pair.client.open()
    pair.settle()
    sender, receiver = (pair.server, pair.client) if by_server else (pair.client, pair.server)
    receiver.recorder.take()
    sender.engine.send_goaway(MAX_STREAM_ID, ErrorCode.NO_ERROR)
    sender.engine.send_goaway(stream_id, ErrorCode.NO_ERROR, b"bye")
    pair.settle()
    assert receiver.recorder.take() == [("goaway", MAX_STREAM_ID, 0, b""), ("goaway", stream_id, 0, b"bye")]
    pair.server.recorder.take()
    pair.client.engine.send_data(stream_id, b"more", True)
    pair.settle()
    assert pair.server.recorder.take() == [("data", stream_id, b"more", 4, True)]
    pair.server.engine.send_headers(stream_id, RESPONSE, False)
    pair.server.engine.send_headers(stream_id, TRAILERS, True)
    pair.settle()
    assert pair.client.recorder.take()[-1] == ("headers", stream_id, TRAILERS, True)


def test_output_survives_a_received_goaway() -> None:
    pair = Pair()
    pair.client.open()
    size = pair.client.engine.output_size
    pair.client.engine.receive(GoAwayFrame(0).serialize())
    assert pair.client.engine.output_size == size


def test_ping_is_answered_and_heard() -> None:
    pair = Pair()
    pair.client.engine.send_ping(b"12345678")
    pair.settle()
    assert pair.client.recorder.take() == [("pong", b"12345678")]
    assert pair.server.recorder.take() == [("ping",)]


# -- the peer's faults


def traced_growth(action: Callable[[], object]) -> int:
    """Bytes that are held after an action and were not before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        action()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_unknown_settings_are_not_kept() -> None:
    server = serving()

    def send_all_there_are() -> None:
        for first in range(0x100, 0x10000, 0x100):
            payload = b"".join(struct.pack(">HL", code, 1) for code in range(first, first + 0x100))
            server.engine.receive(struct.pack(">HBBBL", len(payload) >> 8, len(payload) & 255, 4, 0, 0) + payload)
            server.engine.take_output()
        server.recorder.take()

    assert traced_growth(send_all_there_are) < 1 << 20


def test_short_blocks_of_many_fields_are_not_kept() -> None:
    server = serving()
    encoder = MemoEncoder()
    many = b"\x90" * 900  # RFC 7541 appendix A: an entry of the static table, "accept-encoding: gzip, deflate"

    def send_many() -> None:
        for number in range(32):
            block = encoder.encode([*REQUEST, (b"x-number", b"%d" % number)]) + many
            server.engine.receive(HeadersFrame(2 * number + 1, block, flags=["END_HEADERS"]).serialize())
            server.engine.reset_stream(2 * number + 1, ErrorCode.CANCEL)
            server.engine.take_output()
            server.recorder.take()
            server.recorder.streams.clear()

    assert traced_growth(send_many) < 1 << 20


@pytest.mark.parametrize(
    ("data", "error_code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", ErrorCode.PROTOCOL_ERROR),
        (bytes.fromhex("160301020001"), ErrorCode.PROTOCOL_ERROR),  # a TLS hello
    ],
)
def test_bad_preface(data: bytes, error_code: ErrorCode) -> None:
    server = Side(client_side=False)
    server.engine.receive(data)
    assert server.recorder.take() == [("failed", error_code)]
    server.engine.receive(b"more")
    assert server.recorder.take() == []


@pytest.mark.parametrize(
    ("data", "error_code"),
    [
        (b"\x01\x00\x01\x00\x00\x00\x00\x00\x01" + bytes(0x10001), ErrorCode.FRAME_SIZE_ERROR),
        (DataFrame(1, b"x").serialize(), ErrorCode.PROTOCOL_ERROR),  # an idle stream
        (request_frame(2), ErrorCode.PROTOCOL_ERROR),  # a server's number
        (HeadersFrame(1, b"\xff\xff\xff\xff\xff", flags=["END_HEADERS"]).serialize(), ErrorCode.COMPRESSION_ERROR),
        (HeadersFrame(1, b"").serialize() + PingFrame(0, b"12345678").serialize(), ErrorCode.PROTOCOL_ERROR),
        (ContinuationFrame(1, b"").serialize(), ErrorCode.PROTOCOL_ERROR),
        (b"\x00\x00\x01\x00\x08\x00\x00\x00\x01\xff", ErrorCode.PROTOCOL_ERROR),  # padding beyond the frame
    ],
)
def test_connection_errors_are_told_not_raised(data: bytes, error_code: ErrorCode) -> None:
    server = serving()
    server.engine.receive(data)
    assert server.recorder.take()[-1] == ("failed", error_code)
    assert isinstance(frames_of(server.engine.take_output())[-1], GoAwayFrame)


def test_what_came_before_the_fault_is_told() -> None:
    server = serving()
    server.engine.receive(request_frame(1) + request_frame(2))
    assert [event[0] for event in server.recorder.take()] == ["open", "failed"]


def test_nothing_is_sent_after_a_fault() -> None:
    server = serving()
    server.engine.receive(request_frame(1) + request_frame(2))
    server.engine.take_output()
    engine = server.engine
    engine.send_headers(1, RESPONSE, False)
    engine.send_data(1, b"", True)
    engine.acknowledge_data(1, 100_000)
    engine.reset_stream(1, ErrorCode.CANCEL)
    engine.send_ping(bytes(8))
    engine.send_goaway(0, ErrorCode.NO_ERROR)
    assert not engine.can_open_stream
    assert engine.send_capacity(1) == 0
    assert engine.output_size == 0


@given(st.binary(max_size=400))
def test_random_bytes_never_raise(data: bytes) -> None:
    server = serving()
    server.engine.receive(data)
    client = Side(client_side=True)
    client.engine.receive(data)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 255), st.integers(0, 7), st.binary(max_size=40)), max_size=12)
)
def test_random_frames_never_raise(frames: list[tuple[int, int, int, bytes]]) -> None:
    server = serving()
    server.engine.receive(request_frame(1))
    for type_, flags, stream_id, payload in frames:
        server.engine.receive(struct.pack(">HBBBL", 0, len(payload), type_, flags, stream_id) + payload)
    failures = [event for event in server.recorder.take() if event[0] == "failed"]
    assert len(failures) <= 1


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="stream_window must be between 65535 and"):
        Http2Options(stream_window=1)


def test_error_names() -> None:
    assert error_name(8) == "CANCEL"
    assert error_name(0x1234) == "0x1234"


# -- a share of the time


@pytest.mark.parametrize("cut", [1, 100, 100_000])
def test_frames_that_wait_for_their_turn_are_taken_like_others(cut: int) -> None:
    """An engine without any time takes a few frames at each call, and has heard the same in the end."""
    encoder = MemoEncoder()
    ping = PingFrame(0, b"12345678").serialize()
    sent = b"".join(request_frame(number, encoder=encoder) + ping * 20 for number in range(1, 41, 2))
    at_once, in_turns = serving(), serving()
    assert not at_once.engine.receive(sent)
    waits = 0
    for start in range(0, len(sent), cut):
        more = in_turns.engine.receive(sent[start : start + cut], 0.0)
        while more:
            waits += 1
            before = in_turns.engine.frames_received
            more = in_turns.engine.receive(b"", 0.0)
            assert in_turns.engine.frames_received - before <= 16
    assert waits >= 20
    assert in_turns.recorder.take() == at_once.recorder.take()
    assert in_turns.engine.take_output() == at_once.engine.take_output()
    assert not in_turns.engine.receiving_frame


def test_what_waits_behind_a_fault_is_dropped() -> None:
    side = serving()
    sent = request_frame(1) + DataFrame(9, b"x").serialize() + request_frame(3)
    assert side.engine.receive(sent, 0.0)
    assert not side.engine.receive(b"", 0.0)
    assert [each[0] for each in side.recorder.take()] == ["open", "failed"]
