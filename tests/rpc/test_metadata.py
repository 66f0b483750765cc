from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minirpc.rpc.metadata import (
    decode_binary,
    decode_metadata,
    encode_binary,
    encode_metadata,
    is_grpc_content_type,
)

KEYS = st.from_regex(r"x-[0-9a-z_.-]{0,10}", fullmatch=True).filter(lambda key: not key.endswith("-bin"))
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)).map(lambda text: text.strip(" "))
PAIRS = st.one_of(st.tuples(KEYS, TEXTS), st.tuples(KEYS.map(lambda key: key + "-bin"), st.binary()))


@given(st.lists(PAIRS))
def test_round_trip(pairs: list[tuple[str, str | bytes]]) -> None:
    assert decode_metadata(encode_metadata(pairs)) == tuple(pairs)


@given(st.binary())
def test_binary_values_with_and_without_padding(value: bytes) -> None:
    assert b"=" not in encode_binary(value)
    assert decode_binary(encode_binary(value)) == value
    assert decode_binary(b64encode(value)) == value


@given(st.lists(st.binary(), min_size=1))
def test_joined_binary_values_are_split(values: list[bytes]) -> None:
    joined = b",".join(b64encode(value) for value in values)
    assert decode_metadata([(b"k-bin", joined)]) == tuple(("k-bin", value) for value in values)


def test_mappings_are_accepted() -> None:
    assert encode_metadata({"k": "v", "b-bin": b"\x00"}) == [(b"k", b"v"), (b"b-bin", b"AA")]


@pytest.mark.parametrize("key", ["", "Upper", "sp ace", "é", "a:b", ":path", "a\n"])
def test_bad_keys_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="metadata key"):
        encode_metadata([(key, "v")])


@pytest.mark.parametrize("key", ["grpc-timeout", "grpc-x", "te", "content-type", "user-agent", "connection", "host"])
def test_reserved_keys_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        encode_metadata([(key, "v")])


@pytest.mark.parametrize("value", ["é", "a\nb", "\x00", "\x7f", " a", "a "])
def test_bad_text_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="metadata 'k'"):
        encode_metadata([("k", value)])


@pytest.mark.parametrize(("key", "value"), [("k", b"bytes"), ("k-bin", "text"), ("k", 3), ("k", None)])
def test_wrong_types_are_refused(key: str, value: object) -> None:
    with pytest.raises(TypeError, match="must be"):
        encode_metadata([(key, value)])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"application/grpc", True),
        (b"application/grpc+proto", True),
        (b"application/grpc;charset=utf-8", True),
        (b"application/grpc-web", False),
        (b"application/grpcx", False),
        (b"text/html", False),
        (b"", False),
    ],
)
def test_content_types(value: bytes, expected: bool) -> None:
    assert is_grpc_content_type(value) is expected


def test_fields_of_the_protocol_are_hidden() -> None:
    headers = [
        (b":path", b"/s/m"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
        (b"grpc-timeout", b"1S"),
        (b"user-agent", b"test"),
        (b"k", b"v"),
    ]
    assert decode_metadata(headers) == (("user-agent", "test"), ("k", "v"))


@pytest.mark.parametrize("value", [b"!", b"a", b"aaaaa", b"ab cd"])
def test_bad_base64_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="base64"):
        decode_metadata([(b"k-bin", value)])
