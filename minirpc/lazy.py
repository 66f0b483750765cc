"""Modules that are loaded when something of them is first used, so that programs start without what they do not need.

It is for what few programs need, or few calls: what every call needs would only be loaded later, while others wait.
Type checkers see plain imports, and ``tests/test_imports.py`` sees the names of the modules, which obey the layers::

    if TYPE_CHECKING:
        from minirpc.message import text
    else:
        text = lazy("minirpc.message.text")
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["lazy", "lazy_names"]


def _load(module: str) -> Any:
    __import__(module)  # importlib would be one more module to load
    return sys.modules[module]


class _LazyModule:
    """Stands for a module; an attribute that was asked for once is its own."""

    def __init__(self, module: str) -> None:
        self.__name__ = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(_load(self.__name__), name)
        setattr(self, name, value)
        return value

    def __repr__(self) -> str:
        return f"<lazy module {self.__name__!r}>"


def lazy(module: str) -> Any:
    """Returns what stands for a module, and loads it when an attribute is first read.

    Attributes are kept as they are then: it is for functions and classes, not for variables that change.

    Args:
        module: the module's full name.
    """
    return _LazyModule(module)


def lazy_names(
    package: str, modules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns the ``__getattr__`` and ``__dir__`` (PEP 562) of a package whose names load their modules.

    Args:
        package: the package's ``__name__``.
        modules: the full names of modules, and what the package has of each.
    """
    namespace = vars(sys.modules[package])
    places = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        module = places.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = namespace[name] = getattr(_load(module), name)
        return value

    def names() -> list[str]:
        return sorted(namespace.keys() | places.keys())

    return get, names
