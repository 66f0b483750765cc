"""The options of the plugin: what stands behind ``--python_minirpc_opt=``."""

from __future__ import annotations

from dataclasses import dataclass

from protoc_plugin import names

__all__ = ["Options", "PluginError"]


class PluginError(Exception):
    """The user asked for something that cannot be done; protoc shows the message."""


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        root_package: the package that the output folder is, for absolute imports between generated modules: ``my.gen``,
            or "" where the output folder itself is on ``sys.path``. None: relative imports.
        init: whether to write an ``__init__.py`` into each folder.
        services: whether to write ``x_rpc.py`` modules.
    """

    root_package: str | None = None
    init: bool = True
    services: bool = True

    @classmethod
    def parse(cls, parameter: str) -> Options:
        """Reads ``key=value,key=value``.

        Raises:
            PluginError: an unknown or repeated option, or a value that it cannot have.
        """
        given: dict[str, str | bool] = {}
        for part in filter(None, parameter.split(",")):
            key, equals, text = (piece.strip() for piece in part.partition("="))
            if key in given:
                raise PluginError(f"option {key!r} is given twice")
            if key == "root_package":
                given[key] = _package(text, equals)
            elif key in ("init", "services"):
                given[key] = _boolean(key, text)
            else:
                raise PluginError(f"unknown option {key!r}; there are root_package=, init= and services=")
        return cls(**given)  # type: ignore[arg-type]  # each key has the type of its parser


def _boolean(key: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise PluginError(f"option {key!r} is true or false, not {text!r}")
    return text == "true"


def _package(text: str, equals: str) -> str:
    if not equals:
        raise PluginError("option 'root_package' has no '=': root_package=my.gen, or root_package= for the import root")
    for part in text.split(".") if text else ():
        if not part.isidentifier() or part in names.KEYWORDS:
            raise PluginError(f"root_package={text} is no name of a Python package")
    return text
