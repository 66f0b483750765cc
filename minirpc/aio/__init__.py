"""gRPC on asyncio: channels and stubs to call, servers to be called.

Each name loads its module when it is first asked for: a program that only serves does not load the channel.
"""

from typing import TYPE_CHECKING

from minirpc.lazy import lazy_names

if TYPE_CHECKING:
    from minirpc.aio.backoff import Backoff
    from minirpc.aio.balancer import (
        Balancer,
        BalancerHost,
        FailingPicker,
        Pick,
        PickedCall,
        Picker,
        Share,
        WaitingPicker,
    )
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
    from minirpc.aio.policy_registry import PolicyChoice
    from minirpc.aio.resolver import DnsResolver, Endpoint, Resolution, Resolver, StaticResolver, register_resolver
    from minirpc.aio.ring_hash import RingHash
    from minirpc.aio.server import FallbackHandler, Server
    from minirpc.aio.service import Servicer, Stub
    from minirpc.aio.shipped_policies import register_balancer, register_policy
    from minirpc.aio.subchannel import Bar, Failure, Subchannel
    from minirpc.aio.subset import Subset
    from minirpc.aio.target import Address, Target, TcpAddress, UnixAddress
    from minirpc.aio.tls import ClientTls, PeerIdentity, ServerTls
    from minirpc.aio.weighted import Weighted
    from minirpc.aio.workers import Application, serve
    from minirpc.http2 import ErrorCode, FloodLimits, Http2Options, Rate
    from minirpc.rpc.metadata import Metadata, MetadataInput, forwardable
    from minirpc.rpc.status import Status
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "minirpc.aio.backoff": ["Backoff"],
            "minirpc.aio.balancer": [
                "Balancer",
                "BalancerHost",
                "FailingPicker",
                "Pick",
                "PickedCall",
                "Picker",
                "Share",
                "WaitingPicker",
            ],
            "minirpc.aio.call": ["BidiCall", "Call", "ClientStreamCall", "ServerStreamCall", "UnaryCall"],
            "minirpc.aio.channel": ["Channel"],
            "minirpc.aio.connection_limits": ["ConnectionLimits"],
            "minirpc.aio.connectivity": ["ChannelState"],
            "minirpc.aio.connector": ["Connector"],
            "minirpc.aio.context": ["Context"],
            "minirpc.aio.credentials": ["AuthContext", "CallCredentials"],
            "minirpc.aio.generic": ["GenericStub"],
            "minirpc.aio.interceptors": [
                "ClientCall",
                "ClientInterceptor",
                "ClientProceed",
                "InterceptedCall",
                "Proceed",
                "ServerCall",
                "ServerInterceptor",
            ],
            "minirpc.aio.keepalive": ["Keepalive"],
            "minirpc.aio.observing": ["AttemptListener", "AttemptObserver", "AttemptStart", "StreamObserver"],
            "minirpc.aio.outlier_detection": ["FailurePercentage", "OutlierDetection", "SuccessRate"],
            "minirpc.aio.policies": ["LeastRequest", "PickFirst", "RoundRobin"],
            "minirpc.aio.policy_registry": ["PolicyChoice"],
            "minirpc.aio.resolver": [
                "DnsResolver",
                "Endpoint",
                "Resolution",
                "Resolver",
                "StaticResolver",
                "register_resolver",
            ],
            "minirpc.aio.ring_hash": ["RingHash"],
            "minirpc.aio.server": ["FallbackHandler", "Server"],
            "minirpc.aio.service": ["Servicer", "Stub"],
            "minirpc.aio.shipped_policies": ["register_balancer", "register_policy"],
            "minirpc.aio.subchannel": ["Bar", "Failure", "Subchannel"],
            "minirpc.aio.subset": ["Subset"],
            "minirpc.aio.target": ["Address", "Target", "TcpAddress", "UnixAddress"],
            "minirpc.aio.tls": ["ClientTls", "PeerIdentity", "ServerTls"],
            "minirpc.aio.weighted": ["Weighted"],
            "minirpc.aio.workers": ["Application", "serve"],
            "minirpc.http2": ["ErrorCode", "FloodLimits", "Http2Options", "Rate"],
            "minirpc.rpc.metadata": ["Metadata", "MetadataInput", "forwardable"],
            "minirpc.rpc.status": ["Status"],
        },
    )

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
