"""The contract of generated code: stubs and servicers on Google's messages, and what type checkers make of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.protobuf.struct_pb2 import ListValue
from google.protobuf.wrappers_pb2 import Int64Value, StringValue

from minirpc.aio import Channel, Server
from minirpc.codegen import services_v1 as _rpc
from minirpc.errors import RpcError, StatusCode


class WordsStub(_rpc.Stub):
    """Counts and repeats words."""

    measure = _rpc.unary_unary("/test.Words/Measure", StringValue, Int64Value)
    """Returns the length of a word."""
    split = _rpc.unary_stream("/test.Words/Split", StringValue, StringValue)
    join = _rpc.stream_unary("/test.Words/Join", StringValue, StringValue)
    shout = _rpc.stream_stream("/test.Words/Shout", StringValue, StringValue)


class WordsServicer(_rpc.Servicer):
    """Counts and repeats words."""

    methods = WordsStub

    async def measure(self, request: StringValue, context: _rpc.Context) -> Int64Value:
        """Returns the length of a word."""
        _rpc.unimplemented()

    def split(self, request: StringValue, context: _rpc.Context) -> AsyncIterator[StringValue]:
        _rpc.unimplemented()

    async def join(self, requests: AsyncIterator[StringValue], context: _rpc.Context) -> StringValue:
        _rpc.unimplemented()

    def shout(self, requests: AsyncIterator[StringValue], context: _rpc.Context) -> AsyncIterator[StringValue]:
        _rpc.unimplemented()


class Words(WordsServicer):
    async def measure(self, request: StringValue, context: _rpc.Context) -> Int64Value:
        return Int64Value(value=len(request.value))

    async def split(self, request: StringValue, context: _rpc.Context) -> AsyncIterator[StringValue]:
        for word in request.value.split():
            yield StringValue(value=word)

    async def join(self, requests: AsyncIterator[StringValue], context: _rpc.Context) -> StringValue:
        return StringValue(value=" ".join([request.value async for request in requests]))


async def test_calls_with_messages() -> None:
    async with Server([Words()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        words = WordsStub(channel)
        assert (await words.measure(StringValue(value="four"))).value == 4
        assert [word.value async for word in words.split(StringValue(value="a b c"))] == ["a", "b", "c"]
        assert (await words.join([StringValue(value="a"), StringValue(value="b")])).value == "a b"
        with pytest.raises(RpcError) as caught:
            await anext(words.shout([StringValue()]))
        assert caught.value.code is StatusCode.UNIMPLEMENTED


async def test_message_of_another_type_is_refused() -> None:
    async with Server([Words()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        with pytest.raises(RpcError, match="expected StringValue, got ListValue") as caught:
            await WordsStub(channel).measure(ListValue())  # type: ignore[arg-type]
        assert caught.value.code is StatusCode.INTERNAL
        assert isinstance(caught.value.__cause__, TypeError)


def test_method_of_the_class_is_its_description() -> None:
    method = WordsStub.measure
    assert (method.path, method.client_streaming, method.server_streaming) == ("/test.Words/Measure", False, False)
    assert method.request.decode(method.request.encode(StringValue(value="x"))) == StringValue(value="x")


@pytest.mark.parametrize("path", ["", "no/slash", "/one", "/a/b/c", "/a/", "/ä/b"])
def test_paths_are_checked(path: str) -> None:
    with pytest.raises(ValueError, match="is not /service/method"):
        _rpc.unary_unary(path, StringValue, StringValue)


TYPED = """
from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from minirpc.aio import Channel
from minirpc.codegen import services_v1 as _rpc


class Ask:
    def SerializeToString(self) -> bytes:
        return b""

    @classmethod
    def FromString(cls, data: bytes) -> Ask:
        return cls()


class Tell:
    def SerializeToString(self) -> bytes:
        return b""

    @classmethod
    def FromString(cls, data: bytes) -> Tell:
        return cls()


class OracleStub(_rpc.Stub):
    one = _rpc.unary_unary("/o.Oracle/One", Ask, Tell)
    down = _rpc.unary_stream("/o.Oracle/Down", Ask, Tell)
    up = _rpc.stream_unary("/o.Oracle/Up", Ask, Tell)
    both = _rpc.stream_stream("/o.Oracle/Both", Ask, Tell)


class OracleServicer(_rpc.Servicer):
    methods = OracleStub

    async def one(self, request: Ask, context: _rpc.Context) -> Tell:
        _rpc.unimplemented()

    def down(self, request: Ask, context: _rpc.Context) -> AsyncIterator[Tell]:
        _rpc.unimplemented()


class Oracle(OracleServicer):
    async def one(self, request: Ask, context: _rpc.Context) -> Tell:
        return Tell()

    async def down(self, request: Ask, context: _rpc.Context) -> AsyncIterator[Tell]:
        yield Tell()


async def use(channel: Channel) -> None:
    oracle = OracleStub(channel)
    assert_type(await oracle.one(Ask(), timeout=1.0), Tell)
    async for told in oracle.down(Ask()):
        assert_type(told, Tell)
    assert_type(await oracle.up([Ask()]), Tell)
    async with oracle.up() as call:
        await call.send(Ask())
        assert_type(await call.finish(), Tell)
    async with oracle.both() as both:
        await both.send(Ask())
        assert_type(await both.receive(), Tell | None)
    assert_type(OracleStub.one.path, str)
    {wrong}
"""


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_understand_stubs(checker: str, tmp_path: Path) -> None:
    pytest.importorskip(checker)
    good = tmp_path / "good.py"
    good.write_text(TYPED.format(wrong=""))
    bad = tmp_path / "bad.py"
    bad.write_text(TYPED.format(wrong="await oracle.one(Tell())"))
    command = [sys.executable, "-m", checker, *(["--strict"] if checker == "mypy" else [])]
    accepted = subprocess.run([*command, str(good)], capture_output=True, text=True, check=False)
    assert accepted.returncode == 0, accepted.stdout
    refused = subprocess.run([*command, str(bad)], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert '"Tell"' in refused.stdout
