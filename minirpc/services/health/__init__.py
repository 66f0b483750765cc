"""The health service, ``grpc.health.v1.Health``: tells load balancers and orchestrators whether to send calls.

::

    health = Health([library])
    health.add_check("acme.library.v1.Library", database.ping, ttl=5.0)
    await Server([library, health]).serve("0.0.0.0:50051", delay=5.0)

When the server begins to stop, every service becomes NOT_SERVING, and streams of Watch end when it drains.
"""

from minirpc.services.health.health_pb import (
    HealthCheckRequest,
    HealthCheckResponse,
    HealthListRequest,
    HealthListResponse,
)
from minirpc.services.health.health_rpc import HealthServicer, HealthStub
from minirpc.services.health.service import Health, ServingStatus

__all__ = [
    "Health",
    "HealthCheckRequest",
    "HealthCheckResponse",
    "HealthListRequest",
    "HealthListResponse",
    "HealthServicer",
    "HealthStub",
    "ServingStatus",
]
