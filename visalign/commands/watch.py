"""``visalign watch``: clips are checked as they arrive in a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from visalign.commands.batch import exit_code, listener, memory_bytes, settings_of, show_result
from visalign.commands.judging import Judging, with_groups
from visalign.commands.options import (
    SPEED,
    Jobs,
    JsonLines,
    MemoryLimit,
    NeededOutput,
    Pages,
    Parquet,
    Quiet,
    TimeLimit,
)

__all__ = ["WATCH_EPILOG", "watch"]

WATCH_EPILOG = (
    "visalign watch inbox/ -o results\n\n"
    "visalign watch inbox/ -o results --json-lines | while read -r event; do …; done\n\n"
    "A clip is taken when it and its transcript (clip.txt beside clip.mp4) have not changed for --settle seconds. "
    "Ctrl-C ends it; started again, it goes on where it was. `visalign status results` tells how things stand."
)


@with_groups
def watch(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where clips arrive.")],
    output: Annotated[Path, NeededOutput("Folder for ledger, reports and summary.")],
    judging: Judging,
    pages: Pages = False,
    parquet: Parquet = False,
    json_lines: JsonLines = False,
    quiet: Quiet = False,
    jobs: Jobs = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = "3G",
    settle: Annotated[
        float, typer.Option(help="Seconds a file must have stayed as it is.", rich_help_panel=SPEED)
    ] = 10.0,
    transcript_wait: Annotated[
        float, typer.Option(help="Seconds a clip waits for a transcript.", rich_help_panel=SPEED)
    ] = 60.0,
    interval: Annotated[float, typer.Option(help="Seconds from one look to the next.", rich_help_panel=SPEED)] = 2.0,
    until_idle: Annotated[
        float | None, typer.Option(help="End when nothing has come for so many seconds.", rich_help_panel=SPEED)
    ] = None,
) -> None:
    """Check the clips that arrive in a folder, once nobody writes to them any more."""
    # Loads the rooms of the batch.
    from visalign.batch.watching import WatchSettings, watch_folder
    from visalign.reports.html_report import write_batch_page

    settings = replace(
        settings_of(judging),
        jobs=jobs,
        time_limit_seconds=time_limit,
        memory_limit_bytes=memory_bytes(memory_limit),
        parquet=parquet,
        pages=pages,
    )
    how = WatchSettings(interval, settle, transcript_wait, until_idle)
    with listener(json_lines=json_lines, quiet=quiet) as listen:
        result = watch_folder(folder, output, settings, how, on_event=listen)
    if pages:
        write_batch_page(output)
    if not quiet and not json_lines:
        show_result(result)
    raise typer.Exit(exit_code(result))
