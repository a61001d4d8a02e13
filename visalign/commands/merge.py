"""``visalign merge``: several batches, or the shards of one, made into one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visalign.commands.console import screen, show_written
from visalign.commands.options import NeededOutput, Parquet, Quiet

__all__ = ["MERGE_EPILOG", "merge"]

MERGE_EPILOG = (
    "visalign batch clips.csv -o part1 --shard 1/2\n\n"
    "visalign batch clips.csv -o part2 --shard 2/2    (on another machine, at the same time)\n\n"
    "visalign merge part1 part2 -o all\n\n"
    "Exit codes: 0 merged, every clip done · 2 wrong usage · 3 merged, but clips or shards are missing; or a folder "
    "could not be read"
)

_DONE, _INCOMPLETE = 0, 3


def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="What each `visalign batch` wrote.")],
    output: Annotated[Path, NeededOutput("Folder for the whole: reports, ledger, summary.")],
    parquet: Parquet = False,
    quiet: Quiet = False,
) -> None:
    """Put the shards of a batch together: one folder of reports, one ledger, one summary."""
    # Loads the rooms of the batch.
    from visalign.batch.merging import merge_batches

    counts, warnings = merge_batches(folders, output, parquet=parquet)
    left = counts["pending"] + counts["running"]
    if not quiet:
        for warning in warnings:
            screen(stderr=True).print(f"Warning: {warning}", style="yellow")
        screen().print(f"{counts['done']} done, {counts['failed']} failed, {left} to do.")
        show_written(output / "summary.csv")
    raise typer.Exit(_INCOMPLETE if warnings or left or counts["failed"] else _DONE)
