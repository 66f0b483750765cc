"""Measures minirpc beside its peers: ``python -m benchmarks.codec`` and ``python -m benchmarks.rpc``; see README.md."""
