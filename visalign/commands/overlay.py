"""``visalign overlay``: a clip with its verdict and tracks under the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import visalign
from visalign.commands.console import progress_line, screen, styled_summary
from visalign.commands.options import (
    Language,
    VideoTrack,
    chosen_settings,
    refuse_lonely_language,
    refuse_missing,
    said,
)

__all__ = ["OVERLAY_EPILOG", "overlay"]

OVERLAY_EPILOG = (
    'visalign overlay clip.mp4 --text "bin blue at f two now" -o shown.mp4\n\n'
    "visalign overlay clip.mp4 --json report.json -o shown.mkv    (its report: no mouths, no lip opening)\n\n"
    "Exit codes: 0 written, whatever the verdict · 2 wrong usage · 3 an input could not be analysed"
)


def overlay(
    clip: Annotated[Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks; it stays as it is.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The new clip: .mp4, .mov or .mkv")],
    json: Annotated[Path | None, typer.Option("--json", "--report", help="Its JSON report: no new check.")] = None,
    transcript: Annotated[
        Path | None, typer.Option("--transcript", "-t", help="What is said: text or subtitles.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="What is said, in quotes.")] = None,
    lexicon: Annotated[Path | None, typer.Option(help="Pronunciations of your own.")] = None,
    language: Language = None,
    viseme_map: Annotated[str | None, typer.Option("--map", help="Viseme map: a name or a TOML file.")] = None,
    model: Annotated[Path | None, typer.Option(help="Lip model made by `visalign train`.")] = None,
    video_track: VideoTrack = None,
    width: Annotated[int | None, typer.Option(help="Width, px; default: as the clip, 720 to 1920.")] = None,
    page: Annotated[float, typer.Option(help="Seconds of the tracks to be seen at once.")] = 4.0,
    mouth: Annotated[bool, typer.Option("--mouth/--no-mouth", help="The mouth enlarged beside the picture.")] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write the clip anew with its verdict and tracks under the picture; sound and original stay as they are."""
    # These load numpy, FFmpeg and Matplotlib.
    from visalign.evaluation.run_comparison import read_report
    from visalign.files.outputs import check_output
    from visalign.plots.overlay import OVERLAY_SUFFIXES, write_overlay

    inputs = [x for x in (clip, json, transcript, lexicon, model) if x is not None]
    check_output(output, suffixes=OVERLAY_SUFFIXES, inputs=inputs)
    given = (transcript, text, lexicon, language, viseme_map, model, video_track)
    if json is not None and any(x is not None for x in given):
        raise typer.BadParameter("a report holds all it needs; give --text and the like without it")
    with progress_line(enabled=not quiet) as progress:
        if json is not None:
            report = read_report(json)
        else:
            spoken = said(text, transcript)
            refuse_lonely_language(language, spoken)
            refuse_missing(clip)
            report = visalign.check(
                clip,
                spoken,
                viseme_map=viseme_map,
                model=model,
                config=chosen_settings(lexicon=lexicon, language=language),
                evidence=True,
                video_track=video_track,
                progress=progress,
            )
        write_overlay(clip, report, output, width_px=width, page_seconds=page, mouth=mouth, progress=progress)
    if not quiet:
        screen().print(styled_summary(report))
        screen().print(f"Wrote {output}", soft_wrap=True)
