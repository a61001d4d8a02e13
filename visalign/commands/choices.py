"""Options that take one of some names: listed in the help, completed by the shell, and guessed at when misspelt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import typer

from visalign.errors import did_you_mean, quoted

__all__ = ["choice", "choice_argument", "known", "known_maps"]


def choice(*decls: str, names: Sequence[str], help: str, panel: str | None = None, suffix: str = "") -> Any:
    """An option, for use in ``Annotated``, whose value is one of `names`, in any case, or a file ending in `suffix`."""
    return typer.Option(
        *decls,
        help=help,
        rich_help_panel=panel,
        parser=_one_of(names, suffix),
        metavar=f"[{'|'.join((*names, *['FILE' + suffix] * bool(suffix)))}]",
        autocompletion=_beginning(lambda: names),
    )


def choice_argument(metavar: str, *, names: Sequence[str], help: str) -> Any:
    """An argument, for use in ``Annotated``, whose value is one of `names`, in any case."""
    return typer.Argument(
        help=f"{help}: {', '.join(names)}.",
        parser=_one_of(names),
        metavar=metavar,
        autocompletion=_beginning(lambda: names),
    )


def known(
    *decls: str,
    names: Callable[[], Sequence[str]],
    help: str,
    panel: str | None = None,
    metavar: str | None = None,
) -> Any:
    """An option whose value may be one of `names` or something else, a file say: the shell completes the names."""
    return typer.Option(*decls, help=help, rich_help_panel=panel, metavar=metavar, autocompletion=_beginning(names))


def known_maps() -> list[str]:
    """Names of the shipped viseme maps."""
    # The rooms of the maps.
    from visalign.visemes.viseme_map import available_maps

    return list(available_maps())


def _one_of(names: Sequence[str], suffix: str = "") -> Callable[[str], str]:
    spelt = {name.lower(): name for name in names}

    def parse(value: str) -> str:
        if suffix and str(value).lower().endswith(suffix):
            return str(value)
        if str(value).lower() not in spelt:
            listed = ", ".join(names) if len(names) <= _MOST_LISTED else f"{', '.join(names[:_MOST_LISTED])} …"
            raise typer.BadParameter(f"{quoted(value)} is not one of {listed}.{did_you_mean(str(value), names)}")
        return spelt[str(value).lower()]

    return parse


_MOST_LISTED = 12


def _beginning(names: Callable[[], Sequence[str]]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.lower().startswith(incomplete.lower())]

    return complete
