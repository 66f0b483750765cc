"""Calls over a real connection, beside grpc.aio and grpclib."""
