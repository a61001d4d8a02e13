"""How a command line is read and its help shown.

Options as they were called before one name meant one thing are understood, and stand in no help.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from typer.core import TyperCommand, TyperGroup

__all__ = ["OLD_NAMES", "Command", "Group", "as_named_now"]

OLD_NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "": {"--out": "--output", "--to": "--format", "--viseme-map": "--map", "--enhancement": "--enhance"},
        "acoustic adapt": {"--report": "--log"},
        "acoustic train": {"--report": "--log"},
        "batch": {"--html": "--pages"},
        "compare": {"--tolerance": "--tolerance-ms"},
        "corpus": {"--faults": "--complaints"},
        "demo": {"--lead": "--lead-ms"},
        "enhance": {"--reference": "--noise"},
        "evaluate-alignment": {"--reference": "--against"},
        "export": {
            "--closure-hold": "--closure-hold-frames",
            "--lead": "--lead-frames",
            "--min-hold": "--min-hold-frames",
            "--model": "--rig",
        },
        "maps learn": {"--visemes": "--number"},
        "overlay": {"--json": "--report", "--width": "--width-px"},
        "plot": {"--true-lead": "--true-lead-ms"},
        "preview": {"--lead": "--lead-frames", "--size": "--size-px"},
        "ratings make": {"--anchors": "--anchors-ms", "--reference": "--original"},
        "train": {"--report": "--json"},
        "tune": {"--workers": "--jobs"},
    }
)
"""Command -> old name -> name; under ``""`` those of all commands. An old name never hides one that a command has."""

_STREAM = "-"


class Group(TyperGroup):
    """A group of commands, with its help as people read it."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options."""
        return _without_types_of_switches(super().get_params(ctx))


class Command(TyperCommand):
    """A command that understands old names, and ``--json`` without a file, with its help as people read it."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options and arguments."""
        return _without_types_of_switches(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What the line of usage says behind the command's name; that a thing is needed needs no braces."""
        return [re.sub(r"^\{(.*)\}", r"\1", piece) for piece in super().collect_usage_pieces(ctx)]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the words apart, as typer does."""
        path = " ".join(str(ctx.command_path).split()[1:])
        options = {name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)}
        return super().parse_args(ctx, _with_stream(as_named_now(args, path, options)))


def _without_types_of_switches(parameters: Sequence[Any]) -> list[Any]:
    """A switch takes no value, so none is described."""
    for one in parameters:
        if getattr(one, "is_flag", False):
            one.metavar = ""
    return list(parameters)


def as_named_now(words: Sequence[str], command: str, options: Collection[str]) -> list[str]:
    """The words of a command line with the names that its options have now.

    Examples
    --------
    >>> as_named_now(["a.wav", "--to", "srt", "--lead=2"], "export", ["--format", "--lead-frames"])
    ['a.wav', '--format', 'srt', '--lead-frames=2']
    """
    old = {**OLD_NAMES[""], **OLD_NAMES.get(command, {})}
    found = list[str]()
    for number, word in enumerate(words):
        if word == "--":
            return [*found, *words[number:]]
        name, equals, value = word.partition("=")
        new = old.get(name, name)
        found.append(f"{new}{equals}{value}" if name not in options and new in options else word)
    return found


def _with_stream(words: list[str]) -> list[str]:
    """``--json`` with nothing behind it is ``--json -``."""
    found = list[str]()
    for number, word in enumerate(words):
        found.append(word)
        after = words[number + 1 : number + 2]
        if word == "--json" and (not after or (after[0].startswith("-") and after[0] != _STREAM)):
            found.append(_STREAM)
    return found
