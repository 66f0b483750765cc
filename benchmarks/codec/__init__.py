"""Encoding and decoding of messages beside Google's protobuf and protobuf-py."""
