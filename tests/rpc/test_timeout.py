import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minirpc.rpc.timeout import decode_timeout, encode_timeout


@given(st.floats(min_value=1e-9, max_value=3e11))
def test_timeout_is_never_shortened(seconds: float) -> None:
    encoded = encode_timeout(seconds)
    assert re.fullmatch(rb"[1-9][0-9]{0,7}[numSMH]", encoded)
    # A unit is left at 10^8; the next one is up to 1,000 times coarser.
    assert seconds * (1 - 1e-12) <= decode_timeout(encoded) <= seconds * (1 + 1.1e-5) + 1e-9


@pytest.mark.parametrize(
    ("seconds", "encoded"),
    [
        (0, b"1n"),
        (-5, b"1n"),
        (1e-9, b"1n"),
        (0.001, b"1000000n"),
        (1, b"1000000u"),
        (1e6, b"1000000S"),
        (1e30, b"99999999H"),
        (1e308, b"99999999H"),
    ],
)
def test_encoding(seconds: float, encoded: bytes) -> None:
    assert encode_timeout(seconds) == encoded


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"1H", 3600), (b"2M", 120), (b"3S", 3), (b"4m", 0.004), (b"5u", 5e-6), (b"6n", 6e-9), (b"0S", 0)],
)
def test_decoding(value: bytes, seconds: float) -> None:
    assert decode_timeout(value) == seconds


@pytest.mark.parametrize("value", [b"", b"1", b"S", b"123456789S", b"-1S", b"1.5S", b"1s", b" 1S", b"1S\n", b"1Sx"])
def test_bad_values_are_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="grpc-timeout"):
        decode_timeout(value)
