"""``visalign overlay``: a clip with its verdict and tracks under the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import visalign
from visalign.commands.console import progress_line, screen, show_written, styled_summary
from visalign.commands.given import refuse_missing
from visalign.commands.judging import Judging, Spoken, Streams, check_arguments, given_option, with_groups
from visalign.commands.options import OUTPUT, NeededOutput, Overwrite, Quiet, Report
from visalign.files.outputs import refuse_existing

__all__ = ["OVERLAY_EPILOG", "overlay"]

OVERLAY_EPILOG = (
    'visalign overlay clip.mp4 --text "bin blue at f two now" -o shown.mp4\n\n'
    "visalign overlay clip.mp4 --report report.json -o shown.mkv    (its report: no mouths, no lip opening)\n\n"
    "Exit codes: 0 written, whatever the verdict · 2 wrong usage · 3 an input could not be analysed"
)


@with_groups
def overlay(
    clip: Annotated[Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks; it stays as it is.")],
    output: Annotated[Path, NeededOutput("The new clip: .mp4, .mov or .mkv")],
    spoken: Spoken,
    streams: Streams,
    judging: Judging,
    report: Report = None,
    width_px: Annotated[
        int | None,
        typer.Option(help="Width of the picture; default: as the clip, 720 to 1920.", rich_help_panel=OUTPUT),
    ] = None,
    page: Annotated[
        float, typer.Option(help="Seconds of the tracks to be seen at once.", rich_help_panel=OUTPUT)
    ] = 4.0,
    mouth: Annotated[
        bool,
        typer.Option("--mouth/--no-mouth", help="The mouth enlarged beside the picture.", rich_help_panel=OUTPUT),
    ] = True,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write the clip anew with its verdict and tracks under the picture; sound and original stay as they are."""
    refuse_existing(output, overwrite=overwrite)
    if report is not None and (given := given_option(spoken, streams, judging)):
        raise typer.BadParameter(f"a report holds all it needs; give {given} without --report")
    arguments = check_arguments(spoken, streams, judging, clip)
    refuse_missing(clip)
    # These load numpy, FFmpeg and Matplotlib.
    from visalign.evaluation.run_comparison import read_report
    from visalign.files.outputs import check_output
    from visalign.plots.overlay import OVERLAY_SUFFIXES, write_overlay

    inputs = [clip, *([report] if report else []), *spoken.files, *judging.files]
    check_output(output, suffixes=OVERLAY_SUFFIXES, overwrite=overwrite, inputs=inputs)
    with progress_line(enabled=not quiet) as progress:
        if report is not None:
            found = read_report(report)
        else:
            found = visalign.check(clip, evidence=True, progress=progress, **arguments)
        write_overlay(clip, found, output, width_px=width_px, page_seconds=page, mouth=mouth, progress=progress)
    if not quiet:
        screen().print(styled_summary(found))
        show_written(output)
