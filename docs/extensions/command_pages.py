"""Sphinx extension: the reference of the command line, written from the parsers themselves at each build.

Before the pages are read, ``docs/commands/`` is filled with a page a command and a list of them all. Every option is
an ``option`` of its ``program``, so it has an anchor, stands in the index, and is found by the search. Nothing here
knows a command or an option by name: what `visalign --help` does not tell, no page tells.

Typer has a command line of its own since it left Click, so extensions for Click do not know its commands; and those
that show `--help` as a picture of a terminal give an option no anchor. Of a command only what draws its help is used.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main
from rich.text import Text

from visalign.cli import PANELS, app

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "commands"
PROGRAM = "visalign"
_NOTE = re.compile(r"\s{2,}\((?P<said>.*)\)$")
_CODE = re.compile(r"`([^`]+)`|(?<![\w-])(--[a-z][a-z-]*)")


def plain(text: str | None) -> str:
    """What rich would show of a text with its markup, as reStructuredText."""
    return _marked(Text.from_markup(text or "").plain)


def _marked(text: str) -> str:
    # What stands between `backquotes`, and options, are code; of the rest nothing is markup.
    text, marked, at = " ".join(text.split()), list[str](), 0
    for code in _CODE.finditer(text):
        marked += [_escaped(text[at : code.start()]), f"``{code[1] or code[2]}``"]
        at = code.end()
    return "".join((*marked, _escaped(text[at:])))


def _escaped(text: str) -> str:
    return re.sub(r"([*|\\_`<])", r"\\\1", text)


def title(text: str, line: str) -> str:
    """A heading."""
    return f"{text}\n{line * len(text)}\n"


def epilog_of(command: Any) -> str:
    """What stands below a command's help: commands as code, each with what is said of it, between the paragraphs."""
    parts, shown = list[str](), list[str]()
    for paragraph in [*(command.epilog or "").split("\n\n"), ""]:
        text = " ".join(Text.from_markup(paragraph).plain.split("\n")).strip()
        if text.startswith(f"{PROGRAM} "):
            note = _NOTE.search(text)
            # An apostrophe would begin a quotation.
            shown += [f"# {note['said']}".replace("'", "’")] if note else []
            shown.append(f"$ {text[: note.start()] if note else text}")
            continue
        if shown:
            parts.append(".. code-block:: console\n\n" + textwrap.indent("\n".join(shown), "   ") + "\n")
            shown = []
        parts += [f"{_marked(text)}\n"] if text else []
    return "\n".join(parts)


def parameters_of(command: Any, context: Any) -> Iterator[tuple[str, Any, str, str]]:
    """The panel, the parameter, how it is written, and what is said of it, of all that are not hidden."""
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or getattr(parameter, "hidden", False):
            continue
        is_argument = parameter.param_type_name == "argument"
        panel = getattr(parameter, "rich_help_panel", None) or ("Arguments" if is_argument else "Options")
        help_text = getattr(parameter, "help", None) or ""
        # Defaults, ranges and the like stand behind the help, in brackets that are no markup.
        facts = record[1].removeprefix(help_text).strip()
        said = plain(help_text) or _marked(facts)
        yield panel, parameter, record[0], f"{said} {_marked(facts)}".strip() if help_text else said


def option_names(parameter: Any, written: str) -> str:
    """All spellings of an option, with what follows each: what the directive `option` takes."""
    value = " ".join(word for word in written.split() if not word.startswith("-")).strip(" ,/")
    names = [*parameter.opts, *parameter.secondary_opts]
    return ", ".join(f"{name} {value}".strip() for name in sorted(names, key=lambda x: (not x.startswith("--"), x)))


def section_of(name: str, command: Any, context: Any, *, line: str) -> str:
    """The text on one command."""
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    parts = [title(name, line), *(plain(x) + "\n" for x in (command.help or "").split("\n\n"))]
    parts.append(f".. code-block:: text\n\n   {usage}\n")
    parts.append(epilog_of(command))
    parts.append(f".. program:: {name}\n")
    panel = None
    for here, parameter, written, said in parameters_of(command, context):
        if here != panel:
            panel = here
            parts.append(f".. rubric:: {panel}\n")
        if parameter.param_type_name == "argument":
            parts.append(f".. option:: {written.split()[0].strip('[]')}\n\n   {said}\n")
        else:
            # As the main entry of its name, which the search puts first.
            parts += [f".. index:: ! {option}\n" for option in parameter.opts if option.startswith("--")]
            parts.append(f".. option:: {option_names(parameter, written)}\n\n   {said}\n")
    return "\n".join(parts)


def page_of(name: str, command: Any, parent: Any) -> str:
    """The page on a command, or on a group and the commands in it."""
    whole = f"{PROGRAM} {name}"
    context = command.context_class(command, parent=parent, info_name=name)
    text = section_of(whole, command, context, line="=")
    for below, inner in getattr(command, "commands", {}).items():
        inside = inner.context_class(inner, parent=context, info_name=below)
        text += "\n" + section_of(f"{whole} {below}", inner, inside, line="-")
    return text


def index_page(command: Any, context: Any) -> str:
    """The list of all commands, as `visalign --help` has it."""
    parts = [section_of(PROGRAM, command, context, line="=")]
    for panel, rows in PANELS.items():
        parts.append(title(panel, "-"))
        for name, *_ in rows:
            inner = command.commands[name]
            said = plain((inner.help or inner.short_help or "").split("\n\n")[0])
            parts.append(f":doc:`{PROGRAM} {name} <{name}>`\n   {said}\n")
    listed = "\n".join(f"   {name}" for rows in PANELS.values() for name, *_ in rows)
    parts.append(f".. toctree::\n   :hidden:\n\n{listed}\n")
    return "\n".join(parts)


def pages() -> dict[str, str]:
    """The text of each page by its name."""
    command: Any = typer.main.get_command(app)
    context = command.context_class(command, info_name=PROGRAM)
    made = {name: page_of(name, inner, context) for name, inner in command.commands.items()}
    return {"index": index_page(command, context), **made}


def write_pages(folder: Path) -> None:
    """Write all pages; one that did not change keeps its time, so that Sphinx does not read it again."""
    folder.mkdir(exist_ok=True)
    made = {f"{name}.rst": text for name, text in pages().items()}
    for path in folder.glob("*.rst"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Take part in the build."""
    sphinx.connect("builder-inited", lambda x: write_pages(Path(x.srcdir, FOLDER)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
