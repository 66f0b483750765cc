"""The tokens of protobuf's text format.

Source: "Text Format Language Specification" of protobuf, sections "Lexical Elements" and "Field Names". The names of
the rules there (``IDENT``, ``DEC_INT``…) are quoted in the comments here.
"""

from __future__ import annotations

import re
from typing import Any

from minirpc.errors import DecodeError

__all__ = ["Lexer", "TextError", "is_type_url"]

# WHITESPACE and COMMENT. "char: any non-NUL unicode character": a NUL has no place in a text, not even in a comment.
_SKIP = r"(?:[ \t\n\v\f\r]++|\#[^\n\0]*+)*+"
_EXP = r"[eE][+-]?[0-9]++"
_TOKEN = re.compile(
    rf"""{_SKIP}(?:
      (?P<ident>[A-Za-z_][A-Za-z0-9_]*+)
    | (?P<punct>[][{{}}<>:;,-])
    | (?P<string>"(?:[^"\\\n\0]++|\\[^\n\0])*+"|'(?:[^'\\\n\0]++|\\[^\n\0])*+')
    # "a number token may not be immediately followed by an IDENT token"; the longest match wins
    | (?:(?P<hex>0[xX][0-9a-fA-F]++)
       | (?P<oct>0[0-7]++)
       | (?P<float>(?:0|[1-9][0-9]*+)(?:(?:\.[0-9]*+(?:{_EXP})?+|{_EXP})[fF]?+|[fF])|\.[0-9]++(?:{_EXP})?+[fF]?+)
       | (?P<dec>0|[1-9][0-9]*+)
      )(?![A-Za-z0-9_.])
    | (?P<end>\Z)
    | (?P<bad>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    rb"""\\(?:([abfnrtv?\\'"])|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})"""
    rb"""|U(000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})|)"""
)
_SIMPLE_ESCAPES = dict(zip(b"abfnrtv?\\'\"", b"\a\b\f\n\r\t\v?\\'\"", strict=True))

_BRACKETED = re.compile(r"\[((?:[^]\#\0]++|\#[^\n\0]*+)*+)\]")
_IGNORED_IN_BRACKETS = re.compile(r"[ \t\n\v\f\r]+|\#[^\n]*")
_TYPE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
# what may stand before the last slash: more than the specification's Domain, all that RFC 3986 allows in a path without
# an escape, as Google's implementations read it
_URL_PREFIX = re.compile(r"(?:[A-Za-z0-9_.~!$&()*+,;=/-]++|%[0-9A-Fa-f]{2})++")

_SHOWN = 40


def is_type_url(url: str) -> bool:
    """Whether a type URL can stand in brackets, as the specification's ``AnyName``."""
    prefix, _, name = url.rpartition("/")
    return bool(_URL_PREFIX.fullmatch(prefix) and _TYPE_NAME.fullmatch(name))


class TextError(Exception):
    """Something is wrong at a place in the text. Becomes a ``DecodeError`` once the path is complete.

    Attributes:
        reason: what is wrong.
        position: where, as an index into the text.
        path: the steps of the path from the innermost field outwards.
    """

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position
        self.path: list[str] = []

    def located(self, text: str, root: str) -> DecodeError:
        """The error to raise: with the path from the message ``root`` on, line and column."""
        line = text.count("\n", 0, self.position) + 1
        column = self.position - text.rfind("\n", 0, self.position)
        return DecodeError(self.reason, "".join([root, *reversed(self.path)]), None, line, column)


class Lexer:
    """Reads one token at a time. Strings are unescaped, and brackets around names taken apart, on demand.

    Attributes:
        text: all of the input.
        kind: what the current token is: "ident", "string", "dec", "oct", "hex", "float", "end", the punctuation
            character itself, or "bad" for a character that begins no token.
        token: its text.
        start: its index in the input.

    Raises:
        TextError: from every method, at what is not a token or not the token that was asked for.
    """

    __slots__ = ("_end", "kind", "start", "text", "token")

    def __init__(self, text: str) -> None:
        self.text = text
        self._end = 0
        self.advance()

    def advance(self) -> None:
        """Goes on to the next token."""
        match: Any = _TOKEN.match(self.text, self._end)  # never None: what is no token is "bad"
        kind = match.lastgroup
        self.token = token = match[kind]
        self.start, self._end = match.span(kind)
        self.kind = token if kind == "punct" else kind

    def skip(self, punctuation: str) -> bool:
        """Goes past the current token if it is this one; says whether it was."""
        if self.kind != punctuation:
            return False
        self.advance()
        return True

    def expect(self, punctuation: str) -> None:
        """Goes past the current token, which must be this one."""
        if self.kind != punctuation:
            raise self.unexpected(f"'{punctuation}'")
        self.advance()

    def unexpected(self, wanted: str) -> TextError:
        """The error that there is something else than what is wanted here."""
        if self.kind == "bad":
            return TextError(self._why_bad(), self.start)
        return TextError(f"expected {wanted}, got {self._shown()}", self.start)

    def take_bytes(self) -> bytes:
        """The value of ``String = STRING, { STRING }``, as bytes."""
        return _joined(self._pieces())

    def take_text(self) -> str:
        """The same for a string field: "any escape sequences must form valid UTF-8 byte sequences when unescaped"."""
        start = self.start
        pieces = self._pieces()
        if len(pieces) == 1 and isinstance(pieces[0], str):
            return pieces[0]
        try:
            return _joined(pieces).decode()
        except UnicodeDecodeError:
            raise TextError("invalid UTF-8 in a string", start) from None

    def take_loose_text(self) -> str:
        """The same for a string field that may hold any bytes; see :mod:`minirpc.wire.spec`."""
        return self.take_bytes().decode("utf-8", "surrogateescape")

    def take_bracketed_name(self) -> tuple[str, str]:
        """The name of an extension or of the type in an ``Any``: ``[acme.ext]``, ``[type.googleapis.com/acme.Book]``.

        White space and comments may stand anywhere within the brackets, as in Google's implementations.

        Returns:
            What stands before the last slash, or ``""`` for an extension; and the name behind it.
        """
        match = _BRACKETED.match(self.text, self.start)
        if match is None:
            raise TextError("the '[' before a name is not closed", self.start)
        name = _IGNORED_IN_BRACKETS.sub("", match[1])
        if not (is_type_url(name) if "/" in name else _TYPE_NAME.fullmatch(name)):
            raise TextError(f"'[{_cut(name)}]' names neither an extension nor a type", self.start)
        self._end = match.end()
        self.advance()
        prefix, _, type_name = name.rpartition("/")
        return prefix, type_name

    def _pieces(self) -> list[str | bytes]:
        """The parts of a string value: as they stand in the text, or bytes where something was escaped."""
        if self.kind != "string":
            raise self.unexpected("a string")
        pieces: list[str | bytes] = []
        while self.kind == "string":
            piece = self.token[1:-1]
            pieces.append(piece if "\\" not in piece else self._unescaped(piece))
            self.advance()
        return pieces

    def _unescaped(self, piece: str) -> bytes:
        data = piece.encode()
        try:
            return _ESCAPE.sub(_unescape, data)
        except TextError as error:
            error.position = self.start + 1 + len(data[: error.position].decode())
            raise

    def _shown(self) -> str:
        if self.kind == "end":
            return "the end of the text"
        return _cut(self.token) if self.kind == "string" else f"'{_cut(self.token)}'"

    def _why_bad(self) -> str:
        char = self.token
        if char in "\"'":
            return "the string is not closed on its line"
        if char.isascii() and (char.isdigit() or (char == "." and self.text[self._end : self._end + 1].isdigit())):
            return "malformed number"
        return f"unexpected character {char!r}"


def _joined(pieces: list[str | bytes]) -> bytes:
    return b"".join([piece.encode() if isinstance(piece, str) else piece for piece in pieces])


def _unescape(match: re.Match[bytes]) -> bytes:
    simple, octal, hexadecimal, short, long = match.groups()
    if simple:
        return bytes([_SIMPLE_ESCAPES[simple[0]]])
    if octal or hexadecimal:
        byte = int(octal, 8) if octal else int(hexadecimal, 16)
        if byte > 0xFF:
            raise TextError(f"the escape '\\{octal.decode()}' is over 255", match.start())
        return bytes([byte])
    if short or long:
        code_point = int(short or long, 16)
        if 0xD800 <= code_point < 0xE000:
            raise TextError(f"the escape '{match[0].decode()}' is a surrogate, which UTF-8 cannot carry", match.start())
        return chr(code_point).encode()
    raise TextError("unknown escape", match.start())


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
