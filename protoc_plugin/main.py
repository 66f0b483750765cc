"""The protoc plugin: a ``CodeGeneratorRequest`` on stdin, a ``CodeGeneratorResponse`` on stdout (plugin.proto).

For each .proto file named to protoc it writes ``x_pb.py`` with the messages and enums, and ``x_rpc.py`` where the file
has services; and an ``__init__.py`` into each folder, so that the output folder is a package.

Options, as ``--python_minirpc_opt=key=value``:

``root_package=my.gen``
    Imports between generated modules are absolute, below this package; ``root_package=`` with nothing behind it is for
    an output folder that is itself on ``sys.path`` (and gets no ``__init__.py`` of its own). Without the option imports
    are relative, which is right wherever the folder lies inside a package.
``init=false``
    No ``__init__.py`` files: for folders that have their own, since protoc overwrites what is there.
``services=false``
    No ``x_rpc.py`` modules.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from minirpc.errors import DecodeError, DescriptorError
from minirpc.message.descriptors import Files
from minirpc.message.descriptors.features import EDITIONS, NEWEST_EDITION
from minirpc.message.wkt.descriptor_pb import FileDescriptorProto
from protoc_plugin import model, render, services
from protoc_plugin.options import Options, PluginError
from protoc_plugin.plugin_pb import CodeGeneratorRequest, CodeGeneratorResponse
from protoc_plugin.scope import TypeIndex

__all__ = ["generate", "main", "respond"]


def main() -> None:
    """The console script ``protoc-gen-python_minirpc``."""
    if sys.stdin.isatty() or sys.argv[1:]:
        raise SystemExit(
            "protoc-gen-python_minirpc is run by protoc:\n"
            "    python -m minirpc protoc --python_minirpc_out=DIR FILE.proto"
        )
    try:
        request = CodeGeneratorRequest.from_binary(sys.stdin.buffer.read())
    except DecodeError as error:
        raise SystemExit(f"protoc-gen-python_minirpc: no CodeGeneratorRequest on stdin: {error}") from None
    sys.stdout.buffer.write(respond(request).to_binary())


def respond(request: CodeGeneratorRequest) -> CodeGeneratorResponse:
    """Answers a request; what the user did wrong is ``error`` in the response."""
    feature = CodeGeneratorResponse.Feature
    response = CodeGeneratorResponse(
        supported_features=int(feature.PROTO3_OPTIONAL | feature.SUPPORTS_EDITIONS),
        minimum_edition=int(min(EDITIONS)),
        maximum_edition=int(NEWEST_EDITION),
    )
    try:
        options = Options.parse(request.parameter or "")
        response.file = [
            CodeGeneratorResponse.File(name=path, content=content)
            for path, content in generate(request.proto_file, request.file_to_generate, options).items()
        ]
    except PluginError as error:
        response.error = str(error)
    return response


def generate(files: Sequence[FileDescriptorProto], to_generate: Sequence[str], options: Options) -> dict[str, str]:
    """Generates modules.

    Args:
        files: the files to generate and all that they import, directly or not.
        to_generate: the names of the files to generate.
        options: the user's.

    Returns:
        The contents of the files to write, by their paths.

    Raises:
        PluginError: a file cannot be generated.
    """
    try:
        index = TypeIndex(Files(files), to_generate)
    except DescriptorError as error:
        raise PluginError(str(error)) from None
    output: dict[str, str] = {}
    for name in to_generate:
        file = index.files.file(name)
        messages = model.messages_module(file, index, options)
        output[messages.path] = render.messages_module(messages)
        if file.services and options.services:
            rpc = services.services_module(file, index, options)
            output[rpc.path] = render.services_module(rpc)
    if options.init:
        output.update({path: render.init_module() for path in sorted(_init_paths(output, options))})
    return output


def _init_paths(modules: Iterable[str], options: Options) -> Iterator[str]:
    is_import_root = options.root_package == ""
    for path in modules:
        folders = path.split("/")[:-1]
        for depth in range(1 if is_import_root else 0, len(folders) + 1):
            yield "/".join((*folders[:depth], "__init__.py"))


if __name__ == "__main__":
    main()
