"""gRPC on asyncio: channels and stubs to call, servers to be called."""

from minirpc.aio.backoff import Backoff
from minirpc.aio.balancer import Balancer, BalancerHost, FailingPicker, Pick, PickedCall, Picker, Share, WaitingPicker
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
from minirpc.aio.observing import AttemptListener, AttemptObserver, AttemptStart, StreamObserver
from minirpc.aio.outlier_detection import FailurePercentage, OutlierDetection, SuccessRate
from minirpc.aio.policies import LeastRequest, PickFirst, RoundRobin
from minirpc.aio.policy_registry import PolicyChoice, register_balancer, register_policy
from minirpc.aio.resolver import DnsResolver, Endpoint, Resolution, Resolver, StaticResolver, register_resolver
from minirpc.aio.ring_hash import RingHash
from minirpc.aio.server import FallbackHandler, Server
from minirpc.aio.service import Servicer, Stub
from minirpc.aio.subchannel import Bar, Failure, Subchannel
from minirpc.aio.subset import Subset
from minirpc.aio.target import Address, Target, TcpAddress, UnixAddress
from minirpc.aio.tls import ClientTls, PeerIdentity, ServerTls
from minirpc.aio.weighted import Weighted
from minirpc.aio.workers import Application, serve
from minirpc.http2 import ErrorCode, FloodLimits, Http2Options, Rate
from minirpc.rpc.metadata import Metadata, MetadataInput, forwardable
from minirpc.rpc.status import Status

__all__ = [
    "Address",
    "Application",
    "AttemptListener",
    "AttemptObserver",
    "AttemptStart",
    "AuthContext",
    "Backoff",
    "Balancer",
    "BalancerHost",
    "Bar",
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
    "FailurePercentage",
    "FallbackHandler",
    "FloodLimits",
    "GenericStub",
    "Http2Options",
    "InterceptedCall",
    "Keepalive",
    "LeastRequest",
    "Metadata",
    "MetadataInput",
    "OutlierDetection",
    "PeerIdentity",
    "Pick",
    "PickFirst",
    "PickedCall",
    "Picker",
    "PolicyChoice",
    "Proceed",
    "Rate",
    "Resolution",
    "Resolver",
    "RingHash",
    "RoundRobin",
    "Server",
    "ServerCall",
    "ServerInterceptor",
    "ServerStreamCall",
    "ServerTls",
    "Servicer",
    "Share",
    "StaticResolver",
    "Status",
    "StreamObserver",
    "Stub",
    "Subchannel",
    "Subset",
    "SuccessRate",
    "Target",
    "TcpAddress",
    "UnaryCall",
    "UnixAddress",
    "WaitingPicker",
    "Weighted",
    "forwardable",
    "register_balancer",
    "register_policy",
    "register_resolver",
    "serve",
]
