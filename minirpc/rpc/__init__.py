"""What gRPC adds to HTTP/2, without IO: statuses, metadata, timeouts, message framing, methods.

The rules come from gRPC's documents "gRPC over HTTP2" (PROTOCOL-HTTP2 below), "HTTP to gRPC Status Code Mapping" and
"Status codes and their use in gRPC".
"""
