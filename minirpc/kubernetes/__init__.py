"""Names of Kubernetes services as targets: ``kubernetes:///service.namespace:port``. Needs ``minirpc[kubernetes]``.

Importing this package makes channels know the scheme. The API server is asked, and goes on telling, which pods are
ready (EndpointSlices): a new pod gets calls within a moment, and one that ends none, without DNS and its caches.
"""

from minirpc.aio.resolver import register_resolver
from minirpc.kubernetes.cluster import Cluster
from minirpc.kubernetes.errors import KubernetesError
from minirpc.kubernetes.resolver import KubernetesResolver
from minirpc.kubernetes.service_name import ServiceName

__all__ = ["Cluster", "KubernetesError", "KubernetesResolver", "ServiceName"]

register_resolver("kubernetes", KubernetesResolver.from_target)
