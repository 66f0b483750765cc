import pytest

from minirpc.http2.header_rules import BlockKind, find_fault

REQUEST = [
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", b"/s/m"),
    (b":authority", b"a"),
    (b"te", b"trailers"),
]
RESPONSE = [(b":status", b"200"), (b"content-type", b"application/grpc")]
TRAILERS = [(b"grpc-status", b"0"), (b"x-bin", b"AA")]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (REQUEST, BlockKind.REQUEST),
        (RESPONSE, BlockKind.RESPONSE),
        (TRAILERS, BlockKind.TRAILERS),
        ([], BlockKind.TRAILERS),
    ],
)
def test_good_blocks(headers: list[tuple[bytes, bytes]], kind: BlockKind) -> None:
    assert find_fault(headers, kind) is None


@pytest.mark.parametrize("missing", [b":method", b":scheme", b":path"])
def test_request_without_pseudo_header(missing: bytes) -> None:
    headers = [header for header in REQUEST if header[0] != missing]
    assert find_fault(headers, BlockKind.REQUEST) == f"no {missing.decode()} in request"


@pytest.mark.parametrize(
    ("extra", "fault"),
    [
        ((b":path", b"/other"), "after a regular field"),
        ((b"Upper", b"v"), "name"),
        ((b"sp ace", b"v"), "name"),
        ((b"", b"v"), "name"),
        ((b"a:b", b"v"), "name"),
        ((b"\xff", b"v"), "name"),
        ((b"k", b"a\nb"), "value"),
        ((b"k", b"a\0"), "value"),
        ((b"k", b" a"), "value"),
        ((b"k", b"a\t"), "value"),
        ((b"k", b"a\n"), "value"),
        ((b"connection", b"close"), "connection-specific"),
        ((b"transfer-encoding", b"chunked"), "connection-specific"),
        ((b"te", b"gzip"), "connection-specific"),
    ],
)
def test_malformed_fields(extra: tuple[bytes, bytes], fault: str) -> None:
    found = find_fault([*REQUEST, extra], BlockKind.REQUEST)
    assert found is not None
    assert fault in found


@pytest.mark.parametrize("extra", [(b":status", b"200"), (b":unknown", b"x"), (b":method", b"GET")])
def test_bad_pseudo_headers(extra: tuple[bytes, bytes]) -> None:
    assert find_fault([REQUEST[0], extra, *REQUEST[1:]], BlockKind.REQUEST) is not None


def test_empty_path() -> None:
    headers = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"")]
    assert find_fault(headers, BlockKind.REQUEST) == "empty :path"


def test_trailers_have_no_pseudo_headers() -> None:
    assert find_fault([(b":status", b"200")], BlockKind.TRAILERS) is not None


def test_response_needs_status() -> None:
    assert find_fault([(b"content-type", b"application/grpc")], BlockKind.RESPONSE) == "no :status in response"
