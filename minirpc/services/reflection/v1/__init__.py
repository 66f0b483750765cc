"""Generated from ``grpc/reflection/v1/reflection.proto``, and shipped."""
