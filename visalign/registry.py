"""Tables of exchangeable parts: a name, and where its class stands as ``"module:Class"``.

A part is imported when it is asked for, since most of them load libraries that the others do without.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from visalign.errors import ConfigError

__all__ = ["find_class"]


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
