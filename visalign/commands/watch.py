"""``visalign watch``: clips are checked as they arrive in a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from visalign.commands.batch import exit_code, listener, memory_bytes, settings_of, show_result
from visalign.commands.options import Language

__all__ = ["WATCH_EPILOG", "watch"]

WATCH_EPILOG = (
    "visalign watch inbox/ --out results\n\n"
    "visalign watch inbox/ --out results --json-lines | while read -r event; do …; done\n\n"
    "A clip is taken when it and its transcript (clip.txt beside clip.mp4) have not changed for --settle seconds. "
    "Ctrl-C ends it; started again, it goes on where it was. `visalign status results` tells how things stand."
)


def watch(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where clips arrive.")],
    out: Annotated[Path, typer.Option(help="Folder for ledger, reports and summary.")],
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Clips at once; one a processor by default.")] = None,
    settle: Annotated[float, typer.Option(help="Seconds a file must have stayed as it is.")] = 10.0,
    transcript_wait: Annotated[float, typer.Option(help="Seconds a clip waits for a transcript.")] = 60.0,
    interval: Annotated[float, typer.Option(help="Seconds from one look to the next.")] = 2.0,
    until_idle: Annotated[float | None, typer.Option(help="End when nothing has come for so many seconds.")] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds a clip.")] = None,
    memory_limit: Annotated[str, typer.Option(help="Memory a clip: 3G, 800M.")] = "3G",
    config: Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")] = None,
    lexicon: Annotated[Path | None, typer.Option(help="Pronunciations of your own.")] = None,
    language: Language = None,
    viseme_map: Annotated[str | None, typer.Option("--map", help="Viseme map: a name or a TOML file.")] = None,
    model: Annotated[Path | None, typer.Option(help="Lip model in place of the shipped one.")] = None,
    enhancement: Annotated[str, typer.Option("--enhance", help="Clear the sound first: auto, or a chain.")] = "off",
    json_lines: Annotated[bool, typer.Option("--json-lines", help="Tell progress as JSON, a line an event.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Check the clips that arrive in a folder, once nobody writes to them any more."""
    # Loads the rooms of the batch.
    from visalign.batch.watching import WatchSettings, watch_folder

    settings = replace(
        settings_of(config, lexicon, viseme_map, model, enhancement, language=language),
        jobs=jobs,
        time_limit_seconds=time_limit,
        memory_limit_bytes=memory_bytes(memory_limit),
    )
    how = WatchSettings(interval, settle, transcript_wait, until_idle)
    with listener(json_lines=json_lines, quiet=quiet) as listen:
        result = watch_folder(folder, out, settings, how, on_event=listen)
    if not quiet and not json_lines:
        show_result(result)
    raise typer.Exit(exit_code(result))
