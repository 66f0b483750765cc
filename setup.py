"""Builds the compiled codec, and lets the install succeed without it.

``MINIRPC_BUILD`` decides: ``yes`` makes a failing compiler an error, ``no`` skips the extensions, ``auto`` tries, and
falls back to the pure-Python engine, which behaves the same. ``auto`` is the default.
"""

from __future__ import annotations

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

BUILD = os.environ.get("MINIRPC_BUILD", "auto")
if BUILD not in ("yes", "no", "auto"):
    raise SystemExit(f"MINIRPC_BUILD must be yes, no or auto, not {BUILD!r}")


def extensions() -> list[Extension]:
    """The extension modules to build; none where they are not wanted or Cython is missing."""
    if BUILD == "no":
        return []
    try:
        from Cython.Build import cythonize  # noqa: PLC0415  not needed, and maybe not there, when nothing is built
    except ImportError:
        if BUILD == "yes":
            raise
        return []
    modules = [
        Extension(
            f"minirpc.{name}",
            [f"minirpc/{name}.pyx"],
            extra_compile_args=[*os.environ.get("MINIRPC_CFLAGS", "-O3").split()],
            extra_link_args=[*os.environ.get("MINIRPC_LDFLAGS", "").split()],
        )
        for name in ("_varint", "_codec")
    ]
    cythonized: list[Extension] = cythonize(modules, compiler_directives={"language_level": 3})
    return cythonized


class BuildWhatCanBeBuilt(build_ext):
    """Goes on without an extension that cannot be built, unless it was demanded."""

    def build_extension(self, ext: Extension) -> None:
        """Builds one extension; a failure is a warning with ``MINIRPC_BUILD=auto``."""
        try:
            super().build_extension(ext)
        # Extension(optional=True) is not enough: a missing compiler is an OSError in some versions of setuptools
        except Exception as error:
            if BUILD == "yes":
                raise
            ext.optional = True  # else an editable install would copy the file that is not there
            self.warn(f"{ext.name} was not built, minirpc will run its pure-Python engine: {error}")


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildWhatCanBeBuilt})
