"""Server reflection, ``grpc.reflection.v1`` and ``v1alpha``: a server says what it can do, and tools call it without
its .proto files.

::

    await Server(with_reflection([Library(), Loans()])).serve("0.0.0.0:50051")

On the other side, :class:`ReflectionClient` asks any server, and :func:`dynamic_stub` makes a stub of its answers.
"""

from minirpc.services.reflection.client import ReflectionClient
from minirpc.services.reflection.service import with_reflection
from minirpc.services.reflection.stub import DynamicStub, dynamic_stub

__all__ = ["DynamicStub", "ReflectionClient", "dynamic_stub", "with_reflection"]
