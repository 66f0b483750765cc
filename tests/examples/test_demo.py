"""The demonstration of examples.geo: what it shows, and that it fails where something is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from geo_programs import ROOT, run
from hpack import Encoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, RstStreamFrame, SettingsFrame
from hypothesis import given
from hypothesis import strategies as st

from examples.geo.breakdown import break_down, message_types
from examples.geo.frames import RecordedFrame, read_frames
from examples.geo.gen.route_pb import Progress
from examples.geo.relay import Sender
from minirpc.message.wkt.descriptor_pb import FileDescriptorSet

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def protoc(output: Path) -> None:
    """Generates the example's code as its README says."""
    arguments = ["-Iexamples/geo/protos", f"--python_minirpc_out={output}", f"--descriptor_set_out={output}/geo.binpb"]
    subprocess.run(
        [sys.executable, "-m", "minirpc", "protoc", *arguments, "geo.proto", "route.proto"], cwd=ROOT, check=True
    )


def test_regenerating_leaves_no_diff(tmp_path: Path) -> None:
    protoc(tmp_path)
    committed = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "examples/geo/gen").glob("*.py")}
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.py")} == committed


def test_it_shows_distances_bytes_and_frames() -> None:
    finished = run("demo")
    assert (finished.returncode, finished.stderr) == (0, "")
    shown = finished.stdout
    assert "Kyiv to Lviv: 468 km" in shown
    assert "NOT as in" not in shown
    # the request, whole and taken apart
    assert "0a 0a 0d e7 cc 49 42 15 ec 2f f4 41 12 0a 0d da 5b 47 42 15 d3 3c c0 41" in shown
    assert "0d e7 cc 49 42        field 1, I32: lat = 50.4501" in shown
    # the call, both ways
    assert "→ HEADERS       stream 1" in shown
    assert ":path: /geo.GeoService/DistanceBetween" in shown
    assert "← HEADERS       stream 1" in shown
    assert "grpc-status: 0" in shown
    assert "the back end has finished its calls and ended with exit code 0" in shown


def test_it_fails_if_a_program_fails() -> None:
    finished = run("demo", MINIRPC_PROTOC="/no/such/protoc")
    assert finished.returncode == 1
    assert "MINIRPC_PROTOC=/no/such/protoc is no program" in finished.stderr
    assert "ended with exit code 127" in finished.stderr


def test_every_field_of_a_message_is_explained(tmp_path: Path) -> None:
    protoc(tmp_path)
    types = message_types(FileDescriptorSet.from_binary((tmp_path / "geo.binpb").read_bytes()))
    message = Progress(points=300, leg_distance=1.5, distance=2.5)
    assert list(break_down(message.to_binary(), ".geo.Progress", types)) == [
        ("08 ac 02", "field 1, VARINT: points = 300"),
        ("11 00 00 00 00 00 00 f8 3f", "field 2, I64: leg_distance = 1.5"),
        ("19 00 00 00 00 00 00 04 40", "field 3, I64: distance = 2.5"),
    ]


def conversation() -> list[tuple[Sender, bytes]]:
    """The bytes of two header blocks that share a compression table, and of a frame of each other kind."""
    compress = Encoder().encode
    frames: list[Frame] = [
        SettingsFrame(0, settings={SettingsFrame.MAX_FRAME_SIZE: 16_384, 99: 1}),
        HeadersFrame(1, compress([("x-one", "1")]), flags=["END_HEADERS"]),
        HeadersFrame(3, compress([("x-one", "1")]), flags=["END_HEADERS", "END_STREAM"]),
        DataFrame(1, b"\0\0\0\0\2\x08\1", flags=["END_STREAM"]),
        DataFrame(1),
        PingFrame(0, b"12345678"),
        RstStreamFrame(3, error_code=8),
        GoAwayFrame(0, last_stream_id=3),
    ]
    return [(Sender.CLIENT, PREFACE), *((Sender.CLIENT, frame.serialize()) for frame in frames)]


def test_frames_are_read_and_explained() -> None:
    shown = [
        (frame.type, frame.stream_id, frame.flags, frame.length, frame.content) for frame in read_frames(conversation())
    ]
    assert shown == [
        ("preface", 0, (), 24, (r"'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'",)),
        ("SETTINGS", 0, (), 12, ("MAX_FRAME_SIZE = 16384", "99 = 1")),
        ("HEADERS", 1, ("END_HEADERS",), 8, ("x-one: 1",)),
        ("HEADERS", 3, ("END_HEADERS", "END_STREAM"), 1, ("x-one: 1",)),
        ("DATA", 1, ("END_STREAM",), 7, ("00 00000002: not compressed, a message of 2 bytes", "08 01")),
        ("DATA", 1, (), 0, ()),
        ("PING", 0, (), 8, ()),
        ("RST_STREAM", 3, (), 4, ("error code 8",)),
        ("GOAWAY", 0, (), 8, ("no streams above 3 are served, error code 0",)),
    ]


@given(st.data())
def test_how_the_bytes_arrive_does_not_matter(data: st.DataObject) -> None:
    whole = b"".join(sent for _, sent in conversation())
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    expected: list[RecordedFrame] = list(read_frames([(Sender.CLIENT, whole)]))
    assert list(read_frames([(Sender.CLIENT, piece) for piece in pieces])) == expected
    assert len(expected) == len(conversation())
