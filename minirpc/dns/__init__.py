"""Names by DNS with TTLs and SRV records, through dnspython: ``pip install minirpc[dns]``.

Once this is imported, targets ``host:port`` and ``dns://…`` are resolved by it::

    import minirpc.dns
    from minirpc.aio import Channel

    channel = Channel("dns:///_grpc._tcp.geo.example", load_balancing="round_robin")
"""

from minirpc.aio import register_resolver
from minirpc.dns.resolver import TtlDnsResolver

__all__ = ["TtlDnsResolver"]

register_resolver("dns", TtlDnsResolver.from_target)
