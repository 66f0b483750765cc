"""JSON text to a tree of plain values, refusing what RFC 8259 does not have, and places in a text.

The tree keeps what ProtoJSON must see: an object is a ``tuple`` of (key, value) pairs, so that duplicate keys show; an
array is a ``list``; the rest is ``str``, ``int``, ``float``, ``bool`` and None.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from minirpc.errors import DecodeError
from minirpc.message.json.errors import Element, Member, Misfit

__all__ = ["ExactFloat", "as_text", "decode_error", "freeze", "parse"]

_BOM = "\ufeff"
_MAX_INT_DIGITS = 400
"""Integers with more digits are beyond every type, double included."""
# possessive: a place to come back to at each character of a string would be memory, much more than the text itself
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]|NaN|-?Infinity', re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*")


class ExactFloat(float):
    """A number that knows how it was written, for integers that a float cannot hold."""

    __slots__ = ("text",)  # there may be many

    text: str

    def __new__(cls, text: str) -> ExactFloat:
        number = super().__new__(cls, text)
        number.text = text
        return number


class _Constant(Exception):  # noqa: N818  no error yet: the parser's way out
    """The text holds NaN or Infinity without quotes."""


def _refuse_constant(name: str) -> Any:
    raise _Constant(name)


def _exact_int(text: str) -> int | float:
    return int(text) if len(text) <= _MAX_INT_DIGITS else ExactFloat(text)


_FAST = json.JSONDecoder(object_pairs_hook=tuple, parse_constant=_refuse_constant)
_EXACT = json.JSONDecoder(
    object_pairs_hook=tuple, parse_constant=_refuse_constant, parse_int=_exact_int, parse_float=ExactFloat
)


def as_text(data: str | bytes | bytearray) -> str:
    """The text of a JSON document.

    Raises:
        DecodeError: it is not UTF-8, or begins with a byte order mark (RFC 8259, section 8.1).
        TypeError: ``data`` is neither text nor bytes.
    """
    if isinstance(data, str):
        text = data
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise _syntax_error("a lone surrogate is no character", text, error.start) from None
    elif isinstance(data, bytes | bytearray):
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            before = bytes(data[: error.start]).decode()
            raise _syntax_error("invalid UTF-8", before, len(before)) from None
    else:
        raise TypeError(f"expected str or bytes, got {type(data).__name__}")
    if text.startswith(_BOM):
        raise _syntax_error("a byte order mark is not allowed", text, 0)
    return text


def parse(text: str, max_depth: int, *, exact: bool = False) -> Any:
    """Reads a JSON document.

    Args:
        text: what :func:`as_text` gave.
        max_depth: how many levels of messages are allowed; an error names it if Python itself finds the text too deep.
        exact: make ``ExactFloat`` of each number with a fraction or an exponent.

    Raises:
        DecodeError: it is not JSON, or nests too deeply for Python.
        Misfit: a string holds half of a surrogate pair.
    """
    # int() is quadratic in the number of digits; Python refuses long ones itself, unless that was switched off
    guarded = exact or not sys.get_int_max_str_digits()
    try:
        try:
            tree = (_EXACT if guarded else _FAST).decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:  # an integer with more digits than Python wants to convert
            tree = _EXACT.decode(text)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise _syntax_error(reason, text, error.pos) from None
    except _Constant as error:
        reason = f'{error} is not JSON; the value of a double or float field can be the string "{error}"'
        raise _syntax_error(reason, text, _find_constant(text)) from None
    except RecursionError:
        raise _syntax_error(f"nested deeper than {max_depth} levels", text, _find_deeper(text, max_depth)) from None
    if "\\ud" in text or "\\uD" in text:
        _check_strings(tree)
    return tree


def _check_strings(value: Any) -> None:
    """Refuses strings that hold half of a surrogate pair, which no UTF-8 can carry."""
    if isinstance(value, str):
        _check_string(value)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            try:
                _check_strings(element)
            except Misfit as misfit:
                misfit.in_element(index)
                raise
    elif isinstance(value, tuple):
        for key, member in value:
            try:
                _check_string(key)
                _check_strings(member)
            except Misfit as misfit:
                misfit.in_member(value, key, member)
                raise


def _check_string(text: str) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Misfit(f"the character at index {error.start} is a lone surrogate") from None


def freeze(value: Any) -> Any:
    """Makes the tree that :func:`parse` makes, of plain Python values.

    Raises:
        Misfit: something in it has no counterpart in JSON.
    """
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str):
        _check_string(value)
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, dict):
        pairs = []
        for key, member in value.items():
            if not isinstance(key, str):
                raise Misfit(f"the keys of objects are strings, got {type(key).__name__}")
            try:
                _check_string(key)
                pairs.append((key, freeze(member)))
            except Misfit as misfit:
                misfit.steps.append(Member(key, 0, of_map=False))
                raise
        return tuple(pairs)
    if isinstance(value, list | tuple):
        elements = []
        try:
            for element in value:
                elements.append(freeze(element))  # noqa: PERF401  the error needs to know how far this came
        except Misfit as misfit:
            misfit.in_element(len(elements))
            raise
        return elements
    raise Misfit(f"{type(value).__name__} is no type of JSON")


def decode_error(misfit: Misfit, text: str | None) -> DecodeError:
    """The error for the caller; with line and column where the input was the text."""
    if text is None:
        return DecodeError(misfit.reason, misfit.path, None)
    line, column = _line_and_column(text, _locate(text, misfit))
    return DecodeError(misfit.reason, misfit.path, None, line, column)


def _syntax_error(reason: str, text: str, position: int) -> DecodeError:
    return DecodeError(reason, "", None, *_line_and_column(text, position))


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _find_constant(text: str) -> int:
    found = (match.start() for match in _TOKEN.finditer(text) if match[0].endswith(("NaN", "Infinity")))
    return next(found, 0)


def _find_deeper(text: str, limit: int) -> int:
    depth = 0
    for match in _TOKEN.finditer(text):
        if match[0] in "[{":
            if depth > limit:
                return match.start()
            depth += 1
        elif match[0] in "]}":
            depth -= 1
    return 0


def _locate(text: str, misfit: Misfit) -> int:
    """Walks to the value that a misfit's steps lead to."""
    position = _skip_space(text, 0)
    steps: Sequence[Member | Element] = misfit.steps[::-1]
    for index, step in enumerate(steps):
        position = _skip_space(text, position + 1)  # behind the bracket
        if isinstance(step, Element):
            for _ in range(step.position):
                position = _skip_space(text, _skip_value(text, position))
                position = _skip_space(text, position + 1)  # behind the comma
            continue
        position = _member(text, position, step, at_name=misfit.at_name and index == len(steps) - 1)
    return position


def _member(text: str, position: int, step: Member, *, at_name: bool) -> int:
    seen = 0
    while True:
        name_position = position
        name, position = _EXACT.raw_decode(text, position)
        position = _skip_space(text, _skip_space(text, position) + 1)  # behind the colon
        if name == step.key:
            if seen == step.occurrence:
                return name_position if at_name else position
            seen += 1
        position = _skip_space(text, _skip_value(text, position))
        position = _skip_space(text, position + 1)  # behind the comma


def _skip_value(text: str, position: int) -> int:
    if text[position] not in "[{":
        return _EXACT.raw_decode(text, position)[1]
    # without recursion: the text may be as deep as it can be, and the stack is deeper here than where it was parsed
    depth = 0
    for match in _TOKEN.finditer(text, position):
        if match[0] in "[{":
            depth += 1
        elif match[0] in "]}":
            depth -= 1
            if not depth:
                return match.end()
    raise AssertionError("unreachable: the text was parsed before")


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
