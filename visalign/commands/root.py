"""The command ``visalign`` itself: its own options, and the commands below it."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from visalign.commands.command_lines import Command, Group
from visalign.commands.exit_codes import EXIT_CODES
from visalign.commands.version import version
from visalign.files.limits import raise_limits

__all__ = ["Row", "make_app"]

Row = tuple[str, str, str]
"""Name of a command, ``"module:function"`` (or a group of commands), and the name of its epilog there, or ``""``."""


def make_app(panels: Mapping[str, Iterable[Row]], only: str | None = None) -> typer.Typer:
    """The commands that stand in `panels`, as the help has them, or the `only` one that is wanted."""
    app = typer.Typer(
        name="visalign",
        cls=Group,
        help="Compare what is heard with what the lips show: audio/video offset and sync, word by word.",
        epilog=(
            "Start with [bold]visalign demo[/bold], then\n\n"
            'visalign check FILE --text "what is said in it" --html page.html\n\n' + EXIT_CODES
        ),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for panel, rows in panels.items():
        for row in rows:
            if only in (None, row[0]):
                _add(app, panel, row)
    return app


def _add(app: typer.Typer, panel: str, row: Row) -> None:
    name, place, epilog = row
    module_name, _, attribute = place.partition(":")
    module = importlib.import_module(module_name)
    command = getattr(module, attribute)
    if isinstance(command, typer.Typer):
        for one in command.registered_commands:
            one.cls = Command
        app.add_typer(command, name=name, rich_help_panel=panel)
    else:
        told = getattr(module, epilog) if epilog else None
        app.command(name, epilog=told, rich_help_panel=panel, cls=Command)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


def _root(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    limits: Annotated[
        list[str] | None,
        typer.Option(
            "--max",
            metavar="NAME=N",
            help="Raise a limit on inputs that you trust: seconds=100k, pixels=200M; repeatable.",
        ),
    ] = None,
) -> None:
    raise_limits(limits or ())
    if context.invoked_subcommand != "version":
        _refuse_too_little_memory()


_LEAST_ADDRESS_SPACE = 700 << 20  # with 1 GB a short clip is checked; with 0.5 GB OpenBLAS waits for memory for ever


def _refuse_too_little_memory() -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError):  # Windows has no such limit
        # Not on every system.
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY and most < _LEAST_ADDRESS_SPACE:
            raise MemoryError
