"""Generated from ``grpc/reflection/v1alpha/reflection.proto``, and shipped."""
