import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minirpc.errors import StatusCode
from minirpc.rpc.status import (
    code_from_http_status,
    code_from_rst_stream,
    decode_message,
    encode_message,
    parse_code,
)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")
@example("100% %41")
def test_message_survives_percent_encoding(message: str) -> None:
    encoded = encode_message(message)
    assert all(0x20 <= byte <= 0x7E for byte in encoded)
    assert decode_message(encoded) == message


@pytest.mark.parametrize(
    ("message", "encoded"),
    [("plain text!", b"plain text!"), ("50%", b"50%25"), ("a\nb", b"a%0Ab"), ("é", b"%C3%A9"), ("~\x7f", b"~%7F")],
)
def test_message_encoding(message: str, encoded: bytes) -> None:
    assert encode_message(message) == encoded


def test_lone_surrogate_is_replaced() -> None:
    assert "�" in decode_message(encode_message("a\ud800b"))


@given(st.binary())
def test_any_message_can_be_read(value: bytes) -> None:
    assert isinstance(decode_message(value), str)


@pytest.mark.parametrize(("value", "text"), [(b"50%", "50%"), (b"%zz", "%zz"), (b"%4", "%4"), (b"%FF", "�")])
def test_bad_escapes_stay(value: bytes, text: str) -> None:
    assert decode_message(value) == text


@pytest.mark.parametrize("code", StatusCode)
def test_codes_are_read(code: StatusCode) -> None:
    assert parse_code(b"%d" % code) is code


@pytest.mark.parametrize("value", [b"", b"17", b"-1", b"x", b"1 ", b"99999999999999999999", b"\xb2"])
def test_unknown_codes_are_unknown(value: bytes) -> None:
    assert parse_code(value) is StatusCode.UNKNOWN


@pytest.mark.parametrize(
    ("http_status", "code"),
    [
        ("400", StatusCode.INTERNAL),
        ("401", StatusCode.UNAUTHENTICATED),
        ("403", StatusCode.PERMISSION_DENIED),
        ("404", StatusCode.UNIMPLEMENTED),
        ("429", StatusCode.UNAVAILABLE),
        ("500", StatusCode.UNKNOWN),
        ("502", StatusCode.UNAVAILABLE),
        ("503", StatusCode.UNAVAILABLE),
        ("504", StatusCode.UNAVAILABLE),
        ("\xb200", StatusCode.UNKNOWN),  # a digit to str.isdigit, none to int
        ("2" * 5000, StatusCode.UNKNOWN),  # more digits than int takes
        ("", StatusCode.UNKNOWN),
    ],
)
def test_http_status_mapping(http_status: str, code: StatusCode) -> None:
    assert code_from_http_status(http_status) is code


@pytest.mark.parametrize(
    ("error_code", "code"),
    [
        (0x0, StatusCode.INTERNAL),
        (0x1, StatusCode.INTERNAL),
        (0x7, StatusCode.UNAVAILABLE),
        (0x8, StatusCode.CANCELLED),
        (0xB, StatusCode.RESOURCE_EXHAUSTED),
        (0xC, StatusCode.PERMISSION_DENIED),
        (0xFFFF, StatusCode.INTERNAL),
    ],
)
def test_rst_stream_mapping(error_code: int, code: StatusCode) -> None:
    assert code_from_rst_stream(error_code) is code
