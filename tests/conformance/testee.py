"""The program that protobuf's conformance test runner talks to.

    python testee.py FOLDER

FOLDER holds the modules that the plugin has generated from the runner's .proto files. The runner writes requests to
stdin and reads responses from stdout, each behind its size in four bytes, little-endian. Nothing else may go to stdout.
"""

from __future__ import annotations

import importlib
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

from minirpc import DecodeError, EncodeError
from minirpc.message import Registry, resolve_extensions

_SIZE = struct.Struct("<I")


class Testee:
    """Answers the runner's requests with the messages of some generated modules."""

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(folder))
        modules = [
            importlib.import_module(".".join(path.relative_to(folder).with_suffix("").parts))
            for path in sorted(folder.rglob("*_pb.py"))
        ]
        contract: Any = next(module for module in modules if module.__name__.endswith("conformance_pb"))
        self.request_class = contract.ConformanceRequest
        self.response_class = contract.ConformanceResponse
        self.formats = contract.WireFormat
        self.categories = contract.TestCategory
        self.registry = Registry(*modules)

    def respond(self, request: Any) -> Any:
        """Reads the payload as the message that it is said to be, and writes it in the format that is asked for."""
        try:
            message_class = self.registry.message(request.message_type)
        except LookupError as error:  # the run then counts as failed; without an answer, we would be started again
            return self.response_class(skipped=str(error))
        try:
            message = self.parse(request, message_class)
        except DecodeError as error:
            return self.response_class(parse_error=str(error))
        try:
            return self.write(request, message)
        except EncodeError as error:
            return self.response_class(serialize_error=str(error))

    def parse(self, request: Any, message_class: Any) -> Any:
        kind, payload = request.payload
        if kind == "protobuf_payload":
            message = message_class.from_binary(payload)
            resolve_extensions(message, self.registry)
            return message
        if kind == "json_payload":
            ignore_unknown = request.test_category == self.categories.JSON_IGNORE_UNKNOWN_PARSING_TEST
            return message_class.from_json(payload, ignore_unknown=ignore_unknown, registry=self.registry)
        if kind == "text_payload":
            return message_class.from_text(payload, registry=self.registry)
        raise ValueError(f"no such payload: {kind}")

    def write(self, request: Any, message: Any) -> Any:
        wanted = request.requested_output_format
        if wanted == self.formats.PROTOBUF:
            return self.response_class(protobuf_payload=message.to_binary())
        if wanted == self.formats.JSON:
            return self.response_class(json_payload=message.to_json(registry=self.registry))
        if wanted == self.formats.TEXT_FORMAT:
            text = message.to_text(registry=self.registry, unknown_fields=request.print_unknown_fields)
            return self.response_class(text_payload=text)
        raise ValueError(f"no such format: {wanted!r}")

    def serve(self, requests: BinaryIO, responses: BinaryIO) -> None:
        """Answers until the runner closes the pipe."""
        while head := requests.read(_SIZE.size):
            (size,) = _SIZE.unpack(head)
            response = self.respond(self.request_class.from_binary(requests.read(size)))
            data = response.to_binary()
            responses.write(_SIZE.pack(len(data)) + data)
            responses.flush()


if __name__ == "__main__":
    Testee(Path(sys.argv[1])).serve(sys.stdin.buffer, sys.stdout.buffer)
