"""The front end as it runs in a cluster: ``kubernetes:///service:port`` for a target, and calls spread over all pods.

``python -m examples.geo.kubernetes.front_end --back-end kubernetes:///geo-back-end:grpc``
"""

import minirpc.kubernetes  # noqa: F401  # channels know the scheme from here on
from examples.geo.front_end import main

if __name__ == "__main__":
    main(load_balancing="round_robin")
