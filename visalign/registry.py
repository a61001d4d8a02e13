"""Tables of exchangeable parts: a name, and where its class stands as ``"module:Class"``.

A part is imported when it is asked for, since most of them load libraries that the others do without.
"""

from __future__ import annotations

import ast
import functools
import importlib
from collections.abc import Mapping
from typing import Any

from visalign.errors import ConfigError

__all__ = ["deferred_imports", "find_class"]


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
    return {name.asname or name.name: f"{line.module}:{name.name}" for line in imports for name in line.names}


def _is_for_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
