"""What gRPC adds to HTTP/2, without IO: statuses, metadata, timeouts, message framing, methods.

Source for all of it: gRPC's "gRPC over HTTP2" (PROTOCOL-HTTP2), "HTTP to gRPC Status Code Mapping" and "Status codes and
their use in gRPC".
"""
