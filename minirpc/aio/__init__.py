"""gRPC on asyncio: channels and stubs to call, servers to be called."""

from minirpc.aio.call import BidiCall, Call, ClientStreamCall, ServerStreamCall, UnaryCall
from minirpc.aio.channel import Channel
from minirpc.aio.connection_limits import ConnectionLimits
from minirpc.aio.connector import Connector
from minirpc.aio.context import Context
from minirpc.aio.credentials import AuthContext, CallCredentials
from minirpc.aio.generic import GenericStub
from minirpc.aio.interceptors import (
    ClientCall,
    ClientInterceptor,
    ClientProceed,
    InterceptedCall,
    Proceed,
    ServerCall,
    ServerInterceptor,
)
from minirpc.aio.keepalive import Keepalive
from minirpc.aio.server import FallbackHandler, Server
from minirpc.aio.service import Servicer, Stub
from minirpc.aio.tls import ClientTls, PeerIdentity, ServerTls
from minirpc.http2 import ErrorCode, FloodLimits, Http2Options, Rate
from minirpc.rpc.metadata import Metadata, MetadataInput, forwardable
from minirpc.rpc.status import Status

__all__ = [
    "AuthContext",
    "BidiCall",
    "Call",
    "CallCredentials",
    "Channel",
    "ClientCall",
    "ClientInterceptor",
    "ClientProceed",
    "ClientStreamCall",
    "ClientTls",
    "ConnectionLimits",
    "Connector",
    "Context",
    "ErrorCode",
    "FallbackHandler",
    "FloodLimits",
    "GenericStub",
    "Http2Options",
    "InterceptedCall",
    "Keepalive",
    "Metadata",
    "MetadataInput",
    "PeerIdentity",
    "Proceed",
    "Rate",
    "Server",
    "ServerCall",
    "ServerInterceptor",
    "ServerStreamCall",
    "ServerTls",
    "Servicer",
    "Status",
    "Stub",
    "UnaryCall",
    "forwardable",
]
