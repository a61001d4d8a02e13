"""``visalign version``: which one this is."""

from __future__ import annotations

import typer

from visalign._version import __version__

__all__ = ["version"]


def version() -> None:
    """The version of visalign."""
    typer.echo(__version__)
