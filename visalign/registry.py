"""Tables of exchangeable parts and of public names: each says where something stands, and it is loaded when asked for.

Most parts load libraries that the others do without, and most users of a package want a few of its names only.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from visalign.errors import ConfigError

__all__ = ["deferred_imports", "find_class", "lazily"]


def find_class(table: Mapping[str, str], name: str, kind: str) -> Any:
    """The class, or function, that `table` has under `name`; the caller says of which protocol it is.

    Parameters
    ----------
    table : mapping
        ``name -> "module:Class"``.
    name : str
    kind : str
        What the table lists, for the message: ``"aligner"``.

    Raises
    ------
    ConfigError
        If there is none of that name; it lists those that there are.
    """
    if name not in table:
        raise ConfigError(kind, name, tuple(table))
    module, _, attribute = table[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


@functools.cache
def deferred_imports(source: str) -> Mapping[str, str]:
    """The table of what a module imports ``if TYPE_CHECKING`` only: a package's public names, not loaded yet.

    Examples
    --------
    >>> dict(deferred_imports("if TYPE_CHECKING:\\n    from visalign.config import Config as Config"))
    {'Config': 'visalign.config:Config'}
    """
    blocks = [node for node in ast.parse(source).body if isinstance(node, ast.If) and _is_for_types(node.test)]
    imports = [line for block in blocks for line in block.body if isinstance(line, ast.ImportFrom)]
    return _homes(imports)


def _is_for_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def lazily(package: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package whose public names are loaded when they are first used (PEP 562).

    The names are those that its face imports ``if TYPE_CHECKING``, or its stub ``__init__.pyi`` where it has one: one
    list for people, type checkers and the program.
    None may be called like a module of the package: it would be hidden by it as soon as that is loaded. ``__all__`` is
    made of them where the face has none.

    Parameters
    ----------
    package : str
        The package's own ``__name__``.

    Examples
    --------
    >>> import visalign.exports
    >>> visalign.exports.Utterance.__module__
    'visalign.exports.utterance'
    """

    def load(name: str) -> Any:
        homes = _names_of(package)
        if name == "__all__":  # for "import *", documentation and tests
            value: Any = sorted([*homes, *(["__version__"] if package == "visalign" else [])])
        elif name in homes:
            value = find_class(homes, name, "public name")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)  # from now on it is found without coming here
        return value

    return load


@functools.cache
def _names_of(package: str) -> Mapping[str, str]:
    loader = getattr(sys.modules[package].__spec__, "loader", None)
    assert loader is not None  # what is being used was loaded
    with contextlib.suppress(OSError):  # most have none
        return _imports(loader.get_data(f"{loader.get_filename(package)}i").decode("utf-8"))
    return deferred_imports(loader.get_source(package))


def _imports(stub: str) -> Mapping[str, str]:
    """The table of what a stub imports from the package's own rooms."""
    lines = [x for x in ast.parse(stub).body if isinstance(x, ast.ImportFrom) and x.module != "visalign._version"]
    return _homes(lines)


def _homes(lines: list[ast.ImportFrom]) -> Mapping[str, str]:
    return {name.asname or name.name: f"{line.module}:{name.name}" for line in lines for name in line.names}
