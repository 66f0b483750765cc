"""The flags that all interoperability programs share, written as in every language: ``--use_tls=true``, or ``--use_tls``."""

from __future__ import annotations

import argparse

__all__ = ["boolean", "metadata"]


def boolean(text: str) -> bool:
    """Reads the value of a boolean flag."""
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false") from None


def metadata(text: str) -> tuple[tuple[str, str], ...]:
    """Reads ``key1:value1;key2:value2``."""
    pairs = [part.partition(":") for part in text.split(";") if part]
    if not all(colon for _, colon, _ in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key:value;key:value")
    return tuple((key.strip().lower(), value.strip()) for key, _, value in pairs)
