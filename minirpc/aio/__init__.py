"""gRPC on asyncio: channels and stubs to call, servers to be called."""

from minirpc.aio.backoff import Backoff
from minirpc.aio.balancer import Balancer, BalancerHost, FailingPicker, Pick, PickedCall, Picker, WaitingPicker
from minirpc.aio.call import BidiCall, Call, ClientStreamCall, ServerStreamCall, UnaryCall
from minirpc.aio.channel import Channel
from minirpc.aio.connection_limits import ConnectionLimits
from minirpc.aio.connectivity import ChannelState
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
from minirpc.aio.policies import register_balancer
from minirpc.aio.resolver import DnsResolver, Endpoint, Resolution, Resolver, StaticResolver, register_resolver
from minirpc.aio.server import FallbackHandler, Server
from minirpc.aio.service import Servicer, Stub
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address, Target, TcpAddress, UnixAddress
from minirpc.aio.tls import ClientTls, PeerIdentity, ServerTls
from minirpc.aio.workers import Application, serve
from minirpc.http2 import ErrorCode, FloodLimits, Http2Options, Rate
from minirpc.rpc.metadata import Metadata, MetadataInput, forwardable
from minirpc.rpc.status import Status

__all__ = [
    "Address",
    "Application",
    "AuthContext",
    "Backoff",
    "Balancer",
    "BalancerHost",
    "BidiCall",
    "Call",
    "CallCredentials",
    "Channel",
    "ChannelState",
    "ClientCall",
    "ClientInterceptor",
    "ClientProceed",
    "ClientStreamCall",
    "ClientTls",
    "ConnectionLimits",
    "Connector",
    "Context",
    "DnsResolver",
    "Endpoint",
    "ErrorCode",
    "FailingPicker",
    "Failure",
    "FallbackHandler",
    "FloodLimits",
    "GenericStub",
    "Http2Options",
    "InterceptedCall",
    "Keepalive",
    "Metadata",
    "MetadataInput",
    "PeerIdentity",
    "Pick",
    "PickedCall",
    "Picker",
    "Proceed",
    "Rate",
    "Resolution",
    "Resolver",
    "Server",
    "ServerCall",
    "ServerInterceptor",
    "ServerStreamCall",
    "ServerTls",
    "Servicer",
    "StaticResolver",
    "Status",
    "Stub",
    "Subchannel",
    "Target",
    "TcpAddress",
    "UnaryCall",
    "UnixAddress",
    "WaitingPicker",
    "forwardable",
    "register_balancer",
    "register_resolver",
    "serve",
]
