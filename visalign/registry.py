"""Tables of exchangeable parts and of public names: each says where something stands, and it is loaded when asked for.

Most parts load libraries that the others do without, and most users of a package want a few of its names only.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from visalign.errors import ConfigError

__all__ = ["find_class", "lazily"]


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


def lazily(package: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package whose public names are loaded when they are first used (PEP 562).

    Parameters
    ----------
    package : str
        The package's own ``__name__``.
    names : mapping
        Module, below the package or with its whole name, -> the names that stand in it, separated by spaces. None may
        be called like a module of the package: it would be hidden by it as soon as that is loaded.

    Examples
    --------
    >>> import visalign.exports
    >>> visalign.exports.Utterance.__module__
    'visalign.exports.utterance'
    """
    homes = {name: module for module, listed in names.items() for name in listed.split()}

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = homes[name] if homes[name].startswith("visalign.") else f"{package}.{homes[name]}"
        value = getattr(importlib.import_module(module), name)
        setattr(sys.modules[package], name, value)  # from now on it is found without coming here
        return value

    return load
