# Generated from comments.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import services_v1 as _rpc

from .comments_pb import OneLine


class DocumentedStub(_rpc.Stub[_rpc.ChannelT]):
    """A service."""

    do = _rpc.unary_unary("/golden.comments.Documented/Do", OneLine, OneLine)
    """A method.

    In two paragraphs.
    """
    undocumented = _rpc.unary_unary("/golden.comments.Documented/Undocumented", OneLine, OneLine)


class DocumentedServicer(_rpc.Servicer):
    """A service."""

    methods = DocumentedStub  # one table, both sides

    async def do(self, request: OneLine, context: _rpc.Context) -> OneLine:
        """A method.

        In two paragraphs.
        """
        _rpc.unimplemented()

    async def undocumented(self, request: OneLine, context: _rpc.Context) -> OneLine:
        _rpc.unimplemented()
